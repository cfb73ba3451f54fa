//! Words composed without attention: a product of matrices beside a sum of vectors, and a classifier on both.
//!
//! Matrices: the product so far stays in operand buffer 0, word after word is loaded behind it into operand buffer 1 (as its transpose,
//! which is what the columns of a product are) and multiplied; two directions take turns. The last product is stored and read again as one row, on
//! which the classifier works. Vectors are gathered like embeddings. Since classifier and sum are linear, the classifier
//! is applied to each word and to each product first, and a row of ones adds up what it says.
//!
//! Not modelled: who writes the words' addresses into the loads of matrices. A load has a fixed address, so the host has to write
//! those of a sentence's words into the command memory; here stand those of the first words of the table, and since matrices are
//! a power of two apart, others take the same bursts. No image of such a program can be made: its tables have no placement.

use super::builder::{Builder, Placed, dense};
use super::frame::{Frame, Slots};
use super::single::carrier;
use super::weights::Matrix;
use super::{CompileError, PAGE, Shape, Shortage, commands_fit};
use crate::design::Design;
use crate::program::command::Base;
use crate::program::{
    Encoding, Epilogue, Gather, Index, MAX_TOKENS, Matmul, MemoryMap, Occupancy, Operation, Parameter,
    Program, Region, Section, Space, Stage, Stored, Transfer,
};
use crate::zoo::Words;
use kernels::activation::Activation;

/// Room for everything, from the start: nothing is used twice.
struct Rooms {
    vectors: Region,
    /// A tile for each row block of words, then one for each product; zero where there is nothing to add.
    ones: Region,
    /// What the classifier says of each word, then of each product.
    parts: Region,
    logits: Region,
    /// Where the logits are stored.
    answer: Stored,
    classifier: Slots,
    directions: Vec<Direction>,
}

/// Room for the products of one direction.
struct Direction {
    products: [Region; 2],
    words: [Region; 2],
    row: Region,
    /// First byte of its table of matrices in the section of encoder weights.
    table: u64,
    /// Where its last product is stored.
    stored: Stored,
}

/// Sizes in tiles.
#[derive(Clone, Copy)]
struct Tiles {
    tokens: u32,
    side: u32,
    vector: u32,
    /// Of a matrix as one row.
    row: u32,
    classes: u32,
}

/// Compiles a sentence of `tokens` words for a design.
///
/// # Errors
/// Something does not fit, as [`compile`](super::compile).
pub fn compile_words(design: &Design, words: &Words, tokens: u32) -> Result<Program, CompileError> {
    let (job, n) = (carrier(), design.pu.n);
    tokens_fit(tokens)?;
    let mut b = Builder::new(design, &job, Shape::new(design, &job, &job.layers[0]), None);
    let side = words.matrix.div_ceil(n);
    let tiles = Tiles {
        tokens: tokens.div_ceil(n),
        side,
        vector: words.vector.div_ceil(n),
        row: side * side * n,
        classes: words.classes.div_ceil(n),
    };
    let mut rooms = rooms(&mut b, words, tiles)?;
    let activations = b.fixed_bytes;
    let vectors = vector_table(&mut b, words.vocabulary, tiles.vector);
    b.control(Operation::SetPoint { vdd_mv: (design.operating.vdd_v * 1000.0).round() as u32 });
    self::vectors(&mut b, words, tiles, &mut rooms, (tokens, vectors));
    multiply(&mut b, words, &rooms.directions, tokens);
    // Gathers do not wait for stores.
    b.control(Operation::Barrier);
    classify(&mut b, words, tiles, &mut rooms, tokens);
    b.control(Operation::End);
    finish(b, words, activations)
}

/// Checks that the token memory holds the sentence.
fn tokens_fit(tokens: u32) -> Result<(), CompileError> {
    if (1..=MAX_TOKENS).contains(&tokens) {
        return Ok(());
    }
    Err(CompileError::DoesNotFit(Box::new(Shortage {
        stage: "the sentence".into(),
        buffer: "token memory".into(),
        need: tokens.into(),
        size: MAX_TOKENS.into(),
        unit: "tokens",
        contents: "a word each".into(),
        remedy: format!("choose a length from 1 to {MAX_TOKENS}"),
    })))
}

