//! `config.json` of a checkpoint: the shape of its network.
//!
//! Keys are those of the `transformers` library, `pruned_heads` among them; DistilBERT has names of its own for sizes. Besides those, a
//! model of ours has `attention_spans`, the tokens that each head sees, once or for each layer, and `intermediate_sizes`, the columns of
//! each layer's feed-forward network where they differ.

mod layers;

use kernels::activation::Activation;
use serde_json::{Map, Value};

use crate::network::{Family, Network};
use crate::record::{Error, Kind, Problems, Record, read_text};

/// What a configuration says.
pub(super) struct Config {
    /// The network.
    pub network: Network,
    /// Sets of layers of which each is applied `inner` layers at a time; ALBERT's.
    pub groups: u32,
    /// Layers of a group.
    pub inner: u32,
    /// Rows of the position table ahead of that of the first token; RoBERTa's.
    pub first_position: u32,
    /// What the classes mean.
    pub labels: Vec<String>,
    /// Tokens that each head sees, once or for each layer.
    pub spans: Option<Vec<Vec<u32>>>,
    /// Columns of each layer's feed-forward network, where they differ.
    pub wide: Option<Vec<u32>>,
    /// Heads of each layer that its tensors lack, in ascending order; none where none lacks any.
    pub pruned: Option<Vec<Vec<u32>>>,
    /// Keys of learned spans: longest span and length of the ramp, tokens.
    pub adaptive: Option<(u32, u32)>,
}

/// The keys of an object, for a reader who has to be told what is wrong.
struct Keys<'a> {
    source: &'a str,
    map: Map<String, Value>,
}

impl Keys<'_> {
    fn refuse(&self, message: &str, remedy: &str) -> Error {
        Error::new(Kind::Input, format!("`{}`", self.source), format!("{}: {message}", self.source), remedy)
    }

    fn optional(&self, key: &str) -> Result<Option<u32>, Error> {
        let Some(value) = self.map.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
        let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
        let refuse = || {
            let message = format!("`{key}` is {value}, must be a whole number from 0 to 4294967295");
            self.refuse(&message, "take config.json from the same place as the weights")
        };
        count.map(Some).ok_or_else(refuse)
    }

    fn number(&self, key: &str) -> Result<u32, Error> {
        let missing = || {
            self.refuse(
                &format!("key `{key}` is missing"),
                "take config.json from the same place as the weights",
            )
        };
        self.optional(key)?.ok_or_else(missing)
    }

    fn word(&self, key: &str) -> Option<&str> {
        self.map.get(key).and_then(Value::as_str)
    }
}

impl Config {
    /// Columns of a layer's feed-forward network.
    pub(super) fn wide(&self, layer: u32) -> usize {
        let own = self.wide.as_ref().and_then(|wide| wide.get(layer as usize));
        own.copied().unwrap_or(self.network.feed_forward) as usize
    }

    /// Heads of a layer that its tensors lack.
    pub(super) fn pruned(&self, layer: u32) -> &[u32] {
        self.pruned.as_ref().and_then(|pruned| pruned.get(layer as usize)).map_or(&[], Vec::as_slice)
    }

    /// The configuration in a file.
    ///
    /// # Errors
    /// The file cannot be read, is not JSON, lacks a key, or describes a network that is not one of these families.
    pub(super) fn read(path: &str) -> Result<Self, Error> {
        let text =
            read_text(path, 1 << 20, "a model is a folder with config.json, its weights and its tokenizer")?;
        Self::parse(path, &text)
    }

    /// The configuration in a text that people know as `source`.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub(super) fn parse(source: &str, text: &str) -> Result<Self, Error> {
        let map = serde_json::from_str::<Map<String, Value>>(text).map_err(|error| {
            let message = format!("{source}: no JSON object: {error}");
            Error::new(Kind::Input, format!("`{source}`"), message, "mend the file at this line and column")
        })?;
        let keys = Keys { source, map };
        let family = family(&keys)?;
        supported(&keys)?;
        let network = network(&keys, family)?;
        let mut problems = Problems::default();
        network.validate(&mut problems);
        problems.into_result(source)?;
        let (groups, inner) = match family {
            Family::Albert => {
                (keys.number("num_hidden_groups")?, keys.optional("inner_group_num")?.unwrap_or(1))
            }
            _ => (network.layers, 1),
        };
        if groups == 0 || inner == 0 || groups > network.layers || inner > 1 && groups > 1 {
            let message = format!(
                "num_hidden_groups = {groups} and inner_group_num = {inner} (must be from 1 to the {} layers, and one of them 1)",
                network.layers
            );
            return Err(keys.refuse(&message, "only such groupings are read"));
        }
        let first_position = first_position(&keys, family)?;
        let adaptive = keys.optional("attn_span")?.zip(keys.optional("adapt_span_ramp")?);
        Ok(Config {
            labels: labels(&keys, &network),
            spans: layers::spans(&keys, &network)?,
            wide: layers::wide(&keys, &network)?,
            pruned: layers::pruned(&keys, &network)?,
            network,
            groups,
            inner,
            first_position,
            adaptive,
        })
    }
}

