//! The end of a report: what was left out, the records and what the best point changes in them, how to make it again.

use std::collections::BTreeMap;
use std::fmt::Write;

use models::design::Design;
use models::record::{Error, names, preset};
use toml::Value;

use super::html::{Cell, escape, table as html_table};
use crate::plot::point;
use crate::plot::table::Table;
use crate::sweep::export::plain;

/// The preset beside which a design that is none itself is put.
const DEFAULT: &str = "offramp";

/// Filters, and points that have no figures.
pub(super) fn left_out(table: &Table) -> String {
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, reason) in &table.refused {
        *reasons.entry(reason.lines().next().unwrap_or_default()).or_default() += 1;
    }
    let filters = table.space().filters.iter();
    let mut rows: Vec<Vec<Cell>> = filters
        .map(|f| {
            vec![
                Cell::Word("filter".into()),
                Cell::Word(format!("{}: {}", f.drop.join(" and "), f.reason)),
                Cell::Word(String::new()),
            ]
        })
        .collect();
    rows.extend(reasons.iter().map(|(reason, count)| {
        vec![
            Cell::Word("no figures".into()),
            Cell::Word((*reason).to_owned()),
            Cell::Written(count.to_string()),
        ]
    }));
    if rows.is_empty() {
        return String::new();
    }
    "<h2>What was left out</h2>\n".to_owned()
        + &html_table("left-out", &["kind".to_owned(), "why".to_owned(), "points".to_owned()], &rows)
}

/// The records that every point starts from.
pub(super) fn records(table: &Table) -> String {
    let texts = &table.results.manifest.records;
    let mut html =
        String::from("<h2>Records</h2>\n<p>Every point starts from these; the axes above change them.</p>\n");
    let kinds = [
        ("Design", &texts.design),
        ("Technology", &texts.technology),
        ("Network", &texts.network),
        ("Task", &texts.task),
    ];
    for (kind, texts) in kinds {
        for (name, text) in texts {
            let _ = writeln!(
                html,
                "<details class=\"printed\"><summary>{kind} {}</summary><pre>{}</pre></details>",
                escape(name),
                escape(text)
            );
        }
    }
    html
}

/// The design of the best point, key by key where it is not that of its preset.
///
/// # Errors
/// The point's records do not hold any more.
pub(super) fn differences(table: &Table) -> Result<String, Error> {
    let Some(row) = table.best(table.rows.iter()) else { return Ok(String::new()) };
    let design = point::setup(table, row)?.design;
    let base = names::<Design>().find(|name| *name == design.name).unwrap_or(DEFAULT);
    let (mine, its) = (leaves(&design), leaves(&preset(base)?));
    let none = || "none".to_owned();
    let rows: Vec<Vec<Cell>> = mine
        .iter()
        .filter(|(key, value)| its.get(*key) != Some(value))
        .map(|(key, value)| {
            let preset = its.get(key).cloned().unwrap_or_else(none);
            [key.clone(), preset, value.clone()].map(Cell::Word).to_vec()
        })
        .collect();
    let title = format!("<h2>The design of point {}</h2>\n", row.point);
    let name = escape(base);
    if rows.is_empty() {
        return Ok(title + &format!("<p>It is the preset <code>{name}</code>.</p>\n"));
    }
    let heads = ["key".to_owned(), format!("preset {base}"), format!("point {}", row.point)];
    let text = format!(
        "<p>The best by the first objective, where it differs from the preset <code>{name}</code>.</p>\n"
    );
    Ok(title + &text + &html_table("design", &heads, &rows))
}

/// The values of a design by key, without what it is called.
fn leaves(design: &Design) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if let Ok(value) = Value::try_from(design) {
        walk("", &value, &mut found);
    }
    found.retain(|key, _| !matches!(key.as_str(), "name" | "summary"));
    found
}

fn walk(key: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) => {
            for (name, value) in table {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                walk(&key, value, found);
            }
        }
        other => {
            found.insert(key.to_owned(), plain(other));
        }
    }
}

/// How to make the results again.
pub(super) fn again(table: &Table, folder: &str) -> String {
    let manifest = &table.results.manifest;
    format!(
        "<h2>How to make it again</h2>\n<p>Model {}. With the space below as <code>space.toml</code>:</p>\n\
         <pre>offramp sweep space.toml -o {folder}\nofframp report {folder} -o report.html</pre>\n\
         <details class=\"printed\"><summary>space.toml</summary><pre>{}</pre></details>\n",
        escape(&manifest.model),
        escape(&manifest.space),
        folder = escape(folder)
    )
}