fn rooms(b: &mut Builder, words: &Words, tiles: Tiles) -> Result<Rooms, CompileError> {
    let mut frame = Frame::new(b.design);
    let longest = tiles.row.max(tiles.vector);
    let mut rooms = Rooms {
        vectors: frame.take("vectors", 0, tiles.tokens, tiles.vector),
        ones: frame.take("ones", 0, 1, tiles.tokens + words.directions),
        parts: frame.take("logits by part", 1, tiles.classes, tiles.tokens + words.directions),
        logits: frame.take("logits", 0, 1, tiles.classes),
        answer: b.tensor(1, tiles.classes),
        classifier: Slots::take(&mut frame, 2, tiles.classes, longest, tiles.classes),
        directions: Vec::new(),
    };
    for _ in 0..words.directions {
        let direction = Direction {
            products: [0, 1].map(|_| frame.take("product", 0, tiles.side, tiles.side)),
            words: [0, 1].map(|_| frame.take("word", 1, tiles.side, tiles.side)),
            row: frame.take("product as a row", 0, 1, tiles.row),
            table: b.reserve(Base::Layer, u64::from(words.vocabulary) * matrix_pitch(b.n, tiles)),
            stored: aligned(b, tiles),
        };
        rooms.directions.push(direction);
    }
    frame.fits("words")?;
    Ok(rooms)
}

/// Bytes from one word's matrix to the next.
fn matrix_pitch(n: u32, tiles: Tiles) -> u64 {
    (u64::from(tiles.row) * u64::from(n)).next_power_of_two()
}

/// Room for a product in external memory, at a multiple of the pitch at which it is gathered.
fn aligned(b: &mut Builder, tiles: Tiles) -> Stored {
    b.fixed_bytes = b.fixed_bytes.next_multiple_of(matrix_pitch(b.n, tiles));
    b.tensor(tiles.side, tiles.side)
}

/// Room for a table of `rows` rows of `tiles` tiles in external memory; its first byte and the bytes from one row to the next.
pub(super) fn vector_table(b: &mut Builder, rows: u32, tiles: u32) -> (u64, u64) {
    let pitch = u64::from(tiles * b.n).next_power_of_two();
    b.fixed_bytes = b.fixed_bytes.next_multiple_of(pitch);
    (b.reserve(Base::Zero, u64::from(rows) * pitch), pitch)
}

/// The classifier's part for one operand.
fn classifier(b: &mut Builder, words: &Words, length: u32, tiles: u32) -> Placed {
    let columns = words.classes;
    let (padded_columns, padded_length) = (columns.next_multiple_of(b.n), tiles * b.n);
    let matrix = Matrix { columns, padded_columns, length, padded_length, density: 1.0 };
    b.place(Parameter::Classifier, matrix, padded_columns / b.n, Base::Ramp)
}

/// Gathers the words' vectors and classifies each.
fn vectors(b: &mut Builder, words: &Words, t: Tiles, r: &mut Rooms, (tokens, table): (u32, (u64, u64))) {
    let gather = Gather {
        index: Index::Word,
        space: Space::External,
        offset: table.0,
        pitch: table.1,
        row_bytes: u64::from(t.vector * b.n),
        first: 0,
        rows: tokens,
        region: r.vectors,
        occupancy: Occupancy::DENSE,
    };
    b.emit(Operation::Gather(gather), Stage::Embedding, None, (0, 0));
    let (weights, tag) = (classifier(b, words, words.vector, t.vector), (Stage::OffRamp, None, 0));
    let out = r.parts.columns(b.n, 0, t.tokens);
    b.linear_transposed(dense(r.vectors), tokens, &weights, &mut r.classifier, out, tag);
}

/// Multiplies the words' matrices, word by word, directions in turn, and stores the last products.
fn multiply(b: &mut Builder, words: &Words, directions: &[Direction], tokens: u32) {
    let macs = u64::from(words.matrix).pow(3);
    for turn in 0..tokens {
        for direction in directions {
            let [from, to] = [turn + 1, turn].map(|turn| direction.products[turn as usize % 2]);
            let word = if turn == 0 { to } else { direction.words[turn as usize % 2] };
            let pitch = (word.vectors(b.n) * u64::from(b.n)).next_power_of_two();
            load(b, (Base::Layer, direction.table + u64::from(turn) * pitch), word, Stage::Embedding);
            if turn > 0 {
                product(b, [from, word, to], macs, Stage::Output);
            }
        }
    }
    for direction in directions {
        let last = direction.products[(tokens as usize - 1) % 2];
        let store = b.transfer(direction.stored, 0, 0, last);
        b.emit(Operation::Store(store), Stage::Output, None, (0, 0));
    }
}

