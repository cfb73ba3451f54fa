//! The finished points of a folder: in memory what every figure asks for, a hundred bytes a point; the rest is read again where it is
//! asked for. Points without figures are left out.

use std::collections::BTreeMap;
use std::path::Path;

use models::record::{Error, Kind, nearest};
use toml::Value;

use super::refuse;
use crate::sweep::export::{Results, axes, plain};
use crate::sweep::grid::Grid;
use crate::sweep::metric::Metric;
use crate::sweep::search::{cost, excess};
use crate::sweep::space::Space;
use crate::sweep::store::Record;

/// A point with figures.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number.
    pub point: u64,
    /// Its metrics, in their order.
    pub metrics: [f64; Metric::COUNT],
    /// Whether it keeps every constraint.
    pub good: bool,
}

/// Where the values of an axis are.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Group of axes that vary together, and the axis in it.
    dimension: usize,
    column: usize,
    /// Points from one position of the group to the next.
    stride: u64,
}

/// The points of a folder.
pub struct Table {
    /// The results, to go back to.
    pub results: Results,
    /// Keys of the axes.
    pub keys: Vec<String>,
    /// Where each has its values.
    places: Vec<Place>,
    /// Axes with more than one value among the points.
    varying: Vec<usize>,
    /// Points with figures, ascending.
    pub rows: Vec<Row>,
    /// Points without figures, by number, with the reason.
    pub refused: Vec<(u64, String)>,
}

/// A restriction: a key and its value.
pub type Where = (String, String);

