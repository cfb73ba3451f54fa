//! Self-attention: projections, scores, softmax and context, head by head.
//!
//! Where all tokens fit beside one head's data they stay resident, and each head goes from weights to context on chip.
//! Otherwise the projections run on groups of tokens and pass through external memory. The softmax of a head runs on the
//! SFU while the PU projects the next head: that is why probabilities and values have two regions each.

use super::builder::{Builder, Placed, dense};
use super::frame::{Slots, choose};
use super::{CompileError, Head};
use crate::program::command::{AuxRange, Base};
use crate::program::{
    Epilogue, Form, Matmul, Occupancy, Operand, Operation, Parameter, Region, Softmax, Stage, Stored,
};
use kernels::activation::Activation;

/// The projections of one head.
struct Projections {
    query: Placed,
    key: Placed,
    value: Placed,
    span: Option<u64>,
}

/// Regions of one head's scores and results; two of what the next head would overwrite too early.
pub(super) struct HeadRegions {
    pub(super) query: Region,
    pub(super) key: Region,
    pub(super) values: Vec<Region>,
    scores: Region,
    probabilities: Vec<Region>,
    contexts: Vec<Region>,
    spans: Vec<AuxRange>,
}

impl HeadRegions {
    /// Room for a group of `group` row blocks of queries against all keys.
    pub(super) fn take(
        b: &Builder,
        frame: &mut super::frame::Frame,
        group: u32,
        query: Region,
        key: Region,
    ) -> Self {
        let (copies, keys, head) = (b.copies(), b.shape.token_blocks, b.shape.head_tiles);
        let span_bytes = (keys * b.n).next_multiple_of(super::weights::ALIGN as u32);
        HeadRegions {
            query,
            key,
            values: (0..copies).map(|_| frame.take("values", 1, head, keys)).collect(),
            scores: frame.take("scores", 0, group, keys),
            probabilities: (0..copies).map(|_| frame.take("probabilities", 0, group, keys)).collect(),
            contexts: (0..copies).map(|_| frame.take("context", 0, group, head)).collect(),
            spans: (0..copies).map(|_| frame.take_aux(span_bytes)).collect(),
        }
    }
}

/// Emits the attention of one layer; reads `tokens`, writes `context`.
pub(super) fn attention(b: &mut Builder, tokens: Stored, context: Stored) -> Result<(), CompileError> {
    let (blocks, hidden, head) = (b.shape.token_blocks, b.shape.hidden_tiles, b.shape.head_tiles);
    let resident = choose(b.design, "attention", 1, head, |frame, tiling| {
        let x = frame.take("tokens", 0, blocks, hidden);
        let query = frame.take("query", 0, blocks, head);
        let slots = Slots::take(frame, tiling.slots, tiling.chunk, hidden, tiling.chunk);
        let key = frame.take("key", 1, blocks, head);
        (x, slots, HeadRegions::take(b, frame, blocks, query, key))
    });
    match resident {
        Ok((tiling, (x, slots, regions))) => {
            b.choices.push(format!(
                "attention: all tokens stay in operand buffer 0; projections in chunks of {} columns, {} weight slot(s)",
                tiling.chunk * b.n,
                tiling.slots
            ));
            let heads = place_heads(b, tiling.chunk);
            resident_heads(b, &heads, tokens, x, slots, &regions, context);
            Ok(())
        }
        Err(_) => streamed(b, tokens, context),
    }
}

/// Lays out the weights of every head that is on.
fn place_heads(b: &mut Builder, chunk: u32) -> Vec<(Head, Projections)> {
    let (hidden, padded) = (b.job.network.hidden, b.shape.hidden_tiles * b.n);
    let matrix = b.weights(b.shape.head_columns, hidden, padded);
    let span_bytes = u64::from(b.shape.token_blocks * b.n);
    b.shape
        .heads
        .clone()
        .into_iter()
        .map(|head| {
            let at = head.index;
            let query = b.place(Parameter::Query(at), matrix, chunk, Base::Layer);
            let key = b.place(Parameter::Key(at), matrix, chunk, Base::Layer);
            let value = b.place(Parameter::Value(at), matrix, chunk, Base::Layer);
            let form = Form::Span { sequence: b.job.sequence, span: head.span };
            let span = (head.span < b.job.sequence)
                .then(|| b.keep(Parameter::Span(at), Base::Layer, span_bytes, form));
            (head, Projections { query, key, value, span })
        })
        .collect()
}

