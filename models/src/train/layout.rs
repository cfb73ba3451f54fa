//! Where each tensor lies in the one vector that holds all parameters, so that what treats them alike is a loop over numbers.

use std::ops::Range;

use nalgebra::{DMatrixView, DMatrixViewMut};

use super::net::Real;
use super::recipe::Sizes;

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

/// The encoder layer.
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

/// All tensors.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) words: Slot,
    pub(super) positions: Slot,
    pub(super) norm: NormSlots,
    pub(super) map: DenseSlots,
    pub(super) layer: LayerSlots,
    /// One for each layer.
    pub(super) ramps: Vec<RampSlots>,
    /// Where the soft mask of each head begins to fall, [heads x 1].
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
    /// The tensors of a network with `vocabulary` words.
    pub(super) fn new(sizes: &Sizes, vocabulary: usize) -> Self {
        let [layers, hidden, wide, heads, narrow, positions] =
            [sizes.layers, sizes.hidden, sizes.feed_forward, sizes.heads, sizes.embedding, sizes.positions]
                .map(|size| size as usize);
        let mut place = Place::default();
        Layout {
            words: place.slot(Kind::Table, narrow, vocabulary),
            positions: place.slot(Kind::Table, narrow, positions),
            norm: place.norm(narrow),
            map: place.dense(Kind::Matrix, narrow, hidden),
            layer: LayerSlots {
                inputs: place.inputs(hidden),
                output: place.dense(Kind::Encoder, hidden, hidden),
                attention_norm: place.norm(hidden),
                up: place.dense(Kind::Encoder, hidden, wide),
                down: place.dense(Kind::Encoder, wide, hidden),
                output_norm: place.norm(hidden),
            },
            ramps: (0..layers).map(|_| place.ramp(hidden)).collect(),
            spans: place.slot(Kind::Span, heads, 1),
            tensors: place.tensors,
        }
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

    fn ramp(&mut self, hidden: usize) -> RampSlots {
        let pooler = self.dense(Kind::Matrix, hidden, hidden);
        RampSlots { pooler, classifier: self.dense(Kind::Matrix, hidden, super::CLASSES) }
    }
}
