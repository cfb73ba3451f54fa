//! The load engine against the layouts of the golden memory and its timing contract, cycle for cycle, while bus and NVM stall.
//!
//! Nothing here looks at what the engine does: every request, every write and the end are told in advance.

mod command;
mod layout;
mod memories;

use super::{Draw, Failure, Plan, Tally, packed};
use crate::cosim::{Bench, Difference};
use crate::hdl::Error;
use crate::unit;
use command::{Case, Shape, case};
use kernels::adaptivfloat::Format;
use layout::{Effect, Write};
use memories::{Bus, Nvm};
use models::design::{Design, Sparsity};
use models::latency;
use models::program::word::{Scales, encode};
use models::program::{Command, MAX_TOKENS, MemoryMap, Operation, Program, Space, Stage, Tag};
use models::record::preset;
use std::collections::BTreeMap;

/// Cycles after which a command counts as hanging.
const PATIENCE: u64 = 100_000;

/// n, format, sparsity, bits of the bus and of the NVM's words, and what of the vectors a shape gets.
const SHAPES: [(u32, Format, Sparsity, u32, u32, u64); 5] = [
    (2, Format::AF8_4, Sparsity::Skip, 64, 64, 40),
    (4, Format::AF4_3, Sparsity::Gate, 32, 8, 60),
    (8, Format::AF8_3, Sparsity::Dense, 128, 128, 60),
    (8, Format::AF8_4, Sparsity::Skip, 64, 32, 60),
    (16, Format::AF8_4, Sparsity::Gate, 32, 128, 100),
];

/// Random loads and gathers one after another.
pub(super) fn load(plan: &Plan) -> Result<Tally, Failure> {
    let preset = preset::<Design>("offramp").map_err(|_| Error::size("load", "design", "shipped"))?;
    let small = |(n, format, sparsity, axi, nvm, share)| {
        let mut design = preset.clone();
        (design.pu.n, design.pu.sparsity, design.format) = (n, sparsity, format);
        (design.axi.width_bits, design.nvm.width_bits) = (axi, nvm);
        design.axi.burst_beats = if n == 8 { 4 } else { 16 };
        (design.buffer.bytes, design.buffer.pages) = (64 * u64::from(n * n), 4);
        (design, share)
    };
    let mut tally = Tally::default();
    for (design, share) in plan.shapes(&SHAPES.map(small), |design| (design.clone(), 60)) {
        let (mut bench, mut draw) = (plan.bench(unit::load(&design))?, plan.draw(share));
        for index in 0..plan.share(share) {
            let case = case(&Shape::new(&design), &mut draw)?;
            let about = format!("n = {}, command {index}: {:?}", design.pu.n, case.operation);
            bench.set_words("command", &word(design.pu.n, &case.operation)?);
            Running::new(&design, &case, &mut draw)
                .run(&mut bench, &mut draw)
                .map_err(|difference| difference.about(&about))?;
        }
        // The gates of many lanes take Yosys minutes.
        let netlist = plan.netlist && design.pu.n == 2;
        tally += Plan { netlist, ..plan.clone() }.replay(bench)?;
    }
    Ok(tally)
}

/// A command on its way.
struct Running<'a> {
    case: &'a Case,
    shape: Shape,
    bus: Bus,
    nvm: Nvm,
    /// Pieces that have come, and what they do in the cycles that follow.
    pieces: usize,
    aux: BTreeMap<u64, (u64, Vec<u8>)>,
    writes: BTreeMap<u64, Write>,
    /// Positions whose word has been read, and the one that the token memory shows.
    looked: u64,
    token: u64,
}

