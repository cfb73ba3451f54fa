//! `offramp train`: a network trained as EdgeBERT prepares its own, from nothing or from a checkpoint, to a checkpoint.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;

use models::checkpoint;
use models::model::Model;
use models::record::{self, Error, Kind, read_bytes};
use models::train::{Example, Recipe, Stage, Trained, Trainer};

mod given;

use given::Given;

use super::compress::tokenizer;
use super::export::whole;
use super::{Failure, stop};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp train -o mini                                 the preset albert-mini, minutes on two cores
  offramp train tiny -o try --set seed=7                another recipe with a key changed
  offramp train -o mini --resume                        go on after Ctrl-C
  offramp infer --model mini --text mini/test.tsv --threshold 0.3
  offramp train --from minilm --text train.tsv --test dev.tsv -o tuned --set pruning.sparsity=0.8

A dense teacher; a student that learns of it while it is pruned, its spans shrink and its weights are rounded; off-ramps alone. The task are
sentences of a grammar in four grades of difficulty, or with --from, those of a file (.tsv, .csv, .jsonl or .parquet, columns sentence and
label), on which a BERT, ALBERT or RoBERTa is trained further, its word embeddings frozen. The folder gets config.json, model.safetensors,
the tokenizer, recipe.toml and metrics.json, and of the grammar test.tsv (sentence, label, difficulty); while training, state.bin, with
which a run goes on to the same result. Losses go to the error stream.";

/// What is trained.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Recipe: a preset or a file; albert-mini if not given, with --from fine-tune
    #[arg(value_name = "RECIPE")]
    recipe: Option<String>,
    #[command(flatten)]
    given: Given,
    /// Change one key of the recipe, e.g. seed=2; can be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Folder of the model
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Go on with what state.bin holds
    #[arg(long, conflicts_with_all = ["sets", "recipe"])]
    resume: bool,
    /// Threads; the result does not depend on them
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
}

/// Steps between two lines, and two states on disk.
const STEPS: u32 = 200;

/// Most bytes of a state: a thousand times the default recipe's.
const STATE: u64 = 4 << 30;

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let state = args.output.join("state.bin");
    let mut trainer = args.trainer(&state)?;
    fs::create_dir_all(&args.output).map_err(|error| unwritten(&args.output, &error))?;
    let threads =
        args.threads.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), |n| n as usize);
    stop::watch()?;
    while let Some(progress) = trainer.step(threads) {
        let due = progress.step.is_multiple_of(STEPS) || progress.step == progress.steps;
        if due {
            // Who closed the error stream does not want to know.
            let _ = writeln!(
                err,
                "{} {} of {}: loss {:.4} nat, {:.1} % right",
                name(progress.stage),
                progress.step,
                progress.steps,
                progress.loss,
                100.0 * progress.accuracy
            );
        }
        if due || stop::asked() {
            save(&state, &trainer.to_bytes())?;
        }
        if stop::asked() {
            return Err(Failure::Interrupted(format!("{} --resume", args.command())));
        }
    }
    let trained = trainer.trained(threads).ok_or_else(|| wrong("the run has not ended"))?;
    write(&args.output, &trained)?;
    if let Some(model) = &args.given.model {
        tokenizer(model, &args.output.to_string_lossy())?;
    }
    if state.exists() {
        fs::remove_file(&state).map_err(|error| unwritten(&state, &error))?;
    }
    Ok(out.write_all(summary(&trained).as_bytes())?)
}

impl Args {
    /// The command that goes on with the run, but for `--resume`.
    fn command(&self) -> String {
        format!("offramp train{} -o {}", self.given.arguments(), self.output.display())
    }

