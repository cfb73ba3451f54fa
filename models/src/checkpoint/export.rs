//! From a model to a folder that [`read`](super::read) and the `transformers` library read.
//!
//! The row of segment 0 is in the position table, so that the table of token types is zeros. Off-ramps but the last have names of
//! ours, which other software leaves out.

use std::fs;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Map, Value, json};

use super::import::{OFF_RAMPS, SCORES};
use super::names::{Names, names};
use crate::model::Model;
use crate::network::Family;
use crate::record::{Error, Kind};
use crate::weights::{Dense, Layer, Norm, OffRamp};
use kernels::activation::Activation;
use nalgebra::DMatrix;

/// A tensor with its name, shape and little-endian bytes.
type Part = (String, Vec<usize>, Vec<u8>);

/// Tensors on their way into a file.
#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn tensor<'a>(&mut self, name: String, shape: &[usize], values: impl IntoIterator<Item = &'a f32>) {
        let bytes = values.into_iter().flat_map(|value| value.to_le_bytes()).collect();
        self.0.push((name, shape.to_vec(), bytes));
    }

    fn dense(&mut self, name: &str, dense: &Dense) {
        let (inputs, outputs) = dense.weight.shape();
        self.tensor(format!("{name}.weight"), &[outputs, inputs], dense.weight.as_slice());
        self.tensor(format!("{name}.bias"), &[outputs], &dense.bias);
    }

    fn norm(&mut self, name: &str, norm: &Norm) {
        self.tensor(format!("{name}.weight"), &[norm.gamma.len()], &norm.gamma);
        self.tensor(format!("{name}.bias"), &[norm.beta.len()], &norm.beta);
    }

    fn layer(&mut self, names: &Names, under: &str, layer: &Layer) {
        let own = [names.query, names.key, names.value, names.output, names.up, names.down];
        for (name, dense) in own.into_iter().zip(layer.matrices()) {
            self.dense(&format!("{under}{name}"), dense);
        }
        self.norm(&format!("{under}{}", names.attention_norm), &layer.attention_norm);
        self.norm(&format!("{under}{}", names.output_norm), &layer.output_norm);
    }

    fn scores(&mut self, names: &Names, under: &str, scores: &[DMatrix<f32>; 6]) {
        let own = [names.query, names.key, names.value, names.output, names.up, names.down];
        for (name, scores) in own.into_iter().zip(scores) {
            let (inputs, outputs) = scores.shape();
            self.tensor(format!("{under}{name}.{SCORES}"), &[outputs, inputs], scores.as_slice());
        }
    }

    fn ramp(&mut self, pooler: &str, classifier: &str, ramp: &OffRamp) {
        self.dense(pooler, &ramp.pooler);
        self.dense(classifier, &ramp.classifier);
    }
}

