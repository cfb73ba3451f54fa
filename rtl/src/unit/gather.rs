//! Gather: rows of an embedding table in the NVM, one for each token, to the rows of a region.
//!
//! **Ports.** `start` with a `command`, `done`. `token_read` of the word at a position, `token` in the next cycle. The NVM's read port: `nvm_request`
//! with the word of the memory that a row begins in and how many are wanted; the words, from `nvm_valid` and `nvm_ready` on. A `vector` of
//! codes for the encoder, with its tile and row.
//!
//! **Timing.** A row's place is known [`latency::LOOKUP`] = 2 cycles after the start, the others' while the row before is read. A row is
//! requested, its first word comes as late as the memory is slow, and then the row takes a cycle for each word and one for each
//! vector: in each of them at least one of the two gets on, so no mix of zeros takes longer, and the next row waits until then. `done` follows
//! [`latency::DMA_WRITE`] cycles after the last.
//!
//! **Function.** A row lies in memory group by group of n elements, or 8 if n is less: a bit for each element, then the codes of those
//! that are not zero. Row `index` begins at byte `offset + index · pitch`; since it may begin anywhere within a word, as many
//! words are read as it can at most touch.
//!
//! **Not modelled.** Tables in external memory.

use super::page::Geometry;
use super::popcount::popcount;
use super::sequencer::ADDRESS_BITS;
use super::word::{WORD_BITS, field};
use crate::hdl::{Error, Expr, Module, address_bits, concat, lit, mux};
use models::design::Design;
use models::latency;
use models::program::MAX_TOKENS;
use std::rc::Rc;

const _: () = assert!(latency::LOOKUP == 2, "token memory and the row's place are the two registers");

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
    /// A row is requested; its first word has come, or comes now; its last cycle.
    request: Expr,
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
    let mut m = Module::new("gather", "rows of an embedding table to the rows of a region")
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
    let takes = stream(&mut m, sizes, &parts, (&valid, &data, &offset));
    timing(&mut m, sizes, &parts, &takes);
    m.finish()
}

/// Looks up the place of each row and requests it; the byte of the first word that the row begins with.
fn rows(m: &mut Module, sizes: Sizes, parts: &Parts) -> Expr {
    let part = |name: &str| field(&parts.command, "gather", name);
    let bits = part("rows").width();
    let (left, position) = (m.register("rows_left", bits, 0), m.register("position", bits, 0));
    let one = lit(bits, 1);
    let looks = m.wire("looks", parts.start.or(&parts.request));
    let now = m.wire("position_now", mux(&parts.start, part("first"), &position));
    m.when(&looks, |m| m.next(&position, now.add(&one)));
    let read = m.output("token_read", 1, "token memory: the word at a position is read");
    m.assign(read, &looks);
    let tokens = address_bits(MAX_TOKENS as usize);
    let place = m.output("token_address", tokens, "token memory: which");
    m.assign(place, now.bits(0, tokens));
    let token = m.input("token", 16, "token memory: the word read in the cycle before");
    let looked = m.stage("looked", &looks);
    let at = m.register("looked_position", bits, 0);
    m.when(&looks, |m| m.next(&at, &now));
    let index = mux(part("index"), &at, token);
    let product = m.wire("row_offset", index.mul(part("pitch")));
    let place = m.register("row_place", ADDRESS_BITS, 0);
    m.when(&looked, |m| m.next(&place, part("offset").add(product.widen(ADDRESS_BITS))));
    let known = m.stage("known", looked);
    let starting = m.register("starting", 1, 0);
    m.next(&starting, parts.start.or(starting.and(parts.request.not())));
    let more = m.wire("more_rows", left.ne(lit(bits, 0)));
    // The first row goes as soon as its place is known, another when the one before has ended.
    let follows = m.stage("follows", &parts.row_ends);
    m.assign(&parts.request, starting.and(&known).or(follows).and(&more));
    m.when(&parts.start, |m| m.next(&left, part("rows"))).otherwise(|m| {
        m.when(&parts.request, |m| m.next(&left, left.sub(&one)));
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

/// How long a row takes, from its first word on, if the memory does not pause; and the end of the command.
fn timing(m: &mut Module, sizes: Sizes, parts: &Parts, takes: &Expr) {
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
    m.assign(&parts.row_ends, parts.reading.and(left.eq(&one)).and(read));
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

/// The bytes of a row: words in, vectors out. Whether a word is taken.
fn stream(m: &mut Module, sizes: Sizes, parts: &Parts, (valid, data, offset): (&Expr, &Expr, &Expr)) -> Expr {
    let (bits, held) = (sizes.count(), 8 * sizes.held);
    let bytes = m.register("bytes", held, 0);
    let count = m.register("bytes_held", bits, 0);
    let fresh = m.register("fresh", 1, 0);
    let over = m.register("row_over", 1, 0);
    let (needed, emits) = vector(m, sizes, parts, (&bytes, &count), &over);
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
    takes
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
    leave(m, sizes, parts, (&emits, &concat(&codes)), over);
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

/// The vector on its way to the encoder, and the walk through tiles and rows.
fn leave(m: &mut Module, sizes: Sizes, parts: &Parts, (emits, codes): (&Expr, &Expr), over: &Expr) {
    let g = sizes.g;
    let part = |name: &str| field(&parts.command, "gather", name);
    let tiles = part("tiles");
    let tile = m.register("tile_count", tiles.width(), 0);
    let row = m.register("row_of_block", g.lane, 0);
    let block = m.register("block_tile", g.tile(), 0);
    let following = m.wire("following_tile", tile.add(lit(tile.width(), 1)));
    let last = m.wire("last_tile", emits.and(following.eq(&tiles)));
    m.next(over, parts.request.not().and(last.or(over)));
    m.when(&parts.start, |m| {
        m.next(&tile, lit(tile.width(), 0));
        m.next(&row, lit(g.lane, 0));
        m.next(&block, g.tiles(part("region.base")));
    })
    .otherwise(|m| {
        m.when(emits, |m| m.next(&tile, mux(&last, lit(tile.width(), 0), &following)));
        m.when(&last, |m| {
            m.next(&row, row.add(lit(g.lane, 1)));
            let stride = g.tiles(part("region.stride"));
            m.next(&block, mux(row.reduce_and(), block.add(stride), &block));
        });
    });
    for (name, value, meaning) in [
        ("vector_valid", emits.clone(), "encoder: a vector"),
        ("to_tile", block.add(g.tiles(tile)), "encoder: tile of the buffer that it goes to"),
        ("to_row", row, "encoder: vector of the tile"),
        ("vector", codes.clone(), "encoder: its codes, lane 0 lowest"),
    ] {
        let held = m.stage(&format!("{name}_held"), value);
        let out = m.output(name, held.width(), meaning);
        m.assign(out, held);
    }
}
