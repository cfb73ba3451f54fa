//! `offramp fidelity`: how far compressed checkpoints are from what they were.

use std::io::Write;

use models::compress::Operator;
use models::compress::number::Kind as Rounding;
use models::forward::forward_with;
use models::model::Model;
use models::record::{Error, Kind};
use nalgebra::DVector;

use super::Failure;
use super::compress::applied;
use super::parallel::parallel;
use super::sentences::SentenceArgs;
use crate::infer::text::{self, Columns};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp fidelity --model minilm --text sentences.txt --try quantise=af8_4 --try quantise=af8_3 --try quantise=int8
  offramp fidelity --model minilm --text sentences.txt --try 'prune=0.5 quantise=af8_4@all activations=af8_4'

Each --try is operators of `offramp compress`, in order, and perhaps activations=FORMAT: every activation is rounded to it, with a scale for
each tensor. A row says how near the mean of the last hidden state over the tokens stays to the unchanged model's: mean and least
cosine over the sentences, all computed in f32; power of the encoder's weights over that of their change; zeros among them. How near the
machine's own arithmetic comes is what infer --embeddings gives.";

/// What is tried on what.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    from: SentenceArgs,
    /// At most so many sentences
    #[arg(long, default_value_t = 1000, value_name = "NUMBER")]
    sentences: usize,
    /// Operators, separated by spaces; can be repeated
    #[arg(long = "try", value_name = "OPERATORS", required = true, value_parser = attempt)]
    attempts: Vec<Attempt>,
}

/// What is done before the sentences run.
#[derive(Clone, Debug)]
struct Attempt {
    written: String,
    operators: Vec<Operator>,
    activations: Option<Rounding>,
}

fn attempt(text: &str) -> Result<Attempt, String> {
    let (mut operators, mut activations) = (Vec::new(), None);
    for part in text.split_whitespace() {
        match part.strip_prefix("activations=") {
            Some(format) => activations = Some(format.parse()?),
            None => operators.push(part.parse()?),
        }
    }
    Ok(Attempt { written: text.to_owned(), operators, activations })
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let SentenceArgs { text: path, column, .. } = &args.from;
    let (model, tokenizer) = args.from.model()?;
    let columns = Columns { text: column.clone(), label: None };
    let mut words = Vec::new();
    for sentence in text::open(path, &columns)?.take(args.sentences) {
        words.push(tokenizer.words(&sentence?.text)?.numbers);
    }
    if words.is_empty() {
        let message = format!("{path} has no sentence");
        return Err(Error::new(Kind::Input, "sentences", message, "give at least one sentence").into());
    }
    let own = embeddings(&model, &words, None);
    if own.iter().flatten().any(|x| !x.is_finite()) {
        let message = format!("the activations of {} are not finite in f32", args.from.model);
        return Err(Error::new(Kind::Input, "model", message, "train or save the model anew").into());
    }
    writeln!(out, "{:>11}  {:>11}  {:>8}  {:>6}  done", "mean cosine", "least", "SQNR", "zeros")?;
    for (done, attempt) in args.attempts.iter().enumerate() {
        // Who closed the error stream does not want to know.
        let _ = writeln!(err, "{} of {} tried", done, args.attempts.len());
        let mut changed = model.clone();
        for operator in &attempt.operators {
            applied(&mut changed, operator)?;
        }
        let cosines =
            own.iter().zip(embeddings(&changed, &words, attempt.activations)).map(|(a, b)| cosine(a, &b));
        let cosines: Vec<f64> = cosines.collect();
        let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
        let least = cosines.iter().copied().fold(f64::INFINITY, f64::min);
        let (sqnr, zeros) = weights(&model, &changed);
        let sqnr = sqnr.filter(|_| attempt.operators.iter().all(Operator::keeps_places));
        let sqnr = sqnr.map_or_else(|| "-".to_owned(), |db| format!("{db:.1} dB"));
        writeln!(
            out,
            "{mean:>11.5}  {least:>11.5}  {sqnr:>8}  {:>4.1} %  {}",
            100.0 * zeros,
            attempt.written
        )?;
    }
    Ok(())
}

/// Means of the last hidden state over the tokens.
fn embeddings(model: &Model, words: &[Vec<u32>], activations: Option<Rounding>) -> Vec<DVector<f32>> {
    let job = model.inference(model.network.positions);
    let embed = |words: &Vec<u32>| {
        let job = job.of_tokens(words.len() as u32);
        let run = forward_with(&job, &model.weights, words, |place, values| {
            if let Some(format) = activations.filter(|_| place.0.is_coded()) {
                format.round(values.as_mut_slice());
            }
        });
        run.tokens.last().map(|tokens| tokens.column_mean()).unwrap_or_else(|| DVector::zeros(0))
    };
    parallel(words, embed, |_, _| ())
}

fn cosine(a: &DVector<f32>, b: &DVector<f32>) -> f64 {
    let (a, b) = (a.map(f64::from), b.map(f64::from));
    a.dot(&b) / (a.norm() * b.norm())
}

/// Ratio of powers of the encoder's weights and their change, dB, where shapes are the same and something changed; share of zeros.
fn weights(before: &Model, after: &Model) -> (Option<f64>, f64) {
    let all = |model: &Model| -> Vec<f32> {
        let matrices = model.weights.layers.iter().flat_map(|layer| layer.matrices());
        matrices.flat_map(|dense| dense.weight.iter().copied().collect::<Vec<_>>()).collect()
    };
    let (was, now) = (all(before), all(after));
    let power = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>();
    let signal = power(&mut was.iter().map(|x| f64::from(*x)));
    let noise = power(&mut was.iter().zip(&now).map(|(a, b)| f64::from(*a) - f64::from(*b)));
    let same = was.len() == now.len() && noise > 0.0;
    let zeros = now.iter().filter(|x| **x == 0.0).count() as f64 / now.len().max(1) as f64;
    (same.then(|| 10.0 * (signal / noise).log10()), zeros)
}