/// Writes `config.json` and `model.safetensors` into a folder, which is made if it is not there. Each file is there whole or not at all.
///
/// # Errors
/// They cannot be written.
pub fn write(folder: &str, model: &Model) -> Result<(), Error> {
    let failed = |error: std::io::Error| {
        let message = format!("cannot write the model into `{folder}`: {error}");
        Error::new(Kind::Io, format!("`{folder}`"), message, "name a folder that can be written")
    };
    let views = parts(model);
    let views: Result<Vec<(&str, TensorView)>, _> = views
        .0
        .iter()
        .map(|(name, shape, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect();
    let file = views.and_then(|views| safetensors::serialize(views, None));
    let file = file.map_err(|error: safetensors::SafeTensorError| failed(std::io::Error::other(error)))?;
    fs::create_dir_all(folder).map_err(failed)?;
    let config = format!("{:#}\n", Value::Object(config(model)));
    whole(folder, "config.json", config.as_bytes()).map_err(failed)?;
    whole(folder, "model.safetensors", &file).map_err(failed)
}

/// Writes a file under another name first.
fn whole(folder: &str, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let (path, new) = (Path::new(folder).join(name), Path::new(folder).join(format!(".{name}.new")));
    fs::write(&new, bytes).and_then(|()| fs::rename(&new, path))
}

fn parts(model: &Model) -> Parts {
    let (network, weights) = (&model.network, &model.weights);
    let names = names(network.family);
    let prefix = if model.classifies() { names.prefix } else { "" };
    let at = |name: &str| format!("{prefix}embeddings.{name}");
    let width = network.embedding as usize;
    let mut parts = Parts::default();
    let words = at("word_embeddings.weight");
    parts.tensor(words, &[network.vocabulary as usize, width], weights.words.as_slice());
    let ahead = first_position(network.family);
    let skipped = vec![0.0; ahead * width];
    let rows = skipped.iter().chain(weights.positions.as_slice());
    parts.tensor(at("position_embeddings.weight"), &[network.positions as usize + ahead, width], rows);
    if network.token_types > 0 {
        let types = network.token_types as usize;
        parts.tensor(at("token_type_embeddings.weight"), &[types, width], &vec![0.0; types * width]);
    }
    parts.norm(&at("LayerNorm"), &weights.norm);
    if let Some(map) = &weights.map {
        parts.dense(&format!("{prefix}encoder.embedding_hidden_mapping_in"), map);
    }
    let inner = if network.family == Family::Albert { "albert_layers.0." } else { "" };
    for (index, layer) in weights.layers.iter().enumerate() {
        parts.layer(names, &format!("{prefix}{}{index}.{inner}", names.layer), layer);
    }
    for (index, scores) in model.scores.iter().flatten().enumerate() {
        parts.scores(names, &format!("{prefix}{}{index}.{inner}", names.layer), scores);
    }
    if let Some((last, others)) = weights.ramps.split_last() {
        for (index, ramp) in others.iter().enumerate() {
            let under = format!("{OFF_RAMPS}{index}");
            parts.ramp(&format!("{under}.pooler"), &format!("{under}.classifier"), ramp);
        }
        parts.ramp(&names.pooler.replace("{}", prefix), names.classifier, last);
    }
    parts
}

/// Rows of the position table ahead of that of the first token, as the library numbers them.
fn first_position(family: Family) -> usize {
    if family == Family::Roberta { 2 } else { 0 }
}

/// The keys of `config.json`.
fn config(model: &Model) -> Map<String, Value> {
    let network = &model.network;
    let (kind, distil) = match network.family {
        Family::Albert => ("albert", false),
        Family::Bert | Family::TinyBert => ("bert", false),
        Family::DistilBert => ("distilbert", true),
        Family::Roberta => ("roberta", false),
    };
    let key = |bert: &'static str, own: &'static str| if distil { own } else { bert };
    let activation = match (network.activation, network.gelu_tanh) {
        (Activation::Relu, _) => "relu",
        (_, true) => "gelu_new",
        _ => "gelu",
    };
    let mut map = Map::new();
    let mut set = |key: &str, value: Value| map.insert(key.to_owned(), value);
    set("model_type", kind.into());
    set("_name_or_path", network.name.as_str().into());
    set(key("num_hidden_layers", "n_layers"), network.layers.into());
    set(key("hidden_size", "dim"), network.hidden.into());
    set(key("intermediate_size", "hidden_dim"), network.feed_forward.into());
    set(key("num_attention_heads", "n_heads"), network.heads.into());
    set(key("hidden_act", "activation"), activation.into());
    set("vocab_size", network.vocabulary.into());
    set("max_position_embeddings", (network.positions as usize + first_position(network.family)).into());
    set("layer_norm_eps", network.layer_norm_epsilon.into());
    if !distil {
        set("type_vocab_size", network.token_types.into());
    }
    if network.family == Family::Albert {
        set("embedding_size", network.embedding.into());
        set("num_hidden_groups", model.weights.layers.len().into());
        set("inner_group_num", 1.into());
    }
    if network.family == Family::Roberta {
        set("pad_token_id", 1.into());
    }
    let labels =
        |class: u32| model.labels.get(class as usize).cloned().unwrap_or_else(|| format!("LABEL_{class}"));
    let labels: Map<String, Value> =
        (0..network.classes).map(|class| (class.to_string(), labels(class).into())).collect();
    set("id2label", labels.into());
    match model.spans.as_deref() {
        Some([all]) => set("attention_spans", json!(all)),
        Some(each) => set("attention_spans", json!(each)),
        None => None,
    };
    let wide: Vec<usize> = model.weights.layers.iter().map(|layer| layer.up.bias.len()).collect();
    if wide.iter().any(|columns| *columns != network.feed_forward as usize) {
        set("intermediate_sizes", json!(wide));
    }
    map
}