/// Classifies the products and adds up what has been said of all parts of `tokens` words.
fn classify(b: &mut Builder, words: &Words, t: Tiles, r: &mut Rooms, tokens: u32) {
    for (index, direction) in (0..).zip(&r.directions) {
        let bytes = direction.stored.bytes(b.n);
        let gather = Gather {
            index: Index::Position,
            space: Space::External,
            offset: direction.stored.offset,
            pitch: bytes.next_power_of_two(),
            row_bytes: bytes,
            first: 0,
            rows: 1,
            region: direction.row,
            occupancy: Occupancy::DENSE,
        };
        b.emit(Operation::Gather(gather), Stage::OffRamp, None, (0, 0));
        let weights = classifier(b, words, words.matrix * words.matrix, t.row);
        let (tag, out) = ((Stage::OffRamp, None, 0), r.parts.columns(b.n, t.tokens + index, 1));
        b.linear_transposed(dense(direction.row), 1, &weights, &mut r.classifier, out, tag);
    }
    let ones = b.reserve(Base::Ramp, r.ones.vectors(b.n) * u64::from(b.n));
    load(b, (Base::Ramp, ones), r.ones, Stage::OffRamp);
    // Adding up words is a product of the mathematics as well; adding the products to it is not.
    product(b, [r.ones, r.parts, r.logits], u64::from(tokens) * u64::from(words.classes), Stage::OffRamp);
    let store = b.transfer(r.answer, 0, 0, r.logits);
    b.emit(Operation::Store(store), Stage::OffRamp, None, (0, 0));
}

/// Loads a region from one run of bytes.
fn load(b: &mut Builder, (base, offset): (Base, u64), region: Region, stage: Stage) {
    let bytes = region.vectors(b.n) * u64::from(b.n);
    let transfer = Transfer {
        base,
        offset,
        blocks: 1,
        stride: bytes,
        block_bytes: bytes,
        aux: None,
        encoding: Encoding::Dense,
        region: Some(region),
        occupancy: Occupancy::DENSE,
    };
    b.emit(Operation::Load(transfer), stage, None, (0, 0));
}

/// `out = rows · columnsᵀ`.
fn product(b: &mut Builder, [rows, columns, out]: [Region; 3], useful_macs: u64, stage: Stage) {
    let matmul = Matmul {
        rows: dense(rows),
        columns: dense(columns),
        out,
        out_occupancy: Occupancy::DENSE,
        epilogue: Epilogue { bias: None, row_bias: false, activation: Activation::Identity, shift: 0 },
        useful_macs,
    };
    b.emit(Operation::Matmul(matmul), stage, None, (0, 0));
}

/// Lays the sections out behind each other and checks that the command memory holds the program.
fn finish(b: Builder, words: &Words, activations: u64) -> Result<Program, CompileError> {
    commands_fit(b.design, "a load and a product for each word", b.commands.len() as u64)?;
    let mut map = MemoryMap { layer_base: b.fixed_bytes.next_multiple_of(PAGE), ..MemoryMap::default() };
    map.ramp_base = (map.layer_base + b.layer_bytes).next_multiple_of(PAGE);
    let section = |name: &str, start, bytes| Section { name: name.into(), start, bytes };
    map.external = vec![
        section("activations", 0, activations),
        section("vectors of words", activations, b.fixed_bytes - activations),
        section("matrices of words", map.layer_base, b.layer_bytes),
        section("off-ramp weights", map.ramp_base, b.ramp_bytes),
    ];
    map.weights = b.placements;
    let side = words.matrix.next_multiple_of(b.n);
    let said = format!("matrices of {0} x {0} lie padded to {side} x {side}", words.matrix);
    Ok(Program { layers: 1, exits: false, commands: b.commands, memory: map, choices: vec![said] })
}
