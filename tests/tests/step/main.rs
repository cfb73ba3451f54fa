//! The fast path against `--step`: closed forms and jumps from event to event must give what ticking every cycle gives, on
//! everything that a run reports, spans and deadlocks included.
//!
//! Two kinds of random pairs of a design and a program: what the compiler makes of random networks ([`networks`]), and
//! random commands that no compiler would emit ([`programs`]). `OFFRAMP_PAIRS` sets how many of each, `OFFRAMP_SEED` the seed
//! of the first; a failure says how to run its pair alone.

mod designs;
mod networks;
mod programs;

use models::compiler::{CompileError, compile};
use models::design::Design;
use models::program::Program;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use sim::machine::{Asked, Costs, Deadlock, MemoryTiming, Mode, Nests, Options, Prepared, Run, exits, run};
use std::fmt::Debug;

/// The generator of every pair; its stream is the same on every machine.
type Rng = ChaCha8Rng;

/// Pairs of each kind that must run.
const PAIRS: u64 = 1000;
/// Supply voltage that predictions ask for, mV; no design starts with it.
const PREDICTED_MV: u32 = 601;
/// Seed of the first pair; the next pairs count up.
const SEED: u64 = 0x0ff_4a3b;

/// A program on a design, and after which layer the sentence leaves.
struct Pair {
    design: Design,
    program: Program,
    exit_layer: u32,
}

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).unwrap_or_else(|_| default.to_string());
    text.parse().unwrap_or_else(|_| panic!("{name} = {text} is no number"))
}

/// Runs a pair in both modes and compares them.
fn compare(
    pair: &Pair,
    timing: impl Fn(u32) -> MemoryTiming,
    test: &str,
    seed: u64,
) -> Result<Run, Deadlock> {
    let Pair { design, program, exit_layer } = pair;
    let [fast, step] = [Mode::Fast, Mode::Step].map(|mode| {
        // Every other sentence is slowed down or sped up by a prediction.
        let predicted_mv = (exit_layer % 2 == 0).then_some(PREDICTED_MV);
        let options = Options { exit_layer: *exit_layer, predicted_mv, mode, spans: true };
        run(design, program, &timing, options)
    });
    if fast != step {
        panic!(
            "fast and step differ at seed {seed}; alone:\n\
             OFFRAMP_SEED={seed} OFFRAMP_PAIRS=1 cargo test -p offramp-tests --test step {test}\n\
             {}\n{design:#?}",
            difference(&fast, &step)
        );
    }
    fast
}

/// The lines that differ, few enough to read.
fn difference(fast: &impl Debug, step: &impl Debug) -> String {
    let [fast, step] = [format!("{fast:#?}"), format!("{step:#?}")];
    let differing = fast.lines().zip(step.lines()).filter(|(fast, step)| fast != step);
    let lines: Vec<_> = differing.take(20).map(|(fast, step)| format!("fast {fast}   step {step}")).collect();
    format!("{}\n({} lines against {})", lines.join("\n"), fast.lines().count(), step.lines().count())
}

#[test]
fn compiled_programs_run_alike() {
    let (pairs, mut seed) = (setting("OFFRAMP_PAIRS", PAIRS), setting("OFFRAMP_SEED", SEED));
    let (mut ran, mut unfit, mut cycles) = (0, 0, 0);
    let mut nests = Nests::default();
    while ran < pairs {
        let mut rng = Rng::seed_from_u64(seed);
        let design = designs::design(&mut rng);
        let (job, exit_layer) = networks::job(&mut rng);
        match compile(&design, &job) {
            Ok(program) => {
                let timing = designs::technology_timing(&mut rng, &design);
                let predicted = designs::technology_timing(&mut rng, &design);
                let at = |vdd_mv: u32| if vdd_mv == PREDICTED_MV { predicted } else { timing };
                let pair = Pair { design, program, exit_layer };
                for predicted_mv in [None, Some(PREDICTED_MV)] {
                    all_exits(&pair, at, predicted_mv, &mut nests, seed);
                }
                let run = compare(&pair, at, "compiled", seed);
                cycles +=
                    run.unwrap_or_else(|error| panic!("seed {seed}: a compiled program: {error}")).cycles;
                ran += 1;
            }
            Err(CompileError::DoesNotFit { .. } | CompileError::Empty { .. }) => unfit += 1,
            Err(error) => panic!("seed {seed}: {error}"),
        }
        seed += 1;
    }
    println!("{ran} pairs alike over {cycles} cycles; {unfit} designs too small for their network");
    assert!(unfit < 3 * ran + 10, "{unfit} of {} designs are too small: the generator is", ran + unfit);
}

/// Compares what one run says of every exit, with the loop nests of all pairs before it, with a run for each.
fn all_exits(
    pair: &Pair,
    timing: impl Fn(u32) -> MemoryTiming,
    predicted_mv: Option<u32>,
    nests: &mut Nests,
    seed: u64,
) {
    let Pair { design, program, .. } = pair;
    let layers: Vec<u32> = (1..=program.layers).collect();
    let costs = Costs::new(design, program, nests);
    let asked = Asked { layers: &layers, predicted_mv, mode: Mode::Fast };
    let together = exits(Prepared { design, program, costs: &costs }, &timing, asked, |_| ());
    let alone: Result<Vec<Run>, Deadlock> = layers
        .iter()
        .map(|&exit_layer| {
            let options = Options { exit_layer, predicted_mv, mode: Mode::Fast, spans: false };
            run(design, program, &timing, options)
        })
        .collect();
    assert!(together == alone, "seed {seed}: {}", difference(&together, &alone));
}

#[test]
fn raw_programs_run_alike() {
    let (pairs, first) = (setting("OFFRAMP_PAIRS", PAIRS), setting("OFFRAMP_SEED", SEED));
    let (mut deadlocks, mut cycles) = (0, 0);
    for seed in first..first + pairs {
        let mut rng = Rng::seed_from_u64(seed);
        let design = designs::design(&mut rng);
        let (program, exit_layer) = programs::program(&mut rng, design.pu.n);
        let timings: Vec<_> = (0..4).map(|_| designs::timing(&mut rng)).collect();
        let pair = Pair { design, program, exit_layer };
        match compare(&pair, |vdd_mv| timings[vdd_mv as usize % timings.len()], "raw", seed) {
            Ok(run) => cycles += run.cycles,
            Err(_) => deadlocks += 1,
        }
    }
    println!("{pairs} pairs alike over {cycles} cycles, {deadlocks} of them deadlocks");
    assert!(deadlocks < pairs.div_ceil(4), "{deadlocks} of {pairs} programs deadlock: too few run");
}
