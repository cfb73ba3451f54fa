//! The network with its derivatives, by hand: forward as [`crate::forward`] computes it, backward by the formulas in the heads of
//! the parts. Activations are [features x tokens] over all tokens of a batch; derivatives of parameters are added to one vector that
//! lies like the parameters.

mod attention;
mod batch;
mod dense;
mod layer;
mod mask;
mod ramp;
mod real;
#[cfg(test)]
mod tests;

pub(super) use batch::Batch;
pub(super) use mask::{Mask, hard};
pub(super) use real::Real;

use std::sync::Arc;

use nalgebra::{DMatrix, DMatrixView};

use super::layout::Layout;
use attention::Heads;
use dense::{Normal, dense, dense_input, dense_weights, norm, norm_back};
use layer::{LayerRun, layer, layer_back};
use ramp::{RampRun, ramp, ramp_back};

/// What does not change in training.
#[derive(Clone, Debug)]
pub(super) struct Net {
    pub(super) layout: Layout,
    /// Added to variances.
    pub(super) epsilon: f64,
}

/// All parameters, as they lie by the layout.
#[derive(Debug)]
pub(super) struct Parameters<T> {
    pub(super) all: Vec<T>,
    /// The same with each weight of a dense layer transposed in its place, [outputs x inputs], which products forward read.
    pub(super) turned: Vec<T>,
    /// Word embeddings that are not trained, [embedding x vocabulary]; of no columns where they are.
    pub(super) table: Arc<DMatrix<T>>,
}

/// What one pass leaves for its derivative.
pub(super) struct Run<T> {
    embedded: DMatrix<T>,
    normal: Normal<T>,
    layers: Vec<LayerRun<T>>,
    ramps: Vec<RampRun<T>>,
}

/// Which parameters a derivative is wanted of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// All.
    Everything,
    /// Off-ramps alone.
    Ramps,
}

impl<T: Real> Parameters<T> {
    /// `turned` is taken for its memory.
    pub(super) fn new(layout: &Layout, all: Vec<T>, mut turned: Vec<T>, table: Arc<DMatrix<T>>) -> Self {
        turned.resize(all.len(), T::zero());
        let encoder =
            layout.layers.iter().flat_map(|layer| [layer.inputs, layer.output, layer.up, layer.down]);
        let ramps = layout.ramps.iter().flat_map(|ramp| [ramp.pooler, ramp.classifier]);
        for weight in layout.map.into_iter().chain(encoder).chain(ramps).map(|dense| dense.weight) {
            let transposed = weight.matrix(&all).transpose();
            turned[weight.range()].copy_from_slice(transposed.as_slice());
        }
        Parameters { all, turned, table }
    }

    /// Word embeddings, [embedding x vocabulary].
    pub(super) fn words(&self, layout: &Layout) -> DMatrixView<'_, T> {
        layout.words.map_or_else(|| self.table.as_view(), |slot| slot.matrix(&self.all))
    }
}

impl<T: Real> Run<T> {
    /// Logits of each off-ramp, [classes x sentences].
    pub(super) fn logits(&self) -> impl ExactSizeIterator<Item = &DMatrix<T>> {
        self.ramps.iter().map(|ramp| &ramp.logits)
    }
}

impl Net {
    /// The network on a batch.
    pub(super) fn run<T: Real>(&self, p: &Parameters<T>, mask: &Mask<'_, T>, batch: &Batch) -> Run<T> {
        let layout = &self.layout;
        let (embedded, normal) = norm(layout.norm, p, self.epsilon, self.embedding(p, batch));
        let mut tokens = match layout.map {
            Some(map) => dense(map, p, &embedded),
            None => embedded.clone(),
        };
        let mut run = Run { embedded, normal, layers: vec![], ramps: vec![] };
        for (index, slots) in layout.ramps.iter().enumerate() {
            let (after, layer) = layer((self, index), p, mask, batch, tokens);
            run.ramps.push(ramp(slots, p, batch, &after));
            run.layers.push(layer);
            tokens = after;
        }
        run
    }

    /// Adds the derivatives of the loss by the parameters, from those by the logits of each off-ramp.
    pub(super) fn back<T: Real>(
        &self,
        (p, mask, batch): (&Parameters<T>, &Mask<'_, T>, &Batch),
        run: &Run<T>,
        d_logits: &[DMatrix<T>],
        reach: Reach,
        gradient: &mut [T],
    ) {
        let layout = &self.layout;
        let mut d_tokens = DMatrix::zeros(self.hidden(), batch.words.len());
        for (index, slots) in layout.ramps.iter().enumerate().rev() {
            ramp_back(slots, p, batch, (&run.ramps[index], &d_logits[index]), &mut d_tokens, gradient);
            if reach == Reach::Everything {
                d_tokens =
                    layer_back((self, index), (p, mask, batch), &run.layers[index], d_tokens, gradient);
            }
        }
        if reach == Reach::Everything {
            self.embedding_back(p, batch, run, d_tokens, gradient);
        }
    }

    fn attention_heads(&self) -> Heads {
        Heads { count: self.layout.spans.rows, width: self.hidden() / self.layout.spans.rows.max(1) }
    }

    /// Width of the hidden state.
    fn hidden(&self) -> usize {
        self.layout.layers.first().map_or(0, |layer| layer.inputs.weight.rows)
    }

    /// Word plus position embedding.
    fn embedding<T: Real>(&self, p: &Parameters<T>, batch: &Batch) -> DMatrix<T> {
        let (words, positions) = (p.words(&self.layout), self.layout.positions.matrix(&p.all));
        let mut sum = DMatrix::zeros(words.nrows(), batch.words.len());
        for (token, position) in batch.positions() {
            let word = batch.words[token] as usize;
            sum.set_column(token, &(words.column(word) + positions.column(position)));
        }
        sum
    }

    fn embedding_back<T: Real>(
        &self,
        p: &Parameters<T>,
        batch: &Batch,
        run: &Run<T>,
        d_tokens: DMatrix<T>,
        gradient: &mut [T],
    ) {
        let layout = &self.layout;
        let mut d = d_tokens;
        if let Some(map) = layout.map {
            dense_weights(map, &run.embedded, &d, gradient);
            let mut d_embedded = DMatrix::zeros(map.weight.rows, batch.words.len());
            dense_input(map, p, &d, &mut d_embedded);
            d = d_embedded;
        }
        let d = norm_back(layout.norm, p, &run.normal, d, gradient);
        for (token, position) in batch.positions() {
            if let Some(words) = layout.words {
                let word = batch.words[token] as usize;
                let mut words = words.matrix_mut(gradient);
                words.column_mut(word).zip_apply(&d.column(token), |sum, d| *sum += d);
            }
            let mut positions = layout.positions.matrix_mut(gradient);
            positions.column_mut(position).zip_apply(&d.column(token), |sum, d| *sum += d);
        }
    }
}
