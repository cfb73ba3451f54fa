//! The machine, cycle by cycle: four units, a sequencer, memories.
//!
//! Time jumps from event to event. In a cycle, in this order: units end commands; the sequencer acts; idle units start the
//! command at the head of their queue if it was dispatched in an earlier cycle and its waits are met. A command that ends at
//! cycle `e` was busy up to `e - 1`; what waited for it may start at `e`. With [`Mode::Step`] no cycle is jumped and the units
//! run vector by vector and beat by beat; both modes must agree on everything.
//!
//! A layer starts with everything idle. Where the weights of layers lie a whole number of pages apart their bursts are the
//! same, so all layers take the same cycles, and, where a prediction changes the supply, those behind it: the fast path runs the
//! first of them and counts it again for the others, the last up to its exit. A last layer without an exit is run.

mod add;
mod costs;
pub mod dma;
mod entropy;
mod events;
mod exact;
mod exits;
mod layernorm;
mod memory;
pub mod pass;
pub mod pu;
mod report;
mod sequencer;
pub mod sfu;
mod softmax;
mod step;
mod units;

pub use costs::{Cost, Costs, Nests};
pub use dma::load_cycles;
pub use events::Events;
pub use exits::{Asked, exits};
pub use memory::{MemoryTiming, Runs};
pub use report::{Control, Run, Segment, Span, UnitCycles};

use crate::contents::Met;
use dma::Bases;
use models::design::{Axi, Design};
use models::program::{Operation, Program, Unit};
use report::Layer;
use sequencer::{Action, Sequencer};
use units::Units;

/// How time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// From event to event, closed forms within commands.
    Fast,
    /// Every cycle.
    Step,
}

/// A program on a design, and what its commands take.
#[derive(Clone, Copy)]
pub struct Prepared<'a> {
    /// The machine.
    pub design: &'a Design,
    /// What it runs.
    pub program: &'a Program,
    /// What no memory changes.
    pub costs: &'a Costs,
}

/// What a run needs beside the program.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Layer after which the sentence leaves, 1-based; the last or beyond runs them all.
    pub exit_layer: u32,
    /// Supply voltage that a prediction asks for, mV; none where nothing is predicted.
    pub predicted_mv: Option<u32>,
    /// How time passes.
    pub mode: Mode,
    /// Whether to record when each command ran, control commands included.
    pub spans: bool,
}

/// A program that cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlock {
    /// Cycle at which nothing could happen any more.
    pub cycle: u64,
    /// What each unit waited for.
    pub waiting: String,
}

impl std::fmt::Display for Deadlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the program cannot go on at cycle {}: {}", self.cycle, self.waiting)
    }
}

impl std::error::Error for Deadlock {}

/// Runs a program. `timing` gives the memories' timing at a supply voltage in millivolts.
///
/// # Errors
/// Commands wait for each other.
pub fn run(
    design: &Design,
    program: &Program,
    timing: impl Fn(u32) -> MemoryTiming,
    options: Options,
) -> Result<Run, Deadlock> {
    let costs = match options.mode {
        Mode::Fast => Costs::new(design, program, &mut Nests::default()),
        Mode::Step => Costs::none(),
    };
    Machine::new(Prepared { design, program, costs: &costs }, options, timing(0), None).run(timing)
}

/// Runs a program whose commands meet what `met` says, event by event; the layer after which it leaves and the voltage that a
/// prediction asks for are what the values have said.
///
/// # Errors
/// Commands wait for each other.
pub fn run_exact(
    design: &Design,
    program: &Program,
    timing: impl Fn(u32) -> MemoryTiming,
    (exit_layer, predicted_mv): (u32, Option<u32>),
    met: &Met,
) -> Result<Run, Deadlock> {
    let options = Options { exit_layer, predicted_mv, mode: Mode::Fast, spans: true };
    let prepared = Prepared { design, program, costs: &Costs::none() };
    Machine::new(prepared, options, timing(0), Some(met)).run(timing)
}

/// Cycles of a command alone: when nothing else uses its ports.
pub fn expected_cycles(design: &Design, timing: &MemoryTiming, operation: &Operation) -> u64 {
    if let Some((job, _)) = dma::job(design, timing, Bases::default(), operation) {
        return dma::alone::cycles(timing, usize::from(operation.unit() == Some(Unit::Store)), job);
    }
    costs::cost(design, operation, &mut Nests::default()).map_or(0, |(cycles, _)| cycles)
}

struct Machine<'a> {
    design: &'a Design,
    program: &'a Program,
    sequencer: Sequencer,
    units: Units<'a>,
    mode: Mode,
    spans: bool,
    /// The layer from which on all take the same cycles, if there is one.
    alike_from: Option<u32>,
    run: Run,
    /// Cycle and counters when the supply last changed.
    segment_start: (u64, Events),
    /// The start of that layer: its cycle, and what had been counted until then.
    first_alike: Option<(u64, Run)>,
    /// All as it was before the exit of that layer, when everything is idle: the cycle, the counts, the sequencer.
    way_out: Option<(u64, Run, Sequencer)>,
    /// What each of them but the last adds.
    layer: Option<Layer>,
}

impl<'a> Machine<'a> {
    fn new(prepared: Prepared<'a>, options: Options, timing: MemoryTiming, met: Option<&'a Met>) -> Self {
        let Prepared { design, program, .. } = prepared;
        let bases = Bases { layer: program.memory.layer_base, ramp: program.memory.ramp_base };
        let sequencer = Sequencer::new(options.exit_layer, options.predicted_mv);
        let expected = met.is_none() && options.mode == Mode::Fast;
        Machine {
            design,
            program,
            units: Units::new(prepared, timing, options, bases, met),
            alike_from: sequencer.alike_from(program).filter(|_| expected),
            sequencer,
            mode: options.mode,
            spans: options.spans,
            run: Run::default(),
            segment_start: (0, Events::default()),
            first_alike: None,
            way_out: None,
            layer: None,
        }
    }

