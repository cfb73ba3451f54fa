//! Command words for benches, field by field.

use super::Draw;
use models::program::COMMAND_BYTES;
use models::program::word::{Field, LAYOUTS};

/// Puts a value into a field of a word that holds the operation `command`.
///
/// # Panics
/// There is no such field, a mistake of the bench.
pub(super) fn put(word: &mut [u32], command: &str, name: &str, value: i64) {
    let mut fields =
        LAYOUTS.iter().filter(|layout| layout.name == command).flat_map(|layout| layout.fields());
    let field = fields.find(|field| field.name == name);
    let Field { low, width, .. } = field.unwrap_or_else(|| panic!("{command} has no field {name}"));
    for bit in 0..width {
        let (at, place) = ((low + bit) as usize / 32, (low + bit) % 32);
        word[at] = word[at] & !(1 << place) | ((value >> bit & 1) as u32) << place;
    }
}

/// A word with these fields; the others, which its unit does not look at, are random.
pub(super) fn word(draw: &mut Draw, command: &str, values: &[(&str, u64)]) -> Vec<u32> {
    let mut word: Vec<u32> = (0..COMMAND_BYTES / 4).map(|_| draw.word()).collect();
    for (name, value) in values {
        put(&mut word, command, name, value.cast_signed());
    }
    word
}
