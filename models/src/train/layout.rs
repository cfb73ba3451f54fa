//! Where each tensor lies in the one vector that holds all parameters, so that what treats them alike is a loop over numbers.

use std::ops::Range;

use nalgebra::{DMatrixView, DMatrixViewMut};

use super::net::Real;
use crate::network::Network;

/// A tensor: columns one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) offset: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// A dense layer, [inputs x outputs] and [outputs x 1].
#[derive(Clone, Copy, Debug)]
pub(super) struct DenseSlots {
    pub(super) weight: Slot,
    pub(super) bias: Slot,
}

/// A layer norm.
#[derive(Clone, Copy, Debug)]
pub(super) struct NormSlots {
    pub(super) gamma: Slot,
    pub(super) beta: Slot,
}

/// An encoder layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayerSlots {
    /// Query, key and value as one product: their columns follow each other.
    pub(super) inputs: DenseSlots,
    pub(super) output: DenseSlots,
    pub(super) attention_norm: NormSlots,
    pub(super) up: DenseSlots,
    pub(super) down: DenseSlots,
    pub(super) output_norm: NormSlots,
}

/// An off-ramp.
#[derive(Clone, Copy, Debug)]
pub(super) struct RampSlots {
    pub(super) pooler: DenseSlots,
    pub(super) classifier: DenseSlots,
}

/// What a tensor is, which says how it is initialised, compressed and trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An embedding table.
    Table,
    /// A matrix of the encoder.
    Encoder,
    /// The map, a pooler or a classifier.
    Matrix,
    /// A scale of a norm.
    Gamma,
    /// A bias, or what a norm adds.
    Offset,
    /// Spans, tokens.
    Span,
}

/// What becomes of the word embeddings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// They are trained.
    Trained,
    /// They stay as they are, in a table of their own: of a vocabulary of tens of thousands a step meets some hundreds.
    Frozen,
}

/// All tensors.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// None where they are frozen.
    pub(super) words: Option<Slot>,
    pub(super) positions: Slot,
    pub(super) norm: NormSlots,
    /// From the embeddings to the encoder, where their widths differ.
    pub(super) map: Option<DenseSlots>,
    /// One, or one for each layer where they do not share it.
    pub(super) layers: Vec<LayerSlots>,
    /// One for each layer.
    pub(super) ramps: Vec<RampSlots>,
    /// Where the soft mask of each head begins to fall, [heads x sets of weights].
    pub(super) spans: Slot,
    /// Each tensor once, query, key and value apart, in the order in which they lie.
    pub(super) tensors: Vec<(Slot, Kind)>,
}

impl Slot {
    pub(super) fn range(self) -> Range<usize> {
        self.offset..self.offset + self.rows * self.columns
    }

    pub(super) fn matrix<T: Real>(self, all: &[T]) -> DMatrixView<'_, T> {
        DMatrixView::from_slice(&all[self.range()], self.rows, self.columns)
    }

    /// The transpose, [columns x rows], of what lies transposed in the tensor's place.
    pub(super) fn transpose<T: Real>(self, turned: &[T]) -> DMatrixView<'_, T> {
        DMatrixView::from_slice(&turned[self.range()], self.columns, self.rows)
    }

    pub(super) fn matrix_mut<T: Real>(self, all: &mut [T]) -> DMatrixViewMut<'_, T> {
        DMatrixViewMut::from_slice(&mut all[self.range()], self.rows, self.columns)
    }
}

