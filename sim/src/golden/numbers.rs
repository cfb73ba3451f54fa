//! Exponent biases: which tensor each operand of a command is, and in which range its values lie.
//!
//! Activations take the bias of their calibration point, the same in every layer, because the commands of the layer loop are
//! the same in every layer. Weights take one bias a parameter, from the largest magnitude over all layers, for the same
//! reason. Operands are named by the stage of their command.

use super::quantised::Quantised;
use kernels::adaptivfloat::{Format, bias_for};
use kernels::add::SUM_BITS;
use models::forward::{Maxima, Point};
use models::program::word::Scales;
use models::program::{Command, Operation, Parameter, Stage, Tag};
use std::collections::BTreeMap;

/// An operand of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An activation.
    Point(Point),
    /// A weight.
    Weight(Parameter),
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
    /// Gamma, beta and the exponents of the channels.
    pub parameter: Parameter,
    /// The sum of the operands.
    pub sum: Point,
}

/// The numeric settings of a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// Format of all codes.
    pub format: Format,
    /// Exponent bias at each point.
    pub points: BTreeMap<Point, i32>,
    /// Exponents of each parameter.
    pub weights: BTreeMap<Parameter, Exponents>,
}

impl Numbers {
    /// Settings under which the largest magnitude at each point lies in the top octave.
    pub fn new(format: Format, maxima: &Maxima, weights: &Quantised) -> Self {
        let points = maxima.iter().map(|(point, max)| (*point, bias_for(format, f64::from(*max)))).collect();
        Numbers { format, points, weights: weights.exponents() }
    }

    /// Exponent bias of an operand; none if nothing is known of it.
    pub fn bias(&self, source: Source) -> Option<i32> {
        match source {
            Source::Point(point) => self.points.get(&point).copied(),
            Source::Weight(parameter) => self.weights.get(&parameter).map(|e| e.codes),
        }
    }

    /// Weight of the lowest bit of the sums at a point: the largest magnitude seen there has [`HEADROOM_BITS`] bits left below
    /// saturation, at 2^23. None if nothing is known of the point.
    pub fn sum_lsb(&self, point: Point) -> Option<i32> {
        // The bias puts that magnitude into the top octave of the codes.
        let octave = self.points.get(&point)? + i32::from(self.format.max_exponent());
        Some(octave + 1 + HEADROOM_BITS - (SUM_BITS.cast_signed() - 1))
    }

    /// What the fields of a command word hold; zeros for a command without numbers.
    pub fn scales(&self, command: &Command) -> Scales {
        let Some((sources, out)) = self.operands(&command.operation, &command.tag) else {
            return Scales::default();
        };
        let bias = |source| self.bias(source).unwrap_or_default();
        let norm = NormNumbers::of(&command.operation, command.tag.stage);
        let weight = sources.into_iter().find_map(|source| match source {
            Source::Weight(parameter) => Some(parameter),
            Source::Point(_) => None,
        });
        let exponents = norm.map(|norm| norm.parameter).or(weight).and_then(|of| self.weights.get(&of));
        Scales {
            operands: sources.map(|source| self.format.lsb(bias(source))),
            sum: norm.and_then(|norm| self.sum_lsb(norm.sum)).unwrap_or_default(),
            parameters: exponents.map_or([0; 2], |e| [e.lsb, e.beta_lsb]),
            out: bias(Source::Point(out)),
        }
    }

    /// What a command's operands and its result are; none for a stage that has no such command.
    pub fn operands(&self, operation: &Operation, tag: &Tag) -> Option<([Source; 2], Point)> {
        match operation {
            Operation::Matmul(_) => product(tag),
            Operation::LayerNorm(_) => norm(tag.stage, self.weights.contains_key(&Parameter::EmbeddingMap)),
            Operation::Softmax(_) => Some(([Source::Point(Point::Scores); 2], Point::Probabilities)),
            Operation::Entropy(_) => Some(([Source::Point(Point::Logits); 2], Point::Logits)),
            _ => None,
        }
    }
}

/// Streamed and stationary operand of a product. Values come out transposed: there the weights stream.
fn product(tag: &Tag) -> Option<([Source; 2], Point)> {
    use Source::{Point as At, Weight};
    let head = tag.head.unwrap_or_default();
    Some(match tag.stage {
        Stage::Embedding => ([At(Point::Embedded), Weight(Parameter::EmbeddingMap)], Point::Tokens),
        Stage::Query => ([At(Point::Tokens), Weight(Parameter::Query(head))], Point::Query),
        Stage::Key => ([At(Point::Tokens), Weight(Parameter::Key(head))], Point::Key),
        Stage::Value => ([Weight(Parameter::Value(head)), At(Point::Tokens)], Point::Value),
        Stage::Scores => ([At(Point::Query), At(Point::Key)], Point::Scores),
        Stage::Context => ([At(Point::Probabilities), At(Point::Value)], Point::Context),
        Stage::Output => ([At(Point::Context), Weight(Parameter::Output)], Point::Projection),
        Stage::FeedForward1 => ([At(Point::Attended), Weight(Parameter::FeedForward1)], Point::Activated),
        Stage::FeedForward2 => ([At(Point::Activated), Weight(Parameter::FeedForward2)], Point::Contracted),
        Stage::OffRamp if tag.part.0 == 0 => ([At(Point::Tokens), Weight(Parameter::Pooler)], Point::Pooled),
        Stage::OffRamp => ([At(Point::Pooled), Weight(Parameter::Classifier)], Point::Logits),
        _ => return None,
    })
}

/// The two operands of a norm, and its result.
fn norm(stage: Stage, mapped: bool) -> Option<([Source; 2], Point)> {
    use Source::{Point as At, Weight};
    let embedded = if mapped { Point::Embedded } else { Point::Tokens };
    Some(match stage {
        Stage::Embedding => ([Weight(Parameter::Word), Weight(Parameter::Position)], embedded),
        Stage::AttentionNorm => ([At(Point::Projection), At(Point::Tokens)], Point::Attended),
        Stage::OutputNorm => ([At(Point::Contracted), At(Point::Attended)], Point::Tokens),
        _ => return None,
    })
}

impl NormNumbers {
    /// Those of a norm in a stage; none for another command.
    pub fn of(operation: &Operation, stage: Stage) -> Option<NormNumbers> {
        let (parameter, sum) = match stage {
            Stage::Embedding => (Parameter::EmbeddingNorm, Point::EmbeddingSum),
            Stage::AttentionNorm => (Parameter::AttentionNorm, Point::AttentionSum),
            Stage::OutputNorm => (Parameter::OutputNorm, Point::OutputSum),
            _ => return None,
        };
        matches!(operation, Operation::LayerNorm(_)).then_some(NormNumbers { parameter, sum })
    }
}
