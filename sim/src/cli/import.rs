//! `offramp import`: the shape and the statistics of a checkpoint as records, for every command that simulates.

mod exits;

use std::io::Write;
use std::path::{Path, PathBuf};

use models::checkpoint;
use models::compiler::{Inference, LayerShape};
use models::model::Model;
use models::network::Network;
use models::record::{self, Error, Kind, Record};
use models::workload::Workload;

use super::Failure;
use super::file::{self, Old};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp import --model minilm --network net.toml --task task.toml
  offramp run --network ./net.toml --task ./task.toml
  offramp infer --model mine --text dev.tsv --write-trace trace.csv
  offramp import --model mine --network net.toml --task task.toml --exit-trace trace.csv --threshold 0.3
  offramp ladder --network ./net.toml --task ./task.toml

The network has the sizes of config.json; the task has the share of weights that are not zero and the spans. Where sentences leave is what
infer --write-trace tells: with --exit-trace the task has their exits at steps of 0.05 nat, and the exits that a prediction after the first
layer leads to, by a table fitted to the same sentences. A model without a classifier is given one of two classes.";

/// What is imported where.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the model
    #[arg(long, value_name = "DIR")]
    model: String,
    /// Network record to write
    #[arg(long, value_name = "FILE")]
    network: PathBuf,
    /// Task record to write
    #[arg(long, value_name = "FILE")]
    task: PathBuf,
    /// Tokens of the task's sentences
    #[arg(long, default_value_t = 128, value_name = "TOKENS")]
    seq: u32,
    /// Exit trace of the model, for the task's exits
    #[arg(long, value_name = "FILE")]
    exit_trace: Option<String>,
    /// Threshold of early exit that the task has unless a run says otherwise, nats
    #[arg(long, requires = "exit_trace", default_value_t = 0.3, value_name = "NATS")]
    threshold: f64,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let mut model = checkpoint::read(&args.model)?;
    model.network.summary = format!("imported from {}", args.model);
    if args.seq == 0 || args.seq > model.network.positions {
        let message = format!(
            "--seq {} must be from 1 to the {} positions of the model",
            args.seq, model.network.positions
        );
        return Err(Error::new(Kind::Usage, "arguments", message, "choose a length in this range").into());
    }
    let network = toml::to_string(&model.network).map_err(|error| internal(&error.to_string()))?;
    record::parse::<Network>(Network::KIND, &network)?;
    let mut task = task(&args.model, &model, args.seq);
    if let Some(path) = &args.exit_trace {
        let shape = (model.network.layers, model.inference(args.seq).classes);
        if !model.exits() {
            let message = format!("{} has no off-ramp behind each layer, so no exits", args.model);
            return Err(Error::new(Kind::Input, "model", message, "leave out --exit-trace").into());
        }
        task.push_str(&exits::exits(path, shape, args.threshold)?);
    }
    record::parse::<Workload>(Workload::KIND, &task)?;
    let parameters = model.network.parameters().total();
    for (path, text) in [(&args.network, &network), (&args.task, &task)] {
        write(path, text, args.force)?;
    }
    let (network, task) = (args.network.display(), args.task.display());
    Ok(writeln!(out, "{network}, {task}: {parameters} parameters without the classifier")?)
}

fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let old = if force { Old::Replace } else { Old::Keep };
    let written = file::create(path, old)?.write_all(text.as_bytes());
    Ok(written.map_err(|error| file::unwritten(path, &error))?)
}

fn internal(message: &str) -> Error {
    Error::new(Kind::Input, "network", message, "please report this model")
}

/// The task of a checkpoint.
fn task(folder: &str, model: &Model, tokens: u32) -> String {
    let job = model.inference(tokens);
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let quantity = |value: f64, standing: &str, source: &str| {
        format!("{{ value = {value}, unit = \"1\", standing = \"{standing}\", source = {} }}", quoted(source))
    };
    let counted = format!("share of the weights of {folder} that are not zero");
    let nothing = "no trace of activations: 1 claims no saving";
    let mut text = format!(
        "name = {name}\nsummary = {summary}\nsequence_length = {tokens}\nclasses = {classes}\n\n\
         [weight_density]\nembedding = {embedding}\nencoder = {encoder}\n\n\
         [activation_density]\nhidden = {none}\nprobabilities = {none}\nfeed_forward = {none}\n",
        name = quoted(&model.network.name),
        summary = quoted(&format!("weights and spans of {folder}")),
        classes = job.classes.max(2),
        embedding = quantity(job.embedding_density, "derived", &counted),
        encoder = quantity(model.encoder_density(), "derived", &counted),
        none = quantity(1.0, "assumed", nothing),
    );
    if job.unrolled() {
        text.push_str(&layers(folder, &job));
    } else if model.spans.is_some() {
        let (source, spans) = (quoted(&format!("spans of {folder}")), &job.layers[0].spans);
        text.push_str(&format!("\n[spans]\ntokens = {spans:?}\nstanding = \"derived\"\nsource = {source}\n"));
    }
    text
}

/// What is left of each layer, as a task says it.
fn layers(folder: &str, job: &Inference) -> String {
    let source = toml::Value::String(format!("weights and spans of {folder}")).to_string();
    let mut text = format!("\n[layers]\nstanding = \"derived\"\nsource = {source}\n");
    for LayerShape { spans, feed_forward, encoder_density } in &job.layers {
        text.push_str(&format!(
            "\n[[layers.each]]\nspans = {spans:?}\nfeed_forward = {feed_forward}\ndensity = {encoder_density}\n"
        ));
    }
    text
}
