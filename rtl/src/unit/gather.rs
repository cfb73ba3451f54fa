//! Gather: rows of an embedding table in the NVM, one for each token, as vectors of codes.
//!
//! **Ports.** `start` with a `command`, `done`. From the [look-up](super::lookup()) the place of the next row, and when the first is `known`.
//! The NVM's read port: `nvm_request` with the word of the memory that a row begins in and how many are wanted; the words, from
//! `nvm_valid` and `nvm_ready` on. A `vector` of codes for the encoder, in the order of the row.
//!
//! **Timing.** A row is requested, its first word comes as late as the memory is slow, and then the row takes a cycle for each word and one
//! for each vector: in each of them at least one of the two gets on, so no mix of zeros takes longer, and the next row waits until then.
//! If the memory pauses within a row, the row lasts until its last word is taken and its last vector has left, if that is later. `done`
//! follows [`latency::DMA_WRITE`] cycles after the last.
//!
//! **Function.** A row lies in memory group by group of n elements, or 8 if n is less: a bit for each element, then the codes of those
//! that are not zero. Since it may begin anywhere within a word, as many words are read as it can at most touch.
//!
//! **Not modelled.** Tables in external memory: their rows come as [loads](super::load()) do.

mod stream;

use super::page::Geometry;
use super::sequencer::ADDRESS_BITS;
use super::word::{WORD_BITS, field};
use crate::hdl::{Error, Expr, Module, address_bits, lit, mux};
use models::design::Design;
use models::latency;
use std::rc::Rc;
use stream::stream;

const _: () = assert!(latency::DMA_WRITE == 2, "done is two registers behind the last vector");

/// Sizes in bytes.
#[derive(Clone, Copy)]
struct Sizes {
    g: Geometry,
    /// A word of the memory.
    word: usize,
    /// The masks of a group.
    masks: usize,
    /// Vectors of a group.
    vectors: usize,
    /// The bytes that are held: as many as a vector may need, less one, and a word.
    held: usize,
}

impl Sizes {
    fn new(design: &Design) -> Sizes {
        let g = Geometry::new(design);
        let (word, masks) = (design.nvm.width_bits as usize / 8, g.lanes.div_ceil(8));
        Sizes { g, word, masks, vectors: (8 / g.lanes).max(1), held: masks + g.lanes - 1 + word }
    }

    /// Bits of a number of held bytes.
    fn count(self) -> usize {
        address_bits(self.held + 1)
    }
}

/// What the parts share.
struct Parts {
    start: Expr,
    command: Expr,
    /// A row is requested.
    request: Expr,
    /// The last cycle of a row.
    row_ends: Expr,
    /// A row is read.
    reading: Expr,
}

/// The gather engine of a design.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn gather(design: &Design) -> Result<Rc<Module>, Error> {
    let sizes = Sizes::new(design);
    let mut m = Module::new("gather", "rows of an embedding table in the NVM as vectors")
        .parameter("n", sizes.g.lanes)
        .parameter("nvm_bits", 8 * sizes.word)
        .latency("a cycle for each word and each vector of a row, beside the memory's");
    let start = m.input("start", 1, "first busy cycle of a gather");
    let command = m.input("command", WORD_BITS, "the command, stable until done");
    let parts = Parts {
        start,
        command,
        request: m.signal("requests", 1),
        row_ends: m.signal("row_ends", 1),
        reading: m.register("reading", 1, 0),
    };
    let offset = rows(&mut m, sizes, &parts);
    let valid = m.input("nvm_valid", 1, "NVM: a word comes");
    let data = m.input("nvm_data", 8 * sizes.word, "NVM: the word");
    let (takes, emptied) = stream(&mut m, sizes, &parts, (&valid, &data, &offset));
    timing(&mut m, sizes, &parts, (&takes, &emptied));
    m.finish()
}

