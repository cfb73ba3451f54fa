//! Figures of all points: front, lines, bars, heat map.
//!
//! Where more axes vary than a figure shows, `lines` gives the median over the others with bars from the least to the most, and
//! `breakdown` and `heatmap` take the best by the first objective, of those that keep the constraints where any does.

use models::record::Error;
use toml::Value;

use super::refuse;
use super::table::{Row, Table, short};
use crate::figure::{Axis, Figure, Mark, breakdown, heatmap, lines, pareto};
use crate::sweep::export::plain;
use crate::sweep::metric::Metric;
use crate::sweep::pareto as front;

/// Parts of a bar; the smallest of more are one.
const PARTS: usize = 7;

/// What is shown over what; what is not said has a default.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Along x: a metric for a front, else a key.
    pub x: Option<String>,
    /// Along y: a metric, for a heat map a key.
    pub y: Option<String>,
    /// Series or groups by the values of this key.
    pub by: Option<String>,
    /// What a heat map's colour says.
    pub value: Option<String>,
}

fn metric(name: Option<&String>, default: Metric) -> Result<Metric, Error> {
    name.map_or(Ok(default), |name| {
        Metric::named(name).map_err(|remedy| refuse(format!("unknown metric `{name}`"), remedy))
    })
}

fn axis_of(metric: Metric, log: bool) -> Axis {
    let (title, unit) = (metric.title(), metric.shown().1);
    if log { Axis::log(title, unit) } else { Axis::linear(title, unit) }
}

fn shown(metric: Metric, row: &Row) -> f64 {
    row.metrics[metric as usize] * metric.shown().0
}

/// Whether values spread over more than a decade, so that a linear axis would hide most.
fn wide(values: impl Iterator<Item = f64> + Clone) -> bool {
    let (least, most) = (values.clone().fold(f64::INFINITY, f64::min), values.fold(0.0, f64::max));
    least > 0.0 && most > 10.0 * least
}

/// The axis that a key names, or the one of that rank among those that vary.
fn axis(table: &Table, key: Option<&String>, rank: usize, what: &str) -> Result<usize, Error> {
    match key {
        Some(key) => table.axis(key),
        None => table.independent().get(rank).copied().ok_or_else(|| {
            refuse(
                format!("fewer axes vary than the figure shows: none is left for {what}"),
                "take another kind, or leave --where out",
            )
        }),
    }
}

/// Energy against latency, or any two metrics: less is better in both.
///
/// # Errors
/// A name is unknown.
pub fn pareto(table: &Table, view: &View) -> Result<Figure, Error> {
    let y = metric(view.y.as_ref(), table.objective(0))?;
    let other = if y == table.objective(0) { table.objective(1) } else { table.objective(0) };
    let x = metric(view.x.as_ref(), other)?;
    let by = view.by.as_ref().map(|key| table.axis(key)).transpose()?;
    let at = |row: &Row| (shown(x, row), shown(y, row));
    let groups = match by {
        None => vec![pareto::Group { name: "points".into(), points: table.rows.iter().map(at).collect() }],
        Some(axis) => table
            .by_value(axis, &table.rows)
            .into_iter()
            .map(|(value, rows)| pareto::Group {
                name: format!("{} = {}", short(&table.keys[axis]), plain(value)),
                points: rows.into_iter().map(at).collect(),
            })
            .collect(),
    };
    let log = |metric: Metric| wide(table.rows.iter().map(move |row| shown(metric, row)));
    let marks = knee(table, &at);
    Ok(Figure::Pareto(pareto::Data { x: axis_of(x, log(x)), y: axis_of(y, log(y)), groups, marks }))
}

/// The corner of the front, with what it is.
fn knee(table: &Table, at: &impl Fn(&Row) -> (f64, f64)) -> Vec<Mark> {
    let costs: Vec<Vec<f64>> = table.rows.iter().map(at).map(|(x, y)| vec![x, y]).collect();
    let kept = front::front(&costs);
    let corners: Vec<(f64, f64)> = kept.iter().map(|index| at(&table.rows[*index])).collect();
    let knee = front::knee(&corners).map(|corner| &table.rows[kept[corner]]);
    let mark = |row: &Row| {
        let (x, y) = at(row);
        Mark { x, y, name: format!("knee: point {}", row.point) }
    };
    knee.map(mark).into_iter().collect()
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}

/// A metric over a key, a series for each value of another.
///
/// # Errors
/// A name is unknown, or the values along x are no numbers.
pub fn lines(table: &Table, view: &View) -> Result<Figure, Error> {
    let x = match &view.x {
        Some(key) => table.axis(key)?,
        None => {
            let numeric = |axis: &usize| table.values_of(*axis).iter().all(|value| number(value).is_some());
            table
                .varying()
                .iter()
                .copied()
                .find(numeric)
                .ok_or_else(|| refuse("no axis with numbers varies", "say which with --x"))?
        }
    };
    let y = metric(view.y.as_ref(), table.objective(0))?;
    let by = view.by.as_ref().map(|key| table.axis(key)).transpose()?;
    let groups: Vec<(String, Vec<&Row>)> = match by {
        None => vec![("all points".to_owned(), table.rows.iter().collect())],
        Some(axis) => {
            let name = |value| format!("{} = {}", short(&table.keys[axis]), plain(value));
            table.by_value(axis, &table.rows).into_iter().map(|(value, rows)| (name(value), rows)).collect()
        }
    };
    let mut series = Vec::new();
    for (name, rows) in groups {
        let mut points = Vec::new();
        for (value, rows) in table.by_value(x, rows) {
            let at = number(value).ok_or_else(|| {
                refuse(
                    format!("{} has the value {value}, which is no number", table.keys[x]),
                    "take a key with numbers for --x, or `breakdown`",
                )
            })?;
            points.extend(median(at, rows.into_iter().map(|row| shown(y, row)).collect()));
        }
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        series.push(lines::Series { name, points });
    }
    let log = wide(table.values_of(x).iter().filter_map(number).collect::<Vec<_>>().into_iter());
    let title = table.keys[x].as_str();
    let x_axis = if log { Axis::log(title, "") } else { Axis::linear(title, "") };
    let y_log = wide(table.rows.iter().map(|row| shown(y, row)));
    Ok(Figure::Lines(lines::Data { x: x_axis, y: axis_of(y, y_log), from_zero: !y_log, series }))
}

