//! ONNX models, of which only the initialisers of the graph are read, and of its nodes what tells their names.
//!
//! A file is one `ModelProto` of protocol buffers. Initialisers of float, double, float16 and bfloat16 are read from raw data or typed fields;
//! those of integers and strings are left out, other types refused. Names are kept as they are, no prefix is stripped; what exporters rename
//! or transpose is undone where the graph says how (`names`).
//!
//! Not handled: weights in files beside the model (refused), sparse initialisers, and weights that are constants in nodes or in graphs of nodes.

mod graph;
mod names;

use std::collections::BTreeMap;

use super::protobuf::Message;
use super::real::Budget;
use super::refusal::{Refusal, shown};
use super::tensor::{Tensor, Tensors};
use crate::record::Error;
use graph::Initialiser;
use names::Naming;

const EXPORT: &str = "export the model with its weights: torch.onnx.export(model, inputs, 'model.onnx')";

/// The tensors of real numbers among a model's initialisers; `source` is its path as the user wrote it.
///
/// # Errors
/// What is no ONNX model, or has what is not handled.
pub fn read(source: &str, bytes: &[u8]) -> Result<Tensors, Error> {
    tensors(bytes).map_err(|wrong| wrong.of(source))
}

fn tensors(bytes: &[u8]) -> Result<Tensors, Refusal> {
    let graph = graph::read(Message::new(bytes))?;
    let mut budget = Budget::of(bytes);
    let mut tensors = Tensors::new();
    let mut sources: BTreeMap<String, (usize, bool)> = BTreeMap::new();
    for Naming { name, source, transposed } in names::of(&graph) {
        if sources.get(&name) == Some(&(source, transposed)) {
            continue;
        }
        let place = format!("tensor `{}`", shown(&name));
        let tensor =
            values(&graph.initialisers[source], transposed, &mut budget).map_err(|wrong| wrong.at(&place))?;
        if tensors.get(&name).is_some_and(|first| !same(first, &tensor)) {
            let wrong = Refusal::new("the graph has two weights of this name that differ", EXPORT);
            return Err(wrong.at(place));
        }
        sources.insert(name.clone(), (source, transposed));
        tensors.insert(name, tensor);
    }
    if tensors.is_empty() {
        return Err(Refusal::new("the model must have initialisers of real numbers, it has none", EXPORT));
    }
    Ok(tensors)
}

fn values(initialiser: &Initialiser<'_>, transposed: bool, budget: &mut Budget) -> Result<Tensor, Refusal> {
    budget.take(initialiser.elements)?;
    let (shape, values) = (initialiser.shape.clone(), initialiser.values()?);
    match shape[..] {
        [rows, columns] if transposed => {
            Ok(Tensor { shape: vec![columns, rows], values: turn(&values, rows, columns) })
        }
        _ => Ok(Tensor { shape, values }),
    }
}

/// A matrix with its columns as rows.
fn turn(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..values.len()).map(|at| values[at % rows * columns + at / rows]).collect()
}

fn same(a: &Tensor, b: &Tensor) -> bool {
    a.shape == b.shape && a.values.iter().zip(&b.values).all(|(a, b)| a.to_bits() == b.to_bits())
}

#[cfg(test)]
mod tests;
