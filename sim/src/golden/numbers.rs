//! Exponent biases: which tensor each operand of a command is, and in which range its values lie.
//!
//! Where all layers have the same commands, an activation takes one bias for all of them and a weight one for the parameter, from
//! the largest magnitude over all layers; where each has commands of its own, each has biases of its own. Operands are named by the
//! stage and the layer of their command.

use super::quantised::Quantised;
use kernels::adaptivfloat::{Format, bias_for};
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

    /// What the fields of a command word hold; zeros for a command without numbers.
    pub fn scales(&self, command: &Command) -> Scales {
        let Some((sources, out)) = self.operands(&command.operation, &command.tag) else {
            return Scales::default();
        };
        let bias = |source| self.bias(source).unwrap_or_default();
        Scales {
            operands: sources.map(|source| self.format.lsb(bias(source))),
            parameters: self.parameters(sources).map_or([0; 2], |e| [e.lsb, e.beta_lsb]),
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
            Operation::Add(_) => sum(tag.stage),
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

fn sum(stage: Stage) -> Option<Operands> {
    use Of::{Point as At, Weight};
    let (sources, out) = match stage {
        Stage::Embedding => ([Weight(Parameter::Word), Weight(Parameter::Position)], Point::EmbeddingSum),
        Stage::AttentionNorm => ([At(Point::Projection), At(Point::Tokens)], Point::AttentionSum),
        Stage::OutputNorm => ([At(Point::Contracted), At(Point::Attended)], Point::OutputSum),
        _ => return None,
    };
    Some((sources, At(out)))
}

/// Input and parameters of a norm.
fn norm(stage: Stage, mapped: bool) -> Option<Operands> {
    use Of::{Next, Point as At, Weight};
    let embedded = if mapped { Point::Embedded } else { Point::Tokens };
    Some(match stage {
        Stage::Embedding => ([At(Point::EmbeddingSum), Weight(Parameter::EmbeddingNorm)], At(embedded)),
        Stage::AttentionNorm => {
            ([At(Point::AttentionSum), Weight(Parameter::AttentionNorm)], At(Point::Attended))
        }
        Stage::OutputNorm => ([At(Point::OutputSum), Weight(Parameter::OutputNorm)], Next),
        _ => return None,
    })
}
