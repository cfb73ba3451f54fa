//! PyTorch's files of weights (`.bin`, `.pt`, `.pth`): a zip archive of a pickle and of the bytes of each storage.
//!
//! ```text
//! ROOT/data.pkl     the state dict: names, shapes, strides, and which storage each tensor is a view of
//! ROOT/data/KEY     a storage, little-endian
//! ROOT/byteorder    "little" or "big"; older files have none
//! ```
//!
//! A pickle is a program; this reads the few instructions of which `torch.save` makes a state dict (`machine`), knows a list of globals
//! (`value`), and refuses every other by its name. Nothing is executed. Tensors may be views of any stride (`view`); those of integers are
//! left out. Where the file holds no tensor by name but a dictionary under `state_dict`, `model_state_dict` or `model`, as a training run saves
//! it beside its optimiser, that one is read. Names are kept as they are.
//!
//! Not handled: files of PyTorch before 1.6, which are no archives; other byte orders; whole modules, quantised, sparse and complex tensors.

mod machine;
mod value;
mod view;

use super::real::Budget;
use super::refusal::{Refusal, shown};
use super::tensor::Tensors;
use super::zip::{self, Entries};
use crate::record::Error;
use value::{Heap, Value};

/// What a file of PyTorch before 1.6 starts with: the pickle of a number that stands for the format.
const LEGACY: [u8; 14] = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

const CONVERT: &str = "convert it: python -c \"import torch; from safetensors.torch import save_file; \
    save_file({k:v.clone().contiguous() for k,v in torch.load('pytorch_model.bin',weights_only=True).items()},\
    'model.safetensors')\"";

const SAVE: &str = "save the state dict: torch.save(model.state_dict(), 'pytorch_model.bin')";

/// Where training runs put a state dict.
const NESTED: [&str; 3] = ["state_dict", "model_state_dict", "model"];

/// How often a dictionary may lie in another.
const DEPTH: usize = 4;

/// The tensors of real numbers in a file that `torch.save` wrote; `source` is its path as the user wrote it.
///
/// # Errors
/// What is no such file, or has what is not handled.
pub fn read(source: &str, bytes: &[u8]) -> Result<Tensors, Error> {
    tensors(bytes).map_err(|wrong| wrong.of(source))
}

fn tensors(bytes: &[u8]) -> Result<Tensors, Refusal> {
    if bytes.starts_with(&LEGACY) {
        let message = "the file must be a zip archive, as PyTorch writes since 1.6: this one is older (it starts with \
                       80 02 8a 0a 6c fc 9c 46 f9 20 6a a8 50 19)";
        return Err(Refusal::new(message, CONVERT));
    }
    let entries = zip::entries(bytes)?;
    let (root, program) = root(&entries)?;
    little(&entries, root)?;
    let (heap, value) = machine::run(program, root, &entries)
        .map_err(|wrong| wrong.at(zip::entry(&format!("{root}/data.pkl"))))?;
    let tensors = state(&heap, state_dict(&heap, value)?, &mut Budget::of(bytes))?;
    if tensors.is_empty() {
        return Err(Refusal::new("the file must hold tensors of real numbers by name, it has none", SAVE));
    }
    Ok(tensors)
}

/// The folder of the archive, and the pickle in it.
fn root<'a>(entries: &Entries<'a>) -> Result<(&'a str, &'a [u8]), Refusal> {
    let mut roots = entries.iter().filter_map(|(name, content)| {
        let root = name.strip_suffix("/data.pkl")?;
        (!root.contains('/')).then_some((root, *content))
    });
    match (roots.next(), roots.next()) {
        (Some(root), None) => Ok(root),
        (None, _) => Err(Refusal::new(
            "the zip archive must have an entry `ROOT/data.pkl`, as torch.save writes",
            SAVE,
        )),
        (Some((first, _)), Some((second, _))) => {
            let message = format!(
                "the zip archive must hold one model: it has `{}/data.pkl` and `{}/data.pkl`",
                shown(first),
                shown(second)
            );
            Err(Refusal::new(message, SAVE))
        }
    }
}

fn little(entries: &Entries<'_>, root: &str) -> Result<(), Refusal> {
    let name = format!("{root}/byteorder");
    match entries.get(name.as_str()) {
        None | Some(&b"little") => Ok(()),
        Some(other) => {
            let found = shown(&String::from_utf8_lossy(&other[..other.len().min(16)]));
            let wrong = Refusal::new(
                format!("`{found}` must be `little`"),
                "save it with torch.serialization.set_default_load_endianness unset, on a little-endian machine",
            );
            Err(wrong.at(zip::entry(&name)))
        }
    }
}

/// The dictionary that holds tensors by name: the outermost, or one in it.
fn state_dict<'a>(heap: &'a Heap<'a>, root: Value<'a>) -> Result<&'a [(Value<'a>, Value<'a>)], Refusal> {
    let mut value = root;
    for _ in 0..DEPTH {
        let Value::Dict(at) = value else {
            let message = format!("the pickle must hold a dictionary of tensors, it holds {}", value.what());
            return Err(Refusal::new(message, SAVE));
        };
        let pairs = &heap.dicts[at];
        let under = |name: &str| {
            let found = pairs.iter().rev().find(|(key, _)| matches!(key, Value::Text(text) if *text == name));
            found.map(|(_, value)| *value).filter(|value| matches!(value, Value::Dict(_)))
        };
        let direct = pairs.iter().any(|(_, value)| matches!(value, Value::Tensor(_)));
        match NESTED.into_iter().find_map(under) {
            Some(nested) if !direct => value = nested,
            _ => return Ok(pairs),
        }
    }
    Err(Refusal::new(format!("the dictionary of tensors must not lie in more than {DEPTH} others"), SAVE))
}

/// The tensors of a dictionary; what else is in it is left.
fn state(heap: &Heap<'_>, pairs: &[(Value<'_>, Value<'_>)], budget: &mut Budget) -> Result<Tensors, Refusal> {
    let mut tensors = Tensors::new();
    for (key, value) in pairs {
        let Value::Tensor(at) = *value else { continue };
        let Value::Text(name) = *key else {
            return Err(Refusal::new(format!("a tensor must have a name, not {}", key.what()), SAVE));
        };
        let tensor = view::tensor(heap, &heap.views[at], budget)
            .map_err(|wrong| wrong.at(format!("tensor `{}`", shown(name))))?;
        if let Some(tensor) = tensor {
            tensors.insert(name.to_owned(), tensor);
        }
    }
    Ok(tensors)
}

#[cfg(test)]
mod tests;
