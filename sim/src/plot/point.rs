//! Figures of one point, which is simulated again from the records in its manifest.

use std::collections::BTreeMap;

use models::design::Design;
use models::program::{Operation, Program, Space, Unit};
use models::record::{Error, Kind};

use super::refuse;
use super::table::{Row, Table};
use crate::energy;
use crate::figure::{Axis, Figure, Mark, exits, histogram, roofline, timeline, vf};
use crate::machine::{MemoryTiming, Mode, Options, Run, run};
use crate::sentence::{Outcomes, Setup, frequency_hz, simulate};
use crate::sweep::export::plain;
use crate::sweep::metric::Metric;
use crate::sweep::point::Resolver;

/// Bins of a histogram: two for each layer of a deep encoder.
const BINS: usize = 24;
/// Percentiles that a histogram marks.
const PERCENTILES: [f64; 3] = [50.0, 95.0, 99.0];

/// The point of that number, or the best.
///
/// # Errors
/// No such point has figures.
pub fn chosen(table: &Table, point: Option<u64>) -> Result<&Row, Error> {
    let found = match point {
        Some(point) => table.rows.iter().find(|row| row.point == point),
        None => table.best(table.rows.iter()),
    };
    found.ok_or_else(|| {
        let message = format!("point {} has no figures", point.unwrap_or_default());
        refuse(message, "take one that `offramp export` lists with figures")
    })
}

/// The setup of a point.
///
/// # Errors
/// Its records do not hold any more.
pub fn setup(table: &Table, row: &Row) -> Result<Setup, Error> {
    let opened = &table.results.opened;
    let mut resolver = Resolver::new(&opened.bases, &opened.grid);
    let point = resolver.resolve(&opened.grid.digits(row.point))?;
    if point.key() == row.key {
        return Ok(point.setup());
    }
    let message = format!(
        "point {} was made by another version of the model ({})",
        row.point, table.results.manifest.model
    );
    Err(Error::new(Kind::Input, "results", message, "sweep again, or use that version"))
}

fn outcomes(setup: &Setup) -> Result<Outcomes, Error> {
    simulate(setup, |_, _| ())
        .map_err(|error| Error::new(Kind::Fit, "point", error.to_string(), "take another point"))
}

/// Latency or energy over sentences.
///
/// # Errors
/// The metric is none of a sentence, or the point cannot be simulated.
pub fn histogram(table: &Table, row: &Row, metric: Metric) -> Result<Figure, Error> {
    let outcomes = outcomes(&setup(table, row)?)?;
    let (scale, unit) = metric.shown();
    let samples = outcomes.outcomes.iter().map(|outcome| {
        let value = match metric {
            Metric::Energy => energy::total(&outcome.energy),
            _ => outcome.latency_s,
        };
        (value * scale, outcome.share)
    });
    if !matches!(metric, Metric::Energy | Metric::Latency) {
        return Err(refuse(
            format!("{} is not one of a sentence", metric.name()),
            "take --x latency or --x energy",
        ));
    }
    Ok(Figure::Histogram(histogram::Data {
        x: Axis::linear(metric.title(), unit),
        weighted: "sentences".into(),
        samples: samples.collect(),
        bins: Some(BINS),
        percentiles: PERCENTILES.to_vec(),
    }))
}

/// Where sentences leave: the point, and those that differ from it by the threshold alone.
///
/// # Errors
/// A point's records do not hold any more.
pub fn exits(table: &Table, row: &Row) -> Result<Figure, Error> {
    let threshold = table.keys.iter().position(|key| key == "policy.threshold");
    let alike = |other: &&Row| {
        (0..table.keys.len()).all(|axis| Some(axis) == threshold || other.axes[axis] == row.axes[axis])
    };
    let mut series = Vec::new();
    for other in table.rows.iter().filter(alike) {
        let weights = setup(table, other)?.exits;
        let name =
            threshold.map_or("sentences".to_owned(), |axis| format!("{} nat", plain(&other.axes[axis])));
        series.push(exits::Series { name, weights });
    }
    Ok(Figure::Exits(exits::Data { layers: "exit layer".into(), weighted: "sentences".into(), series }))
}

