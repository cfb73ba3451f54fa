//! `offramp infer`: what a checkpoint says of sentences, where each leaves, and what it costs.

use std::io::Write;
use std::path::{Path, PathBuf};

use models::model::Model;
use models::record::{Error, Kind};
use models::technology::Technology;
use models::tokenizer::Tokenizer;

mod rows;

use rows::{Row, Totals, Writer};

use super::Failure;
use super::export::whole;
use super::parallel::parallel;
use super::sentences::SentenceArgs;
use super::setup::MachineArgs;
use crate::infer::cost::Costs;
use crate::infer::text::{self, Columns, Sentence, Sentences};
use crate::infer::{Biases, Calibration, Precision, Prepared, SAMPLES};
use crate::policy::{Conventional, FullDepth, Patience, Policy};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp infer --model minilm --text sentences.txt --embeddings e.csv
  offramp infer --model mine --text dev.tsv --threshold 0.3 | head
  offramp infer --model mine --text train.tsv --write-calibration ranges.json && offramp infer --model mine --text - --calibration ranges.json
  offramp infer --model mine --text dev.parquet --threshold 0.3 --write-trace entropy.csv --write-logits logits.csv
  offramp infer --model mine --text dev.jsonl --column review --label stars --format jsonl | jq .exit_layer
  offramp run --network bert-base --exit-trace entropy.csv --threshold 0.3

A model is a folder as the transformers library saves it: config.json, model.safetensors, tokenizer.json or vocab.txt; see docs/models.md. A
file is plain text, a sentence a line, or .tsv, .csv, .jsonl, .parquet; - is the input stream.

A row for each sentence, in order: sentence (from 1), tokens, dropped (tokens that did not fit), predicted, label, exit_layer, latency_s,
energy_j, and the entropy at each off-ramp in nats. Every layer runs, so that the trace tells of any threshold; latency and energy
are those of a sentence that leaves where it does, of chip and external memory. A summary is on the error stream.";

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Comma-separated values, with a head
    Csv,
    /// A JSON object a line
    Jsonl,
}

/// What is inferred.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    from: SentenceArgs,
    /// Column or key of the label; label if not given
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
    /// Entropy in nats under which a sentence leaves
    #[arg(long, value_name = "NATS", conflicts_with = "patience")]
    threshold: Option<f64>,
    /// Off-ramps in a row that must give one answer for a sentence to leave
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    patience: Option<u32>,
    /// How values are computed
    #[arg(long, value_enum, default_value = "exact")]
    precision: Precision,
    /// For what exponent biases are chosen
    #[arg(long, value_enum, default_value = "shared")]
    biases: Biases,
    /// Sentences on which the ranges of activations are calibrated, in place of the first of the text
    #[arg(long, value_name = "FILE")]
    calibrate: Option<String>,
    /// Ranges of activations that --write-calibration has kept, in place of sentences to calibrate on
    #[arg(long, conflicts_with = "calibrate", value_name = "FILE")]
    calibration: Option<String>,
    /// Keep the ranges of activations, for --calibration
    #[arg(long, value_name = "FILE")]
    write_calibration: Option<PathBuf>,
    /// How many sentences are calibrated on
    #[arg(long, default_value_t = SAMPLES as u32, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    samples: u32,
    #[command(flatten)]
    machine: MachineArgs,
    /// How rows are written
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Write the entropies as an exit trace, which run and sweep read
    #[arg(long, value_name = "FILE")]
    write_trace: Option<PathBuf>,
    /// Write the logits, which run and threshold read
    #[arg(long, value_name = "FILE")]
    write_logits: Option<PathBuf>,
    /// Write the mean of the last hidden state over the tokens: CSV, a row for each sentence
    #[arg(long, value_name = "FILE")]
    embeddings: Option<PathBuf>,
}

/// Sentences that are worked on at once: enough for every processor, few enough to be seen coming.
const BATCH: usize = 64;

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let (design, technology, _) = args.machine.resolve()?;
    let (model, tokenizer) = args.from.model()?;
    let policy = args.policy(&model)?;
    if args.biases == Biases::Layer && model.network.shared_layers {
        let message = "--biases layer: the layers of the model share their weights, and so their biases";
        let remedy = "leave it out";
        return Err(Error::new(Kind::Usage, "arguments", message, remedy).into());
    }
    let mut sentences = text::open(&args.from.text, &args.columns())?;
    let first = if args.calibrate.is_some() { vec![] } else { ahead(&mut sentences, args.samples) };
    let samples: Vec<Sentence> = match &args.calibrate {
        Some(path) => {
            text::open(path, &args.columns())?.take(args.samples as usize).collect::<Result<_, _>>()?
        }
        None => first.iter().flatten().cloned().collect(),
    };
    if let (true, Some(Err(error))) = (samples.is_empty(), first.first()) {
        return Err(error.clone().into());
    }
    let words = samples.iter().map(|sentence| Ok(tokenizer.words(&sentence.text)?.numbers));
    let words = words.collect::<Result<Vec<_>, Error>>()?;
    let calibration = match &args.calibration {
        Some(path) => Calibration::read(path, &model)?,
        None => Calibration::on(&model, &words)?,
    };
    if let Some(path) = &args.write_calibration {
        write(path, &calibration.text())?;
    }
    let prepared = Prepared::by(model, design, &calibration, args.biases)?;
    let sentences: Sentences = Box::new(first.into_iter().chain(sentences));
    let totals = args.rows((&prepared, &technology), &tokenizer, policy.as_ref(), sentences, (out, err))?;
    args.files(&prepared.model, &totals)?;
    // Who closed the error stream does not want to know.
    let _ = err.write_all(totals.summary(args.precision).as_bytes());
    Ok(())
}

