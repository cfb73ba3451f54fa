//! What the TOML reader says, in the words of the one who wrote the file: the key, the value found, what is expected.
//!
//! The reader's messages are those of serde, which know neither the dotted key nor the nearest known one.

use toml::de::DeTable;

use super::named::REMEDY;
use super::nearest::nearest;
use super::tree;

/// A message and its remedy.
pub(super) struct Explained {
    pub(super) message: String,
    pub(super) remedy: String,
}

/// A text that is no TOML.
pub(super) fn syntax(message: &str) -> Explained {
    let remedy = if message.contains("duplicate key") {
        "keep one of the two"
    } else {
        "write key = value, strings in \"double quotes\", tables as [table]"
    };
    Explained { message: format!("not TOML: {message}"), remedy: remedy.to_owned() }
}

/// A TOML text that is not the record: `message` and `span` are the reader's, `found` the text at the span.
pub(super) fn shape(
    root: &DeTable<'_>,
    message: &str,
    span: &std::ops::Range<usize>,
    found: &str,
) -> Explained {
    let key = tree::key_at(root, span);
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.split_first() {
        Some((name, known)) if message.starts_with("unknown field") => unknown_key(&key, name, known),
        Some((name, _)) if message.starts_with("missing field") => missing_key(&key, name),
        Some((name, known)) if message.starts_with("unknown variant") => unknown_word(&key, name, known),
        _ if message.starts_with("invalid") || message.starts_with("wanted") => {
            wrong_type(&key, message, found)
        }
        _ => refused(&key, message),
    }
}

fn unknown_key(key: &str, name: &str, known: &[&str]) -> Explained {
    let guess = nearest(name, known.iter().copied());
    let hint = guess.map_or(String::new(), |guess| format!("did you mean `{guess}`? "));
    Explained {
        message: format!("unknown key `{key}`"),
        remedy: format!("{hint}the keys here are {}", known.join(", ")),
    }
}

fn missing_key(table: &str, name: &str) -> Explained {
    let key = if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
    let place = if table.is_empty() { "at the top".to_owned() } else { format!("in `{table}`") };
    Explained {
        message: format!("missing key `{key}` (no key has a default)"),
        remedy: format!("add `{name} = ...` {place}"),
    }
}

fn unknown_word(key: &str, word: &str, known: &[&str]) -> Explained {
    let guess = nearest(word, known.iter().copied());
    Explained {
        message: format!("{key} = \"{word}\" must be one of {}", known.join(", ")),
        remedy: guess
            .map_or_else(|| "choose one of them".to_owned(), |guess| format!("did you mean \"{guess}\"?")),
    }
}

/// What a type of ours says about its parts, e.g. a format whose exponent leaves no sign.
fn refused(key: &str, message: &str) -> Explained {
    match message.split_once(REMEDY) {
        Some((message, remedy)) => {
            Explained { message: format!("{key}: {message}"), remedy: remedy.trim_end().to_owned() }
        }
        None => Explained { message: message.to_owned(), remedy: format!("change the keys of `{key}`") },
    }
}

fn wrong_type(key: &str, message: &str, found: &str) -> Explained {
    let expected = message.rsplit_once("expected ").map_or("a string", |(_, expected)| expected);
    let (expected, remedy) = match expected {
        "u8" => ("a whole number from 0 to 255", "write it without quotes, sign or decimal point"),
        "u32" => ("a whole number from 0 to 4294967295", "write it without quotes, sign or decimal point"),
        "u64" => {
            ("a whole number from 0 to 9223372036854775807", "write it without quotes, sign or decimal point")
        }
        "f64" => ("a number", "write it without quotes, e.g. 0.5"),
        "a boolean" => ("true or false", "write it without quotes"),
        "a sequence" => ("a list", "write it in [brackets]"),
        other if other.starts_with("struct ") => {
            ("a table", "write its keys under a [table] head or in {braces}")
        }
        "a string" => ("a string", "write it in \"double quotes\""),
        other => (other, "see the preset of the same kind for an example"),
    };
    let found = found.lines().next().unwrap_or_default();
    Explained { message: format!("{key} = {found} must be {expected}"), remedy: remedy.to_owned() }
}
