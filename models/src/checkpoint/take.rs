//! Tensors taken out of a checkpoint by name, with everything noted that does not fit.

use nalgebra::DMatrix;

use super::tensor::{Tensor, Tensors};
use crate::record::{Error, Kind, Problem, nearest};
use crate::weights::{Dense, Norm};

/// Problems that are listed before the rest is counted: a wrong configuration makes every tensor misshapen.
const LISTED: usize = 12;

/// A checkpoint that is being taken apart. What is missing or misshapen is empty in the result and noted.
pub(super) struct Take<'a> {
    /// What people call the file.
    pub source: &'a str,
    tensors: Tensors,
    problems: Vec<Problem>,
}

impl<'a> Take<'a> {
    /// Of these tensors; old names of norm parameters become those of today.
    pub(super) fn new(source: &'a str, tensors: Tensors) -> Self {
        let renamed = |name: String| match name.strip_suffix(".gamma") {
            Some(norm) => format!("{norm}.weight"),
            None => name.strip_suffix(".beta").map_or(name.clone(), |norm| format!("{norm}.bias")),
        };
        let tensors = tensors.into_iter().map(|(name, tensor)| (renamed(name), tensor)).collect();
        Take { source, tensors, problems: Vec::new() }
    }

    /// Whether a tensor is there still.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Whether the name of a tensor that is there still begins so.
    pub(super) fn has_under(&self, prefix: &str) -> bool {
        self.tensors.range(prefix.to_owned()..).next().is_some_and(|(name, _)| name.starts_with(prefix))
    }

    /// A tensor of whatever shape, if it is there.
    pub(super) fn any(&mut self, name: &str) -> Option<Tensor> {
        self.tensors.remove(name)
    }

    /// Notes what is wrong.
    pub(super) fn problem(&mut self, message: String, remedy: &str) {
        let message = format!("{}: {message}", self.source);
        self.problems.push(Problem { message, remedy: Some(remedy.to_owned()), place: None });
    }

    /// Numbers of a tensor of this shape.
    pub(super) fn tensor(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let Some(tensor) = self.tensors.remove(name) else {
            // Distances of all pairs of names would take long where all are missing.
            let known = self.tensors.keys().map(String::as_str);
            let near = if self.problems.len() < LISTED { nearest(name, known) } else { None };
            let near = near.map_or(String::new(), |near| format!("; the nearest name is `{near}`"));
            self.problem(
                format!("tensor `{name}` [{}] is missing{near}", lengths(shape)),
                "check that config.json belongs to these weights, and that they are whole",
            );
            return Vec::new();
        };
        if tensor.shape != shape {
            self.problem(
                format!(
                    "tensor `{name}` is [{}], config.json asks for [{}]",
                    lengths(&tensor.shape),
                    lengths(shape)
                ),
                "check that config.json belongs to these weights",
            );
            return Vec::new();
        }
        if let Some(at) = tensor.values.iter().position(|value| !value.is_finite()) {
            self.problem(
                format!("tensor `{name}`: element {at} is {} (must be finite)", tensor.values[at]),
                "the weights are damaged, or their training diverged: save them anew",
            );
            return Vec::new();
        }
        tensor.values
    }

    /// A table, [width x rows]: a file has it row by row.
    pub(super) fn table(&mut self, name: &str, rows: usize, width: usize) -> DMatrix<f32> {
        self.matrix(&format!("{name}.weight"), rows, width)
    }

    /// The same of a tensor by its whole name.
    pub(super) fn matrix(&mut self, name: &str, rows: usize, width: usize) -> DMatrix<f32> {
        let values = self.tensor(name, &[rows, width]);
        if values.is_empty() { DMatrix::zeros(0, 0) } else { DMatrix::from_vec(width, rows, values) }
    }

    /// A dense layer, [inputs x outputs]: a file has it output by output.
    pub(super) fn dense(&mut self, name: &str, inputs: usize, outputs: usize) -> Dense {
        let weight = self.table(name, outputs, inputs);
        Dense { weight, bias: self.tensor(&format!("{name}.bias"), &[outputs]) }
    }

    /// A norm.
    pub(super) fn norm(&mut self, name: &str, length: usize) -> Norm {
        let gamma = self.tensor(&format!("{name}.weight"), &[length]);
        Norm { gamma, beta: self.tensor(&format!("{name}.bias"), &[length]) }
    }

    /// Ends the taking: nothing may be left but what begins or holds one of `unused`.
    ///
    /// # Errors
    /// Everything that was noted, and what is left.
    pub(super) fn end(mut self, unused: &[&str]) -> Result<(), Error> {
        let used = |name: &&String| {
            !unused.iter().any(|part| name.starts_with(part) || name.contains(&format!(".{part}")))
        };
        let surplus: Vec<String> = self.tensors.keys().filter(used).map(|name| format!("`{name}`")).collect();
        if !surplus.is_empty() {
            let (count, shown) = (surplus.len(), surplus[..surplus.len().min(LISTED)].join(", "));
            let more = if count > LISTED { ", ..." } else { "" };
            self.problem(
                format!("{count} tensor(s) that this family does not have: {shown}{more}"),
                "check model_type and the sizes in config.json; weights of another dataflow cannot be run",
            );
        }
        if self.problems.is_empty() {
            return Ok(());
        }
        let rest = self.problems.len().saturating_sub(LISTED);
        self.problems.truncate(LISTED);
        if rest > 0 {
            self.problem(format!("and {rest} more of the same kind"), "mend those above first");
        }
        Err(Error { kind: Kind::Input, subject: format!("`{}`", self.source), problems: self.problems })
    }
}

/// Lengths of dimensions, as people write them.
fn lengths(shape: &[usize]) -> String {
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}
