//! Weights in a `.safetensors` file.
//!
//! The crate checks the header against the file: its length, that offsets follow each other without gap or overlap, that each shape and
//! type takes the bytes it is given. `F32`, `F16` and `BF16` are read, the latter two widened; `F64` is rounded. Integers that are no
//! weights, e.g. position ids, are left out.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::tensor::{Tensor, Tensors, widen_bf16, widen_f16};
use crate::record::{Error, Kind};

/// The tensors of a file; `source` is what a person calls it.
///
/// # Errors
/// What breaks the format, or a weight of a type that is not read.
pub fn read(source: &str, bytes: &[u8]) -> Result<Tensors, Error> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| {
        let message = format!("{source} is no safetensors file: {error}");
        Error::new(Kind::Input, format!("`{source}`"), message, "download it again, or save the model anew")
    })?;
    let mut tensors = Tensors::new();
    for (name, view) in file.tensors() {
        if let Some(tensor) = tensor(source, &name, &view)? {
            tensors.insert(name, tensor);
        }
    }
    Ok(tensors)
}

fn tensor(source: &str, name: &str, view: &TensorView) -> Result<Option<Tensor>, Error> {
    let data = view.data();
    let halves = || data.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    let values: Vec<f32> = match view.dtype() {
        Dtype::F32 => data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        Dtype::F16 => halves().map(widen_f16).collect(),
        Dtype::BF16 => halves().map(widen_bf16).collect(),
        Dtype::F64 => {
            let double = |b: &[u8]| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]);
            data.chunks_exact(8).map(|b| double(b) as f32).collect()
        }
        other if name.ends_with("weight") || name.ends_with("bias") => {
            let message = format!("{source}: tensor `{name}` is {other:?} (must be F32, F16, BF16 or F64)");
            let remedy = "save the model with floating-point weights: those of other types are quantised by a scheme that is not told";
            return Err(Error::new(Kind::Input, format!("`{source}`"), message, remedy));
        }
        _ => return Ok(None),
    };
    Ok(Some(Tensor { shape: view.shape().to_vec(), values }))
}
