//! Figures of one point's longest sentence, which is run again command by command: timeline and roofline.

use std::collections::BTreeMap;

use models::program::{Operation, Program, Space, Unit};
use models::record::{Error, Kind};

use super::point;
use super::table::{Row, Table};
use crate::figure::{Axis, Figure, Mark, roofline, timeline};
use crate::machine::{Costs, MemoryTiming, Mode, Nests, Options, Run, run};
use crate::sentence::{Setup, frequency_hz};

/// A run with all that it did.
struct Recorded {
    program: Program,
    run: Run,
    frequency_hz: f64,
}

/// The sentence that runs longest, command by command.
fn recorded(setup: &Setup) -> Result<Recorded, Error> {
    let Setup { design, technology, job, exits, .. } = setup;
    let fit = |text: String| Error::new(Kind::Fit, "point", text, "take another point");
    let program = models::compiler::compile(design, job).map_err(Error::from)?;
    let frequency_hz = frequency_hz(design, technology)?;
    let timing = MemoryTiming::new(design, technology, frequency_hz)?;
    let exit_layer = exits.iter().map(|leaving| leaving.layer).max().unwrap_or(1);
    let options = Options { exit_layer, predicted_mv: None, mode: Mode::Fast, spans: true };
    let run = run(design, &program, |_| timing, options).map_err(|error| fit(error.to_string()))?;
    Ok(Recorded { program, run, frequency_hz })
}

/// What each unit does when: the first layer of a sentence, or `layers` of them.
///
/// # Errors
/// The point cannot be simulated.
pub fn timeline(table: &Table, row: &Row, layers: u32) -> Result<Figure, Error> {
    let Recorded { program, run, frequency_hz } = recorded(&point::setup(table, row)?)?;
    let end = run.layer_ends.get(layers.max(1) as usize - 1).copied().unwrap_or(run.cycles);
    let mut stages: Vec<_> = Vec::new();
    let microseconds = |cycle: u64| cycle as f64 / frequency_hz * 1e6;
    let mut spans = Vec::new();
    for span in run.spans.iter().filter(|span| span.start < end) {
        let Some(command) = program.commands.get(span.command as usize) else { continue };
        let Some(unit) = command.operation.unit() else { continue };
        let stage = command.tag.stage;
        let known = stages.iter().position(|known| *known == stage);
        let index = known.unwrap_or_else(|| {
            stages.push(stage);
            stages.len() - 1
        });
        let (begin, end) = (microseconds(span.start), microseconds(span.end));
        spans.push(timeline::Span { lane: unit as usize, stage: index, begin, end });
    }
    Ok(Figure::Timeline(timeline::Data {
        x: Axis::linear("time", "µs"),
        lanes: Unit::ALL.iter().map(|unit| unit.name().to_owned()).collect(),
        stages: stages.iter().map(|stage| stage.name().to_owned()).collect(),
        spans,
    }))
}

/// MACs of a stage that were not skipped, bytes over the bus, busy cycles of the PU and of the two engines at the bus.
#[derive(Default)]
struct Work {
    macs: u64,
    bytes: u64,
    pu: u64,
    bus: u64,
}

/// Each stage of a layer under the peak of the PU and the bandwidth of the memory. A stage's performance is its MACs, skipped ones
/// left out, over the busy cycles of the PU or of load and store engine, whichever has more: what it would reach with its own work
/// overlapped. Its intensity counts bytes on the bus.
///
/// # Errors
/// The point cannot be simulated.
pub fn roofline(table: &Table, row: &Row) -> Result<Figure, Error> {
    let setup = point::setup(table, row)?;
    let recorded = recorded(&setup)?;
    let mark = |(name, work): (&'static str, Work)| {
        let seconds = work.pu.max(work.bus) as f64 / recorded.frequency_hz;
        let complete = work.macs > 0 && work.bytes > 0;
        complete.then(|| Mark {
            x: work.macs as f64 / work.bytes as f64,
            y: work.macs as f64 / seconds / 1e9,
            name: name.to_owned(),
        })
    };
    let (peak, bandwidth) = roofs(&setup, recorded.frequency_hz)?;
    Ok(Figure::Roofline(roofline::Data {
        x: Axis::log("operational intensity", "MAC/B"),
        y: Axis::log("performance", "10⁹ MAC/s"),
        peaks: vec![peak],
        bandwidths: vec![bandwidth],
        points: work(&setup, &recorded).into_iter().filter_map(mark).collect(),
    }))
}

fn roofs(setup: &Setup, frequency_hz: f64) -> Result<(roofline::Roof, roofline::Roof), Error> {
    let timing = MemoryTiming::new(&setup.design, &setup.technology, frequency_hz)?;
    let peak = setup.design.macs_per_cycle() as f64 * frequency_hz / 1e9;
    let bytes = timing.beat_bytes as f64 / timing.beat_cycles as f64 * frequency_hz / 1e9;
    let peak = roofline::Roof { name: format!("PU, {peak:.1} · 10⁹ MAC/s"), value: peak };
    Ok((peak, roofline::Roof { name: format!("AXI, {bytes:.2} GB/s"), value: bytes }))
}

/// What each stage did.
fn work(setup: &Setup, recorded: &Recorded) -> BTreeMap<&'static str, Work> {
    let Recorded { program, run, .. } = recorded;
    let costs = Costs::new(&setup.design, program, &mut Nests::default());
    let mut work: BTreeMap<&'static str, Work> = BTreeMap::new();
    for span in &run.spans {
        let Some(command) = program.commands.get(span.command as usize) else { continue };
        let entry = work.entry(command.tag.stage.name()).or_default();
        let cycles = span.end - span.start;
        match &command.operation {
            Operation::Matmul(product) => {
                let cost = costs.of(&setup.design, span.command, &command.operation);
                let skipped = cost.map_or(0, |(_, events)| events.macs_skipped);
                entry.macs += product.useful_macs.saturating_sub(skipped);
                entry.pu += cycles;
            }
            Operation::Load(transfer) | Operation::Store(transfer) => {
                entry.bytes += transfer.bytes();
                entry.bus += cycles;
            }
            Operation::Gather(gather) if gather.space == Space::External => {
                entry.bytes += u64::from(gather.rows) * gather.row_bytes;
                entry.bus += cycles;
            }
            _ => {}
        }
    }
    work
}
