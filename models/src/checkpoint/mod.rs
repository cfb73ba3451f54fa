//! Checkpoints: tensors by name, from files that are never trusted.
//!
//! Every reader bounds what it allocates by the bytes of the file, executes nothing, and says where a file breaks its format.

mod cursor;
pub mod onnx;
pub mod pickle;
mod protobuf;
mod real;
mod refusal;
pub mod tensor;
mod zip;

pub use tensor::{Tensor, Tensors};