impl<'a> Running<'a> {
    fn new(design: &Design, case: &'a Case, draw: &mut Draw) -> Running<'a> {
        let shape = Shape::new(design);
        let gathers = matches!(case.operation, Operation::Gather(_));
        let first = 1 + if gathers { latency::LOOKUP } else { 0 };
        let bus = Bus::new(case, design.axi, unit::pieces(design) as u64, first, draw);
        let nvm = Nvm::new(case, (shape.word, shape.lanes), draw);
        let (pieces, aux, writes) = Default::default();
        Running { case, shape, bus, nvm, pieces, aux, writes, looked: 0, token: 0 }
    }

    /// All cycles of it, and some in which nothing happens.
    fn run(mut self, bench: &mut Bench, draw: &mut Draw) -> Result<(), Box<Difference>> {
        bench.set("layer_base", self.case.bases[0]);
        bench.set("ramp_base", self.case.bases[1]);
        for now in 0..PATIENCE {
            let last = self.bus.ended().or(self.nvm.ended(self.case));
            let done = last.is_some_and(|last| now == last + latency::DMA_WRITE);
            bench.set("start", u64::from(now == 0));
            bench.expect("done", done.into());
            bench.expect("buffer", self.case.buffer);
            self.cycle(bench, now, draw);
            bench.step()?;
            if done {
                return idle(bench, draw);
            }
        }
        bench.require(false, || "the command does not end".to_owned())
    }

    fn cycle(&mut self, bench: &mut Bench, now: u64, draw: &mut Draw) {
        let (beat, run_taken) = self.bus.cycle(bench, self.case, now, draw);
        if let Some(beat) = beat {
            self.beat(now, beat);
        }
        let (requests, leaves) = self.nvm.cycle(bench, self.case, now, draw);
        self.writes.extend(leaves.map(|write| (now + latency::DMA_WRITE, write)));
        self.look_up(bench, now, requests || run_taken);
        self.expect(bench, now);
    }

    /// What the pieces of a beat do: piece i comes 1 + i cycles after it.
    fn beat(&mut self, now: u64, [base, first, end]: [u64; 3]) {
        let piece = self.shape.piece as u64;
        for at in (first - base) / piece..(end - base).div_ceil(piece) {
            let cycle = now + 1 + at;
            match &self.case.effects[self.pieces] {
                Effect::Nothing => {}
                Effect::Aux(place) => {
                    let bytes = self.case.memory.read(base + at * piece, piece);
                    self.aux.insert(cycle, (*place, bytes));
                }
                Effect::Write(write) => {
                    self.writes.insert(cycle + 1, write.clone());
                }
            }
            self.pieces += 1;
        }
    }

    /// The token memory: the words at two positions are read at the start, one more whenever a place is used.
    fn look_up(&mut self, bench: &mut Bench, now: u64, used: bool) {
        bench.set("token", self.token);
        let Operation::Gather(gather) = &self.case.operation else {
            bench.expect("token_read", 0);
            return;
        };
        let begins = now == latency::LOOKUP && gather.space == Space::External;
        let reads = now < latency::LOOKUP || begins || used;
        bench.expect("token_read", reads.into());
        if reads {
            let position = (u64::from(gather.first) + self.looked) % u64::from(MAX_TOKENS);
            bench.expect("token_address", position);
            self.looked += 1;
            self.token = self.case.tokens[position as usize].into();
        }
    }

    /// What is written in this cycle.
    fn expect(&mut self, bench: &mut Bench, now: u64) {
        let aux = self.aux.remove(&now);
        bench.expect("aux_write", aux.is_some().into());
        if let Some((place, bytes)) = aux {
            bench.expect("aux_address", place);
            bench.expect_words("aux_data", &packed(&bytes, 8));
        }
        write(bench, &self.shape, self.writes.remove(&now).unwrap_or_default());
    }
}

/// Expects a write, or none.
fn write(bench: &mut Bench, shape: &Shape, write: Write) {
    bench.expect("masks_written", write.masks_written);
    bench.expect("codes_written", write.enable.count_ones().into());
    bench.expect("write_mask_write", write.masks.is_some().into());
    if let Some((tile, fields, masks)) = write.masks {
        let masks: Vec<i64> = masks.iter().map(|mask| mask.cast_signed()).collect();
        bench.expect("write_tile", tile);
        bench.expect("write_fields", fields);
        bench.expect_words("write_masks", &packed(&masks, shape.lanes));
    }
    bench.expect("write_enable", write.enable);
    if write.enable > 0 {
        bench.expect("write_row", write.row);
        bench.expect_words("write_codes", &packed(&write.codes, shape.code));
    }
}

/// Cycles between two commands.
fn idle(bench: &mut Bench, draw: &mut Draw) -> Result<(), Box<Difference>> {
    for _ in 0..draw.below(3) {
        for quiet in ["done", "axi_arvalid", "axi_rready", "nvm_request", "write_mask_write", "write_enable"]
        {
            bench.expect(quiet, 0);
        }
        bench.step()?;
    }
    Ok(())
}

/// The command as it lies in memory.
fn word(n: u32, operation: &Operation) -> Result<Vec<u32>, Error> {
    let tag = Tag { stage: Stage::Embedding, layer: None, head: None, part: (0, 0) };
    let commands = vec![Command { operation: operation.clone(), waits: [0; 4], tag }];
    let memory = MemoryMap::default();
    let program = Program { commands, layers: 1, exits: false, memory, choices: vec![] };
    let word = encode(n, &program, |_| Scales::default())
        .map_err(|_| Error::size("load", "command", "one that fits its word"))?[0];
    Ok((0..8).map(|at| word.bits(32 * at, 32) as u32).collect())
}
