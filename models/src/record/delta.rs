//! `KEY=VALUE`: one change to a record's text, before it is read.
//!
//! The key is dotted (`pu.n`, `vf.0.f_mhz`), the value is TOML; a bare word stands for a string. The text keeps its
//! comments. A [`Quantity`](super::Quantity) that is given a bare number becomes an assumption whose source is the
//! argument, so that no number keeps the source of another. A key that the text does not hold is written into it, and
//! the reader then says whether the record knows it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{Document, argument_place};
use super::{Error, Kind, tree};

/// Applies one `KEY=VALUE` to the document.
///
/// # Errors
/// The argument is not `KEY=VALUE`, the value is not TOML, or the key names a whole table or a part of a plain value.
pub(super) fn apply(document: &mut Document, argument: &str) -> Result<(), Error> {
    let (key, value) = split(argument)?;
    let quantity = quantity_of(document.parse()?.get_ref(), &key, &value);
    let Some(quantity) = quantity else {
        return set(document, &key, &value, argument);
    };
    let source = toml::Value::String(format!("--set {argument}")).to_string();
    set(document, &format!("{quantity}.value"), &value, argument)?;
    set(document, &format!("{quantity}.standing"), "\"assumed\"", argument)?;
    set(document, &format!("{quantity}.source"), &source, argument)
}

/// Key and TOML value of an argument.
fn split(argument: &str) -> Result<(String, String), Error> {
    let example = "write KEY=VALUE, e.g. pu.n=32";
    let refuse = |message: String| Error::at(Kind::Usage, argument_place(argument), message, example);
    let (key, value) = argument.split_once('=').ok_or_else(|| refuse(format!("`{argument}` has no `=`")))?;
    let (key, value) = (key.trim(), value.trim());
    let word =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if !key.split('.').all(word) {
        return Err(refuse(format!("`{key}` is not a dotted key")));
    }
    if DeValue::parse(value).is_ok() {
        Ok((key.to_owned(), value.to_owned()))
    } else if word(value) || value.split('.').all(word) {
        Ok((key.to_owned(), format!("\"{value}\"")))
    } else {
        Err(refuse(format!("`{value}` is neither a TOML value nor a word")))
    }
}

/// The key of the quantity that a bare number is meant for, given its own key or that of its value.
fn quantity_of(root: &DeTable<'_>, key: &str, value: &str) -> Option<String> {
    let number =
        DeValue::parse(value).is_ok_and(|value| value.get_ref().is_integer() || value.get_ref().is_float());
    let key = key.strip_suffix(".value").unwrap_or(key);
    let segments: Vec<&str> = key.split('.').collect();
    let table = tree::value(root, &segments)?.get_ref().as_table()?;
    let quantity = ["value", "unit", "standing", "source"].iter().all(|name| table.contains_key(*name));
    (number && quantity).then(|| key.to_owned())
}

fn set(document: &mut Document, key: &str, value: &str, argument: &str) -> Result<(), Error> {
    let (span, new) = edit(document, key, value, argument)?;
    document.splice(span, &new, argument);
    Ok(())
}

/// The bytes to replace, and by what.
fn edit(
    document: &Document,
    key: &str,
    value: &str,
    argument: &str,
) -> Result<(Range<usize>, String), Error> {
    let refuse =
        |message: String, remedy: &str| Error::at(Kind::Usage, argument_place(argument), message, remedy);
    let root = document.parse()?;
    let segments: Vec<&str> = key.split('.').collect();
    let known = |depth: &usize| tree::value(root.get_ref(), &segments[..*depth]).is_some();
    let depth = (1..=segments.len()).rev().find(known).unwrap_or(0);
    let (above, rest) = (segments[..depth].join("."), segments[depth..].join("."));
    match tree::value(root.get_ref(), &segments[..depth]) {
        None => Ok((0..0, format!("{rest} = {value}\n"))),
        Some(found) if rest.is_empty() => {
            let span = value_span(&document.text, found).ok_or_else(|| {
                refuse(
                    format!("`{key}` is a table and cannot be replaced as a whole"),
                    "set its keys one by one",
                )
            })?;
            Ok((span, value.to_owned()))
        }
        Some(found) => insertion(&document.text, found, &rest, value).ok_or_else(|| {
            refuse(format!("`{above}` has no key `{rest}`"), "see the record as it is with `show`")
        }),
    }
}

/// The bytes of a value that is written as one; none for a table under a head.
fn value_span(text: &str, found: &Spanned<DeValue<'_>>) -> Option<Range<usize>> {
    let written = text.get(found.span())?;
    DeValue::parse(written).is_ok().then(|| found.span())
}

/// A new key in a table in braces or under a head; none in anything else.
fn insertion(
    text: &str,
    found: &Spanned<DeValue<'_>>,
    key: &str,
    value: &str,
) -> Option<(Range<usize>, String)> {
    found.get_ref().as_table()?;
    let Range { start, end } = found.span();
    let first = text.get(start..)?.chars().next()?;
    if first == '{' {
        return Some((start + 1..start + 1, format!(" {key} = {value},")));
    }
    let line = text.get(end..)?.find('\n').map_or(text.len(), |newline| end + newline);
    (first == '[').then(|| (line..line, format!("\n{key} = {value}")))
}
