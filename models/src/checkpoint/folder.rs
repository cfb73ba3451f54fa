//! The files of a checkpoint's folder.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::tensor::{LIMIT, Tensors};
use super::{onnx, pickle, safetensors};
use crate::record::{Error, Kind, read_bytes, read_text};

/// Path of a file in a folder, as people write it.
pub(super) fn file(folder: &str, name: &str) -> String {
    Path::new(folder).join(name).to_string_lossy().into_owned()
}

/// All tensors of a folder, and what people call where they are from.
pub(super) fn tensors(folder: &str) -> Result<(String, Tensors), Error> {
    let there = |name: &str| Some(file(folder, name)).filter(|path| Path::new(path).is_file());
    if let Some(path) = there("model.safetensors") {
        return Ok((path.clone(), safetensors::read(&path, &bytes(&path)?)?));
    }
    if let Some(path) = there("model.safetensors.index.json") {
        return Ok((path.clone(), shards(folder, &path)?));
    }
    if let Some(path) = there("pytorch_model.bin") {
        return Ok((path.clone(), pickle::read(&path, &bytes(&path)?)?));
    }
    if let Some(path) = there("model.onnx") {
        return Ok((path.clone(), onnx::read(&path, &bytes(&path)?)?));
    }
    let message = format!(
        "{folder} has no weights: there is no model.safetensors, model.safetensors.index.json, pytorch_model.bin or model.onnx"
    );
    Err(Error::new(
        Kind::Io,
        format!("`{folder}`"),
        message,
        "name the folder of a model as the transformers library saves it",
    ))
}

fn bytes(path: &str) -> Result<Vec<u8>, Error> {
    read_bytes(path, LIMIT, "check the path of the weights")
}

/// The tensors of all files that an index names.
fn shards(folder: &str, path: &str) -> Result<Tensors, Error> {
    let refuse = |message: String| {
        let remedy = "download the index and its shards again";
        Error::new(Kind::Input, format!("`{path}`"), format!("{path}: {message}"), remedy)
    };
    let text = read_text(path, 64 << 20, "check the path of the weights")?;
    let index: Value = serde_json::from_str(&text).map_err(|error| refuse(format!("no JSON: {error}")))?;
    let map = index.get("weight_map").and_then(Value::as_object);
    let map = map.ok_or_else(|| refuse("key `weight_map` is missing or no object".into()))?;
    let names: Option<BTreeSet<&str>> = map.values().map(Value::as_str).collect();
    let names =
        names.ok_or_else(|| refuse("`weight_map` must give the name of a file for each tensor".into()))?;
    let mut tensors = Tensors::new();
    for name in names {
        // A name with a path in it could point anywhere.
        if Path::new(name).file_name().is_none_or(|own| own != name) {
            return Err(refuse(format!("shard `{name}` must be a file of the same folder")));
        }
        let shard = file(folder, name);
        tensors.extend(safetensors::read(&shard, &bytes(&shard)?)?);
    }
    if let Some(missing) = map.keys().find(|name| !tensors.contains_key(*name) && name.ends_with("weight")) {
        return Err(refuse(format!("tensor `{missing}` is in none of the shards")));
    }
    Ok(tensors)
}
