//! Figures of one point, which is simulated again from the records in its manifest.

use models::record::{Error, Kind};

use super::refuse;
use super::table::{Row, Table};
use crate::energy;
use crate::figure::{Axis, Figure, Mark, exits, histogram, vf};
use crate::policy::shares;
use crate::sentence::{Outcomes, Setup, simulate};
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
    if point.key() == table.record(row)?.key {
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
        (0..table.keys.len())
            .all(|axis| Some(axis) == threshold || table.value(other, axis) == table.value(row, axis))
    };
    let mut series = Vec::new();
    for other in table.rows.iter().filter(alike) {
        let setup = setup(table, other)?;
        let weights = shares(&setup.exits, setup.job.network.layers);
        let name = threshold
            .map_or("sentences".to_owned(), |axis| format!("{} nat", plain(table.value(other, axis))));
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
        curve: technology.curve(),
        points: chosen.iter().filter_map(mark).collect(),
    }))
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
