//! The report of a sweep: one page that needs nothing else, for a design review.
//!
//! The question; key figures; the front, what the best points consist of and how they depend on the first two axes, each as a figure
//! with its table; every point of the front with its full record; what the energy rests on; what the best design changes in its
//! preset; what was left out; the records; how to make it again. No clock, no host: the same results give the same bytes.

mod html;
mod records;
mod sections;

use models::record::Error;

use crate::plot::table::Table;
use html::escape;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page of a folder's points; `folder` is what a person calls it.
///
/// # Errors
/// A figure cannot be drawn.
pub fn page(table: &Table, folder: &str) -> Result<String, Error> {
    let space = table.space();
    let body = [
        sections::head(table),
        sections::front(table)?,
        sections::parts(table)?,
        sections::map(table)?,
        sections::standing(table)?,
        records::differences(table)?,
        records::left_out(table),
        records::records(table),
        records::again(table, folder),
    ]
    .concat();
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n{body}<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        escape(&space.question)
    ))
}