/// The V/f curve of the technology, and the voltages of the sweep on it.
///
/// # Errors
/// A record does not hold any more.
pub fn vf(table: &Table, row: &Row) -> Result<Figure, Error> {
    let own = setup(table, row)?;
    let technology = &own.technology;
    let axis = table.keys.iter().position(|key| key == "design.operating.vdd_v");
    let chosen: Vec<f64> = match axis {
        None => vec![own.design.operating.vdd_v],
        Some(axis) => {
            let values = table.values_of(axis);
            values
                .iter()
                .filter_map(|v| v.as_float().or_else(|| v.as_integer().map(|whole| whole as f64)))
                .collect()
        }
    };
    let mark = |vdd_v: &f64| {
        let megahertz = technology.frequency_hz(*vdd_v).ok()? / 1e6;
        Some(Mark { x: *vdd_v, y: megahertz, name: format!("{vdd_v} V, {megahertz:.0} MHz") })
    };
    Ok(Figure::Vf(vf::Data {
        x: Axis::linear("supply voltage", "V"),
        y: Axis::linear("clock frequency", "MHz"),
        curve: technology.vf.iter().map(|point| (point.vdd_v, point.f_mhz)).collect(),
        points: chosen.iter().filter_map(mark).collect(),
    }))
}

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
    let exit_layer = exits.iter().rposition(|share| *share > 0.0).map_or(1, |at| at as u32 + 1);
    let options = Options { exit_layer, predicted_mv: None, mode: Mode::Fast, spans: true };
    let run = run(design, &program, |_| timing, options).map_err(|error| fit(error.to_string()))?;
    Ok(Recorded { program, run, frequency_hz })
}

/// What each unit does when: the first layer of a sentence, or `layers` of them.
///
/// # Errors
/// The point cannot be simulated.
pub fn timeline(table: &Table, row: &Row, layers: u32) -> Result<Figure, Error> {
    let Recorded { program, run, frequency_hz } = recorded(&setup(table, row)?)?;
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

/// MACs of a stage, bytes over the bus, busy cycles of the PU and of the two engines at the bus.
#[derive(Default)]
struct Work {
    macs: u64,
    bytes: u64,
    pu: u64,
    bus: u64,
}

/// Each stage of a layer under the peak of the PU and the bandwidth of the memory. A stage's performance is its MACs over the
/// busy cycles of the PU or of load and store engine, whichever has more: what it would reach with its own work overlapped. Its
/// intensity counts bytes on the bus.
///
/// # Errors
/// The point cannot be simulated.
pub fn roofline(table: &Table, row: &Row) -> Result<Figure, Error> {
    let setup = setup(table, row)?;
    let Recorded { program, run, frequency_hz } = recorded(&setup)?;
    let work = work(&program, &run);
    let point = |(name, work): (&&'static str, &Work)| {
        let seconds = work.pu.max(work.bus) as f64 / frequency_hz;
        let complete = work.macs > 0 && work.bytes > 0;
        complete.then(|| Mark {
            x: work.macs as f64 / work.bytes as f64,
            y: work.macs as f64 / seconds / 1e9,
            name: (*name).to_owned(),
        })
    };
    let (peak, bandwidth) = roofs(&setup.design, &setup, frequency_hz)?;
    Ok(Figure::Roofline(roofline::Data {
        x: Axis::log("operational intensity", "MAC/B"),
        y: Axis::log("performance", "10⁹ MAC/s"),
        peaks: vec![peak],
        bandwidths: vec![bandwidth],
        points: work.iter().filter_map(point).collect(),
    }))
}

fn roofs(
    design: &Design,
    setup: &Setup,
    frequency_hz: f64,
) -> Result<(roofline::Roof, roofline::Roof), Error> {
    let timing = MemoryTiming::new(design, &setup.technology, frequency_hz)?;
    let peak = design.macs_per_cycle() as f64 * frequency_hz / 1e9;
    let bytes = timing.beat_bytes as f64 / timing.beat_cycles as f64 * frequency_hz / 1e9;
    let peak = roofline::Roof { name: format!("PU, {peak:.1} · 10⁹ MAC/s"), value: peak };
    Ok((peak, roofline::Roof { name: format!("AXI, {bytes:.2} GB/s"), value: bytes }))
}

/// What each stage did.
fn work(program: &Program, run: &Run) -> BTreeMap<&'static str, Work> {
    let mut work: BTreeMap<&'static str, Work> = BTreeMap::new();
    for span in &run.spans {
        let Some(command) = program.commands.get(span.command as usize) else { continue };
        let entry = work.entry(command.tag.stage.name()).or_default();
        let cycles = span.end - span.start;
        match &command.operation {
            Operation::Matmul(product) => {
                entry.macs += product.useful_macs;
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

/// The name of a figure of one point: what it shows.
pub fn caption(table: &Table, row: &Row) -> String {
    let described = table.describe(row);
    if described.is_empty() {
        format!("point {}", row.point)
    } else {
        format!("point {}: {described}", row.point)
    }
}