impl Layout {
    /// The tensors of a network.
    pub(super) fn new(network: &Network, words: Words) -> Self {
        let [hidden, wide, heads, narrow, classes] =
            [network.hidden, network.feed_forward, network.heads, network.embedding, network.classes]
                .map(|size| size as usize);
        let [vocabulary, positions] = [network.vocabulary, network.positions].map(|size| size as usize);
        let mut place = Place::default();
        let words = (words == Words::Trained).then(|| place.slot(Kind::Table, narrow, vocabulary));
        Layout {
            words,
            positions: place.slot(Kind::Table, narrow, positions),
            norm: place.norm(narrow),
            map: network.has_projection().then(|| place.dense(Kind::Matrix, narrow, hidden)),
            layers: (0..network.weight_sets()).map(|_| place.layer(hidden, wide)).collect(),
            ramps: (0..network.layers).map(|_| place.ramp(hidden, classes)).collect(),
            spans: place.slot(Kind::Span, heads, network.weight_sets() as usize),
            tensors: place.tensors,
        }
    }

    /// Which of the sets of weights a layer has.
    pub(super) fn set(&self, layer: usize) -> usize {
        layer.min(self.layers.len().saturating_sub(1))
    }

    /// The heads of a layer among those of all sets.
    pub(super) fn layer_heads(&self, layer: usize) -> Range<usize> {
        let start = self.set(layer) * self.spans.rows;
        start..start + self.spans.rows
    }

    /// The spans of a layer's heads.
    pub(super) fn layer_spans(&self, layer: usize) -> Range<usize> {
        let heads = self.layer_heads(layer);
        self.spans.offset + heads.start..self.spans.offset + heads.end
    }

    /// Number of parameters, spans among them.
    pub(super) fn len(&self) -> usize {
        self.spans.range().end
    }

    /// All off-ramps but the last, which are trained alone at the end.
    pub(super) fn early_ramps(&self) -> Range<usize> {
        let start = |ramp: Option<&RampSlots>| ramp.map_or(0, |ramp| ramp.pooler.weight.offset);
        start(self.ramps.first())..start(self.ramps.last())
    }

    /// Tensors of a kind.
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = Slot> + Clone {
        self.tensors.iter().filter(move |(_, found)| *found == kind).map(|(slot, _)| *slot)
    }
}

/// Hands out places one after the other.
#[derive(Default)]
struct Place {
    next: usize,
    tensors: Vec<(Slot, Kind)>,
}

impl Place {
    fn slot(&mut self, kind: Kind, rows: usize, columns: usize) -> Slot {
        let slot = Slot { offset: self.next, rows, columns };
        self.next += rows * columns;
        self.tensors.push((slot, kind));
        slot
    }

    fn dense(&mut self, kind: Kind, inputs: usize, outputs: usize) -> DenseSlots {
        let weight = self.slot(kind, inputs, outputs);
        DenseSlots { weight, bias: self.slot(Kind::Offset, outputs, 1) }
    }

    fn inputs(&mut self, hidden: usize) -> DenseSlots {
        let matrices = [(); 3].map(|()| self.slot(Kind::Encoder, hidden, hidden));
        let biases = [(); 3].map(|()| self.slot(Kind::Offset, hidden, 1));
        DenseSlots {
            weight: Slot { columns: 3 * hidden, ..matrices[0] },
            bias: Slot { rows: 3 * hidden, ..biases[0] },
        }
    }

    fn norm(&mut self, length: usize) -> NormSlots {
        let gamma = self.slot(Kind::Gamma, length, 1);
        NormSlots { gamma, beta: self.slot(Kind::Offset, length, 1) }
    }

    fn layer(&mut self, hidden: usize, wide: usize) -> LayerSlots {
        LayerSlots {
            inputs: self.inputs(hidden),
            output: self.dense(Kind::Encoder, hidden, hidden),
            attention_norm: self.norm(hidden),
            up: self.dense(Kind::Encoder, hidden, wide),
            down: self.dense(Kind::Encoder, wide, hidden),
            output_norm: self.norm(hidden),
        }
    }

    fn ramp(&mut self, hidden: usize, classes: usize) -> RampSlots {
        let pooler = self.dense(Kind::Matrix, hidden, hidden);
        RampSlots { pooler, classifier: self.dense(Kind::Matrix, hidden, classes) }
    }
}
