//! A row of a table as it comes from the NVM: words in, vectors out.
//!
//! **Timing.** In every cycle of a row a word is taken where there is room for it, and a vector leaves where its masks and codes are
//! held; the room is such that never both have to wait for the other. A vector is a register late.
//!
//! **Function.** The first word begins with bytes that are not of the row; what comes behind the last vector is dropped.
//!
//! **Not modelled.** A row that ends before its vectors do: the compiler reads as many bytes as the longest takes.

use super::{Parts, Sizes};
use crate::hdl::{Expr, Module, address_bits, concat, lit, mux};
use crate::unit::popcount::popcount;
use crate::unit::word::field;

/// The bytes of a row: words in, vectors out. Whether a word is taken, and whether all vectors have left.
pub(super) fn stream(
    m: &mut Module,
    sizes: Sizes,
    parts: &Parts,
    (valid, data, offset): (&Expr, &Expr, &Expr),
) -> (Expr, Expr) {
    let (bits, held) = (sizes.count(), 8 * sizes.held);
    let bytes = m.register("bytes", held, 0);
    let count = m.register("bytes_held", bits, 0);
    let fresh = m.register("fresh", 1, 0);
    let over = m.register("row_over", 1, 0);
    let (needed, emits) = vector(m, sizes, parts, (&bytes, &count), &over);
    let last = last_of_row(m, parts, &emits);
    m.next(&over, parts.request.not().and(last.or(&over)));
    let taken = m.wire("taken", mux(&emits, &needed, lit(bits, 0)));
    let rest = m.wire("rest", count.sub(&taken));
    let room = rest.le(lit(bits, (sizes.held - sizes.word) as u64));
    let ready = m.wire("takes_words", parts.reading.and(room.or(&over)));
    let takes = m.wire("takes_word", ready.and(valid));
    let kept = takes.and(over.not());
    let out = m.output("nvm_ready", 1, "NVM: the word is taken");
    m.assign(out, ready);
    let out = m.output("nvm_taken", 1, "a word is taken");
    m.assign(out, &takes);
    // The first word of a row begins inside.
    let skipped = m.wire(
        "skipped",
        mux(&fresh, offset.widen(bits.max(offset.width())), lit(bits.max(offset.width()), 0)),
    );
    let eight = |bytes: &Expr| concat(&[bytes.clone(), lit(3, 0)]);
    let word = m.wire("word", data.shr_by(eight(&skipped)));
    let moved = m.wire("moved", bytes.shr_by(eight(&taken)));
    let placed = m.wire("placed", word.and(kept.repeat(word.width())).widen(held).shl_by(eight(&rest)));
    let size = m.wire("word_bytes", lit(bits, sizes.word as u64).sub(skipped.bits(0, bits)));
    m.when(&parts.request, |m| {
        m.next(&bytes, lit(held, 0));
        m.next(&count, lit(bits, 0));
        m.next(&fresh, lit(1, 1));
    })
    .otherwise(|m| {
        m.next(&bytes, moved.or(placed));
        m.next(&count, mux(&kept, rest.add(size), &rest));
        m.when(&takes, |m| m.next(&fresh, lit(1, 0)));
    });
    (takes, last.or(over))
}

/// Whether the vector that leaves is the last of its row.
fn last_of_row(m: &mut Module, parts: &Parts, emits: &Expr) -> Expr {
    let tiles = field(&parts.command, "gather", "tiles");
    let left = m.register("vectors_left", tiles.width(), 0);
    let one = lit(tiles.width(), 1);
    m.next(&left, mux(&parts.request, tiles, left.sub(emits.widen(one.width()))));
    m.wire("last_vector", emits.and(left.eq(one)))
}

/// The vector at the head of the bytes: how many bytes it takes with the masks ahead of it, and whether it leaves.
fn vector(
    m: &mut Module,
    sizes: Sizes,
    parts: &Parts,
    (bytes, count): (&Expr, &Expr),
    over: &Expr,
) -> (Expr, Expr) {
    let (g, bits) = (sizes.g, sizes.count());
    let emits = m.signal("emits", 1);
    let (mask, begins) = mask(m, sizes, parts, bytes, &emits);
    let ones = popcount(m, "codes", &mask);
    let masks = lit(bits, sizes.masks as u64);
    let ahead = mux(&begins, &masks, lit(bits, 0));
    let needed = m.wire("needed", ones.widen(bits.max(ones.width())).bits(0, bits).add(&ahead));
    let known = begins.not().or(count.ge(&masks));
    m.assign(&emits, parts.reading.and(over.not()).and(known).and(count.ge(&needed)));
    let source = mux(&begins, bytes.shr(8 * sizes.masks), bytes).bits(0, 8 * g.lanes);
    let source = m.wire("source", source);
    let mut codes = Vec::new();
    let mut before = lit(g.lane + 1, 0);
    for lane in 0..g.lanes {
        let choices = (0..=lane).map(|at| {
            let here = before.eq(lit(g.lane + 1, at as u64)).and(mask.bit(lane));
            source.bits(8 * at, g.code).and(here.repeat(g.code))
        });
        let code = choices.reduce(|any, one| any.or(one)).unwrap_or_else(|| lit(g.code, 0));
        codes.push(m.wire(&format!("code_{lane}"), code));
        if lane + 1 < g.lanes {
            before = m.wire(&format!("codes_to_{lane}"), before.add(mask.bit(lane).widen(g.lane + 1)));
        }
    }
    codes.reverse();
    leave(m, (&emits, &concat(&codes)));
    (needed, emits)
}

/// The mask of the vector, and whether its group begins with it.
fn mask(m: &mut Module, sizes: Sizes, parts: &Parts, bytes: &Expr, emits: &Expr) -> (Expr, Expr) {
    let g = sizes.g;
    if sizes.vectors == 1 {
        return (m.wire("mask", bytes.bits(0, g.lanes)), lit(1, 1));
    }
    let bits = address_bits(sizes.vectors);
    let (at, held) = (m.register("vector_of_group", bits, 0), m.register("group_masks", 8, 0));
    let begins = m.wire("group_begins", at.eq(lit(bits, 0)));
    let masks = m.wire("masks_now", mux(&begins, bytes.bits(0, 8), &held));
    m.when(&parts.request, |m| m.next(&at, lit(bits, 0))).otherwise(|m| {
        m.when(emits, |m| {
            m.next(&at, at.add(lit(bits, 1)));
            m.next(&held, masks.shr(g.lanes));
        });
    });
    (m.wire("mask", masks.bits(0, g.lanes)), begins)
}

/// The vector on its way to the encoder.
fn leave(m: &mut Module, (emits, codes): (&Expr, &Expr)) {
    for (name, value, meaning) in
        [("vector_valid", emits, "encoder: a vector"), ("vector", codes, "encoder: its codes, lane 0 lowest")]
    {
        let held = m.stage(&format!("{name}_held"), value);
        let out = m.output(name, held.width(), meaning);
        m.assign(out, held);
    }
}
