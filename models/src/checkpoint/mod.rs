//! Checkpoints: folders as the `transformers` library saves them, read without trust.
//!
//! | file | what |
//! |---|---|
//! | `config.json` | family and sizes (`config`) |
//! | `model.safetensors`, or shards with `model.safetensors.index.json` | weights ([`safetensors`]) |
//! | `pytorch_model.bin` | weights where there is none of those ([`pickle`]) |
//! | `model.onnx` | weights where there is none of those either ([`onnx`]) |
//!
//! Tensors have the names that the library gives them in each family (`names`). Beyond those may be there:
//!
//! - off-ramps `off_ramps.{i}.pooler` and `off_ramps.{i}.classifier` behind layer `i + 1`, or `encoder.highway.{i}.…` as EdgeBERT and
//!   DeeBERT save them; the last off-ramp is the model's own classifier;
//! - spans: `"attention_spans": [tokens of each head]` in `config.json`, or `….attention.adaptive_span.current_val` with `attn_span` and
//!   `adapt_span_ramp` in `config.json`. Layers share them: a head that has one for each layer sees as much as its longest.
//!
//! Every reader bounds what it allocates by the bytes of the file, executes nothing, and says where a file breaks its format.
//! Not read: token types beyond segment 0, dataflows of other families.

mod config;
mod cursor;
mod export;
mod folder;
mod import;
mod names;
pub mod onnx;
pub mod pickle;
mod protobuf;
mod real;
mod refusal;
pub mod safetensors;
mod take;
pub mod tensor;
mod zip;

pub use export::write;
pub use tensor::{Tensor, Tensors};

use crate::model::Model;
use crate::record::Error;
use config::Config;

/// The model in a folder.
///
/// # Errors
/// A file is missing or cannot be read, is not what its name says, or the tensors are not those of the network that it describes.
pub fn read(folder: &str) -> Result<Model, Error> {
    let config = Config::read(&folder::file(folder, "config.json"))?;
    let (source, tensors) = folder::tensors(folder)?;
    import::model(&source, tensors, config)
}
