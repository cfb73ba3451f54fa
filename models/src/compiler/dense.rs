//! The dense stages of a layer: output projection and feed-forward network, each with its residual and norm, in groups of
//! tokens that fit on chip.
//!
//! A group's intermediate results never leave the chip. The weights are read once for each group, so that few, large groups
//! are best; that is what larger operand buffers buy.

use super::CompileError;
use super::builder::{Builder, dense};
use super::frame::{Slots, choose};
use crate::program::command::{AuxRange, Base};
use crate::program::{Form, LayerNorm, Operation, Parameter, Region, Stage, Stored};

/// Output projection of the context, residual, norm: `result = norm(context · Wᵀ + tokens)`.
pub(super) fn output(
    b: &mut Builder,
    context: Stored,
    tokens: Stored,
    result: Stored,
) -> Result<(), CompileError> {
    let (blocks, hidden, inner) = (b.shape.token_blocks, b.shape.hidden_tiles, b.shape.context_tiles);
    // The room of the context takes the result too.
    let widest = inner.max(hidden);
    let (tiling, (c, x, mut slots, o, norm)) =
        choose(b.design, "output projection", blocks, hidden, |frame, t| {
            let c = frame.take("context", 0, t.group, widest);
            let x = frame.take("residual", 0, t.group, hidden);
            let slots = Slots::take(frame, t.slots, t.chunk, inner, t.chunk);
            let o = frame.take("projection", 1, t.group, hidden);
            (c, x, slots, o, frame.take_aux(b.norm_bytes(hidden)))
        })?;
    b.say("output projection", &tiling);
    let columns = b.job.network.hidden;
    let matrix = b.weights(columns, b.shape.context_columns, inner * b.n);
    let weights = b.place(Parameter::Output, matrix, tiling.chunk, Base::Layer);
    b.load_norm(Parameter::AttentionNorm, norm, hidden, Stage::AttentionNorm);
    for (group, first) in (0..blocks).step_by(tiling.group as usize).enumerate() {
        let (rows, group) = (tiling.group.min(blocks - first), group as u32);
        let [x, o] = [x, o].map(|r| r.rows(0, rows));
        let [c, out] = [inner, hidden].map(|tiles| Region::new(b.n, c.buffer, c.base, rows, tiles));
        let count = b.tokens(first, rows);
        b.emit(Operation::Load(b.transfer(context, first, 0, c)), Stage::Output, None, (group, 0));
        b.emit(Operation::Load(b.transfer(tokens, first, 0, x)), Stage::Output, None, (group, 0));
        let tag = (Stage::Output, None, group);
        b.linear(dense(c), count, &weights, &mut slots, o, tag);
        b.add_norm([o, x, out], norm, count, (Stage::AttentionNorm, group));
        b.emit(Operation::Store(b.transfer(result, first, 0, out)), Stage::AttentionNorm, None, (group, 0));
    }
    Ok(())
}

/// Feed-forward network, residual, norm: `result = norm(activation(tokens · W1ᵀ) · W2ᵀ + tokens)`.
pub(super) fn feed_forward(b: &mut Builder, tokens: Stored, result: Stored) -> Result<(), CompileError> {
    let (blocks, hidden, wide) = (b.shape.token_blocks, b.shape.hidden_tiles, b.shape.wide_tiles);
    // A slot that holds a chunk of the second matrix holds wider chunks of the first: its reduction is shorter.
    let wider = |chunk: u32| (chunk * (wide / hidden).max(1)).min(wide);
    // The room of the activations takes the result too, and a slot holds chunks of both matrices.
    let widest = wide.max(hidden);
    let (up, (x, h, mut slots, y, norm)) =
        choose(b.design, "feed-forward network", blocks, hidden, |frame, t| {
            let x = frame.take("tokens", 0, t.group, hidden);
            let h = frame.take("activations", 0, t.group, widest);
            let slots = Slots::take(frame, t.slots, t.chunk, widest, wider(t.chunk));
            let y = frame.take("projection", 1, t.group, hidden);
            (x, h, slots, y, frame.take_aux(b.norm_bytes(hidden)))
        })?;
    b.say("feed-forward network", &up);
    let (columns, inner) = (b.job.network.hidden, b.shape.wide_columns);
    let matrix = b.weights(inner, columns, hidden * b.n);
    let mut first_weights = b.place(Parameter::FeedForward1, matrix, wider(up.chunk), Base::Layer);
    first_weights.activation = b.job.network.activation;
    let matrix = b.weights(columns, inner, wide * b.n);
    let second_weights = b.place(Parameter::FeedForward2, matrix, up.chunk, Base::Layer);
    b.load_norm(Parameter::OutputNorm, norm, hidden, Stage::OutputNorm);
    for (group, first) in (0..blocks).step_by(up.group as usize).enumerate() {
        let (rows, group) = (up.group.min(blocks - first), group as u32);
        let [x, y] = [x, y].map(|r| r.rows(0, rows));
        let h = Region::new(b.n, h.buffer, h.base, rows, wide);
        let count = b.tokens(first, rows);
        b.emit(Operation::Load(b.transfer(tokens, first, 0, x)), Stage::FeedForward1, None, (group, 0));
        b.linear(dense(x), count, &first_weights, &mut slots, h, (Stage::FeedForward1, None, group));
        let tag = (Stage::FeedForward2, None, group);
        b.linear(dense(h), count, &second_weights, &mut slots, y, tag);
        // The activations have been used: their room takes the result.
        let out = Region::new(b.n, h.buffer, h.base, rows, hidden);
        b.add_norm([y, x, out], norm, count, (Stage::OutputNorm, group));
        b.emit(Operation::Store(b.transfer(result, first, 0, out)), Stage::OutputNorm, None, (group, 0));
    }
    Ok(())
}

impl Builder<'_> {
    /// Auxiliary bytes of gamma and beta over `tiles` column tiles.
    pub(super) fn norm_bytes(&self, tiles: u32) -> u32 {
        (4 * tiles * self.n).next_multiple_of(super::weights::ALIGN as u32)
    }

    /// Lays out gamma and beta and loads them.
    pub(super) fn load_norm(&mut self, norm: Parameter, aux: AuxRange, tiles: u32, stage: Stage) {
        let base = if norm == Parameter::EmbeddingNorm { Base::Zero } else { Base::Layer };
        let offset = self.keep(norm, base, self.norm_bytes(tiles).into(), Form::Norm { tiles });
        self.load_aux(base, offset, aux, stage, None);
    }

    /// `out = norm(projection + residual)` over `rows` rows.
    fn add_norm(
        &mut self,
        [a, b, out]: [Region; 3],
        parameters: AuxRange,
        rows: u32,
        (stage, group): (Stage, u32),
    ) {
        let valid = self.job.network.hidden;
        let norm = LayerNorm { a, b, out, rows, valid, parameters };
        self.emit(Operation::LayerNorm(norm), stage, None, (group, 0));
    }

    /// Records how a stage was cut.
    pub(super) fn say(&mut self, stage: &str, tiling: &super::frame::Tiling) {
        let groups = self.shape.token_blocks.div_ceil(tiling.group);
        self.choices.push(format!(
            "{stage}: {groups} group(s) of up to {} tokens, weights read {groups} time(s), {} column(s) a chunk, {} slot(s)",
            tiling.group * self.n,
            tiling.chunk * self.n,
            tiling.slots
        ));
    }
}
