//! Compression of a model by operators that compose in any order, each of which says what it did.
//!
//! | written | operator |
//! |---|---|
//! | `quantise=af8_4`, `=int8`, `=int8,row`, `=fp4` | rounds weights to a [`number`] format, a scale a tensor or an output |
//! | `prune=0.6`, `=0.6,global` | zeros the smallest weights, of each matrix or of all together |
//! | `movement=0.85`, `=0.85,global` | zeros the weights that moved away from zero least in training, by the checkpoint's scores |
//! | `blocks=32x32,0.5` | zeros the blocks of outputs x inputs of least norm, of all encoder matrices together |
//! | `heads=4` | leaves the so many heads of largest norm in each layer, and removes what no layer has left |
//! | `columns=0.5` | removes that share of the columns of each feed-forward network |
//! | `compact` | removes the heads and feed-forward columns of each layer that count for nothing any more |
//! | `drop=top:6`, `=2,4` | drops layers: the last so many, or those of these numbers, from 1 |
//!
//! Pruning and rounding act on the matrices of the encoder; `@embeddings` or `@all` behind an operator says otherwise. Values stay `f32`:
//! what a design holds of them is another matter.

mod blocks;
mod compact;
mod layers;
pub mod number;
mod prune;
mod written;

use std::fmt;

use nalgebra::DMatrix;
use serde::Serialize;

use crate::model::Model;
use number::Number;

/// Which matrices an operator acts on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Those of the encoder's layers.
    #[default]
    Encoder,
    /// The tables of words and positions.
    Embeddings,
    /// Both, and the map between them.
    All,
}

/// What is done to a model.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    /// Rounds to a format.
    Quantise(Number, Scope),
    /// Zeros a share of the weights, those of least magnitude.
    Prune {
        /// Share that is zero afterwards.
        share: f64,
        /// One threshold for all matrices.
        global: bool,
        /// Which matrices.
        scope: Scope,
    },
    /// Zeros a share of the encoder's weights, those of least movement.
    Movement {
        /// Share that is zero afterwards.
        share: f64,
        /// One threshold for all matrices.
        global: bool,
    },
    /// Zeros a share of the blocks.
    Blocks {
        /// Outputs of a block.
        outputs: usize,
        /// Inputs of a block.
        inputs: usize,
        /// Share that is zero afterwards.
        share: f64,
    },
    /// Leaves so many heads a layer.
    Heads(u32),
    /// Removes a share of the feed-forward columns.
    Columns(f64),
    /// Removes heads and feed-forward columns that count for nothing.
    Compact,
    /// Drops layers, numbered from 1.
    Drop(Vec<u32>),
    /// Drops the last layers.
    DropTop(u32),
}

impl Operator {
    /// Whether weights stay in their places, so that they can be compared with what they were.
    pub fn keeps_places(&self) -> bool {
        matches!(
            self,
            Operator::Quantise(..)
                | Operator::Prune { .. }
                | Operator::Movement { .. }
                | Operator::Blocks { .. }
        )
    }
}

/// What an operator cannot do to a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// What became of a matrix.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Which.
    pub matrix: String,
    /// Elements afterwards.
    pub elements: usize,
    /// Of which are zero.
    pub zeros: usize,
    /// Power of what it was over power of what was changed, dB; none where nothing was, or weights have moved.
    pub sqnr_db: Option<f64>,
}

/// Applies an operator.
///
/// # Errors
/// The model has no such layer, head or block, or too few of them.
pub fn apply(model: &mut Model, operator: &Operator) -> Result<Vec<Change>, Refused> {
    let before: Vec<_> = matrices(model, scope(operator)).filter(|_| operator.keeps_places()).collect();
    match operator {
        Operator::Quantise(number, scope) => each(model, *scope, |matrix| number.round(matrix)),
        Operator::Prune { share, global, scope } => prune::prune(model, *scope, *share, *global),
        Operator::Movement { share, global } => prune::movement(model, *share, *global)?,
        Operator::Blocks { outputs, inputs, share } => blocks::blocks(model, (*outputs, *inputs), *share)?,
        Operator::Heads(count) => layers::heads(model, *count)?,
        Operator::Columns(share) => layers::columns(model, *share)?,
        Operator::Compact => compact::compact(model),
        Operator::Drop(layers) => layers::drop(model, layers)?,
        Operator::DropTop(count) => {
            let all = model.network.layers;
            let last: Vec<u32> = (all.saturating_sub(*count) + 1..=all).collect();
            layers::drop(model, &last)?;
        }
    }
    if !operator.keeps_places() {
        // Scores belong to weights where they were.
        model.scores = None;
    }
    Ok(matrices(model, scope(operator)).map(|(name, now)| change(name, &now, &before)).collect())
}

fn scope(operator: &Operator) -> Scope {
    match operator {
        Operator::Quantise(_, scope) | Operator::Prune { scope, .. } => *scope,
        _ => Scope::Encoder,
    }
}

/// Copies of the matrices of a scope, by name.
fn matrices(model: &Model, scope: Scope) -> impl Iterator<Item = (String, DMatrix<f32>)> {
    const NAMES: [&str; 6] = ["query", "key", "value", "output", "up", "down"];
    let weights = &model.weights;
    let encoder = weights.layers.iter().zip(1..).flat_map(|(layer, number)| {
        let named = NAMES.iter().zip(layer.matrices());
        named.map(move |(name, dense)| (format!("layer {number} {name}"), dense.weight.clone()))
    });
    let tables = [("words", &weights.words), ("positions", &weights.positions)];
    let tables = tables.into_iter().map(|(name, table)| (name.to_owned(), table.clone()));
    let map = weights.map.iter().map(|map| ("map".to_owned(), map.weight.clone()));
    let [some, others, both] = [Scope::Encoder, Scope::Embeddings, Scope::All].map(|one| one == scope);
    let encoder = encoder.filter(move |_| some || both);
    encoder.chain(tables.filter(move |_| others || both)).chain(map.filter(move |_| both))
}

/// Changes every matrix of a scope.
fn each(model: &mut Model, scope: Scope, mut change: impl FnMut(&mut DMatrix<f32>)) {
    let weights = &mut model.weights;
    if scope != Scope::Embeddings {
        for layer in &mut weights.layers {
            layer.matrices_mut().into_iter().for_each(|dense| change(&mut dense.weight));
        }
    }
    if scope != Scope::Encoder {
        change(&mut weights.words);
        change(&mut weights.positions);
    }
    if scope == Scope::All {
        weights.map.iter_mut().for_each(|map| change(&mut map.weight));
    }
}

fn change(matrix: String, now: &DMatrix<f32>, before: &[(String, DMatrix<f32>)]) -> Change {
    let was = before.iter().find(|(name, _)| *name == matrix).map(|(_, was)| was);
    let power = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>();
    let sqnr = was.and_then(|was| {
        let signal = power(&mut was.iter().map(|x| f64::from(*x)));
        let noise = power(&mut was.iter().zip(now.iter()).map(|(a, b)| f64::from(*a) - f64::from(*b)));
        (noise > 0.0 && signal > 0.0).then(|| 10.0 * (signal / noise).log10())
    });
    let zeros = now.iter().filter(|x| **x == 0.0).count();
    Change { matrix, elements: now.len(), zeros, sqnr_db: sqnr }
}

#[cfg(test)]
mod tests;