/// The median of values at a place, with bars from the least to the most where there are several.
fn median(x: f64, mut values: Vec<f64>) -> Option<lines::Point> {
    values.sort_by(f64::total_cmp);
    let (least, most) = (*values.first()?, *values.last()?);
    let middle = values.len() / 2;
    let y = if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
    Some(lines::Point { x, y, error: (values.len() > 1).then_some((least, most)) })
}

/// What the energy or the area of the best point consists of, for each value of a key.
///
/// # Errors
/// A name is unknown, or the metric has no parts.
pub fn breakdown(table: &Table, view: &View) -> Result<Figure, Error> {
    let x = axis(table, view.x.as_ref(), 0, "the bars")?;
    let metric = metric(view.y.as_ref(), Metric::Energy)?;
    let manifest = &table.results.manifest;
    let (names, start) = match metric {
        Metric::Energy => (&manifest.energy, Metric::COUNT),
        Metric::Area => (&manifest.area, Metric::COUNT + manifest.energy.len()),
        other => {
            return Err(refuse(format!("{} has no parts", other.name()), "take --y energy or --y area"));
        }
    };
    let groups = table.by_value(x, &table.rows).into_iter();
    let best: Vec<(&Value, &Row)> =
        groups.filter_map(|(value, rows)| table.best(rows.into_iter()).map(|row| (value, row))).collect();
    let scale = metric.shown().0;
    let bar = |row: &Row| {
        let values = table.record(row)?.values.unwrap_or_default();
        Ok(values.iter().skip(start).take(names.len()).map(|value| value * scale).collect())
    };
    let bars: Vec<Vec<f64>> = best.iter().map(|(_, row)| bar(row)).collect::<Result<_, Error>>()?;
    let (parts, values) = largest(names, &bars);
    Ok(Figure::Breakdown(breakdown::Data {
        categories_title: table.keys[x].clone(),
        categories: best.iter().map(|(value, _)| plain(value)).collect(),
        value: axis_of(metric, false),
        parts,
        values,
    }))
}

/// The parts that are largest over all bars, the others as one.
fn largest(names: &[String], bars: &[Vec<f64>]) -> (Vec<String>, Vec<Vec<f64>>) {
    let total = |part: usize| bars.iter().map(|bar| bar[part]).sum::<f64>();
    let mut order: Vec<usize> = (0..names.len()).filter(|part| total(*part) > 0.0).collect();
    order.sort_by(|a, b| total(*b).total_cmp(&total(*a)).then(a.cmp(b)));
    let (own, rest) = order.split_at(if order.len() > PARTS { PARTS - 1 } else { order.len() });
    let mut parts: Vec<String> = own.iter().map(|part| names[*part].clone()).collect();
    let mut values: Vec<Vec<f64>> =
        bars.iter().map(|bar| own.iter().map(|part| bar[*part]).collect()).collect();
    if !rest.is_empty() {
        parts.push(format!("{} others", rest.len()));
        for (value, bar) in values.iter_mut().zip(bars) {
            value.push(rest.iter().map(|part| bar[*part]).sum());
        }
    }
    (parts, values)
}

/// A metric over two keys.
///
/// # Errors
/// A name is unknown.
pub fn heatmap(table: &Table, view: &View) -> Result<Figure, Error> {
    let x = axis(table, view.x.as_ref(), 0, "x")?;
    let rank = usize::from(table.independent().first() == Some(&x));
    let y = axis(table, view.y.as_ref(), rank, "y")?;
    if x == y {
        return Err(refuse(
            format!("x and y are both {}", table.keys[x]),
            "take another key for one of them",
        ));
    }
    let metric = metric(view.value.as_ref(), table.objective(0))?;
    let (columns, rows) = (table.values_of(x), table.by_value(y, &table.rows));
    let line = |points: &[&Row]| -> Vec<Option<f64>> {
        let groups = table.by_value(x, points.iter().copied());
        let cell = |column: &Value| {
            let (_, points) = groups.iter().find(|(value, _)| *value == column)?;
            table.best(points.iter().copied()).map(|point| shown(metric, point))
        };
        columns.iter().map(cell).collect()
    };
    let cells: Vec<Vec<Option<f64>>> = rows.iter().rev().map(|(_, points)| line(points)).collect();
    let log = wide(cells.iter().flatten().flatten().copied().collect::<Vec<_>>().into_iter());
    Ok(Figure::Heatmap(heatmap::Data {
        columns_title: table.keys[x].clone(),
        columns: columns.iter().map(plain).collect(),
        rows_title: table.keys[y].clone(),
        rows: rows.iter().rev().map(|(value, _)| plain(value)).collect(),
        value: axis_of(metric, log),
        cells,
    }))
}