    /// The run, from the start or from where it was left.
    fn trainer(&self, state: &Path) -> Result<Trainer, Error> {
        if self.resume {
            let path = state.to_string_lossy();
            let bytes = read_bytes(&path, STATE, "there is nothing to resume: leave out --resume")?;
            return Trainer::from_bytes(&bytes, self.given.start()?);
        }
        for name in ["model.safetensors", "state.bin"] {
            let path = self.output.join(name);
            if path.exists() {
                let message = format!("{} is there already", path.display());
                let remedy = "name another folder with -o, or go on with --resume";
                return Err(Error::new(Kind::Io, "arguments", message, remedy));
            }
        }
        let preset = if self.given.model.is_some() { "fine-tune" } else { "albert-mini" };
        let name = self.recipe.as_deref().unwrap_or(preset);
        let (recipe, _) = record::resolve::<Recipe>(name, &self.sets)?;
        match self.given.start()? {
            Some(start) => Trainer::fine_tune(recipe, start),
            None => Trainer::new(recipe),
        }
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Teacher => "teacher",
        Stage::Student => "student",
        Stage::Ramps => "off-ramps",
        Stage::Done => "done",
    }
}

fn unwritten(path: &Path, error: &std::io::Error) -> Error {
    let message = format!("cannot write {}: {error}", path.display());
    Error::new(Kind::Io, "arguments", message, "name a folder that can be written with -o")
}

fn wrong(message: &str) -> Error {
    Error::new(Kind::Input, "recipe", message, "please report this recipe")
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    whole(path, |mut file| file.write_all(bytes).and_then(|()| file.flush()))
}

/// Writes everything that a result consists of.
fn write(folder: &Path, trained: &Trained) -> Result<(), Failure> {
    let scores = trained.scores.as_ref().map(|layers| {
        layers.iter().map(|layer| layer.matrices().map(|dense| dense.weight.clone())).collect()
    });
    let model = Model {
        network: trained.network.clone(),
        weights: trained.weights.clone(),
        spans: Some(trained.spans.clone()),
        scores,
        labels: trained.labels.clone(),
    };
    checkpoint::write(&folder.to_string_lossy(), &model)?;
    let recipe = toml::to_string(&trained.recipe).map_err(|error| wrong(&error.to_string()))?;
    let metrics =
        serde_json::to_string_pretty(&trained.metrics).map_err(|error| wrong(&error.to_string()))?;
    let mut files = vec![("recipe.toml", recipe), ("metrics.json", metrics + "\n")];
    if let Some(vocabulary) = &trained.vocabulary {
        let sentence = |s: &Example| format!("{}\t{}\t{}\n", s.text, s.label, s.difficulty);
        let sentences: String = trained.sentences.iter().map(sentence).collect();
        files.push(("vocab.txt", vocabulary.text()));
        files.push(("test.tsv", format!("sentence\tlabel\tdifficulty\n{sentences}")));
    }
    files.iter().try_for_each(|(name, text)| save(&folder.join(name), text.as_bytes()))
}

/// How good it is, for people.
fn summary(trained: &Trained) -> String {
    let metrics = &trained.metrics;
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    let ramps: Vec<String> = metrics.accuracy.iter().map(|share| percent(*share)).collect();
    let exits: Vec<String> =
        metrics.difficulties.iter().map(|exits| format!("{:.2}", exits.mean_exit)).collect();
    format!(
        "accuracy by off-ramp  {} %; teacher {} %\nat {} nat            {} % right, mean exit layer {:.2}, by difficulty {}\n\
         spans                 {}\nzeros                 {} % of the encoder, {} % of the embeddings\n",
        ramps.join(" "),
        percent(metrics.teacher_accuracy),
        metrics.threshold,
        percent(metrics.exit_accuracy),
        metrics.mean_exit,
        exits.join(" "),
        spans(&trained.spans),
        percent(metrics.encoder_sparsity),
        percent(metrics.embedding_sparsity),
    )
}

/// Of shared layers each head's, of others the mean of each layer's.
fn spans(sets: &[Vec<u32>]) -> String {
    let joined = |all: Vec<String>| all.join(" ");
    match sets {
        [own] => format!("{} tokens", joined(own.iter().map(u32::to_string).collect())),
        _ => {
            let mean = |own: &Vec<u32>| own.iter().sum::<u32>() as f64 / own.len().max(1) as f64;
            let means = sets.iter().map(|own| format!("{:.1}", mean(own))).collect();
            format!("{} tokens, the mean of each layer's heads", joined(means))
        }
    }
}
