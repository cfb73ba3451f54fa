//! The parts of a report, in its order.

use std::fmt::Write;

use models::record::Error;
use toml::Value;

use super::html::{Cell, digits, escape, figure, table as html_table};
use crate::plot::points::{self, View};
use crate::plot::table::{Row, Table};
use crate::sweep::export::plain;
use crate::sweep::metric::Metric;
use crate::sweep::pareto;
use crate::sweep::search::cost;

/// Most points of the front in its table, each with its record behind it.
const LISTED: usize = 1000;
/// Standings, in the order of their columns.
const STANDINGS: [&str; 4] = ["measured", "modelled", "derived", "assumed"];

fn shown(metric: Metric, row: &Row) -> f64 {
    row.metrics[metric as usize] * metric.shown().0
}

fn head_of(metric: Metric) -> String {
    format!("{}, {}", metric.name(), metric.shown().1)
}

fn axis_cell(value: &Value) -> Cell {
    match value {
        Value::Integer(_) | Value::Float(_) => Cell::Written(plain(value)),
        other => Cell::Word(plain(other)),
    }
}

/// Question, counts and the best by each objective.
pub(super) fn head(table: &Table) -> String {
    let space = table.space();
    let good = table.rows.iter().filter(|row| row.good).count();
    let mut html =
        format!("<h1>{}</h1>\n<p class=\"lead\">{}</p>\n", escape(&space.question), escape(&space.summary));
    html.push_str("<div class=\"keys\">\n");
    let mut key = |value: String, what: String| {
        // Writing to a string does not fail.
        let _ = writeln!(html, "<div><b>{}</b><span>{}</span></div>", escape(&value), escape(&what));
    };
    let kept =
        if space.constraints.is_empty() { String::new() } else { format!(", {good} keep every constraint") };
    key(table.rows.len().to_string(), format!("points with figures{kept}"));
    for objective in &space.objectives {
        let Ok(metric) = Metric::named(&objective.metric) else { continue };
        let rows = table.rows.iter().filter(|row| row.good || good == 0);
        let best = rows.min_by(|a, b| cost(objective, &a.metrics).total_cmp(&cost(objective, &b.metrics)));
        if let Some(row) = best {
            let value = format!("{} {}", digits(shown(metric, row)), metric.shown().1);
            key(value, format!("best {}: point {}, {}", metric.title(), row.point, table.describe(row)));
        }
    }
    html.push_str("</div>\n");
    if !space.constraints.is_empty() {
        let limits = space.constraints.iter().map(|c| {
            let limit =
                |word: &str, limit: Option<f64>| limit.map_or(String::new(), |l| format!(" {word} {l}"));
            let unit = Metric::named(&c.metric).map_or("", Metric::unit);
            format!("{}{}{} {unit}", c.metric, limit("at most", c.at_most), limit("at least", c.at_least))
        });
        let limits: Vec<String> = limits.collect();
        let _ = writeln!(html, "<p>Constraints: {}.</p>", escape(&limits.join(", ")));
    }
    html
}

/// Points that none beats in the objectives, those that keep the constraints first.
fn front_rows(table: &Table) -> Vec<&Row> {
    let good: Vec<&Row> = table.rows.iter().filter(|row| row.good).collect();
    let rows = if good.is_empty() { table.rows.iter().collect() } else { good };
    let costs: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| table.space().objectives.iter().map(|objective| cost(objective, &row.metrics)).collect())
        .collect();
    let mut front: Vec<&Row> = pareto::front(&costs).into_iter().map(|index| rows[index]).collect();
    front.sort_by(|a, b| {
        let first = table.objective(0) as usize;
        a.metrics[first].total_cmp(&b.metrics[first]).then(a.point.cmp(&b.point))
    });
    front
}

/// The front, its table, and the record of each of its points.
pub(super) fn front(table: &Table) -> Result<String, Error> {
    let Ok(drawn) = points::pareto(table, &View::default()) else { return Ok(String::new()) };
    let rows = front_rows(table);
    let goals: Vec<&str> = table.space().objectives.iter().map(|o| o.metric.as_str()).collect();
    let caption = format!(
        "Every point with figures, and the front of the two axes. The table has the front of the objectives ({}): {} of {} points, \
         which no other beats in all of them.",
        goals.join(", "),
        rows.len(),
        table.rows.len()
    );
    let metrics = [Metric::Energy, Metric::Latency, Metric::Area, Metric::Utilisation, Metric::Power];
    let mut heads = vec!["point".to_owned()];
    heads.extend(metrics.map(head_of));
    heads.extend(table.keys.iter().cloned());
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .take(LISTED)
        .map(|row| {
            let axes = (0..table.keys.len()).map(|axis| axis_cell(table.value(row, axis)));
            let figures = metrics.map(|metric| Cell::Number(shown(metric, row)));
            std::iter::once(Cell::Point(row.point)).chain(figures).chain(axes).collect()
        })
        .collect();
    let records = rows.iter().take(LISTED).map(|row| record(table, row)).collect::<Result<String, _>>()?;
    let more = if rows.len() > LISTED {
        format!("<p>The first {LISTED} points, best first; <code>offramp export</code> has all.</p>\n")
    } else {
        String::new()
    };
    Ok(format!("<h2>Front</h2>\n{}", figure(&drawn, "Pareto front", &caption)?)
        + &html_table("front", &heads, &cells)
        + "<h2>Records of the front</h2>\n"
        + &more
        + &records)
}

