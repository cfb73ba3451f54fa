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

use nalgebra::DMatrix;

use super::layout::Layout;
use attention::Heads;
use dense::{Normal, dense, dense_input, dense_weights, norm, norm_back};
use layer::{LayerRun, layer, layer_back};
use ramp::{RampRun, ramp, ramp_back};

/// What does not change in training.
#[derive(Clone, Debug)]
pub(super) struct Net {
    pub(super) layout: Layout,
    /// Attention heads.
    pub(super) heads: usize,
    /// Added to variances.
    pub(super) epsilon: f64,
}

/// All parameters, as they lie by the layout.
pub(super) struct Parameters<T> {
    pub(super) all: Vec<T>,
    /// The same with each weight of a dense layer transposed in its place, [outputs x inputs], which products forward read.
    turned: Vec<T>,
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
    pub(super) fn new(layout: &Layout, all: Vec<T>) -> Self {
        let mut turned = all.clone();
        let layer = &layout.layer;
        let encoder = [layout.map, layer.inputs, layer.output, layer.up, layer.down];
        let ramps = layout.ramps.iter().flat_map(|ramp| [ramp.pooler, ramp.classifier]);
        for weight in encoder.into_iter().chain(ramps).map(|dense| dense.weight) {
            let transposed = weight.matrix(&all).transpose();
            turned[weight.range()].copy_from_slice(transposed.as_slice());
        }
        Parameters { all, turned }
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
        let mut tokens = dense(layout.map, p, &embedded);
        let mut run = Run { embedded, normal, layers: vec![], ramps: vec![] };
        for slots in &layout.ramps {
            let (after, layer) = layer(self, p, mask, batch, tokens);
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
        let mut d_tokens = DMatrix::zeros(layout.map.weight.columns, batch.words.len());
        for (index, slots) in layout.ramps.iter().enumerate().rev() {
            ramp_back(slots, p, batch, (&run.ramps[index], &d_logits[index]), &mut d_tokens, gradient);
            if reach == Reach::Everything {
                d_tokens = layer_back(self, (p, mask, batch), &run.layers[index], d_tokens, gradient);
            }
        }
        if reach == Reach::Everything {
            self.embedding_back(p, batch, run, &d_tokens, gradient);
        }
    }

    fn attention_heads(&self) -> Heads {
        Heads { count: self.heads, width: self.layout.map.weight.columns / self.heads.max(1) }
    }

    /// Word plus position embedding.
    fn embedding<T: Real>(&self, p: &Parameters<T>, batch: &Batch) -> DMatrix<T> {
        let (words, positions) = (self.layout.words.matrix(&p.all), self.layout.positions.matrix(&p.all));
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
        d_tokens: &DMatrix<T>,
        gradient: &mut [T],
    ) {
        let layout = &self.layout;
        dense_weights(layout.map, &run.embedded, d_tokens, gradient);
        let mut d = DMatrix::zeros(layout.words.rows, batch.words.len());
        dense_input(layout.map, p, d_tokens, &mut d);
        let d = norm_back(layout.norm, p, &run.normal, d, gradient);
        for (token, position) in batch.positions() {
            let word = batch.words[token] as usize;
            let mut words = layout.words.matrix_mut(gradient);
            words.column_mut(word).zip_apply(&d.column(token), |sum, d| *sum += d);
            let mut positions = layout.positions.matrix_mut(gradient);
            positions.column_mut(position).zip_apply(&d.column(token), |sum, d| *sum += d);
        }
    }
}