    fn run(self, timing: impl Fn(u32) -> MemoryTiming) -> Result<Run, Deadlock> {
        self.run_layers(timing).map(|(run, _)| run)
    }

    /// The run, and what each of its layers but the last adds.
    fn run_layers(mut self, timing: impl Fn(u32) -> MemoryTiming) -> Result<(Run, Option<Layer>), Deadlock> {
        let mut now = 0;
        loop {
            self.units.end(now, &mut self.run);
            self.keep_way_out(now);
            let mut action = self.act(now);
            if let Some(later) = self.repeat_layer(action, now) {
                now = later;
                action = self.act(now);
            }
            match action {
                Action::End => break,
                Action::SetPoint { vdd_mv } => {
                    self.close_segment(now);
                    self.run.segments.push(Segment { vdd_mv, cycles: 0, events: Events::default() });
                    self.units.set_timing(timing(vdd_mv));
                }
                _ => {}
            }
            let started = self.units.start(now, self.sequencer.layer);
            let limit = self.limit(now, started || action != Action::None)?;
            now = self.units.pass(now, limit, &mut self.run);
        }
        self.close_segment(now);
        self.run.cycles = now;
        self.run.layers = self.sequencer.layer;
        Ok((self.run, self.layer))
    }

    fn act(&mut self, now: u64) -> Action {
        let queue = self.design.sequencer.queue as usize;
        let units = &self.units;
        let room = |unit: usize| units.waiting(unit) < queue;
        let overlap = self.design.sequencer.overlap;
        let (command, layer) = (self.sequencer.pc(), self.sequencer.layer);
        let action = self.sequencer.tick(self.program, now, overlap, room, units.drained());
        match action {
            Action::Dispatch(index) => {
                self.run.events.commands += 1;
                self.units.dispatch(index, now);
            }
            Action::EndLayer { layer_stride, ramp_stride } => {
                self.run.layer_ends.push(now);
                self.units.end_layer(layer_stride, ramp_stride);
            }
            Action::SetPoint { .. } | Action::Control => self.units.reset_counts(),
            Action::None | Action::End => {}
        }
        let control = !matches!(action, Action::None | Action::Dispatch(_));
        if control && self.spans {
            self.run.controls.push(Control { command, layer, cycle: now });
        }
        action
    }

    /// Keeps how all stands before the exit of the first of the layers that are alike.
    fn keep_way_out(&mut self, now: u64) {
        let first = self.first_alike.is_some() && self.way_out.is_none();
        let here = first && Some(self.sequencer.layer) == self.alike_from;
        if here && self.sequencer.at_exit(self.program, now) && self.units.drained() {
            self.way_out = Some((now, self.run.clone(), self.sequencer.clone()));
        }
    }

    /// At the end of the first of the layers that are alike, counts it again for those that follow: up to the exit of the last where
    /// there is one, else up to the last but one. The cycle that this leads to.
    fn repeat_layer(&mut self, action: Action, now: u64) -> Option<u64> {
        let from = self.alike_from?;
        let ends = matches!(action, Action::EndLayer { .. });
        let begins = if from == 1 { action == Action::Control } else { ends };
        if begins && self.sequencer.layer == from && self.first_alike.is_none() {
            self.first_alike = Some((now, self.run.clone()));
            return None;
        }
        let Action::EndLayer { layer_stride, ramp_stride } = action else { return None };
        let (start, before) = self.first_alike.take()?;
        let way_out = self.way_out.take().filter(|_| self.sequencer.layer > from);
        let apart = (layer_stride | ramp_stride).is_multiple_of(Axi::BOUNDARY);
        if !apart {
            return None;
        }
        let layers = self.sequencer.between(self.program);
        let layer = Layer::new(&self.run, &before, now - start);
        self.units.end_layer(layers * layer_stride, layers * ramp_stride);
        self.run.repeat(&layer, &before, now, layers);
        let (mut later, mut turns) = (now, layers);
        if let Some((exit, counted, sequencer)) = way_out {
            (later, turns) = (exit, layers + 1);
            self.sequencer = sequencer;
            let part = Layer::new(&counted, &before, exit - start);
            self.run.again((&before, &counted), &part, turns, layer.cycles);
        }
        let cycles = turns * layer.cycles;
        self.sequencer.jump(turns, cycles);
        self.layer = Some(layer);
        Some(later + cycles)
    }

    /// The next cycle in which anything but the DMA can move, given whether anything `moved` in this one.
    fn limit(&self, now: u64, moved: bool) -> Result<u64, Deadlock> {
        let fetching = self.sequencer.ready() > now;
        if !moved && !fetching && !self.units.busy() {
            return Err(Deadlock { cycle: now, waiting: self.units.describe() });
        }
        if moved || self.mode == Mode::Step {
            return Ok(now + 1);
        }
        let next = self.units.next();
        Ok(if fetching { next.min(self.sequencer.ready()) } else { next })
    }

    fn close_segment(&mut self, now: u64) {
        if let Some(segment) = self.run.segments.last_mut() {
            let (start, before) = self.segment_start;
            segment.cycles = now - start;
            segment.events = self.run.events;
            segment.events.zip(&before, |mine, its| *mine -= its);
            self.segment_start = (now, self.run.events);
        }
    }
}
