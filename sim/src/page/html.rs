//! The few elements of a page: escaped text, tables that sort, figures.

use std::fmt::Write;

use models::record::{Error, Kind};

use crate::figure::{self, Figure, Size};

/// Text that stays text.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A cell of a table.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    /// A number, shown with four digits and sorted by its full value.
    Number(f64),
    /// A number as it was written.
    Written(String),
    /// A word.
    Word(String),
    /// A point, linked to its record.
    Point(u64),
}

impl Cell {
    fn html(&self) -> String {
        match self {
            Cell::Number(value) => format!("<td data-value=\"{value}\">{}</td>", digits(*value)),
            Cell::Written(value) => format!("<td>{}</td>", escape(value)),
            Cell::Word(word) => format!("<td class=\"word\">{}</td>", escape(word)),
            Cell::Point(point) => {
                format!("<td data-value=\"{point}\"><a href=\"#point-{point}\">{point}</a></td>")
            }
        }
    }
}

/// Four significant digits, without an exponent where that is short.
pub(super) fn digits(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let magnitude = value.abs().log10().floor();
    if (-4.0..7.0).contains(&magnitude) {
        let places = (3.0 - magnitude).clamp(0.0, 8.0) as usize;
        format!("{value:.places$}")
    } else {
        format!("{value:.3e}")
    }
}

/// A table that sorts and can be saved; `id` is unique in the page.
pub(super) fn table(id: &str, heads: &[String], rows: &[Vec<Cell>]) -> String {
    let word = |column: usize| rows.iter().any(|row| matches!(row.get(column), Some(Cell::Word(_))));
    let mut html = format!("<div class=\"scroll\"><table id=\"{id}\"><thead><tr>");
    for (column, head) in heads.iter().enumerate() {
        let class = if word(column) { " class=\"word\"" } else { "" };
        // Writing to a string does not fail.
        let _ = write!(html, "<th{class}><button type=\"button\">{}</button></th>", escape(head));
    }
    html.push_str("</tr></thead><tbody>\n");
    for row in rows {
        let cells: String = row.iter().map(Cell::html).collect();
        let _ = writeln!(html, "<tr>{cells}</tr>");
    }
    let save = format!(
        "<p class=\"save\"><a class=\"csv\" data-table=\"{id}\" download=\"{id}.csv\" href=\"#\">Save as CSV</a></p>"
    );
    html + "</tbody></table></div>" + &save + "\n"
}

/// A figure inside the page, as an image of its own so that its style stays in it.
pub(super) fn figure(figure: &Figure, name: &str, caption: &str) -> Result<String, Error> {
    let svg = figure::write_svg(figure, Size::Slide).map_err(|error| {
        Error::new(Kind::Input, "report", error.to_string(), "please report it with the space")
    })?;
    let data = figure::base64(svg.as_bytes());
    Ok(format!(
        "<figure><img alt=\"{}\" src=\"data:image/svg+xml;base64,{data}\"><figcaption>{}</figcaption></figure>\n",
        escape(name),
        escape(caption)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_and_numbers_stay_short() {
        assert_eq!(escape("<b a=\"1\">&"), "&lt;b a=&quot;1&quot;&gt;&amp;");
        assert_eq!([digits(0.0), digits(12.3456), digits(1.2e-9)], ["0", "12.35", "1.200e-9"]);
    }
}
