//! Fields of command words: the table of `models::program::word` as slices of a wire.

use crate::hdl::Expr;
use models::program::word::{LAYOUTS, OPCODE_BITS, WAIT_BITS};
use models::program::{COMMAND_BYTES, Unit};

/// Bits of a command word.
pub const WORD_BITS: usize = 8 * COMMAND_BYTES as usize;

/// The number of an operation.
///
/// # Panics
/// There is no such operation, a mistake of the description.
pub fn opcode(name: &str) -> u64 {
    let layout = LAYOUTS.iter().find(|layout| layout.name == name);
    layout.unwrap_or_else(|| panic!("no operation {name}")).opcode.into()
}

/// A field of `word`, which holds the operation `command`.
///
/// # Panics
/// There is no such field, a mistake of the description.
pub fn field(word: &Expr, command: &str, name: &str) -> Expr {
    let fields = LAYOUTS[opcode(command) as usize].fields();
    let field = fields.iter().find(|field| field.name == name);
    let field = field.unwrap_or_else(|| panic!("{command} has no field {name}"));
    word.bits(field.low as usize, field.width as usize)
}

/// Whether `word` holds the operation `command`; 1 bit.
pub fn is(word: &Expr, command: &str) -> Expr {
    let bits = OPCODE_BITS as usize;
    word.bits(0, bits).eq(crate::hdl::lit(bits, opcode(command)))
}

/// Whether `word` holds a command of `unit`; 1 bit.
pub fn is_of(word: &Expr, unit: Unit) -> Expr {
    let names: &[&str] = match unit {
        Unit::Load => &["load", "gather"],
        Unit::Store => &["store"],
        Unit::Pu => &["matmul"],
        Unit::Sfu => &["softmax", "layernorm", "entropy"],
    };
    let any = names.iter().map(|name| is(word, name)).reduce(|any, one| any.or(one));
    any.unwrap_or_else(|| crate::hdl::lit(1, 0))
}

/// The count that `word` waits for, of the `index`-th of the other units.
pub fn wait(word: &Expr, index: usize) -> Expr {
    word.bits((OPCODE_BITS + WAIT_BITS * index as u32) as usize, WAIT_BITS as usize)
}
