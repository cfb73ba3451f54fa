//! Where things stand in a parsed TOML text: from a dotted key to its bytes, and back.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The value at a dotted key, e.g. `["pu", "n"]` or `["sram", "0", "bytes"]`.
pub(super) fn value<'a, 'i>(root: &'a DeTable<'i>, key: &[&str]) -> Option<&'a Spanned<DeValue<'i>>> {
    let (first, rest) = key.split_first()?;
    let mut found = root.get(*first)?;
    for segment in rest {
        found = match found.get_ref() {
            DeValue::Table(table) => table.get(*segment)?,
            DeValue::Array(array) => array.get(segment.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(found)
}

/// The bytes of the value at `key`, or of the closest table above it that is written down; all of the text's start
/// if there is none.
pub(super) fn span(root: &DeTable<'_>, key: &str) -> Range<usize> {
    let segments: Vec<&str> = key.split('.').collect();
    (1..=segments.len()).rev().find_map(|length| value(root, &segments[..length])).map_or(0..0, Spanned::span)
}

/// The dotted key whose name or value stands exactly at `span`; the innermost, so that an inline table's only element
/// is not taken for the table. Empty for the root.
pub(super) fn key_at(root: &DeTable<'_>, span: &Range<usize>) -> String {
    let mut path = Vec::new();
    search_table(root, span, &mut path);
    path.join(".")
}

fn search_table(table: &DeTable<'_>, span: &Range<usize>, path: &mut Vec<String>) -> bool {
    table.iter().any(|(key, value)| {
        path.push(key.get_ref().to_string());
        let found = key.span() == *span || search(value, span, path);
        if !found {
            path.pop();
        }
        found
    })
}

fn search(value: &Spanned<DeValue<'_>>, span: &Range<usize>, path: &mut Vec<String>) -> bool {
    let inside = match value.get_ref() {
        DeValue::Table(table) => search_table(table, span, path),
        DeValue::Array(array) => array.iter().enumerate().any(|(index, element)| {
            path.push(index.to_string());
            let found = search(element, span, path);
            if !found {
                path.pop();
            }
            found
        }),
        _ => false,
    };
    inside || value.span() == *span
}
