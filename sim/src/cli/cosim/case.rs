//! A sentence on a tiny network, ready for a machine: program, memory image, settings, and what must come of it.

use crate::golden::channels::Channels;
use crate::golden::image::image;
use crate::golden::memory::Memory;
use crate::golden::numbers::Numbers;
use crate::golden::quantised::Quantised;
use crate::golden::{Outcome, Sentence, tiny};
use crate::machine::{self, MemoryTiming, Mode, Options, Run};
use kernels::dvfs::{Prediction, ROWS};
use models::compiler::{CompileError, Inference, Single, compile_for, compile_single};
use models::design::Design;
use models::forward::forward;
use models::program::{Command, Operation, Program, Space, word};
use models::technology::Technology;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rtl::run::{Job, Timing};
use std::collections::BTreeMap;

/// Everything that a machine is given, and everything that it must give.
pub struct Case {
    /// What failed, in a message.
    pub name: String,
    /// The program.
    pub program: Program,
    /// What the host puts into the machine.
    pub job: Job,
    /// How fast its memories are at each supply voltage in millivolts that it asks for, and at 0, before it does.
    pub timings: BTreeMap<u32, Timing>,
    /// What the golden kernels computed.
    pub outcome: Outcome,
    /// What the simulator counted.
    pub run: Run,
}

impl Case {
    /// Cycles within which it must end: a machine that is slower is told so, one that hangs is given up.
    pub fn limit(&self) -> u64 {
        2 * self.run.cycles + 100_000
    }
}

/// Case number `index` on a design; none if the network or its program does not fit.
///
/// # Errors
/// What should not happen, in words.
pub fn case(
    index: usize,
    seed: u64,
    design: &Design,
    technology: &Technology,
) -> Result<Option<Case>, String> {
    let name = format!("program {index}, seed {seed}");
    // Of three cases, one never leaves early, one at once, one where an entropy falls under that of the first off-ramp.
    let leaves = [Leaves::Never, Leaves::AtOnce, Leaves::UnderFirst][index % 3];
    let mut design = design.clone();
    // Half of the networks of each size have their tables in external memory: the NVM is too small. The hardware is the same.
    if (index + index / 4) % 2 == 1 {
        design.nvm.bytes = 1 << 10;
    }
    prepare(&name, tiny::job(index), (seed + index as u64, leaves), &design, technology)
}

/// When a sentence is sure enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaves {
    /// It runs all layers.
    Never,
    /// At the first off-ramp.
    AtOnce,
    /// Where an entropy is under that of the first off-ramp.
    UnderFirst,
    /// Where an entropy is under this, nats with 16 fraction bits.
    Under(u32),
}

/// A sentence of random words on a network of random weights; none if it or its program does not fit.
///
/// # Errors
/// What should not happen, in words.
pub fn prepare(
    name: &str,
    inference: Inference,
    (seed, leaves): (u64, Leaves),
    design: &Design,
    technology: &Technology,
) -> Result<Option<Case>, String> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let weights = tiny::weights(&mut rng, &inference);
    let words = (0..inference.sequence).map(|_| rng.random_range(0..inference.network.vocabulary)).collect();
    let predictions = predictions(&mut rng, &inference, technology);
    let sentence = Sentence { words, threshold: 0, predictions };
    let wrong = |what: &dyn std::fmt::Display| format!("{name}: {what}");
    let calibrated = forward(&inference, &weights, &sentence.words).map_err(|error| wrong(&error))?;
    let quantised = Quantised::new(design, &inference, &weights, &Channels::none(&inference))
        .map_err(|error| wrong(&error))?;
    let numbers = Numbers::new(design.format, &calibrated.maxima, &quantised);
    assemble((name, leaves), &inference, (&quantised, &numbers), sentence, (design, technology))
}

