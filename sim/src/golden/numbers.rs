//! Exponent biases: which tensor each operand of a command is, and in which range its values lie.
//!
//! Activations take the bias of their calibration point, the same in every layer, because the commands of the layer loop are
//! the same in every layer. Weights take one bias a parameter, from the largest magnitude over all layers, for the same
//! reason. Operands are named by the stage of their command.

use super::quantised::Quantised;
use kernels::adaptivfloat::{Format, bias_for};
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

    /// What the fields of a command word hold; zeros for a command without numbers.
    pub fn scales(&self, command: &Command) -> Scales {
        let Some((sources, out)) = self.operands(&command.operation, &command.tag) else {
            return Scales::default();
        };
        let bias = |source| self.bias(source).unwrap_or_default();
        let exponents = sources.into_iter().find_map(|source| match source {
            Source::Weight(parameter) => self.weights.get(&parameter),
            Source::Point(_) => None,
        });
        Scales {
            operands: sources.map(|source| self.format.lsb(bias(source))),
            parameters: exponents.map_or([0; 2], |e| [e.lsb, e.beta_lsb]),
            out: bias(Source::Point(out)),
        }
    }

    /// What a command's operands and its result are; none for a stage that has no such command.
    pub fn operands(&self, operation: &Operation, tag: &Tag) -> Option<([Source; 2], Point)> {
        match operation {
            Operation::Matmul(_) => product(tag),
            Operation::Add(_) => sum(tag.stage),
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

fn sum(stage: Stage) -> Option<([Source; 2], Point)> {
    use Source::{Point as At, Weight};
    Some(match stage {
        Stage::Embedding => ([Weight(Parameter::Word), Weight(Parameter::Position)], Point::EmbeddingSum),
        Stage::AttentionNorm => ([At(Point::Projection), At(Point::Tokens)], Point::AttentionSum),
        Stage::OutputNorm => ([At(Point::Contracted), At(Point::Attended)], Point::OutputSum),
        _ => return None,
    })
}

/// Input and parameters of a norm.
fn norm(stage: Stage, mapped: bool) -> Option<([Source; 2], Point)> {
    use Source::{Point as At, Weight};
    let embedded = if mapped { Point::Embedded } else { Point::Tokens };
    Some(match stage {
        Stage::Embedding => ([At(Point::EmbeddingSum), Weight(Parameter::EmbeddingNorm)], embedded),
        Stage::AttentionNorm => {
            ([At(Point::AttentionSum), Weight(Parameter::AttentionNorm)], Point::Attended)
        }
        Stage::OutputNorm => ([At(Point::OutputSum), Weight(Parameter::OutputNorm)], Point::Tokens),
        _ => return None,
    })
}
