//! Exponent biases: which tensor each operand of a command is, and in which range its values lie.
//!
//! Where all layers have the same commands, an activation takes one bias for all of them and a weight one for the parameter, from
//! the largest magnitude over all layers; where each has commands of its own, each has biases of its own. Operands are named by the
//! stage and the layer of their command.

use super::quantised::Quantised;
use kernels::adaptivfloat::{Format, bias_for};
use kernels::add::SUM_BITS;
use models::forward::{Maxima, Place, Point, widen};
use models::program::word::Scales;
use models::program::{Command, Operation, Parameter, Stage, Tag};
use std::collections::BTreeMap;

/// An operand of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An activation.
    Point(Place),
    /// A weight of a layer.
    Weight(Parameter, u32),
}

/// Exponents of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exponents {
    /// Exponent bias of the codes; 0 for a norm.
    pub codes: i32,
    /// Weight of the lowest bit of a dense layer's bias, or of gamma.
    pub lsb: i32,
    /// Weight of the lowest bit of beta.
    pub beta_lsb: i32,
}

/// Bits between the largest calibrated sum of a norm and saturation.
///
/// A sum that saturates is wrong by any amount, while a coarser unit costs little: with two of 23 bits of headroom the largest
/// sum still has 21 bits, 17 more than the codes that it is made of. Sums of sentences that calibration has not seen may then be
/// four times as large.
const HEADROOM_BITS: i32 = 2;

/// What a norm is made with, beside its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NormNumbers {
    /// Exponents of gamma and beta.
    pub parameters: Exponents,
    /// Weight of the lowest bit of the sum of the operands.
    pub sum_lsb: i32,
}

/// The numeric settings of a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// Format of all codes.
    pub format: Format,
    /// Layers, where each has settings of its own.
    layers: Option<u32>,
    /// Exponent bias at each place; at those of the first layer alone where all have the same.
    places: BTreeMap<Place, i32>,
    /// Exponents of each parameter, of each layer or once for all.
    weights: BTreeMap<Parameter, Vec<Exponents>>,
}

impl Numbers {
    /// Settings under which the largest magnitude at each place lies in the top octave.
    pub fn new(format: Format, maxima: &Maxima, weights: &Quantised) -> Self {
        let layers = weights.unrolled();
        let mut kept = Maxima::new();
        for ((point, layer), max) in maxima {
            widen(&mut kept, &Maxima::from([((*point, layers.map_or(0, |_| *layer)), *max)]));
        }
        let places = kept.into_iter().map(|(place, max)| (place, bias_for(format, f64::from(max))));
        Numbers { format, layers, places: places.collect(), weights: weights.exponents() }
    }

    /// Exponent bias of an activation; none if nothing is known of it.
    pub fn place(&self, (point, layer): Place) -> Option<i32> {
        self.places.get(&(point, self.layers.map_or(0, |_| layer))).copied()
    }

    /// Exponents of a parameter in a layer, from 0.
    pub fn weight(&self, parameter: Parameter, layer: u32) -> Option<Exponents> {
        match self.weights.get(&parameter)?.as_slice() {
            [all] => Some(*all),
            each => each.get(layer as usize).copied(),
        }
    }

    /// Exponent bias of an operand; none if nothing is known of it.
    pub fn bias(&self, source: Source) -> Option<i32> {
        match source {
            Source::Point(place) => self.place(place),
            Source::Weight(parameter, layer) => self.weight(parameter, layer).map(|e| e.codes),
        }
    }

    /// Exponents of the weight among a command's operands.
    pub fn parameters(&self, sources: [Source; 2]) -> Option<Exponents> {
        sources.into_iter().find_map(|source| match source {
            Source::Weight(parameter, layer) => self.weight(parameter, layer),
            Source::Point(_) => None,
        })
    }

    /// Weight of the lowest bit of the sums at a place: the largest magnitude seen there has two bits left below
    /// saturation, at 2^23. None if nothing is known of it.
    pub fn sum_lsb(&self, place: Place) -> Option<i32> {
        // The bias puts that magnitude into the top octave of the codes.
        let octave = self.place(place)? + i32::from(self.format.max_exponent());
        Some(octave + 1 + HEADROOM_BITS - (SUM_BITS.cast_signed() - 1))
    }

    /// What a norm is made with, beside its operands; none for another command.
    pub fn norm(&self, operation: &Operation, tag: &Tag) -> Option<NormNumbers> {
        let (parameter, sum) = match tag.stage {
            Stage::Embedding => (Parameter::EmbeddingNorm, Point::EmbeddingSum),
            Stage::AttentionNorm => (Parameter::AttentionNorm, Point::AttentionSum),
            Stage::OutputNorm => (Parameter::OutputNorm, Point::OutputSum),
            _ => return None,
        };
        let layer = tag.layer.unwrap_or_default();
        let (parameters, sum_lsb) = (self.weight(parameter, layer)?, self.sum_lsb((sum, layer))?);
        matches!(operation, Operation::LayerNorm(_)).then_some(NormNumbers { parameters, sum_lsb })
    }

