//! An encoder whose layers compute in a narrow body behind bottlenecks (MobileBERT).
//!
//! ```text
//! tokens -> two maps: residual path, and what queries and keys are made of; values are made of the tokens themselves
//!        -> attention, output, feed-forward networks one after the other, all narrow -> map back, residual -> tokens
//! ```
//!
//! The narrow stages are those of any encoder of that width (`dense`); the map back is an output projection of the whole width.
//! A map ahead of a norm without statistics is one product, since scale and offset go into its weights.
//!
//! Not modelled: the norms without statistics behind residuals, which run as layer norms (the SFU has no other), so that each takes one
//! pass over its rows too many; that the embeddings of a word's two neighbours are a row apart (three rows are read for each word
//! in any case); a dense layer of the off-ramp is BERT's. No image of such a program can be made: tensors share their names.

use super::attention::{HeadRegions, head_context, scores};
use super::builder::{Builder, dense};
use super::frame::{Slots, choose};
use super::single::carrier;
use super::words::vector_table;
use super::{CompileError, Inference, LayerShape, PAGE, Shape, dense as stages, finish, ramp};
use crate::design::Design;
use crate::network::Network;
use crate::program::command::Base;
use crate::program::{
    Gather, Index, LayerNorm, MemoryMap, Occupancy, Operation, Parameter, Program, Space, Stage, Stored,
};
use crate::zoo::Bottleneck;
use kernels::activation::Activation;

/// The embeddings of a word and of its two neighbours.
const NEIGHBOURS: u32 = 3;

/// Activations in external memory.
struct Tensors {
    tokens: Stored,
    residual: Stored,
    shared: Stored,
    context: Stored,
    attended: Stored,
    logits: Stored,
}

/// Compiles a sentence of `tokens` tokens for a design.
///
/// # Errors
/// Something does not fit, as [`compile`](super::compile).
pub fn compile_bottleneck(design: &Design, it: &Bottleneck, tokens: u32) -> Result<Program, CompileError> {
    let [outer, inner] = [it.hidden, it.inner].map(|width| job(it, width, tokens));
    let narrow = Shape::new(design, &inner, &inner.layers[0]);
    // Behind the narrow stages the map back is the output projection of the whole width.
    let (context_tiles, context_columns) = (narrow.hidden_tiles, it.inner);
    let wide = Shape { context_tiles, context_columns, ..Shape::new(design, &outer, &outer.layers[0]) };
    let mut b = Builder::new(design, &outer, wide.clone(), None);
    let blocks = wide.token_blocks;
    let at = Tensors {
        tokens: b.tensor(blocks, wide.hidden_tiles),
        residual: b.tensor(blocks, narrow.hidden_tiles),
        shared: b.tensor(blocks, narrow.hidden_tiles),
        context: b.tensor(blocks, narrow.context_tiles),
        attended: b.tensor(blocks, narrow.hidden_tiles),
        logits: b.tensor(1, wide.class_tiles),
    };
    let activations = b.fixed_bytes;
    let map = MemoryMap { tokens: at.tokens, logits: at.logits, ..MemoryMap::default() };
    b.control(Operation::SetPoint { vdd_mv: (design.operating.vdd_v * 1000.0).round() as u32 });
    embedding(&mut b, it, at.tokens)?;
    b.control(Operation::Barrier);
    let body = b.commands.len() as u32;
    enter(&mut b, &narrow, &at)?;
    (b.job, b.shape) = (&inner, narrow);
    attention(&mut b, &wide, it.hidden, &at)?;
    stages::output(&mut b, at.context, at.residual, at.attended)?;
    for _ in 0..it.stacked {
        stages::feed_forward(&mut b, at.attended, at.attended)?;
    }
    (b.job, b.shape) = (&outer, wide);
    stages::output(&mut b, at.attended, at.tokens, at.tokens)?;
    let layer_stride = std::mem::take(&mut b.layer_bytes).next_multiple_of(PAGE);
    b.control(Operation::Repeat { to: body, layer_stride, ramp_stride: 0 });
    ramp::off_ramp(&mut b, at.tokens, at.logits)?;
    b.control(Operation::End);
    finish(b, map, activations, [layer_stride, 0])
}

