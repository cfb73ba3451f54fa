//! A network with random weights, compiled for a design, with its image and numeric settings.

use super::direct::{Direct, direct};
use super::{Rng, networks, seed};
use models::compiler::{CompileError, Inference, compile_for};
use models::design::{Design, Sparsity};
use models::forward::{Forward, forward_with};
use models::program::{Command, Operation, Program, Stage};
use models::weights::Weights;
use nalgebra::DMatrix;
use rand::RngExt;
use rand_chacha::rand_core::SeedableRng;
use sim::golden::channels::{self, Channels, Ranges};
use sim::golden::direct as fast;
use sim::golden::fault::Fault;
use sim::golden::image::image;
use sim::golden::memory::Memory;
use sim::golden::numbers::Numbers;
use sim::golden::quantised::Quantised;
use sim::golden::tiny;
use sim::golden::{Outcome, Sentence, run};

/// A network with its numbers on a design.
pub(super) struct Case {
    pub design: Design,
    pub job: Inference,
    pub weights: Weights,
    pub numbers: Numbers,
    pub channels: Channels,
    pub sentence: Sentence,
    pub quantised: Quantised,
    pub program: Program,
    pub image: Memory,
    pub reference: Forward,
    pub name: String,
}

impl Case {
    /// Case number `index` on a design, if it fits.
    pub(super) fn new(index: usize, design: &Design) -> Result<Case, CompileError> {
        let seed = seed() + index as u64;
        let mut rng = Rng::seed_from_u64(seed);
        let job = Inference { predict_after: None, ..tiny::job(index) };
        let weights = tiny::weights(&mut rng, &job);
        let words = (0..job.sequence).map(|_| rng.random_range(0..job.network.vocabulary)).collect();
        let mut sentence = Sentence { words, threshold: 0, predictions: vec![] };
        let mut ranges = Ranges::new();
        let see = |place, values: &mut DMatrix<f32>| channels::widen(&mut ranges, place, values);
        let reference = forward_with(&job, &weights, &sentence.words, see);
        // A quarter of the channels of random weights are held at half of what they are.
        let channels = Channels::of(&job, &ranges);
        let quantised = Quantised::new(design, &job, &weights, &channels).expect("weights are finite");
        let numbers = Numbers::new(design.format, &channels.held(&reference.maxima, &ranges), &quantised);
        let program = compile_for(design, &job, &quantised)?;
        let image = image(&program, &quantised, design.pu.n, 0xa5).expect("compiled for these weights");
        // Of three cases, one never leaves early, one at once, one where the second entropy is the lower one.
        let first = direct(&job, &weights, (&numbers, &channels), &sentence).entropies[0];
        sentence.threshold = [0, u32::MAX, first][index % 3];
        let name =
            format!("case {index}, seed {seed}, {} with buffers of {} B", design.name, design.buffer.bytes);
        let design = design.clone();
        Ok(Case {
            design,
            job,
            weights,
            numbers,
            channels,
            sentence,
            quantised,
            program,
            image,
            reference,
            name,
        })
    }

    pub(super) fn run(
        &self,
        program: &Program,
        fill: u8,
        pick: impl FnMut(usize) -> usize,
    ) -> Result<Outcome, Fault> {
        run(&self.design, program, self.image.clone(), &self.numbers, &self.sentence, fill, pick)
    }

    pub(super) fn direct(&self) -> Direct {
        direct(&self.job, &self.weights, (&self.numbers, &self.channels), &self.sentence)
    }

    /// The same by the fast path of inference.
    pub(super) fn fast(&self) -> fast::Direct {
        let (job, weights, numbers) = (&self.job, &self.quantised, &self.numbers);
        let packed = fast::Packed::new(weights);
        let network = fast::Network { job, weights, packed: &packed, numbers };
        network.run(&self.sentence.words).unwrap_or_else(|cause| panic!("{}: {cause}", self.name))
    }

    pub(super) fn has(&self, what: impl FnMut(&Command) -> bool) -> bool {
        self.program.commands.iter().any(what)
    }
}

/// Every case that fits: each design with four networks.
pub(super) fn cases() -> impl Iterator<Item = Case> {
    let designs = networks::designs();
    (0..4 * designs.len()).filter_map(move |index| {
        let turn = index / designs.len();
        match Case::new(index + turn, &designs[index % designs.len()]) {
            Ok(case) => Some(case),
            Err(CompileError::DoesNotFit(_)) => None,
            Err(error) => panic!("case {index}: {error}"),
        }
    })
}

/// A case that streams its attention and whose every head counts, for the tests that break it.
pub(super) fn intricate() -> Case {
    let streamed = |c: &Command| c.tag.stage == Stage::Query && matches!(c.operation, Operation::Store(_));
    let counts = |case: &Case| {
        case.design.pu.sparsity == Sparsity::Skip || case.job.layers.iter().all(|l| !l.spans.contains(&0))
    };
    let mut all =
        cases().filter(|case| case.design.sequencer.overlap && case.job.sequence > 16 && counts(case));
    all.find(|case| case.has(streamed)).expect("a case streams")
}
