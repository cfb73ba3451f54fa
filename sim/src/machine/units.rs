//! The four units behind their queues: which command each runs, when it ends, and what its cycles went to.

use super::dma::{self, Bases, beat::BeatDma, burst::BurstDma};
use super::events::Events;
use super::memory::MemoryTiming;
use super::report::{Run, Span};
use super::step::{Stepper, pu::PuStep, sfu::SfuStep};
use super::{Costs, Mode, Options, Prepared, exact, sfu};
use crate::contents::{Contents, Met};
use models::design::Design;
use models::program::{Command, Operation, Program, Unit};
use std::collections::VecDeque;

/// How a command that runs will end.
enum Ending {
    /// At a known cycle.
    At(u64),
    /// When the DMA says so.
    Dma,
    /// When its stepper says so; true once it has.
    Stepping(Box<dyn Stepper>, bool),
}

/// A command that runs.
struct Running {
    index: u32,
    layer: u32,
    dispatched: u64,
    start: u64,
    stalled_on: [u64; 4],
    ending: Ending,
}

/// A unit and its queue.
#[derive(Default)]
struct Slot {
    /// Commands that wait, and the cycle in which each was dispatched.
    queue: VecDeque<(u32, u64)>,
    running: Option<Running>,
    /// What the command that runs counts when it ends, unless a stepper does.
    events: Events,
    /// Cycles that the command at the head of the queue has waited for each unit.
    stalled_on: [u64; 4],
    /// Commands ended since the last control command.
    completed: u32,
}

/// The DMA of either mode.
enum Dma {
    Burst(BurstDma),
    Beat(BeatDma),
}

/// All units.
pub(super) struct Units<'a> {
    design: &'a Design,
    program: &'a Program,
    costs: &'a Costs,
    timing: MemoryTiming,
    bases: Bases,
    slots: [Slot; 4],
    dma: Dma,
    /// Whether each engine has ended its command in this cycle.
    moved: [bool; 2],
    mode: Mode,
    spans: bool,
    /// What commands meet, where it is known, and how often each has run.
    met: Option<&'a Met>,
    runs: Vec<usize>,
}

impl<'a> Units<'a> {
    pub(super) fn new(
        prepared: Prepared<'a>,
        timing: MemoryTiming,
        options: Options,
        bases: Bases,
        met: Option<&'a Met>,
    ) -> Self {
        let Prepared { design, program, costs } = prepared;
        let mut units = Units {
            design,
            program,
            costs,
            timing,
            bases,
            slots: Default::default(),
            dma: Dma::Burst(BurstDma::new(timing)),
            moved: [false; 2],
            mode: options.mode,
            spans: options.spans,
            met,
            runs: vec![0; met.map_or(0, Vec::len)],
        };
        units.set_timing(timing);
        units
    }

    /// Changes the memories' timing; all is idle.
    pub(super) fn set_timing(&mut self, timing: MemoryTiming) {
        self.timing = timing;
        self.dma = match self.mode {
            Mode::Fast => Dma::Burst(BurstDma::new(timing)),
            Mode::Step => Dma::Beat(BeatDma::new(timing)),
        };
    }

    /// Commands in a unit's queue.
    pub(super) fn waiting(&self, unit: usize) -> usize {
        self.slots[unit].queue.len()
    }

    /// Whether all queues are empty and all units idle.
    pub(super) fn drained(&self) -> bool {
        self.slots.iter().all(|s| s.queue.is_empty() && s.running.is_none())
    }

    /// Whether any unit runs a command.
    pub(super) fn busy(&self) -> bool {
        self.slots.iter().any(|s| s.running.is_some())
    }

    /// Puts a command into the queue of its unit.
    pub(super) fn dispatch(&mut self, index: u32, now: u64) {
        if let Some(unit) = self.command(index).operation.unit() {
            self.slots[unit as usize].queue.push_back((index, now));
        }
    }

    /// Counts from zero again.
    pub(super) fn reset_counts(&mut self) {
        self.slots.iter_mut().for_each(|s| s.completed = 0);
    }

    /// Moves the base registers on to the next layer.
    pub(super) fn end_layer(&mut self, layer_stride: u64, ramp_stride: u64) {
        self.bases.layer += layer_stride;
        self.bases.ramp += ramp_stride;
        self.reset_counts();
    }