fn resident_heads(
    b: &mut Builder,
    heads: &[(Head, Projections)],
    tokens: Stored,
    x: Region,
    mut slots: Slots,
    r: &HeadRegions,
    context: Stored,
) {
    let all = b.job.sequence;
    b.emit(Operation::Load(b.transfer(tokens, 0, 0, x)), Stage::Query, None, (0, 0));
    for (turn, (head, weights)) in heads.iter().enumerate() {
        let at = Some(head.index);
        b.linear(dense(x), all, &weights.query, &mut slots, r.query, (Stage::Query, at, 0));
        b.linear(dense(x), all, &weights.key, &mut slots, r.key, (Stage::Key, at, 0));
        let values = r.values[turn % r.values.len()];
        b.linear_transposed(dense(x), all, &weights.value, &mut slots, values, (Stage::Value, at, 0));
        scores(b, *head, weights.span, r, turn, 0);
        if turn > 0 && b.copies() > 1 {
            head_context(b, heads[turn - 1].0, r, turn - 1, (turn - 1) as u32, 0, context);
        }
        if b.copies() == 1 || turn + 1 == heads.len() {
            head_context(b, *head, r, turn, turn as u32, 0, context);
        }
    }
}

/// Scores and softmax of one head, for the queries in `r.query` (row blocks from `first` on).
pub(super) fn scores(
    b: &mut Builder,
    head: Head,
    span: Option<u64>,
    r: &HeadRegions,
    turn: usize,
    first: u32,
) {
    let at = Some(head.index);
    let tokens = u64::from(b.tokens(first, r.query.blocks));
    let matmul = Matmul {
        rows: dense(r.query),
        columns: dense(r.key),
        out: r.scores.rows(0, r.query.blocks),
        out_occupancy: Occupancy::DENSE,
        epilogue: Epilogue {
            bias: None,
            row_bias: false,
            activation: Activation::Identity,
            shift: b.job.network.score_scale().0,
        },
        useful_macs: tokens * u64::from(b.job.sequence) * u64::from(b.job.network.head_dim()),
    };
    b.emit(Operation::Matmul(matmul), Stage::Scores, at, (first, 0));
    let span = span.map(|offset| {
        let aux = r.spans[turn % r.spans.len()];
        b.load_aux(Base::Layer, offset, aux, Stage::Softmax, at);
        aux
    });
    let softmax = Softmax {
        input: r.scores.rows(0, r.query.blocks),
        out: r.probabilities[turn % r.probabilities.len()].rows(0, r.query.blocks),
        rows: tokens as u32,
        valid: b.job.sequence,
        span,
        out_occupancy: head.occupancy(b.n, b.job.sequence),
    };
    b.emit(Operation::Softmax(softmax), Stage::Softmax, at, (first, 0));
}

/// Context of one head, and its store into the columns of head number `column`.
pub(super) fn head_context(
    b: &mut Builder,
    head: Head,
    r: &HeadRegions,
    turn: usize,
    column: u32,
    first: u32,
    context: Stored,
) {
    let at = Some(head.index);
    let blocks = r.query.blocks;
    let tokens = u64::from(b.tokens(first, blocks));
    let out = r.contexts[turn % r.contexts.len()].rows(0, blocks);
    let probabilities = r.probabilities[turn % r.probabilities.len()].rows(0, blocks);
    let occupancy = head.occupancy(b.n, b.job.sequence);
    let matmul = Matmul {
        rows: Operand { region: probabilities, packed: false, occupancy },
        columns: dense(r.values[turn % r.values.len()]),
        out,
        out_occupancy: Occupancy::DENSE,
        epilogue: Epilogue { bias: None, row_bias: false, activation: Activation::Identity, shift: 0 },
        useful_macs: tokens * u64::from(b.job.sequence) * u64::from(b.job.network.head_dim()),
    };
    b.emit(Operation::Matmul(matmul), Stage::Context, at, (first, 0));
    let store = b.transfer(context, first, column * b.shape.head_tiles, out);
    b.emit(Operation::Store(store), Stage::Context, at, (first, 0));
}

/// Queries, keys and values in external memory, for networks whose tokens do not fit beside a head's data.
struct Streamed {
    query: Stored,
    key: Stored,
    value: Stored,
}

fn streamed(b: &mut Builder, tokens: Stored, context: Stored) -> Result<(), CompileError> {
    let (blocks, head) = (b.shape.token_blocks, b.shape.head_tiles);
    let heads = b.shape.heads.len() as u32;
    let spill = Streamed {
        query: b.tensor(blocks, heads * head),
        key: b.tensor(blocks, heads * head),
        value: b.tensor(heads * head, blocks),
    };
    let placed = project_groups(b, tokens, &spill)?;
    attend_groups(b, &placed, &spill, context)
}

