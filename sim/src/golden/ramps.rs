//! Logits at every off-ramp, by the golden kernels: random sentences on a network with random weights.
//!
//! For trying exit policies where no trained model is at hand. A label is what the same network answers unquantised, after its last layer
//! ([`forward`]): so accuracy is agreement with that, and says what formats and early exits change, not how good a model is.

use models::compiler::{Inference, compile_for};
use models::design::Design;
use models::logits::{Logits, largest};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::channels::Channels;
use super::image::image;
use super::numbers::Numbers;
use super::quantised::Quantised;
use super::{Outcome, Sentence, run, tiny};
use models::forward::forward;

/// The logits of so many sentences; `progress` is told before each how many are done.
///
/// # Errors
/// The network does not fit the design, in words.
pub fn logits(
    design: &Design,
    job: &Inference,
    seed: u64,
    sentences: usize,
    mut progress: impl FnMut(usize),
) -> Result<Logits, String> {
    let job = Inference { exits: true, predict_after: None, ..job.clone() };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let weights = tiny::weights(&mut rng, &job);
    let mut sentence = || Sentence {
        words: (0..job.sequence).map(|_| rng.random_range(0..job.network.vocabulary)).collect(),
        // No entropy is below it: every layer runs.
        threshold: 0,
        predictions: vec![],
    };
    let first = sentence();
    let calibrated = forward(&job, &weights, &first.words).map_err(|error| error.to_string())?;
    let quantised =
        Quantised::new(design, &job, &weights, &Channels::none(&job)).map_err(|error| error.to_string())?;
    let numbers = Numbers::new(design.format, &calibrated.maxima, &quantised);
    let program = compile_for(design, &job, &quantised).map_err(|error| error.to_string())?;
    let image = image(&program, &quantised, design.pu.n, 0).map_err(|error| error.to_string())?;
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for done in 0..sentences {
        progress(done);
        let sentence = sentence();
        let exact = forward(&job, &weights, &sentence.words).map_err(|error| error.to_string())?;
        labels.push(largest(exact.logits.last().map_or(&[], Vec::as_slice)));
        let outcome = run(design, &program, image.clone(), &numbers, &sentence, 0, |_| 0);
        values.extend(ramps(&outcome.map_err(|error| error.to_string())?, job.classes as usize));
    }
    let layers = job.network.layers as usize;
    Logits::of(layers, job.classes as usize, values, Some(labels))
        .ok_or("no sentence was asked for".to_owned())
}

/// Logits after each layer.
fn ramps(outcome: &Outcome, classes: usize) -> impl Iterator<Item = f64> {
    outcome.layers.iter().skip(1).flat_map(move |snapshot| {
        let tensor = &snapshot.logits;
        let codes: Vec<u8> = tensor.row(0)[..classes].to_vec();
        codes.into_iter().map(|code| tensor.format.decode_f64(code, tensor.bias))
    })
}
