//! Checkpoints: tensors by name, from files that are never trusted.
//!
//! Every reader bounds what it allocates by the bytes of the file, executes nothing, and says where a file breaks its format.

pub mod tensor;

pub use tensor::{Tensor, Tensors};
