//! Off-ramp: pooler and classifier on the first token, entropy of the logits.
//!
//! The first row block of the tokens goes through the products; its other rows are carried along (a tile has `n` rows) and
//! their results are not used.

use super::CompileError;
use super::builder::{Builder, dense};
use super::frame::{Slots, choose};
use super::weights::Matrix;
use crate::program::command::Base;
use crate::program::{Entropy, Operation, Parameter, Stage, Stored};

/// Emits the off-ramp on `tokens`; the logits go to `logits`.
pub(super) fn off_ramp(b: &mut Builder, tokens: Stored, logits: Stored) -> Result<(), CompileError> {
    let (n, hidden, classes) = (b.n, b.shape.hidden_tiles, b.shape.class_tiles);
    let (tiling, (x, pooled, mut slots, out)) = choose(b.design, "off-ramp", 1, hidden, |frame, t| {
        let x = frame.take("first tokens", 0, 1, hidden);
        let pooled = frame.take("pooled", 0, 1, hidden);
        let slots = Slots::take(frame, t.slots, t.chunk, hidden, t.chunk);
        (x, pooled, slots, frame.take("logits", 1, 1, classes))
    })?;
    let (columns, padded) = (b.job.network.hidden, hidden * n);
    let dense_matrix = |columns: u32| Matrix {
        columns,
        padded_columns: columns.next_multiple_of(n),
        length: b.job.network.hidden,
        padded_length: padded,
        density: 1.0,
    };
    let (pooler, classifier) = (dense_matrix(columns), dense_matrix(b.job.classes));
    let mut pooler = b.place(Parameter::Pooler, pooler, tiling.chunk, Base::Ramp);
    pooler.activation = b.job.network.pooler_activation();
    let classifier = b.place(Parameter::Classifier, classifier, tiling.chunk, Base::Ramp);
    b.emit(Operation::Load(b.transfer(tokens, 0, 0, x)), Stage::OffRamp, None, (0, 0));
    b.linear(dense(x), 1, &pooler, &mut slots, pooled, (Stage::OffRamp, None, 0));
    b.linear(dense(pooled), 1, &classifier, &mut slots, out, (Stage::OffRamp, None, 1));
    let entropy = Entropy { input: out, classes: b.job.classes };
    b.emit(Operation::Entropy(entropy), Stage::OffRamp, None, (0, 0));
    b.emit(Operation::Store(b.transfer(logits, 0, 0, out)), Stage::OffRamp, None, (0, 0));
    Ok(())
}