    /// What the fields of a command word hold; zeros for a command without numbers.
    pub fn scales(&self, command: &Command) -> Scales {
        let Some((sources, out)) = self.operands(&command.operation, &command.tag) else {
            return Scales::default();
        };
        let bias = |source| self.bias(source).unwrap_or_default();
        let norm = self.norm(&command.operation, &command.tag);
        let exponents = norm.map(|norm| norm.parameters).or_else(|| self.parameters(sources));
        Scales {
            operands: sources.map(|source| self.format.lsb(bias(source))),
            sum: norm.map_or(0, |norm| norm.sum_lsb),
            parameters: exponents.map_or([0; 2], |e| [e.lsb, e.beta_lsb]),
            out: bias(Source::Point(out)),
        }
    }

    /// What a command's operands and its result are; none for a stage that has no such command.
    pub fn operands(&self, operation: &Operation, tag: &Tag) -> Option<([Source; 2], Place)> {
        // Behind the layers, an off-ramp reads what the last one gave.
        let behind = if tag.stage == Stage::OffRamp { self.layers.map_or(0, |all| all - 1) } else { 0 };
        let layer = tag.layer.unwrap_or(behind);
        let mapped = self.weights.contains_key(&Parameter::EmbeddingMap);
        let (sources, out) = match operation {
            Operation::Matmul(_) => product(tag),
            Operation::LayerNorm(_) => norm(tag.stage, mapped),
            Operation::Softmax(_) => Some(([Of::Point(Point::Scores); 2], Of::Point(Point::Probabilities))),
            Operation::Entropy(_) => Some(([Of::Point(Point::Logits); 2], Of::Point(Point::Logits))),
            _ => None,
        }?;
        let place = |of: Of| match of {
            Of::Point(point) => Some((point, layer)),
            Of::Next => Some((Point::Tokens, layer + 1)),
            Of::Weight(_) => None,
        };
        let source = |of| match of {
            Of::Weight(parameter) => Some(Source::Weight(parameter, layer)),
            other => place(other).map(Source::Point),
        };
        Some(([source(sources[0])?, source(sources[1])?], place(out)?))
    }
}

/// What an operand or a result is to its layer.
#[derive(Clone, Copy)]
enum Of {
    /// An activation of it.
    Point(Point),
    /// The tokens that it gives to the next.
    Next,
    /// A parameter of it.
    Weight(Parameter),
}

/// Operands and result of a command.
type Operands = ([Of; 2], Of);

/// Streamed and stationary operand of a product. Values come out transposed: there the weights stream.
fn product(tag: &Tag) -> Option<Operands> {
    use Of::{Next, Point as At, Weight};
    let head = tag.head.unwrap_or_default();
    let (sources, out) = match tag.stage {
        Stage::Embedding => ([At(Point::Embedded), Weight(Parameter::EmbeddingMap)], Point::Tokens),
        Stage::Query => ([At(Point::Tokens), Weight(Parameter::Query(head))], Point::Query),
        Stage::Key => ([At(Point::Tokens), Weight(Parameter::Key(head))], Point::Key),
        Stage::Value => ([Weight(Parameter::Value(head)), At(Point::Tokens)], Point::Value),
        Stage::Scores => ([At(Point::Query), At(Point::Key)], Point::Scores),
        Stage::Context => ([At(Point::Probabilities), At(Point::Value)], Point::Context),
        Stage::Output => ([At(Point::Context), Weight(Parameter::Output)], Point::Projection),
        Stage::FeedForward1 => ([At(Point::Attended), Weight(Parameter::FeedForward1)], Point::Activated),
        Stage::FeedForward2 => ([At(Point::Activated), Weight(Parameter::FeedForward2)], Point::Contracted),
        Stage::OffRamp if tag.part.0 == 0 => ([Next, Weight(Parameter::Pooler)], Point::Pooled),
        Stage::OffRamp => ([At(Point::Pooled), Weight(Parameter::Classifier)], Point::Logits),
        _ => return None,
    };
    Some((sources, At(out)))
}

/// The two operands of a norm, and its result.
fn norm(stage: Stage, mapped: bool) -> Option<Operands> {
    use Of::{Next, Point as At, Weight};
    let embedded = if mapped { Point::Embedded } else { Point::Tokens };
    Some(match stage {
        Stage::Embedding => ([Weight(Parameter::Word), Weight(Parameter::Position)], At(embedded)),
        Stage::AttentionNorm => ([At(Point::Projection), At(Point::Tokens)], At(Point::Attended)),
        Stage::OutputNorm => ([At(Point::Contracted), At(Point::Attended)], Next),
        _ => return None,
    })
}
