//! Weights in a `.safetensors` file.
//!
//! The crate checks the header against the file: its length, that offsets follow each other without gap or overlap, that each shape and
//! type takes the bytes it is given. `F32`, `F16` and `BF16` are read, the latter two widened; `F64` is rounded. Integers that are no
//! weights, e.g. position ids, are left out.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::real::Real;
use super::refusal::Refusal;
use super::tensor::{Tensor, Tensors};
use crate::record::Error;

/// The tensors of a file; `source` is what a person calls it.
///
/// # Errors
/// What breaks the format, or a weight of a type that is not read.
pub fn read(source: &str, bytes: &[u8]) -> Result<Tensors, Error> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| Refusal::damage(format!("no safetensors file: {error}")).of(source))?;
    let mut tensors = Tensors::new();
    for (name, view) in file.tensors() {
        if let Some(tensor) = tensor(source, &name, &view)? {
            tensors.insert(name, tensor);
        }
    }
    Ok(tensors)
}

fn tensor(source: &str, name: &str, view: &TensorView) -> Result<Option<Tensor>, Error> {
    let real = match view.dtype() {
        Dtype::F32 => Real::F32,
        Dtype::F16 => Real::F16,
        Dtype::BF16 => Real::Bf16,
        Dtype::F64 => Real::F64,
        other if name.ends_with("weight") || name.ends_with("bias") => {
            let message = format!("tensor `{name}` is {other:?} (must be F32, F16, BF16 or F64)");
            let remedy = "save the model with floating-point weights: those of other types are quantised by a scheme that is not told";
            return Err(Refusal::new(message, remedy).of(source));
        }
        _ => return Ok(None),
    };
    let values =
        real.numbers(view.data()).map_err(|refusal| refusal.at(format!("tensor `{name}`")).of(source))?;
    Ok(Some(Tensor { shape: view.shape().to_vec(), values }))
}