/// An encoder of one of the two widths.
fn job(it: &Bottleneck, width: u32, tokens: u32) -> Inference {
    let network = Network {
        name: "bottlenecks".into(),
        layers: it.layers,
        hidden: width,
        feed_forward: it.feed_forward,
        heads: it.heads,
        embedding: width,
        vocabulary: it.vocabulary,
        positions: it.positions,
        token_types: it.token_types,
        shared_layers: false,
        activation: Activation::Relu,
        classes: it.classes,
        ..carrier().network
    };
    let spans = vec![tokens; it.heads as usize];
    let layers = vec![LayerShape { spans, feed_forward: it.feed_forward, encoder_density: 1.0 }];
    Inference { network, sequence: tokens, classes: it.classes, layers, ..carrier() }
}

/// Rows of a word and its neighbours side by side, mapped; positions added; normed.
fn embedding(b: &mut Builder, it: &Bottleneck, tokens: Stored) -> Result<(), CompileError> {
    let (blocks, wide, narrow) = (b.shape.token_blocks, b.shape.hidden_tiles, it.embedding.div_ceil(b.n));
    let side_by_side = NEIGHBOURS * narrow;
    let (tiling, (x, position, mut slots, out, norm)) =
        choose(b.design, "embedding", blocks, wide, |frame, t| {
            let x = frame.take("word rows", 0, t.group, side_by_side);
            let position = frame.take("position rows", 0, t.group, wide);
            let slots = Slots::take(frame, t.slots, t.chunk, side_by_side, t.chunk);
            let out = frame.take("mapped rows", 1, t.group, wide);
            (x, position, slots, out, frame.take_aux(b.norm_bytes(wide)))
        })?;
    let words = vector_table(b, it.vocabulary, narrow);
    let positions = vector_table(b, it.positions, wide);
    b.load_norm(Parameter::EmbeddingNorm, norm, wide, Stage::Embedding);
    let matrix = b.weights(it.hidden, NEIGHBOURS * it.embedding, side_by_side * b.n);
    let weights = b.place(Parameter::EmbeddingMap, matrix, tiling.chunk, Base::Zero);
    for (group, first) in (0..blocks).step_by(tiling.group as usize).enumerate() {
        let (count, group) = (tiling.group.min(blocks - first), group as u32);
        let [x, position, out] = [x, position, out].map(|region| region.rows(0, count));
        let rows = b.tokens(first, count);
        let parts = (0..NEIGHBOURS).map(|part| (Index::Word, words, x.columns(b.n, part * narrow, narrow)));
        let parts: Vec<_> = parts.chain([(Index::Position, positions, position)]).collect();
        for (index, (offset, pitch), region) in parts {
            let gather = Gather {
                index,
                space: Space::External,
                offset,
                pitch,
                row_bytes: u64::from(region.tiles * b.n),
                first: first * b.n,
                rows,
                region,
                occupancy: Occupancy::DENSE,
            };
            b.emit(Operation::Gather(gather), Stage::Embedding, None, (group, 0));
        }
        b.linear(dense(x), rows, &weights, &mut slots, out, (Stage::Embedding, None, group));
        let layer_norm = LayerNorm { a: out, b: position, out, rows, valid: it.hidden, parameters: norm };
        b.emit(Operation::LayerNorm(layer_norm), Stage::Embedding, None, (group, 0));
        b.emit(Operation::Store(b.transfer(tokens, first, 0, out)), Stage::Embedding, None, (group, 0));
    }
    Ok(())
}