/// Projects group after group of tokens and stores queries, keys and transposed values.
fn project_groups(
    b: &mut Builder,
    tokens: Stored,
    spill: &Streamed,
) -> Result<Vec<(Head, Projections)>, CompileError> {
    let (blocks, hidden, head) = (b.shape.token_blocks, b.shape.hidden_tiles, b.shape.head_tiles);
    let copies = b.copies();
    let (tiling, (x, mut slots, outs)) = choose(b.design, "projections", blocks, head, |frame, t| {
        let x = frame.take("tokens", 0, t.group, hidden);
        let slots = Slots::take(frame, t.slots, t.chunk, hidden, t.chunk);
        let outs: Vec<_> = (0..copies).map(|_| frame.take("projection", 0, t.group, head)).collect();
        (x, slots, outs)
    })?;
    b.choices.push(format!(
        "attention: tokens do not fit beside a head's data; projections in groups of {} tokens, through external memory",
        tiling.group * b.n
    ));
    let placed = place_heads(b, tiling.chunk);
    for (group, first) in (0..blocks).step_by(tiling.group as usize).enumerate() {
        let rows = tiling.group.min(blocks - first);
        let (x, count, group) = (x.rows(0, rows), b.tokens(first, rows), group as u32);
        b.emit(Operation::Load(b.transfer(tokens, first, 0, x)), Stage::Query, None, (group, 0));
        let mut turn = 0;
        for (column, (at, weights)) in placed.iter().enumerate() {
            let (at, tile) = (Some(at.index), column as u32 * head);
            for (weights, stage, tensor) in
                [(&weights.query, Stage::Query, spill.query), (&weights.key, Stage::Key, spill.key)]
            {
                let out = outs[turn % outs.len()].rows(0, rows);
                turn += 1;
                b.linear(dense(x), count, weights, &mut slots, out, (stage, at, group));
                b.emit(Operation::Store(b.transfer(tensor, first, tile, out)), stage, at, (group, 0));
            }
            // `head` row blocks of `rows` tiles take the room of `rows` row blocks of `head` tiles.
            let out = outs[turn % outs.len()];
            let out = Region::new(b.n, out.buffer, out.base, head, rows);
            turn += 1;
            b.linear_transposed(dense(x), count, &weights.value, &mut slots, out, (Stage::Value, at, group));
            let store = b.transfer(spill.value, tile, first, out);
            b.emit(Operation::Store(store), Stage::Value, at, (group, 0));
        }
    }
    Ok(placed)
}

/// Attends head by head, in groups of queries.
fn attend_groups(
    b: &mut Builder,
    placed: &[(Head, Projections)],
    spill: &Streamed,
    context: Stored,
) -> Result<(), CompileError> {
    let (blocks, head) = (b.shape.token_blocks, b.shape.head_tiles);
    let (tiling, r) = choose(b.design, "attention", blocks, 1, |frame, t| {
        let query = frame.take("query", 0, t.group, head);
        let key = frame.take("key", 1, blocks, head);
        HeadRegions::take(b, frame, t.group, query, key)
    })?;
    let mut turn = 0;
    for (column, (at, weights)) in placed.iter().enumerate() {
        let (index, tile) = (Some(at.index), column as u32 * head);
        b.emit(Operation::Load(b.transfer(spill.key, 0, tile, r.key)), Stage::Key, index, (0, 0));
        let group_of = |turn: usize| r.values[turn % r.values.len()];
        for first in (0..blocks).step_by(tiling.group as usize) {
            let rows = tiling.group.min(blocks - first);
            let group = HeadRegions { query: r.query.rows(0, rows), ..r.shallow() };
            let query = b.transfer(spill.query, first, tile, group.query);
            b.emit(Operation::Load(query), Stage::Query, index, (first, 0));
            let value = b.transfer(spill.value, tile, 0, group_of(turn));
            b.emit(Operation::Load(value), Stage::Value, index, (first, 0));
            scores(b, *at, weights.span, &group, turn, first);
            head_context(b, *at, &group, turn, column as u32, first, context);
            turn += 1;
        }
    }
    Ok(())
}

impl HeadRegions {
    /// The same regions, to be cut to a group.
    fn shallow(&self) -> Self {
        HeadRegions {
            query: self.query,
            key: self.key,
            values: self.values.clone(),
            scores: self.scores,
            probabilities: self.probabilities.clone(),
            contexts: self.contexts.clone(),
            spans: self.spans.clone(),
        }
    }
}
