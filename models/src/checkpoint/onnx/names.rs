//! Names of weights as PyTorch has them, from a graph in which exporters have changed some.
//!
//! A linear layer on more than one token becomes `MatMul` and `Add`. Its weight is then stored as `[in, out]` under a name that the exporter
//! made up, e.g. `onnx::MatMul_714`; its bias keeps its name. So: an `Add` of a product with `X.bias` tells that the product's weight is the
//! transpose of `X.weight`. `Gemm` tells the same; with `transB` its weight is not transposed. Weights that have a name of their own are
//! left as they are stored. A bias that is no part of its layer tells a name that PyTorch does not have: `cls.predictions.weight` of the
//! decoder of masked language models.
//!
//! Initialisers of equal bytes are stored once, and `Identity` nodes give that one the names of the others.
//!
//! Made-up names: those with `::` or `/`, numbers, and `val_` with a number. An initialiser whose name is not told keeps it.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Graph, Kind, Node};

/// A name, and the initialiser that it is for.
#[derive(Debug, PartialEq)]
pub(super) struct Naming {
    pub name: String,
    /// An index.
    pub source: usize,
    /// Whether the initialiser is the transpose of what is named.
    pub transposed: bool,
}

/// All names of all initialisers; one may be there more than once, if its layer is used more than once.
pub(super) fn of(graph: &Graph<'_>) -> Vec<Naming> {
    let sources = sources(graph);
    let told = told(graph, &sources);
    let renamed: BTreeSet<usize> = told.iter().map(|naming| naming.source).collect();
    let own = |(name, source): (&&str, &usize)| {
        let stored = graph.initialisers[*source].name == *name;
        let kept = if stored { !renamed.contains(source) || !made_up(name) } else { !made_up(name) };
        kept.then(|| Naming { name: (*name).to_owned(), source: *source, transposed: false })
    };
    sources.iter().filter_map(own).chain(told).collect()
}

/// Initialisers by their names, and by those that `Identity` gives them.
fn sources<'a>(graph: &Graph<'a>) -> BTreeMap<&'a str, usize> {
    let stored = graph.initialisers.iter().enumerate();
    let mut sources: BTreeMap<&str, usize> = stored.map(|(index, it)| (it.name, index)).collect();
    // Nodes stand behind those that they take from.
    for node in graph.nodes.iter().filter(|node| node.kind == Kind::Identity) {
        if let Some(&source) = sources.get(node.inputs[0]) {
            sources.entry(node.output).or_insert(source);
        }
    }
    sources
}

/// The names that biases tell.
fn told(graph: &Graph<'_>, sources: &BTreeMap<&str, usize>) -> Vec<Naming> {
    let products = graph.nodes.iter().filter(|node| node.kind == Kind::MatMul);
    let products: BTreeMap<&str, &str> = products.map(|node| (node.output, node.inputs[1])).collect();
    let tells = |node: &Node<'_>| {
        let [a, b, c] = node.inputs;
        let (weight, bias, transposed) = match node.kind {
            Kind::Add => match (products.get(a), products.get(b)) {
                (Some(weight), None) => (*weight, b, true),
                (None, Some(weight)) => (*weight, a, true),
                _ => return None,
            },
            Kind::Gemm { transposed } => (b, c, !transposed),
            Kind::MatMul | Kind::Identity => return None,
        };
        let source = *sources.get(weight).filter(|_| made_up(weight))?;
        let module = bias.strip_suffix(".bias").filter(|_| sources.contains_key(bias))?;
        let matrix = graph.initialisers[source].shape.len() == 2;
        matrix.then(|| Naming { name: format!("{module}.weight"), source, transposed })
    };
    graph.nodes.iter().filter_map(tells).collect()
}

/// Whether an exporter made up a name.
fn made_up(name: &str) -> bool {
    let number = name.strip_prefix("val_").unwrap_or(name);
    name.contains("::") || name.contains('/') || number.bytes().all(|byte| byte.is_ascii_digit())
}