/// A sentence on a network whose parameters and settings are known; none if it or its program does not fit.
///
/// # Errors
/// What should not happen, in words.
pub fn assemble(
    (name, leaves): (&str, Leaves),
    inference: &Inference,
    (quantised, numbers): (&Quantised, &Numbers),
    mut sentence: Sentence,
    (design, technology): (&Design, &Technology),
) -> Result<Option<Case>, String> {
    let wrong = |what: &dyn std::fmt::Display| format!("{name}: {what}");
    let program = match compile_for(design, inference, quantised) {
        Ok(program) if program.commands.len() <= design.sequencer.commands as usize => program,
        Ok(_) | Err(CompileError::DoesNotFit(_)) => return Ok(None),
        Err(error) => return Err(wrong(&error)),
    };
    let image = image(&program, quantised, design.pu.n, 0xa5).map_err(|error| wrong(&error))?;
    let golden = |sentence: &Sentence| {
        crate::golden::run(design, &program, image.clone(), numbers, sentence, 0x5a, |_| 0)
            .map_err(|error| wrong(&error))
    };
    sentence.threshold = match leaves {
        Leaves::Never => 0,
        Leaves::AtOnce => u32::MAX,
        Leaves::UnderFirst => golden(&sentence)?.entropies.first().copied().unwrap_or_default(),
        Leaves::Under(threshold) => threshold,
    };
    let outcome = golden(&sentence)?;
    let (timings, run) = simulated(design, technology, &program, &outcome).map_err(|error| wrong(&error))?;
    let name = told(name, inference, design, (&program, &outcome));
    let job = job(design, &program, numbers, &sentence, image).map_err(|error| wrong(&error))?;
    Ok(Some(Case { name, program, job, timings, outcome, run }))
}

/// What a case is called in messages.
fn told(
    name: &str,
    inference: &Inference,
    design: &Design,
    (program, outcome): (&Program, &Outcome),
) -> String {
    let predicted = outcome.predicted.map_or_else(String::new, |row| {
        format!(", predicted to leave after layer {} at {} mV", row.exit_layer, row.vdd_mv)
    });
    format!(
        "{name}: {} tokens, n = {}, {}, buffers of {} B, {}, left after layer {} of {}{predicted}",
        inference.sequence,
        design.pu.n,
        design.format,
        design.buffer.bytes,
        gathers(program),
        outcome.exit_layer,
        program.layers
    )
}

/// Gathers of a program from each memory, in words.
fn gathers(program: &Program) -> String {
    let from = |space: Space| {
        let gathers = |c: &&Command| matches!(&c.operation, Operation::Gather(g) if g.space == space);
        program.commands.iter().filter(gathers).count()
    };
    format!("gathers: {} from the NVM, {} from external memory", from(Space::Nvm), from(Space::External))
}

/// Cycles and events of the very sentence.
fn simulated(
    design: &Design,
    technology: &Technology,
    program: &Program,
    outcome: &Outcome,
) -> Result<(BTreeMap<u32, Timing>, Run), String> {
    let predicted_mv = outcome.predicted.map(|predicted| u32::from(predicted.vdd_mv));
    let first = timing(design, technology, design.operating.vdd_v)?;
    let second = predicted_mv.map_or(Ok(first), |mv| timing(design, technology, f64::from(mv) / 1000.0))?;
    let at = |mv: u32| if Some(mv) == predicted_mv { second } else { first };
    // Who does not leave at the last off-ramp either runs to the end of the loop.
    let leaves = if outcome.left { outcome.exit_layer } else { program.layers + 1 };
    let run = machine::run_exact(design, program, at, (leaves, predicted_mv), &outcome.met)
        .map_err(|error| error.to_string())?;
    let asked = run.segments.iter().map(|segment| segment.vdd_mv).chain([0]);
    let timings = asked.map(|mv| (mv, ports(design, at(mv)))).collect();
    Ok((timings, run))
}