impl Args {
    fn columns(&self) -> Columns {
        Columns { text: self.from.column.clone(), label: self.label.clone() }
    }

    /// When sentences leave.
    fn policy(&self, model: &Model) -> Result<Box<dyn Policy>, Error> {
        let usage = |message: &str, remedy: &str| Error::new(Kind::Usage, "arguments", message, remedy);
        let asked = [
            self.threshold.is_some(),
            self.patience.is_some(),
            self.write_trace.is_some(),
            self.write_logits.is_some(),
        ];
        let asked = asked.contains(&true);
        if asked && !model.exits() {
            let message =
                "the model has no off-ramps between its layers, so that no sentence can leave early";
            return Err(usage(
                message,
                "leave out --threshold, --patience, --write-trace and --write-logits, or take a model with off-ramps",
            ));
        }
        if self.threshold.is_some_and(|nats| !nats.is_finite() || nats < 0.0) {
            return Err(usage(
                "--threshold must be a finite entropy of at least 0 nat",
                "entropies of C classes lie between 0 and ln C",
            ));
        }
        Ok(match (self.threshold, self.patience) {
            (Some(threshold), _) => Box::new(Conventional { threshold }),
            (_, Some(patience)) => Box::new(Patience { patience: patience as usize }),
            _ => Box::new(FullDepth),
        })
    }

    /// Answers sentences and writes a row for each.
    fn rows(
        &self,
        (prepared, technology): (&Prepared, &Technology),
        tokenizer: &Tokenizer,
        policy: &dyn Policy,
        mut sentences: Sentences,
        (out, err): (&mut dyn Write, &mut dyn Write),
    ) -> Result<Totals, Failure> {
        let costs = Costs::new(prepared, technology);
        let mut writer = Writer::new(self.format, &prepared.model, policy, out)?;
        loop {
            let (batch, wrong) = batch(&mut sentences);
            for row in
                parallel(&batch, |sentence| self.answer(prepared, tokenizer, &costs, sentence), |_, _| ())
            {
                writer.row(&row?)?;
            }
            // What came before a line that is wrong has been written.
            if let Some(error) = wrong {
                return Err(error.into());
            }
            if batch.is_empty() {
                return Ok(writer.totals);
            }
            if self.embeddings.is_some() || self.write_trace.is_some() || self.write_logits.is_some() {
                // Who closed the error stream does not want to know.
                let _ = writeln!(err, "{} sentences", writer.totals.rows());
            }
        }
    }

    fn answer(
        &self,
        prepared: &Prepared,
        tokenizer: &Tokenizer,
        costs: &Costs,
        sentence: &Sentence,
    ) -> Result<Row, Failure> {
        let words = tokenizer.words(&sentence.text)?;
        let remedy = "take tokenizer and weights from one place";
        let refuse = |message| Error::new(Kind::Fit, "sentence", message, remedy);
        let answer = prepared.answer(&words.numbers, self.precision).map_err(refuse)?;
        let costs = costs.of(words.numbers.len() as u32)?;
        Ok(Row {
            label: sentence.label.clone(),
            tokens: words.numbers.len(),
            dropped: words.dropped,
            answer,
            costs,
        })
    }

    /// Writes the files that were asked for.
    fn files(&self, model: &Model, totals: &Totals) -> Result<(), Failure> {
        if let Some(path) = &self.write_trace {
            write(path, &totals.trace_text())?;
        }
        if let Some(path) = &self.write_logits {
            write(path, &totals.logits_text(model)?)?;
        }
        match &self.embeddings {
            Some(path) => write(path, totals.embeddings()),
            None => Ok(()),
        }
    }
}

/// The first sentences, up to one that is wrong.
fn ahead(sentences: &mut Sentences, count: u32) -> Vec<Result<Sentence, Error>> {
    let mut first = Vec::new();
    for sentence in sentences.by_ref().take(count as usize) {
        let wrong = sentence.is_err();
        first.push(sentence);
        if wrong {
            break;
        }
    }
    first
}

/// Some sentences, and what is wrong with the next if something is.
fn batch(sentences: &mut Sentences) -> (Vec<Sentence>, Option<Error>) {
    let mut batch = Vec::new();
    for sentence in sentences.by_ref().take(BATCH) {
        match sentence {
            Ok(sentence) => batch.push(sentence),
            Err(error) => return (batch, Some(error)),
        }
    }
    (batch, None)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    whole(path, |mut file| file.write_all(text.as_bytes()).and_then(|()| file.flush()))
}