/// Requests each row; the byte of the first word that the row begins with.
fn rows(m: &mut Module, sizes: Sizes, parts: &Parts) -> Expr {
    let part = |name: &str| field(&parts.command, "gather", name);
    let known = m.input("known", 1, "the place of the first row stands");
    let place = m.input("place", ADDRESS_BITS, "first byte of the row that is next");
    let bits = part("rows").width();
    let left = m.register("rows_left", bits, 0);
    let starting = m.register("starting", 1, 0);
    m.next(&starting, parts.start.or(starting.and(parts.request.not())));
    let more = m.wire("more_rows", left.ne(lit(bits, 0)));
    // The first row goes as soon as its place is known, another when the one before has ended.
    let follows = m.stage("follows", &parts.row_ends);
    m.assign(&parts.request, starting.and(known).or(follows).and(&more));
    m.when(&parts.start, |m| m.next(&left, part("rows"))).otherwise(|m| {
        m.when(&parts.request, |m| m.next(&left, left.sub(lit(bits, 1))));
    });
    let byte = sizes.word.ilog2() as usize;
    for (name, value, meaning) in [
        ("nvm_request", parts.request.clone(), "NVM: words are asked for"),
        ("nvm_address", place.bits(byte, ADDRESS_BITS - byte), "NVM: the first of them"),
        ("nvm_words", words(sizes, &part("row_bytes")), "NVM: how many"),
    ] {
        let out = m.output(name, value.width(), meaning);
        m.assign(out, value);
    }
    if byte == 0 {
        return lit(1, 0);
    }
    let begins = m.register("row_begins", byte, 0);
    m.when(&parts.request, |m| m.next(&begins, place.bits(0, byte)));
    begins
}

/// Words that a row of `bytes` bytes can at most touch.
fn words(sizes: Sizes, bytes: &Expr) -> Expr {
    let wide = bytes.width() + 1;
    let most = bytes.widen(wide).add(lit(wide, 2 * (sizes.word as u64 - 1)));
    most.shr(sizes.word.ilog2() as usize).bits(0, bytes.width())
}

/// How long a row takes, from its first word on; and the end of the command.
fn timing(m: &mut Module, sizes: Sizes, parts: &Parts, (takes, emptied): (&Expr, &Expr)) {
    let part = |name: &str| field(&parts.command, "gather", name);
    let bits = part("row_bytes").width() + 1;
    let length = words(sizes, &part("row_bytes")).widen(bits).add(part("tiles").widen(bits));
    let length = m.wire("row_cycles", length);
    let left = m.register("cycles_left", bits, 0);
    let first = m.wire("first_word", takes.and(left.reduce_or().not()));
    let (one, unread) = (lit(bits, 1), m.register("words_left", bits, 0));
    let all = words(sizes, &part("row_bytes")).widen(bits);
    m.next(&unread, mux(&parts.request, all, unread.sub(takes.widen(bits))));
    let read = m.wire("all_words", unread.eq(takes.widen(bits)));
    m.assign(&parts.row_ends, parts.reading.and(left.eq(&one)).and(read).and(emptied));
    let counts = left.ne(lit(bits, 0)).and(left.ne(&one).or(&parts.row_ends));
    m.next(&left, mux(&first, length.sub(&one), left.sub(counts.widen(bits))));
    m.next(&parts.reading, parts.request.or(parts.reading.and(parts.row_ends.not())));
    let rows = m.register("rows_unfinished", part("rows").width(), 0);
    let unit = lit(rows.width(), 1);
    m.when(&parts.start, |m| m.next(&rows, part("rows"))).otherwise(|m| {
        m.when(&parts.row_ends, |m| m.next(&rows, rows.sub(&unit)));
    });
    let ended = m.stage("ended", parts.row_ends.and(rows.eq(&unit)));
    let done = m.stage("done_held", ended);
    let out = m.output("done", 1, "last busy cycle of the command");
    m.assign(out, done);
}