/// The memories' timing at a supply voltage.
fn timing(design: &Design, technology: &Technology, vdd_v: f64) -> Result<MemoryTiming, String> {
    let hz = technology.frequency_hz(vdd_v).map_err(|error| format!("{error:?}"))?;
    MemoryTiming::new(design, technology, hz).map_err(|error| error.to_string())
}

/// A random table of predictions, with the voltages that the technology's regulator can be told; none where nothing is predicted.
fn predictions(rng: &mut ChaCha8Rng, inference: &Inference, technology: &Technology) -> Vec<Prediction> {
    let rows = if inference.exits && inference.predict_after.is_some() { ROWS } else { 0 };
    let codes = technology.codes();
    let mut row = || {
        let code = codes[rng.random_range(0..codes.len())];
        let exit_layer = rng.random_range(2..=inference.network.layers + 1) as u16;
        Prediction { exit_layer, vdd_mv: code.vdd_mv as u16 }
    };
    (0..rows).map(|_| row()).collect()
}

/// The same, as the ports of the machine see it.
fn ports(design: &Design, memory: MemoryTiming) -> Timing {
    Timing {
        read_latency: memory.read_latency,
        write_latency: memory.write_latency,
        beat_cycles: memory.beat_cycles,
        pieces: rtl::unit::pieces(design) as u64,
        nvm_latency: memory.nvm_latency,
    }
}

/// A command as the host writes it.
fn units_of(word: &word::Word) -> [u32; 8] {
    std::array::from_fn(|at| word.bits(32 * at as u32, 32) as u32)
}

fn job(
    design: &Design,
    program: &Program,
    numbers: &Numbers,
    sentence: &Sentence,
    image: Memory,
) -> Result<Job, String> {
    let words = word::encode(design.pu.n, program, |command| numbers.scales(command))
        .map_err(|error| error.to_string())?;
    Ok(Job {
        commands: words.iter().map(units_of).collect(),
        tokens: sentence.words.clone(),
        predictions: sentence.predictions.iter().map(|row| row.word()).collect(),
        external: image.external,
        nvm: image.nvm,
        registers: vec![
            ("threshold", sentence.threshold.into()),
            ("layer_start", program.memory.layer_base),
            ("ramp_start", program.memory.ramp_base),
            ("interrupt_enable", 0b1111),
        ],
    })
}

/// A program of one operation, and what the simulator says of it: for its cycles and counters, not for its values.
pub struct Alone {
    /// What the host puts into the machine; external memory is filled with ones.
    pub job: Job,
    /// How fast its memories are.
    pub timing: Timing,
    /// What the simulator counted.
    pub run: Run,
}

impl Alone {
    /// How fast its memories are, which no voltage changes.
    pub fn timings(&self) -> BTreeMap<u32, Timing> {
        BTreeMap::from([(0, self.timing)])
    }
}

/// One operation alone on a design.
///
/// # Errors
/// It does not fit, in words.
pub fn alone(design: &Design, technology: &Technology, single: Single) -> Result<Alone, String> {
    let program = compile_single(design, single).map_err(|error| error.to_string())?;
    let words = word::encode(design.pu.n, &program, |_| word::Scales::default())
        .map_err(|error| error.to_string())?;
    let end = |command: &Command| match &command.operation {
        Operation::Load(t) => t.offset + u64::from(t.blocks) * t.stride.max(t.block_bytes),
        _ => 0,
    };
    let bytes = program.commands.iter().map(end).max().unwrap_or(0);
    let timing = timing(design, technology, design.operating.vdd_v)?;
    let options = Options { exit_layer: 1, predicted_mv: None, mode: Mode::Fast, spans: false };
    let run = machine::run(design, &program, |_| timing, options).map_err(|error| error.to_string())?;
    let job = Job {
        commands: words.iter().map(units_of).collect(),
        external: vec![1; bytes as usize],
        registers: vec![("interrupt_enable", 1)],
        ..Job::default()
    };
    Ok(Alone { job, timing: ports(design, timing), run })
}
