//! A sentence on a tiny network, ready for a machine: program, memory image, settings, and what must come of it.

use crate::contents::Met;
use crate::golden::image::image;
use crate::golden::memory::Memory;
use crate::golden::numbers::Numbers;
use crate::golden::quantised::Quantised;
use crate::golden::reference::reference;
use crate::golden::{Outcome, Sentence, tiny};
use crate::machine::{self, MemoryTiming, Run};
use kernels::entropy::exit_decision;
use models::compiler::{CompileError, compile_for};
use models::design::Design;
use models::program::{Operation, Program, Space, word};
use models::technology::Technology;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rtl::run::{Job, Timing};

/// Everything that a machine is given, and everything that it must give.
pub struct Case {
    /// What failed, in a message.
    pub name: String,
    /// The program.
    pub program: Program,
    /// What the host puts into the machine.
    pub job: Job,
    /// How fast its memories are.
    pub timing: Timing,
    /// What the golden kernels computed.
    pub outcome: Outcome,
    /// What the simulator counted.
    pub run: Run,
}

/// Case number `index` on a design; none if the network does not fit or needs what is not built.
///
/// # Errors
/// What should not happen, in words.
pub fn case(
    index: usize,
    seed: u64,
    design: &Design,
    technology: &Technology,
) -> Result<Option<Case>, String> {
    edited(index, seed, design, technology, |program| program)
}

/// As [`case`], of a program that has been changed.
///
/// # Errors
/// What should not happen, in words.
pub fn edited(
    index: usize,
    seed: u64,
    design: &Design,
    technology: &Technology,
    edit: impl Fn(Program) -> Program,
) -> Result<Option<Case>, String> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed + index as u64);
    let inference = tiny::job(index);
    let weights = tiny::weights(&mut rng, &inference);
    let words = (0..inference.sequence).map(|_| rng.random_range(0..inference.network.vocabulary)).collect();
    let mut sentence = Sentence { words, threshold: 0 };
    let wrong = |what: &str| format!("case {index}, seed {seed}: {what}");
    let calibrated = reference(&inference, &weights, &sentence).map_err(|error| wrong(&error.to_string()))?;
    let quantised =
        Quantised::new(design, &inference, &weights).map_err(|error| wrong(&error.to_string()))?;
    let numbers = Numbers::new(design.format, &calibrated.maxima, &quantised);
    let program = match compile_for(design, &inference, &quantised) {
        Ok(program) if builds(design, &program) => edit(program),
        Ok(_) | Err(CompileError::DoesNotFit(_)) => return Ok(None),
        Err(error) => return Err(wrong(&error.to_string())),
    };
    let image = image(&program, &quantised, design.pu.n, 0xa5).map_err(|error| wrong(&error.to_string()))?;
    let golden = |sentence: &Sentence| {
        crate::golden::run(design, &program, image.clone(), &numbers, sentence, 0x5a, |_| 0)
            .map_err(|error| wrong(&error.to_string()))
    };
    // Of three cases, one never leaves early, one at once, one where an entropy falls under that of the first off-ramp.
    let first = golden(&sentence)?.entropies.first().copied().unwrap_or_default();
    sentence.threshold = [0, u32::MAX, first][index % 3];
    let outcome = golden(&sentence)?;
    // Who is not sure at the last off-ramp either does not leave there: the loop ends behind it.
    let sure = outcome.entropies.last().is_some_and(|last| exit_decision(*last, sentence.threshold));
    let leaves = if sure { outcome.exit_layer } else { program.layers + 1 };
    let (timing, run) =
        simulated(design, technology, &program, (leaves, &outcome.met)).map_err(|error| wrong(&error))?;
    let name = format!(
        "program {index}, seed {seed}: {} tokens, n = {}, {}, buffers of {} B",
        inference.sequence, design.pu.n, design.format, design.buffer.bytes
    );
    let job = job(design, &program, &numbers, &sentence, image).map_err(|error| wrong(&error))?;
    Ok(Some(Case { name, program, job, timing, outcome, run }))
}

/// Whether the machine that is built runs a program: tables in the NVM, commands in their memory.
fn builds(design: &Design, program: &Program) -> bool {
    let gathers = |space: Space| {
        program.commands.iter().any(|c| matches!(&c.operation, Operation::Gather(g) if g.space == space))
    };
    !gathers(Space::External) && program.commands.len() <= design.sequencer.commands as usize
}

/// Cycles and events of the very sentence.
fn simulated(
    design: &Design,
    technology: &Technology,
    program: &Program,
    (leaves, met): (u32, &Met),
) -> Result<(Timing, Run), String> {
    let hz = technology.frequency_hz(design.operating.vdd_v).map_err(|error| format!("{error:?}"))?;
    let memory = MemoryTiming::new(design, technology, hz).map_err(|error| error.to_string())?;
    let run =
        machine::run_exact(design, program, |_| memory, leaves, met).map_err(|error| error.to_string())?;
    let timing = Timing {
        read_latency: memory.read_latency,
        write_latency: memory.write_latency,
        beat_cycles: memory.beat_cycles,
        pieces: rtl::unit::pieces(design) as u64,
        nvm_latency: memory.nvm_latency,
    };
    Ok((timing, run))
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
    let word = |word: &word::Word| std::array::from_fn(|at| word.bits(32 * at as u32, 32) as u32);
    Ok(Job {
        commands: words.iter().map(word).collect(),
        tokens: sentence.words.clone(),
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