/// Everything that is known of a point.
fn record(table: &Table, row: &Row) -> Result<String, Error> {
    let record = table.record(row)?;
    let mut text = format!("key {}\n", record.key);
    for (axis, key) in table.keys.iter().enumerate() {
        let _ = writeln!(text, "{key} = {}", table.value(row, axis));
    }
    let values = record.values.unwrap_or_default();
    for (column, value) in table.results.manifest.columns().iter().zip(&values) {
        let _ = writeln!(text, "{column} = {value}");
    }
    Ok(format!(
        "<details id=\"point-{}\"><summary>Point {}: {}</summary><pre>{}</pre></details>\n",
        row.point,
        row.point,
        escape(&table.describe(row)),
        escape(&text)
    ))
}

/// What the energy of the best points consists of, along the first axis.
pub(super) fn parts(table: &Table) -> Result<String, Error> {
    let mut html = String::new();
    for (metric, title) in [(Metric::Energy, "Energy by item"), (Metric::Area, "Area by part")] {
        let view = View { y: Some(metric.name().to_owned()), ..View::default() };
        let Ok(drawn) = points::breakdown(table, &view) else { continue };
        let crate::figure::Figure::Breakdown(data) = &drawn else { continue };
        let mut heads = vec![data.categories_title.clone()];
        heads.extend(data.parts.iter().map(|part| format!("{part}, {}", metric.shown().1)));
        let bars = data.categories.iter().zip(&data.values);
        let rows: Vec<Vec<Cell>> = bars
            .map(|(category, values)| {
                let number = category.parse::<f64>().is_ok();
                let first = if number { Cell::Written } else { Cell::Word }(category.clone());
                std::iter::once(first).chain(values.iter().map(|value| Cell::Number(*value))).collect()
            })
            .collect();
        let caption = format!("For each {}, the best point by the first objective.", data.categories_title);
        let _ = write!(html, "<h2>{title}</h2>\n{}", figure(&drawn, title, &caption)?);
        html.push_str(&html_table(metric.name(), &heads, &rows));
    }
    Ok(html)
}

/// The first objective over the first two axes.
pub(super) fn map(table: &Table) -> Result<String, Error> {
    let Ok(drawn) = points::heatmap(table, &View::default()) else { return Ok(String::new()) };
    let crate::figure::Figure::Heatmap(data) = &drawn else { return Ok(String::new()) };
    let mut heads = vec![data.rows_title.clone()];
    heads.extend(data.columns.iter().map(|column| format!("{} = {column}", data.columns_title)));
    let cell = |value: &Option<f64>| value.map_or(Cell::Word("none".into()), Cell::Number);
    let rows: Vec<Vec<Cell>> = data
        .rows
        .iter()
        .zip(&data.cells)
        .map(|(name, cells)| {
            std::iter::once(Cell::Word(name.clone())).chain(cells.iter().map(cell)).collect()
        })
        .collect();
    let caption = format!("{} of the best point for each pair.", table.objective(0).title());
    Ok(format!("<h2>The first two axes</h2>\n{}", figure(&drawn, "Heat map", &caption)?)
        + &html_table("map", &heads, &rows))
}

/// What share of the energy rests on what kind of constant.
pub(super) fn standing(table: &Table) -> Result<String, Error> {
    let Some(row) = table.best(table.rows.iter()) else { return Ok(String::new()) };
    let values = table.record(row)?.values.unwrap_or_default();
    let shares = &values[values.len().saturating_sub(STANDINGS.len())..];
    let mut bar = String::from("<div class=\"shares\">");
    let mut rows = Vec::new();
    for (standing, share) in STANDINGS.iter().zip(shares) {
        let percent = share * 100.0;
        let _ = write!(
            bar,
            "<span class=\"{standing}\" style=\"width:{percent:.2}%\">{standing} {percent:.1} %</span>"
        );
        rows.push(vec![Cell::Word((*standing).to_owned()), Cell::Number(percent)]);
    }
    let heads = ["standing of the constant".to_owned(), "share of the energy, %".to_owned()];
    Ok(format!(
        "<h2>What the result rests on</h2>\n<p>Energy of point {}, the best by the first objective, by the standing of the \
         constants that price it. Cycles and events are exact; energy and area are these constants times them.</p>\n{bar}</div>\n",
        row.point
    ) + &html_table("standing", &heads, &rows))
}
