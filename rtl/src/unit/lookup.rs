//! Where the rows of a gather lie: the word at each position of the sentence, and the place of its row in the table.
//!
//! **Ports.** `start` with a `command`. `token_read` of the word at a position; `token`, the word last read. `known`, high for a cycle when
//! the first `place` stands; `next` where a place is used, after which the next row's stands.
//!
//! **Timing.** The first place is known [`latency::LOOKUP`] = 2 cycles after the start; from then on a place may be used each cycle: one
//! stands, the word of the next is read.
//!
//! **Function.** Row `index` begins at byte `offset + index · pitch`. Behind the last row it reads on; nobody uses those places.
//!
//! **Not modelled.** A token that is written while a program runs: the machine takes none.

use super::sequencer::ADDRESS_BITS;
use super::word::{WORD_BITS, field};
use crate::hdl::{Error, Module, address_bits, lit, mux};
use models::latency;
use models::program::MAX_TOKENS;
use std::rc::Rc;

const _: () = assert!(latency::LOOKUP == 2, "token memory and the row's place are the two registers");

/// The look-up of rows.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn lookup() -> Result<Rc<Module>, Error> {
    let mut m = Module::new("lookup", "places of the rows of a gather")
        .latency(format!("{} cycles from start to the first place", latency::LOOKUP));
    let start = m.input("start", 1, "first busy cycle of a gather");
    let command = m.input("command", WORD_BITS, "the command, stable until done");
    let token = m.input("token", 16, "token memory: the word last read");
    let next = m.input("next", 1, "the place is used");
    let part = |name: &str| field(&command, "gather", name);
    let first_read = m.stage("first_read", &start);
    let moves = m.wire("moves_on", first_read.or(next));
    let reads = m.wire("reads", start.or(&moves));
    let bits = part("first").width();
    let (position, at) = (m.register("position", bits, 0), m.register("position_read", bits, 0));
    let now = m.wire("position_now", mux(&start, part("first"), &position));
    m.when(&reads, |m| {
        m.next(&position, now.add(lit(bits, 1)));
        m.next(&at, &now);
    });
    let index = mux(part("index"), at, token);
    let product = m.wire("row_offset", index.mul(part("pitch")));
    let held = m.register("row_place", ADDRESS_BITS, 0);
    m.when(moves, |m| m.next(&held, part("offset").add(product.widen(ADDRESS_BITS))));
    let stands = m.stage("stands", first_read);
    let tokens = address_bits(MAX_TOKENS as usize);
    for (name, value, meaning) in [
        ("token_read", reads, "token memory: the word at a position is read"),
        ("token_address", now.bits(0, tokens), "token memory: which"),
        ("known", stands, "the first place stands"),
        ("place", held, "first byte of the row"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    m.finish()
}