/// `KEY=VALUE` of an argument.
///
/// # Errors
/// It has no `=`.
pub fn parse_where(text: &str) -> Result<Where, String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`: write KEY=VALUE"))?;
    Ok((key.trim().to_owned(), value.trim().trim_matches('"').to_owned()))
}

impl Table {
    /// Reads a folder; points whose axes have other values than `only` says are left out.
    ///
    /// # Errors
    /// As [`Results::open`]; a key that is none of the axes; no point is left.
    pub fn read(folder: &Path, only: &[Where]) -> Result<Table, Error> {
        let mut results = Results::open(folder)?;
        let keys = results.keys();
        for (key, _) in only {
            column(&keys, key)?;
        }
        let space = results.opened.space.clone();
        let (mut rows, mut refused) = (Vec::new(), Vec::new());
        let read = results.each(|opened, record| {
            let axes = axes(opened, record.point);
            let wanted = |(key, value): &Where| {
                keys.iter().zip(&axes).any(|(known, found)| known == key && same(found, value))
            };
            if only.iter().all(wanted) {
                match (record.values.as_deref().and_then(<[f64]>::first_chunk), record.refused) {
                    (Some(metrics), _) => {
                        let good = space.constraints.iter().all(|c| excess(c, metrics) <= 0.0);
                        rows.push(Row { point: record.point, metrics: *metrics, good });
                    }
                    (None, reason) => refused.push((record.point, reason.unwrap_or_default())),
                }
            }
            Ok(())
        });
        read.map_err(|error| {
            Error::new(Kind::Io, format!("`{}`", folder.display()), error.to_string(), "sweep again")
        })?;
        if rows.is_empty() {
            let message = format!("no point of {} has figures{}", folder.display(), restriction(only));
            return Err(refuse(message, "see why with `offramp export`, column `refused`"));
        }
        let places = places(&results.opened.grid);
        let mut table = Table { results, keys, places, varying: Vec::new(), rows, refused };
        table.varying = (0..table.keys.len()).filter(|axis| table.values_of(*axis).len() > 1).collect();
        Ok(table)
    }

    /// All that is known of a point.
    ///
    /// # Errors
    /// The file changed since the folder was read.
    pub fn record(&self, row: &Row) -> Result<Record, Error> {
        self.results.record(row.point)
    }

    /// The value of an axis at a point.
    pub fn value(&self, row: &Row, axis: usize) -> &Value {
        &self.positions(axis)[self.position(row, axis)][self.places[axis].column]
    }

    /// The positions of the axes that vary together with this one.
    fn positions(&self, axis: usize) -> &[Vec<Value>] {
        &self.results.opened.grid.dimensions[self.places[axis].dimension].positions
    }

    fn position(&self, row: &Row, axis: usize) -> usize {
        let length = self.positions(axis).len() as u64;
        (row.point / self.places[axis].stride % length) as usize
    }

    /// Rows by the value of an axis, in the order of the space; values that no row has are left out.
    pub fn by_value<'a>(
        &'a self,
        axis: usize,
        rows: impl IntoIterator<Item = &'a Row>,
    ) -> Vec<(&'a Value, Vec<&'a Row>)> {
        let column = self.places[axis].column;
        let mut groups: Vec<(&Value, Vec<&Row>)> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let mut group = |value: &'a Value| {
            *known.entry(value.to_string()).or_insert_with(|| {
                groups.push((value, Vec::new()));
                groups.len() - 1
            })
        };
        let of_position: Vec<usize> = self.positions(axis).iter().map(|row| group(&row[column])).collect();
        for row in rows {
            groups[of_position[self.position(row, axis)]].1.push(row);
        }
        groups.retain(|(_, rows)| !rows.is_empty());
        groups
    }

    /// The space of the sweep.
    pub fn space(&self) -> &Space {
        &self.results.opened.space
    }

    /// The place of an axis.
    ///
    /// # Errors
    /// No axis has that key.
    pub fn axis(&self, key: &str) -> Result<usize, Error> {
        column(&self.keys, key)
    }

    /// The distinct values of an axis among the points, in the order of the space.
    pub fn values_of(&self, axis: usize) -> Vec<Value> {
        self.by_value(axis, &self.rows).into_iter().map(|(value, _)| value.clone()).collect()
    }

    /// The metric of the objective of that rank, energy and latency where there are fewer.
    pub fn objective(&self, rank: usize) -> Metric {
        let named: Vec<Metric> =
            self.space().objectives.iter().filter_map(|o| Metric::named(&o.metric).ok()).collect();
        let others = [Metric::Energy, Metric::Latency];
        let rest = others.into_iter().filter(|metric| !named.contains(metric));
        named.iter().copied().chain(rest).nth(rank).unwrap_or(Metric::Energy)
    }

    /// The best of some rows by the first objective: of those that keep every constraint, if any does.
    pub fn best<'a>(&self, rows: impl Iterator<Item = &'a Row>) -> Option<&'a Row> {
        let objective = self.space().objectives.first()?;
        rows.min_by(|a, b| {
            let rank = |row: &Row| (!row.good, cost(objective, &row.metrics));
            let ((bad_a, cost_a), (bad_b, cost_b)) = (rank(a), rank(b));
            bad_a.cmp(&bad_b).then(cost_a.total_cmp(&cost_b)).then(a.point.cmp(&b.point))
        })
    }

    /// Axes with more than one value among the points, in the order of the space.
    pub fn varying(&self) -> &[usize] {
        &self.varying
    }

    /// The first axis of each group that varies together, where it has more than one value among the points.
    pub fn independent(&self) -> Vec<usize> {
        let mut first = 0;
        let mut axes = Vec::new();
        for dimension in &self.results.opened.grid.dimensions {
            axes.extend(Some(first).filter(|axis| self.varying.contains(axis)));
            first += dimension.keys.len();
        }
        axes
    }

    /// What a point's axes say, those alone that vary.
    pub fn describe(&self, row: &Row) -> String {
        let pairs = self
            .varying
            .iter()
            .map(|axis| format!("{} = {}", short(&self.keys[*axis]), plain(self.value(row, *axis))));
        pairs.collect::<Vec<_>>().join(", ")
    }
}

/// Where every axis has its values.
fn places(grid: &Grid) -> Vec<Place> {
    let mut places = Vec::new();
    let mut stride = grid.points;
    for (dimension, axes) in grid.dimensions.iter().enumerate() {
        stride /= axes.positions.len() as u64;
        places.extend((0..axes.keys.len()).map(|column| Place { dimension, column, stride }));
    }
    places
}

/// A key without the record that it belongs to.
pub fn short(key: &str) -> &str {
    key.split_once('.').map_or(key, |(_, within)| within)
}

fn same(found: &Value, text: &str) -> bool {
    let number = found.as_float().or_else(|| found.as_integer().map(|whole| whole as f64));
    match (number, text.parse::<f64>()) {
        (Some(found), Ok(text)) => found.total_cmp(&text).is_eq(),
        _ => plain(found) == text,
    }
}

fn restriction(only: &[Where]) -> String {
    let texts: Vec<String> = only.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    if texts.is_empty() { String::new() } else { format!(" where {}", texts.join(" and ")) }
}

fn column(keys: &[String], key: &str) -> Result<usize, Error> {
    let found = keys.iter().position(|known| known == key || short(known) == key);
    found.ok_or_else(|| {
        let near = nearest(key, keys.iter().map(String::as_str));
        let hint = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
        refuse(format!("no axis has the key `{key}`"), format!("{hint}the axes are {}", keys.join(", ")))
    })
}
