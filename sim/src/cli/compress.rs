//! `offramp compress`: a checkpoint made smaller, operator by operator.

use std::fs;
use std::io::Write;
use std::path::Path;

use models::checkpoint;
use models::compress::{Change, Operator, apply};
use models::record::{Error, Kind};
use serde_json::json;

use super::Failure;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp compress --model minilm --do prune=0.6,global --do quantise=af8_4 -o pruned
  offramp compress --model minilm --do heads=8 --do columns=0.5 --do drop=top:2 -o smaller
  offramp compress --model minilm --do blocks=32x32,0.5 --do compact --json -o blocky | jq .

Operators, done in the order given:
  quantise=FORMAT[,row]     round to af<bits>_<exponent>, int<bits> or fp4, a scale for each matrix or for each output
  prune=SHARE[,global]      zero the smallest weights of each matrix, or of all together
  movement=SHARE[,global]   zero the weights that moved away from zero least, by the scores (*.mask_scores) of a checkpoint that has some
  blocks=OUTxIN,SHARE       zero the blocks of least norm of the encoder
  heads=NUMBER              leave so many heads in each layer, those of largest norm
  columns=SHARE             remove that share of the columns of each feed-forward network
  compact                   remove the heads and feed-forward columns of each layer that count for nothing, as after pruning by blocks
  drop=top:NUMBER|LAYERS    drop the last layers, or those of these numbers
quantise and prune act on the encoder; @embeddings or @all behind them says otherwise. The new checkpoint is a folder that infer and the
transformers library read, with the tokenizer of the old; where compact leaves layers of several widths, infer alone does.";

/// What is done to what.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the model
    #[arg(long, value_name = "DIR")]
    model: String,
    /// What to do; can be repeated
    #[arg(long = "do", value_name = "OPERATOR", required = true)]
    operators: Vec<Operator>,
    /// Folder of the new model
    #[arg(short, long, value_name = "DIR")]
    output: String,
    /// Replace a model that is there
    #[arg(long)]
    force: bool,
    /// Print JSON for machines
    #[arg(long)]
    json: bool,
}

/// Files of a tokenizer.
const TOKENIZER: [&str; 4] =
    ["tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json"];

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let there = Path::new(&args.output).join("model.safetensors");
    if there.exists() && !args.force {
        let message = format!("{} is there already", there.display());
        return Err(Error::new(
            Kind::Io,
            "arguments",
            message,
            "name another folder with -o, or add --force",
        )
        .into());
    }
    let mut model = checkpoint::read(&args.model)?;
    let mut steps = Vec::new();
    for operator in &args.operators {
        steps.push((operator, applied(&mut model, operator)?));
    }
    checkpoint::write(&args.output, &model)?;
    tokenizer(&args.model, &args.output)?;
    let parameters = model.network.parameters().total();
    if args.json {
        let steps: Vec<_> =
            steps.iter().map(|(op, all)| json!({"operator": op.to_string(), "matrices": all})).collect();
        let value = json!({"steps": steps, "parameters": parameters});
        return Ok(writeln!(out, "{value:#}")?);
    }
    for (operator, changes) in &steps {
        write!(out, "{}", text(operator, changes))?;
    }
    Ok(writeln!(out, "{}: {parameters} parameters without the classifier", args.output)?)
}

/// Applies an operator, or says why it cannot be.
pub(super) fn applied(model: &mut models::model::Model, operator: &Operator) -> Result<Vec<Change>, Error> {
    let refuse = |refused| {
        let message = format!("{operator}: {refused}");
        Error::new(Kind::Fit, "model", message, "choose what the model has: see `offramp compress --help`")
    };
    apply(model, operator).map_err(refuse)
}

/// Copies the tokenizer.
pub(super) fn tokenizer(from: &str, to: &str) -> Result<(), Error> {
    for name in TOKENIZER {
        let (from, to) = (Path::new(from).join(name), Path::new(to).join(name));
        if from.is_file() && from != to {
            fs::copy(&from, &to).map_err(|error| {
                let message = format!("cannot copy {} to {}: {error}", from.display(), to.display());
                Error::new(Kind::Io, "tokenizer", message, "name a folder that can be written")
            })?;
        }
    }
    Ok(())
}

/// What an operator did, for people.
fn text(operator: &Operator, changes: &[Change]) -> String {
    let mut text = format!("{operator}\n");
    let width = changes.iter().map(|change| change.matrix.len()).max().unwrap_or_default();
    for Change { matrix, elements, zeros, sqnr_db } in changes {
        let share = 100.0 * *zeros as f64 / (*elements).max(1) as f64;
        let noise = sqnr_db.map_or_else(|| "      -".to_owned(), |db| format!("{db:>4.1} dB"));
        text.push_str(&format!("  {matrix:<width$}  {elements:>9} weights  {share:>5.1} % zero  {noise}\n"));
    }
    text
}