/// The two maps into the narrow body.
fn enter(b: &mut Builder, narrow: &Shape, at: &Tensors) -> Result<(), CompileError> {
    let (blocks, wide, inner) = (b.shape.token_blocks, b.shape.hidden_tiles, narrow.hidden_tiles);
    let (tiling, (x, mut slots, outs)) = choose(b.design, "bottleneck", blocks, inner, |frame, t| {
        let x = frame.take("tokens", 0, t.group, wide);
        let slots = Slots::take(frame, t.slots, t.chunk, wide, t.chunk);
        (x, slots, [0, 1].map(|_| frame.take("mapped", 0, t.group, inner)))
    })?;
    b.say("bottleneck", &tiling);
    let matrix = b.weights(b.shape.context_columns, b.job.network.hidden, wide * b.n);
    let maps = [0, 1].map(|_| b.place(Parameter::EmbeddingMap, matrix, tiling.chunk, Base::Layer));
    for (group, first) in (0..blocks).step_by(tiling.group as usize).enumerate() {
        let (count, group) = (tiling.group.min(blocks - first), group as u32);
        let (x, rows) = (x.rows(0, count), b.tokens(first, count));
        b.emit(Operation::Load(b.transfer(at.tokens, first, 0, x)), Stage::Query, None, (group, 0));
        for ((map, out), tensor) in maps.iter().zip(outs).zip([at.residual, at.shared]) {
            let out = out.rows(0, count);
            b.linear(dense(x), rows, map, &mut slots, out, (Stage::Query, None, group));
            b.emit(Operation::Store(b.transfer(tensor, first, 0, out)), Stage::Query, None, (group, 0));
        }
    }
    Ok(())
}

/// Attention, head by head, all tokens on chip: queries and keys of the narrow rows, values of the wide ones.
fn attention(b: &mut Builder, wide: &Shape, hidden: u32, at: &Tensors) -> Result<(), CompileError> {
    let (blocks, head) = (b.shape.token_blocks, b.shape.head_tiles);
    let (from, inner) = (wide.hidden_tiles, b.shape.hidden_tiles);
    let (tiling, (x, shared, mut slots, r)) = choose(b.design, "attention", 1, head, |frame, t| {
        let x = frame.take("tokens", 0, blocks, from);
        let shared = frame.take("queries' rows", 0, blocks, inner);
        let query = frame.take("query", 0, blocks, head);
        let slots = Slots::take(frame, t.slots, t.chunk, from, t.chunk);
        let key = frame.take("key", 1, blocks, head);
        (x, shared, slots, HeadRegions::take(b, frame, blocks, query, key))
    })?;
    let columns = b.shape.head_columns;
    let narrow_matrix = b.weights(columns, b.job.network.hidden, inner * b.n);
    let wide_matrix = b.weights(columns, hidden, from * b.n);
    b.emit(Operation::Load(b.transfer(at.tokens, 0, 0, x)), Stage::Value, None, (0, 0));
    b.emit(Operation::Load(b.transfer(at.shared, 0, 0, shared)), Stage::Query, None, (0, 0));
    let (rows, heads) = (b.job.sequence, b.shape.heads.clone());
    for (turn, one) in heads.iter().enumerate() {
        let index = Some(one.index);
        let query = b.place(Parameter::Query(one.index), narrow_matrix, tiling.chunk, Base::Layer);
        let key = b.place(Parameter::Key(one.index), narrow_matrix, tiling.chunk, Base::Layer);
        let value = b.place(Parameter::Value(one.index), wide_matrix, tiling.chunk, Base::Layer);
        b.linear(dense(shared), rows, &query, &mut slots, r.query, (Stage::Query, index, 0));
        b.linear(dense(shared), rows, &key, &mut slots, r.key, (Stage::Key, index, 0));
        let values = r.values[turn % r.values.len()];
        b.linear_transposed(dense(x), rows, &value, &mut slots, values, (Stage::Value, index, 0));
        scores(b, *one, None, &r, turn, 0);
        if turn > 0 && b.copies() > 1 {
            head_context(b, heads[turn - 1], &r, turn - 1, (turn - 1) as u32, 0, at.context);
        }
        if b.copies() == 1 || turn + 1 == heads.len() {
            head_context(b, *one, &r, turn, turn as u32, 0, at.context);
        }
    }
    Ok(())
}
