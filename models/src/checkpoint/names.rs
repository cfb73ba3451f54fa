//! What each family calls its tensors, as the `transformers` library saves them.

use crate::network::Family;

/// Names of a family. Those of a layer stand behind the layer's own; a dense layer or a norm has a `.weight` and a `.bias`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    /// Of the encoder within a model with a head; a bare encoder lacks it.
    pub prefix: &'static str,
    /// Of a layer: what stands for its number.
    pub layer: &'static str,
    /// Query projection.
    pub query: &'static str,
    /// Key projection.
    pub key: &'static str,
    /// Value projection.
    pub value: &'static str,
    /// Output projection.
    pub output: &'static str,
    /// Norm after attention.
    pub attention_norm: &'static str,
    /// First feed-forward matrix.
    pub up: &'static str,
    /// Second feed-forward matrix.
    pub down: &'static str,
    /// Norm after the feed-forward network.
    pub output_norm: &'static str,
    /// Dense layer ahead of the classifier; `{}` is the prefix.
    pub pooler: &'static str,
    /// Classifier.
    pub classifier: &'static str,
    /// Pooler of an off-ramp, behind its own name.
    pub highway_pooler: &'static str,
    /// What other heads and buffers begin or end with: such tensors are left out.
    pub unused: &'static [&'static str],
}

const BERT: Names = Names {
    prefix: "bert.",
    layer: "encoder.layer.",
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    output: "attention.output.dense",
    attention_norm: "attention.output.LayerNorm",
    up: "intermediate.dense",
    down: "output.dense",
    output_norm: "output.LayerNorm",
    pooler: "{}pooler.dense",
    classifier: "classifier",
    highway_pooler: "pooler.dense",
    // Position ids are a buffer; the others are heads of pre-training, of questions, and TinyBERT's for distillation.
    unused: &["embeddings.position_ids", "cls.", "qa_outputs.", "fit_dense", "pooler.dense."],
};

const ROBERTA: Names = Names {
    prefix: "roberta.",
    pooler: "classifier.dense",
    classifier: "classifier.out_proj",
    unused: &["embeddings.position_ids", "lm_head.", "qa_outputs.", "pooler.dense."],
    ..BERT
};

const ALBERT: Names = Names {
    prefix: "albert.",
    layer: "encoder.albert_layer_groups.",
    query: "attention.query",
    key: "attention.key",
    value: "attention.value",
    output: "attention.dense",
    attention_norm: "attention.LayerNorm",
    up: "ffn",
    down: "ffn_output",
    output_norm: "full_layer_layer_norm",
    pooler: "{}pooler",
    classifier: "classifier",
    highway_pooler: "pooler",
    unused: &["embeddings.position_ids", "predictions.", "sop_classifier.", "qa_outputs.", "pooler."],
};

const DISTILBERT: Names = Names {
    prefix: "distilbert.",
    layer: "transformer.layer.",
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    output: "attention.out_lin",
    attention_norm: "sa_layer_norm",
    up: "ffn.lin1",
    down: "ffn.lin2",
    output_norm: "output_layer_norm",
    pooler: "pre_classifier",
    classifier: "classifier",
    highway_pooler: "pooler",
    unused: &["embeddings.position_ids", "vocab_", "qa_outputs.", "pre_classifier."],
};

/// Names of a family.
pub(super) fn names(family: Family) -> &'static Names {
    match family {
        Family::Albert => &ALBERT,
        Family::Bert | Family::TinyBert => &BERT,
        Family::DistilBert => &DISTILBERT,
        Family::Roberta => &ROBERTA,
    }
}