fn family(keys: &Keys) -> Result<Family, Error> {
    let remedy = "models of the types bert, albert, distilbert and roberta are read";
    match keys.word("model_type") {
        Some("bert") => Ok(Family::Bert),
        Some("albert") => Ok(Family::Albert),
        Some("distilbert") => Ok(Family::DistilBert),
        Some("roberta") => Ok(Family::Roberta),
        Some("mobilebert") => Err(keys.refuse(
            "model_type is mobilebert: its bottlenecks, four feed-forward networks a layer and norms without statistics are another dataflow than the machine's",
            remedy,
        )),
        Some(other) => Err(keys.refuse(&format!("model_type is {other}, which is no such encoder"), remedy)),
        None => Err(keys.refuse("key `model_type` is missing", "add \"model_type\": \"bert\" or another of albert, distilbert, roberta")),
    }
}

/// Settings of the library that change the dataflow must have the values of these families.
fn supported(keys: &Keys) -> Result<(), Error> {
    let is =
        |key: &str, wanted: &Value| keys.map.get(key).is_none_or(|value| value.is_null() || value == wanted);
    let settings = [
        ("position_embedding_type", Value::from("absolute")),
        ("is_decoder", Value::from(false)),
        ("add_cross_attention", Value::from(false)),
    ];
    match settings.iter().find(|(key, wanted)| !is(key, wanted)) {
        None => Ok(()),
        Some((key, wanted)) => {
            let message = format!("`{key}` is {}, only {wanted} can be run", keys.map[*key]);
            Err(keys.refuse(&message, "take an encoder without it"))
        }
    }
}

fn network(keys: &Keys, family: Family) -> Result<Network, Error> {
    let distil = family == Family::DistilBert;
    let size = |bert: &str, own: &str| keys.number(if distil { own } else { bert });
    let hidden = size("hidden_size", "dim")?;
    let key = if distil { "activation" } else { "hidden_act" };
    let (activation, gelu_tanh) = activation(keys, key)?;
    let albert = family == Family::Albert;
    let inner = if albert { keys.optional("inner_group_num")?.unwrap_or(1) } else { 1 };
    let positions = keys.number("max_position_embeddings")?;
    Ok(Network {
        name: keys
            .word("_name_or_path")
            .filter(|name| !name.trim().is_empty())
            .unwrap_or("checkpoint")
            .to_owned(),
        summary: "from a checkpoint".to_owned(),
        family,
        layers: size("num_hidden_layers", "n_layers")?.saturating_mul(inner),
        hidden,
        feed_forward: size("intermediate_size", "hidden_dim")?,
        heads: size("num_attention_heads", "n_heads")?,
        embedding: if albert { keys.number("embedding_size")? } else { hidden },
        vocabulary: keys.number("vocab_size")?,
        positions: positions.saturating_sub(first_position(keys, family)?),
        token_types: if distil { 0 } else { keys.number("type_vocab_size")? },
        shared_layers: albert && keys.number("num_hidden_groups")? == 1 && inner == 1,
        pooler: !distil,
        activation,
        gelu_tanh,
        classes: classes(keys)?,
        layer_norm_epsilon: epsilon(keys)?,
    })
}

/// Rows of the position table ahead of that of the first token: RoBERTa numbers positions from behind its padding.
fn first_position(keys: &Keys, family: Family) -> Result<u32, Error> {
    if family != Family::Roberta {
        return Ok(0);
    }
    Ok(keys.optional("pad_token_id")?.unwrap_or(1).saturating_add(1))
}

/// What is added to variances; 1e-12 if that is not said, as the library has it.
fn epsilon(keys: &Keys) -> Result<f64, Error> {
    let Some(value) = keys.map.get("layer_norm_eps").filter(|value| !value.is_null()) else {
        return Ok(1e-12);
    };
    let refuse = || {
        let message = format!("`layer_norm_eps` is {value}, must be a number");
        keys.refuse(&message, "take config.json from the same place as the weights")
    };
    value.as_f64().ok_or_else(refuse)
}

fn activation(keys: &Keys, key: &str) -> Result<(Activation, bool), Error> {
    match keys.word(key) {
        Some("gelu") => Ok((Activation::Gelu, false)),
        Some("gelu_new" | "gelu_pytorch_tanh" | "gelu_fast") => Ok((Activation::Gelu, true)),
        Some("relu") => Ok((Activation::Relu, false)),
        other => {
            let message =
                format!("`{key}` is {}, must be gelu, gelu_new or relu", other.unwrap_or("missing"));
            Err(keys.refuse(&message, "the machine has no other activation"))
        }
    }
}

/// Classes as `id2label` or `num_labels` says; two if neither does, as the library has it.
fn classes(keys: &Keys) -> Result<u32, Error> {
    let named = keys.map.get("id2label").and_then(Value::as_object).map(|labels| labels.len() as u32);
    Ok(named.or(keys.optional("num_labels")?).unwrap_or(2))
}

fn labels(keys: &Keys, network: &Network) -> Vec<String> {
    let Some(map) = keys.map.get("id2label").and_then(Value::as_object) else { return Vec::new() };
    let label = |class: u32| map.get(&class.to_string()).and_then(Value::as_str).map(str::to_owned);
    (0..network.classes).map_while(label).collect()
}
