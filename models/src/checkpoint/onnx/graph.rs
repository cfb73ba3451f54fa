//! What is read of an ONNX graph: initialisers of real numbers, and nodes of four kinds.
//!
//! Numbers of fields are those of `onnx.proto3`.

use std::collections::BTreeSet;

use super::EXPORT;
use crate::checkpoint::protobuf::{Field, Message};
use crate::checkpoint::real::Real;
use crate::checkpoint::refusal::{Refusal, shown};
use crate::checkpoint::tensor::{RANK, Tensor};

/// Initialisers and nodes in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    pub initialisers: Vec<Initialiser<'a>>,
    pub nodes: Vec<Node<'a>>,
}

/// A constant of real numbers, which are not read yet.
#[derive(Debug)]
pub(super) struct Initialiser<'a> {
    pub name: &'a str,
    pub shape: Vec<usize>,
    /// Product of the lengths.
    pub elements: usize,
    real: Real,
    fields: Message<'a>,
}

/// A node that says something of names.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub kind: Kind,
    /// Empty where there are fewer.
    pub inputs: [&'a str; 3],
    pub output: &'a str,
}

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Add,
    MatMul,
    /// Whether its second input is the transpose of the weight that is multiplied by.
    Gemm {
        transposed: bool,
    },
    Identity,
}

/// The graph of a `ModelProto`.
pub(super) fn read(model: Message<'_>) -> Result<Graph<'_>, Refusal> {
    let (mut graph, mut names, mut found) = (Graph::default(), BTreeSet::new(), false);
    for field in model {
        let field = field?;
        if field.number == 7 {
            found = true;
            read_graph(field.message()?, &mut graph, &mut names)?;
        }
    }
    if !found {
        return Err(Refusal::damage("an ONNX model must have a graph (field 7), the file has none"));
    }
    Ok(graph)
}

fn read_graph<'a>(
    fields: Message<'a>,
    graph: &mut Graph<'a>,
    names: &mut BTreeSet<&'a str>,
) -> Result<(), Refusal> {
    for field in fields {
        let field = field?;
        match field.number {
            1 => graph.nodes.extend(node(field.message()?)?),
            5 => {
                let Some(found) = initialiser(field.message()?)? else { continue };
                if !names.insert(found.name) {
                    let twice = Refusal::damage("the graph has two initialisers of this name");
                    return Err(twice.at(place(found.name)));
                }
                graph.initialisers.push(found);
            }
            _ => {}
        }
    }
    Ok(())
}

/// A `NodeProto`; none where it is of no kind that counts.
fn node(fields: Message<'_>) -> Result<Option<Node<'_>>, Refusal> {
    let mut node = Node { kind: Kind::Identity, inputs: [""; 3], output: "" };
    let (mut inputs, mut outputs, mut operator, mut transposed) = (0, 0, "", false);
    for field in fields {
        let field = field?;
        match field.number {
            1 => {
                if let Some(input) = node.inputs.get_mut(inputs) {
                    *input = field.text()?;
                }
                inputs += 1;
            }
            2 if outputs == 0 => (node.output, outputs) = (field.text()?, 1),
            4 => operator = field.text()?,
            5 => transposed |= is_transposing(field.message()?)?,
            _ => {}
        }
    }
    node.kind = match operator {
        "Add" => Kind::Add,
        "MatMul" => Kind::MatMul,
        "Gemm" => Kind::Gemm { transposed },
        "Identity" => Kind::Identity,
        _ => return Ok(None),
    };
    Ok(Some(node))
}

/// Whether an `AttributeProto` is `transB` and not 0.
fn is_transposing(fields: Message<'_>) -> Result<bool, Refusal> {
    let (mut name, mut value) = ("", 0);
    for field in fields {
        let field = field?;
        match field.number {
            1 => name = field.text()?,
            3 => value = field.integer()?,
            _ => {}
        }
    }
    Ok(name == "transB" && value != 0)
}

/// A `TensorProto`; none where it holds no real numbers.
fn initialiser(fields: Message<'_>) -> Result<Option<Initialiser<'_>>, Refusal> {
    let (mut name, mut shape, mut kind, mut external) = ("", Vec::new(), 0, false);
    for field in fields {
        let field = field?;
        match field.number {
            1 => field.integers(|length| push(&field, &mut shape, length))?,
            2 => kind = field.integer()?,
            8 => name = field.text()?,
            14 => external = field.integer()? == 1,
            _ => {}
        }
    }
    let Some(real) = real(kind).map_err(|wrong| wrong.at(place(name)))? else { return Ok(None) };
    if external {
        return Err(Refusal::new(
            "the weights must be in the file, this one is in another beside it",
            "put them into one file: python -c \"import onnx; onnx.save(onnx.load('model.onnx'),'whole.onnx')\"",
        )
        .at(place(name)));
    }
    let elements = Tensor::elements(&shape).ok_or_else(|| {
        Refusal::damage(format!("shape {shape:?} must be of a size that fits a file")).at(place(name))
    })?;
    Ok(Some(Initialiser { name, shape, elements, real, fields }))
}

fn push(field: &Field<'_>, shape: &mut Vec<usize>, length: u64) -> Result<(), Refusal> {
    let length = i64::try_from(length).ok().and_then(|length| usize::try_from(length).ok());
    if shape.len() == RANK {
        return Err(field.wrong(&format!("at most {RANK} dimensions")));
    }
    shape.push(length.ok_or_else(|| field.wrong("lengths from 0"))?);
    Ok(())
}

/// The format of a `TensorProto.DataType`; none for integers, truth values and strings.
fn real(kind: u64) -> Result<Option<Real>, Refusal> {
    Ok(Some(match kind {
        1 => Real::F32,
        10 => Real::F16,
        11 => Real::F64,
        16 => Real::Bf16,
        2..=9 | 12 | 13 | 21 | 22 | 25 | 26 => return Ok(None),
        _ => {
            let message = format!(
                "data type {kind} must be float (1), double (11), float16 (10), bfloat16 (16) or one of integers"
            );
            return Err(Refusal::new(message, EXPORT));
        }
    }))
}

impl Initialiser<'_> {
    /// The numbers.
    pub(super) fn values(&self) -> Result<Vec<f32>, Refusal> {
        let (mut raw, mut typed) = (None, Vec::new());
        for field in self.fields {
            let field = field?;
            match (field.number, self.real) {
                (9, _) => raw = Some(field.bytes()?),
                (4, Real::F32) | (10, Real::F64) => typed.extend_from_slice(field.fixed()?),
                (5, Real::F16 | Real::Bf16) => field.integers(|bits| half(&field, &mut typed, bits))?,
                _ => {}
            }
        }
        let bytes = raw.unwrap_or(&typed);
        let expected = self.elements.checked_mul(self.real.size());
        if expected != Some(bytes.len()) {
            let message = format!(
                "shape {:?} has {} elements of {} bytes, {} bytes are there",
                self.shape,
                self.elements,
                self.real.size(),
                bytes.len()
            );
            return Err(Refusal::damage(message));
        }
        self.real.numbers(bytes)
    }
}

/// 16 bits, which the typed field holds as an integer.
fn half(field: &Field<'_>, typed: &mut Vec<u8>, bits: u64) -> Result<(), Refusal> {
    let bits = u16::try_from(bits).map_err(|_| field.wrong("16 bits an element"))?;
    typed.extend_from_slice(&bits.to_le_bytes());
    Ok(())
}

fn place(name: &str) -> String {
    format!("initialiser `{}`", shown(name))
}