    fn command(&self, index: u32) -> &'a Command {
        &self.program.commands[index as usize]
    }

    /// Ends the commands whose last cycle was the one before `now`.
    pub(super) fn end(&mut self, now: u64, run: &mut Run) {
        for unit in 0..4 {
            let ended = match &self.slots[unit].running {
                None => false,
                Some(r) => match &r.ending {
                    Ending::At(end) => *end == now,
                    Ending::Dma => self.moved[unit],
                    Ending::Stepping(_, ended) => *ended,
                },
            };
            if ended {
                self.retire(unit, now, run);
            }
        }
    }

    fn retire(&mut self, unit: usize, now: u64, run: &mut Run) {
        let slot = &mut self.slots[unit];
        let Some(running) = slot.running.take() else { return };
        slot.completed += 1;
        run.events += match &running.ending {
            Ending::Stepping(stepper, _) => stepper.events(),
            _ => slot.events,
        };
        let stage = self.command(running.index).tag.stage;
        *run.stages.entry((stage, Unit::ALL[unit])).or_default() += now - running.start;
        if self.spans {
            let Running { index: command, layer, dispatched, start, stalled_on, .. } = running;
            run.spans.push(Span { command, layer, dispatched, start, end: now, stalled_on });
        }
    }

    /// Starts what can start; whether anything did.
    pub(super) fn start(&mut self, now: u64, layer: u32) -> bool {
        let mut started = false;
        for unit in 0..4 {
            let slot = &self.slots[unit];
            let Some(&(index, dispatched)) = slot.queue.front() else { continue };
            if slot.running.is_some() || dispatched >= now || self.blocked(unit).is_some() {
                continue;
            }
            self.slots[unit].queue.pop_front();
            let stalled_on = std::mem::take(&mut self.slots[unit].stalled_on);
            let (ending, events) = self.begin(unit, index, now);
            self.slots[unit].events = events;
            self.slots[unit].running =
                Some(Running { index, layer, dispatched, start: now, stalled_on, ending });
            started = true;
        }
        started
    }

    /// The first unit that the command at the head of a queue waits for.
    fn blocked(&self, unit: usize) -> Option<usize> {
        let (index, _) = *self.slots[unit].queue.front()?;
        let waits = self.command(index).waits;
        (0..4).find(|other| self.slots[*other].completed < waits[*other])
    }

    /// What the next run of a command meets, where it is known.
    fn contents(&mut self, index: u32) -> Option<&'a Contents> {
        let run = self.runs.get_mut(index as usize)?;
        *run += 1;
        self.met?.get(index as usize)?.get(*run - 1)
    }

    fn begin(&mut self, unit: usize, index: u32, now: u64) -> (Ending, Events) {
        let operation = &self.command(index).operation;
        let contents = self.contents(index);
        let (ending, mut events) = match (operation, contents) {
            (Operation::Matmul(c), Some(contents)) => {
                let (cycles, events) = exact::matmul(self.design, c, contents);
                return (Ending::At(now + cycles), events);
            }
            _ => self.expected(unit, index, now),
        };
        if let Some(contents) = contents {
            exact::adjust(self.design, operation, &mut events, contents);
        }
        (ending, events)
    }

    /// How a command will end and its events, with the zeros that its occupancy lets expect.
    fn expected(&mut self, unit: usize, index: u32, now: u64) -> (Ending, Events) {
        let operation = &self.command(index).operation;
        if let Some((job, events)) = dma::job(self.design, &self.timing, self.bases, operation) {
            match &mut self.dma {
                Dma::Burst(dma) => dma.start(unit, job, now),
                Dma::Beat(dma) => dma.start(unit, job),
            }
            return (Ending::Dma, events);
        }
        // Control commands, which never reach a unit, have neither plan nor cost.
        let none = (Ending::At(now + 1), Events::default());
        match (self.mode, operation) {
            (Mode::Fast, _) => self
                .costs
                .of(self.design, index, operation)
                .map_or(none, |(cycles, events)| (Ending::At(now + cycles), events)),
            (Mode::Step, Operation::Matmul(c)) => stepping(PuStep::new(self.design, c)),
            (Mode::Step, _) => sfu::plan(self.design, operation)
                .map_or(none, |plan| stepping(SfuStep::new(self.design, plan))),
        }
    }

    /// The next cycle in which the PU or the SFU ends a command.
    pub(super) fn next(&self) -> u64 {
        let ends = self.slots.iter().filter_map(|slot| match &slot.running {
            Some(Running { ending: Ending::At(end), .. }) => Some(*end),
            _ => None,
        });
        ends.min().unwrap_or(u64::MAX)
    }

    /// Lets time pass up to cycle `limit`, or to the end of a DMA command before it; the cycle reached. Nothing but bursts
    /// moves on the way.
    pub(super) fn pass(&mut self, now: u64, limit: u64, run: &mut Run) -> u64 {
        let passed = match &mut self.dma {
            Dma::Burst(dma) => dma.advance(now, limit),
            Dma::Beat(dma) => dma.advance(now),
        };
        self.moved = passed.ended;
        let cycles = passed.now - now;
        for unit in 0..4 {
            let stats = &mut run.units[unit];
            if self.slots[unit].running.is_some() {
                stats.busy += cycles;
                stats.contended += passed.contended.get(unit).copied().unwrap_or(0);
            } else if let Some(other) = self.blocked(unit) {
                stats.stalled_on[other] += cycles;
                self.slots[unit].stalled_on[other] += cycles;
            } else {
                stats.idle += cycles;
            }
            if let Some(Running { ending: Ending::Stepping(stepper, ended), .. }) =
                &mut self.slots[unit].running
            {
                *ended = stepper.tick();
            }
        }
        passed.now
    }

    /// What each unit waits for, for the report of a deadlock.
    pub(super) fn describe(&self) -> String {
        let waiting = |unit: usize| {
            let (index, _) = *self.slots[unit].queue.front()?;
            let other = self.blocked(unit)?;
            let (name, on) = (Unit::ALL[unit].name(), Unit::ALL[other].name());
            Some(format!("{name} holds command {index}, which waits for the {on} unit"))
        };
        let list: Vec<String> = (0..4).filter_map(waiting).collect();
        if list.is_empty() { "all units are idle".to_owned() } else { list.join("; ") }
    }
}

fn stepping(stepper: impl Stepper + 'static) -> (Ending, Events) {
    (Ending::Stepping(Box::new(stepper), false), Events::default())
}
