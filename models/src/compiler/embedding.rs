//! Embeddings: word and position rows gathered, their sum normed and, where the embedding is narrower than the encoder,
//! mapped.
//!
//! Both tables lie in the NVM if it holds them, else in external memory. The token-type row of segment 0 is folded into the
//! position table. Table rows follow each other without a directory. In the NVM a row is read as its masks and its non-zero
//! codes, as many bytes as the longest row takes, or the mean where only the density is known. In external memory a row is
//! every code, at a multiple of a power of two.

use super::CompileError;
use super::builder::{Builder, dense};
use super::frame::{Slots, choose};
use super::weights::{ALIGN, Matrix};
use crate::program::command::Base;
use crate::program::{
    Form, Gather, Index, LayerNorm, MemoryMap, Occupancy, Operation, Parameter, Placement, Section, Space,
    Stage, Stored,
};

/// A table of embeddings in a memory.
#[derive(Clone, Copy, Debug)]
struct Table {
    space: Space,
    offset: u64,
    pitch: u64,
    row_bytes: u64,
}

/// Bytes of a row of each table in the NVM: a mask of `n` bits for each vector, a byte for each element that is not zero; of the
/// longest row where the zeros are known, else of the mean.
fn packed_lengths(b: &Builder) -> [u64; 2] {
    let masks = u64::from(b.shape.embedding_tiles * b.n).div_ceil(8);
    let mean = (f64::from(b.job.network.embedding) * b.job.embedding_density).round() as u64;
    TABLES.map(|table| masks + b.zeros.map_or(mean, |zeros| zeros.longest(table)))
}

/// The word and the position table.
const TABLES: [Parameter; 2] = [Parameter::Word, Parameter::Position];

/// Lays out the word and position tables.
fn place_tables(b: &mut Builder, map: &mut MemoryMap) -> [Table; 2] {
    let network = &b.job.network;
    let (rows, lengths) = ([network.vocabulary, network.positions], packed_lengths(b));
    let [words, positions] = [0, 1].map(|table| u64::from(rows[table]) * lengths[table]);
    let fits = words + positions <= b.design.nvm.bytes;
    let tables = if fits {
        map.nvm.push(Section { name: "word embeddings".into(), start: 0, bytes: words });
        map.nvm.push(Section { name: "position embeddings".into(), start: words, bytes: positions });
        let table = |offset, pitch| Table { space: Space::Nvm, offset, pitch, row_bytes: pitch };
        [table(0, lengths[0]), table(words, lengths[1])]
    } else {
        b.choices.push(format!(
            "embeddings: {} B do not fit into the NVM of {} B; they lie in external memory",
            words + positions,
            b.design.nvm.bytes
        ));
        rows.map(|rows| external_table(b, rows))
    };
    for ((table, parameter), rows) in tables.iter().zip(TABLES).zip(rows) {
        let Table { space, offset, pitch, .. } = *table;
        let form = Form::Table { rows, elements: b.job.network.embedding, pitch };
        let bytes = u64::from(rows) * pitch;
        b.placements.push(Placement { parameter, layer: None, space, base: Base::Zero, offset, bytes, form });
    }
    tables
}

/// Room for a table of so many rows in external memory.
fn external_table(b: &mut Builder, rows: u32) -> Table {
    let row_bytes = u64::from(b.shape.embedding_tiles * b.n);
    let pitch = row_bytes.next_power_of_two();
    b.fixed_bytes = b.fixed_bytes.next_multiple_of(pitch);
    let offset = b.reserve(Base::Zero, u64::from(rows) * pitch);
    Table { space: Space::External, offset, pitch, row_bytes }
}

/// Emits the embedding of all tokens into `tokens`.
pub(super) fn embedding(b: &mut Builder, tokens: Stored, map: &mut MemoryMap) -> Result<(), CompileError> {
    let (blocks, hidden, narrow) = (b.shape.token_blocks, b.shape.hidden_tiles, b.shape.embedding_tiles);
    let mapped = b.job.network.embedding != b.job.network.hidden;
    let (tiling, (word, position, normed, norm, map_regions)) =
        choose(b.design, "embedding", blocks, hidden, |frame, t| {
            let word = frame.take("word rows", 0, t.group, narrow);
            let position = frame.take("position rows", 1, t.group, narrow);
            let normed = frame.take("normed rows", u8::from(!mapped), t.group, narrow);
            let norm = frame.take_aux(b.norm_bytes(narrow));
            let map_regions = mapped.then(|| {
                let slots = Slots::take(frame, t.slots, t.chunk, narrow, t.chunk);
                (slots, frame.take("mapped rows", 1, t.group, hidden))
            });
            (word, position, normed, norm, map_regions)
        })?;
    let tables = place_tables(b, map);
    b.load_norm(Parameter::EmbeddingNorm, norm, narrow, Stage::Embedding);
    let mut map_regions = map_regions.map(|(slots, out)| {
        let (length, padded_length) = (b.job.network.embedding, narrow * b.n);
        let columns = b.job.network.hidden;
        let padded_columns = hidden * b.n;
        let matrix = Matrix { columns, padded_columns, length, padded_length, density: 1.0 };
        (b.place(Parameter::EmbeddingMap, matrix, tiling.chunk, Base::Zero), slots, out)
    });
    for (group, first) in (0..blocks).step_by(tiling.group as usize).enumerate() {
        let (rows, group) = (tiling.group.min(blocks - first), group as u32);
        let [word, position, normed] = [word, position, normed].map(|r| r.rows(0, rows));
        let count = b.tokens(first, rows);
        let sources = [(Index::Word, word), (Index::Position, position)];
        for (table, (index, region)) in tables.into_iter().zip(sources) {
            let gather = Gather {
                index,
                space: table.space,
                offset: table.offset,
                pitch: table.pitch,
                row_bytes: table.row_bytes,
                first: first * b.n,
                rows: count,
                region,
                occupancy: Occupancy::unstructured(b.job.embedding_density, b.n),
            };
            b.emit(Operation::Gather(gather), Stage::Embedding, None, (group, 0));
        }
        let valid = b.job.network.embedding;
        let layernorm = LayerNorm { a: word, b: position, out: normed, rows: count, valid, parameters: norm };
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
