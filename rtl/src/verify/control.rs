//! The sequencer, its queues and the command memory against their contract: which command starts in which cycle, over random
//! programs, units of random speed, and all exits.

use super::program::{Contract, Cycle, program};
use super::{Draw, Failure, Plan, Tally};
use crate::cosim::{Bench, Difference};
use crate::hdl::Error;
use crate::unit;
use models::design::Sequencer;
use models::program::word::{OPCODE_BITS, Scales, WAITS_BITS, Word, encode};

/// Programs of a design, at most, by the numbers of their streams; commands of the first.
const STREAMS: u64 = 1_000_000;
const SHORT: usize = 24;

/// Cycles after which a program counts as hanging.
const PATIENCE: u64 = 100_000;

const DESIGNS: [Sequencer; 4] = [
    Sequencer { commands: 64, queue: 3, overlap: true },
    Sequencer { commands: 512, queue: 8, overlap: true },
    Sequencer { commands: 64, queue: 1, overlap: true },
    Sequencer { commands: 64, queue: 2, overlap: false },
];

const UNITS: [&str; 4] = ["load_command", "store_command", "pu_command", "sfu_command"];

/// Every command starts in its cycle; a word that is no command ends the program with a fault.
pub(super) fn control(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for (index, design) in plan.shapes(&DESIGNS, |design| design.sequencer).into_iter().enumerate() {
        let mut bench = plan.bench(unit::control(design))?;
        let (mut started, mut stream) = (0, STREAMS * index as u64);
        while started < plan.share(4) {
            started += run(&mut bench, plan, design, stream)?;
            stream += 1;
        }
        fault(&mut bench)?;
        tally += if index == 0 { plan.replay(bench)? } else { plan.count(bench)? };
    }
    Ok(tally)
}

fn limbs(word: &Word) -> Vec<u32> {
    word.0.chunks(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// Puts anything into the fields of a unit's command: queues look at the operation and at what it waits for alone.
fn fill(draw: &mut Draw, word: &mut Word) {
    let looked_at = (OPCODE_BITS + WAITS_BITS) as usize;
    for (at, byte) in word.0.iter_mut().enumerate() {
        let kept = looked_at.saturating_sub(8 * at).min(8);
        *byte |= (draw.bits(8) << kept) as u8;
    }
}

/// Loads a program through the host's port.
fn load(bench: &mut Bench, words: &[Word]) -> Result<(), Failure> {
    for (address, word) in (0..).zip(words) {
        bench.set("host_write", 1);
        bench.set("host_address", address);
        bench.set_words("host_word", &limbs(word));
        bench.step()?;
    }
    bench.set("host_write", 0);
    Ok(())
}

/// One program, each cycle against the contract; the number of commands that started.
fn run(bench: &mut Bench, plan: &Plan, design: Sequencer, stream: u64) -> Result<u64, Failure> {
    let mut draw = plan.draw(stream);
    // The first of a design is short: what Icarus repeats of a run ends soon.
    let most = if stream.is_multiple_of(STREAMS) { SHORT } else { design.commands as usize };
    let program = program(&mut draw, most);
    let mut words = encode(4, &program, |_| Scales::default())
        .map_err(|_| Error::size("control", "program", "one whose commands fit their words"))?;
    let of_units = words.iter_mut().zip(&program.commands).filter(|(_, c)| c.operation.unit().is_some());
    of_units.for_each(|(word, _)| fill(&mut draw, word));
    load(bench, &words)?;
    let (exit_layer, foretold) = (1 + draw.below(5) as u32, draw.once_in(2));
    let bases = [draw.bits(32), draw.bits(32)];
    bench.set("layer_start", bases[0]);
    bench.set("ramp_start", bases[1]);
    let halt = if draw.once_in(4) { draw.below(100) } else { u64::MAX };
    let mut contract = Contract::new(design, &program, (exit_layer, halt), bases);
    let (speed, about) = (1 + draw.below(12), format!("program {stream}"));
    let mut started = 0;
    for now in 0..PATIENCE {
        let expected = contract.cycle(now, || 1 + draw.below(speed));
        let done = |unit: usize| u64::from(contract.ends[unit] == Some(now + 1)) << unit;
        bench.set("unit_done", (0..4).map(done).sum());
        bench.set("halt", u64::from(now >= halt));
        // Who leaves is under the threshold, or at the layer that was predicted.
        bench.set("below", u64::from(expected.layer == exit_layer && !foretold));
        bench.set("predicted", if foretold { exit_layer.into() } else { 0 });
        started += expect(bench, now, &expected, &words);
        bench.step().map_err(|difference| difference.about(&about))?;
        if expected.ends {
            at_rest(bench, now).map_err(|difference| difference.about(&about))?;
            return Ok(started);
        }
    }
    bench.require(false, || format!("{about} does not end"))?;
    Ok(started)
}

/// What the contract says of a cycle; the number of commands that start.
fn expect(bench: &mut Bench, now: u64, expected: &Cycle, words: &[Word]) -> u64 {
    bench.set("start", u64::from(now == 0));
    bench.expect("done", expected.ends.into());
    let starts = (0..4).map(|unit| u64::from(expected.starts[unit].is_some()) << unit).sum::<u64>();
    bench.expect("unit_start", starts);
    bench.expect("predict", expected.predicts.into());
    bench.expect("change", expected.change_mv.is_some().into());
    if let Some(vdd_mv) = expected.change_mv {
        bench.expect("change_mv", vdd_mv.into());
    }
    for (unit, pc) in expected.runs.iter().enumerate().filter_map(|(unit, pc)| Some((unit, (*pc)?))) {
        bench.expect_words(UNITS[unit], &limbs(&words[pc]));
    }
    if now > 0 {
        bench.expect("cycles", now);
        bench.expect("layer_now", expected.layer.into());
        bench.expect("layer_base", expected.bases[0]);
        bench.expect("ramp_base", expected.bases[1]);
    }
    u64::from(starts.count_ones())
}

fn at_rest(bench: &mut Bench, cycles: u64) -> Result<(), Box<Difference>> {
    bench.set("unit_done", 0);
    bench.set("halt", 0);
    bench.expect("busy", 0);
    bench.expect("cycles", cycles);
    bench.step()
}

/// A program of one word that is no command.
fn fault(bench: &mut Bench) -> Result<(), Failure> {
    let mut word = [0; 32];
    word[0] = 0xf;
    load(bench, &[Word(word)])?;
    bench.set("start", 1);
    bench.step()?;
    bench.set("start", 0);
    bench.step()?;
    bench.expect("done", 1);
    bench.expect("fault", 1);
    Ok(bench.step().map_err(|difference| difference.about("a word that is no command"))?)
}
