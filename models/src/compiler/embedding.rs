//! Embeddings: word and position rows gathered, added, normed and, where the embedding is narrower than the encoder,
//! mapped.
//!
//! Both tables lie in the NVM if it holds them, else in external memory. The token-type row of segment 0 is folded into the
//! position table. Table rows follow each other without a directory: a row is read as its masks and its non-zero codes, the
//! mean length where only the density is known.

use super::builder::{Builder, Tensor, dense};
use super::frame::{Slots, choose};
use super::weights::{ALIGN, Matrix};
use super::{CompileError, Norm};
use crate::program::command::Base;
use crate::program::{Add, Gather, LayerNorm, MemoryMap, Occupancy, Operation, Section, Space, Stage};

/// A table of embeddings in a memory.
#[derive(Clone, Copy, Debug)]
struct Table {
    space: Space,
    offset: u64,
    row_bytes: u64,
}

/// Mean bytes of a table row: one mask bit an element, one byte a non-zero element.
fn row_bytes(elements: u32, density: f64) -> u64 {
    u64::from(elements).div_ceil(8) + (f64::from(elements) * density).round() as u64
}

/// Lays out the word and position tables.
fn place_tables(b: &mut Builder, map: &mut MemoryMap) -> [Table; 2] {
    let network = &b.job.network;
    let row = row_bytes(network.embedding, b.job.embedding_density);
    let words = u64::from(network.vocabulary) * row;
    let positions = u64::from(network.positions) * row;
    if words + positions <= b.design.nvm.bytes {
        map.nvm.push(Section { name: "word embeddings".into(), start: 0, bytes: words });
        map.nvm.push(Section { name: "position embeddings".into(), start: words, bytes: positions });
        let table = |offset| Table { space: Space::Nvm, offset, row_bytes: row };
        return [table(0), table(words)];
    }
    b.choices.push(format!(
        "embeddings: {} B do not fit into the NVM of {} B; they lie in external memory",
        words + positions,
        b.design.nvm.bytes
    ));
    let offsets = [b.reserve(Base::Zero, words), b.reserve(Base::Zero, positions)];
    offsets.map(|offset| Table { space: Space::External, offset, row_bytes: row })
}

/// Emits the embedding of all tokens into `tokens`.
pub(super) fn embedding(b: &mut Builder, tokens: Tensor, map: &mut MemoryMap) -> Result<(), CompileError> {
    let (blocks, hidden, narrow) = (b.shape.token_blocks, b.shape.hidden_tiles, b.shape.embedding_tiles);
    let mapped = b.job.network.embedding != b.job.network.hidden;
    let (tiling, (word, position, sum, normed, norm, map_regions)) =
        choose(b.design, "embedding", blocks, hidden, |frame, t| {
            let word = frame.take("word rows", 0, t.group, narrow);
            let position = frame.take("position rows", 1, t.group, narrow);
            let sum = frame.take("sum", u8::from(mapped), t.group, narrow);
            let normed = frame.take("normed rows", u8::from(!mapped), t.group, narrow);
            let norm = frame.take_aux(b.norm_bytes(narrow));
            let map_regions = mapped.then(|| {
                let slots = Slots::take(frame, t.slots, t.chunk, narrow, t.chunk);
                (slots, frame.take("mapped rows", 1, t.group, hidden))
            });
            (word, position, sum, normed, norm, map_regions)
        })?;
    let tables = place_tables(b, map);
    b.load_norm(Norm::Embedding, norm, narrow, Stage::Embedding);
    let mut map_regions = map_regions.map(|(slots, out)| {
        let (length, padded_length) = (b.job.network.embedding, narrow * b.n);
        let columns = b.job.network.hidden;
        let padded_columns = hidden * b.n;
        let matrix = Matrix { columns, padded_columns, length, padded_length, density: 1.0 };
        (b.place(matrix, tiling.chunk, Base::Zero), slots, out)
    });
    for (group, first) in (0..blocks).step_by(tiling.group as usize).enumerate() {
        let (rows, group) = (tiling.group.min(blocks - first), group as u32);
        let [word, position, sum, normed] = [word, position, sum, normed].map(|r| r.rows(0, rows));
        let count = b.tokens(first, rows);
        for (table, region) in tables.into_iter().zip([word, position]) {
            let gather = Gather {
                space: table.space,
                offset: table.offset,
                pitch: table.row_bytes,
                row_bytes: table.row_bytes,
                first: first * b.n,
                rows: count,
                region,
                occupancy: Occupancy::unstructured(b.job.embedding_density, b.n),
            };
            b.emit(Operation::Gather(gather), Stage::Embedding, None, (group, 0));
        }
        let add = Add { rows: count, a: word, b: position, out: sum };
        b.emit(Operation::Add(add), Stage::Embedding, None, (group, 0));
        let valid = b.job.network.embedding;
        let layernorm = LayerNorm { input: sum, out: normed, rows: count, valid, parameters: norm };
        b.emit(Operation::LayerNorm(layernorm), Stage::Embedding, None, (group, 0));
        let mut result = normed;
        if let Some((placed, slots, out)) = &mut map_regions {
            result = out.rows(0, rows);
            let tag = (Stage::Embedding, None, group);
            b.linear(dense(normed), count, placed, slots, result, tag);
        }
        b.emit(Operation::Store(b.transfer(tokens, first, 0, result)), Stage::Embedding, None, (group, 0));
    }
    b.fixed_bytes = b.fixed_bytes.next_multiple_of(ALIGN);
    Ok(())
}
