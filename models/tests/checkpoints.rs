//! Checkpoints that are damaged, hostile or of another kind: clear errors, no panic, no more memory than the file has bytes.

use std::fs;
use std::path::Path;

use models::checkpoint::{self, safetensors};
use models::model::Model;
use models::record::Error;
use models::tokenizer::Tokenizer;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A copy of a small model in a folder of its own.
struct Copy(tempfile::TempDir);

impl Copy {
    fn of(family: &str) -> Self {
        let copy = Copy(tempfile::tempdir().expect("a folder can be made"));
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/references").join(family);
        for name in ["config.json", "model.safetensors"] {
            fs::copy(from.join(name), copy.0.path().join(name)).expect("it is committed");
        }
        copy
    }

    fn path(&self) -> &str {
        self.0.path().to_str().expect("paths are UTF-8")
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.path().join(name), bytes).expect("it can be written");
    }

    fn weights(&self) -> Vec<u8> {
        fs::read(self.0.path().join("model.safetensors")).expect("it is there")
    }

    /// With keys of the configuration changed; null removes one.
    fn configured(self, changes: Value) -> Self {
        let path = self.0.path().join("config.json");
        let mut config: Value =
            serde_json::from_slice(&fs::read(&path).expect("it is there")).expect("it is JSON");
        let (map, changes) =
            (config.as_object_mut().expect("an object"), changes.as_object().expect("an object").clone());
        for (key, value) in changes {
            if value.is_null() {
                map.remove(&key)
            } else {
                map.insert(key, value)
            };
        }
        self.write("config.json", config.to_string());
        self
    }

    /// With other tensors: `change` gets name, shape and bytes of each, and gives those to keep.
    fn changed(self, change: impl Fn(&str, &[usize], &[u8]) -> Vec<Part>) -> Self {
        let bytes = self.weights();
        let (header, data) = split(&bytes);
        let mut all = Vec::new();
        for (name, tensor) in
            header.as_object().expect("an object").iter().filter(|(name, _)| *name != "__metadata__")
        {
            let numbers =
                |key: &str| -> Vec<usize> { serde_json::from_value(tensor[key].clone()).expect("numbers") };
            let (shape, at) = (numbers("shape"), numbers("data_offsets"));
            all.extend(change(name, &shape, &data[at[0]..at[1]]));
        }
        self.write("model.safetensors", file(&all));
        self
    }

    fn read(&self) -> Result<Model, Error> {
        checkpoint::read(self.path())
    }

    /// The error, which there must be.
    fn error(&self) -> String {
        self.read().expect_err("it must be refused").to_string()
    }
}

/// Name, shape, bytes.
type Part = (String, Vec<usize>, Vec<u8>);

fn split(bytes: &[u8]) -> (Value, &[u8]) {
    let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    (serde_json::from_slice(&bytes[8..8 + length]).expect("it is JSON"), &bytes[8 + length..])
}

/// A safetensors file of tensors in f32.
fn file(tensors: &[Part]) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, shape, bytes) in tensors {
        let end = data.len() + bytes.len();
        header
            .insert(name.clone(), json!({"dtype": "F32", "shape": shape, "data_offsets": [data.len(), end]}));
        data.extend_from_slice(bytes);
    }
    raw(&Value::Object(header).to_string(), &data)
}

fn raw(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn kept(name: &str, shape: &[usize], bytes: &[u8]) -> Part {
    (name.to_owned(), shape.to_vec(), bytes.to_vec())
}

#[test]
fn what_is_missing_surplus_or_misshapen_is_named() {
    let wrong = Copy::of("bert").changed(|name, shape, bytes| match name {
        "bert.encoder.layer.1.output.dense.weight" => vec![],
        "bert.pooler.dense.bias" => vec![(name.to_owned(), vec![16, 2], bytes.to_vec())],
        "classifier.bias" => {
            vec![kept(name, shape, bytes), kept("bert.encoder.layer.2.output.dense.bias", shape, bytes)]
        }
        _ => vec![kept(name, shape, bytes)],
    });
    let error = wrong.error();
    for part in [
        "tensor `bert.encoder.layer.1.output.dense.weight` [32, 64] is missing",
        "tensor `bert.pooler.dense.bias` is [16, 2], config.json asks for [32]",
        "1 tensor(s) that this family does not have: `bert.encoder.layer.2.output.dense.bias`",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_number_that_is_none_is_refused_with_its_place() {
    let wrong = Copy::of("albert").changed(|name, shape, bytes| {
        let mut bytes = bytes.to_vec();
        if name == "albert.pooler.weight" {
            bytes[4 * 33..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
        }
        vec![(name.to_owned(), shape.to_vec(), bytes)]
    });
    let error = wrong.error();
    assert!(error.contains("tensor `albert.pooler.weight`: element 33 is NaN"), "{error}");
}

#[test]
fn configurations_that_do_not_hold_are_refused_by_their_key() {
    let cases = [
        (json!({"model_type": "mobilebert"}), "mobilebert: its bottlenecks"),
        (json!({"model_type": "gpt2"}), "model_type is gpt2"),
        (json!({"model_type": null}), "key `model_type` is missing"),
        (json!({"hidden_size": null}), "key `hidden_size` is missing"),
        (json!({"hidden_size": -3}), "`hidden_size` is -3"),
        (json!({"hidden_size": 4_000_000_000_u32}), "hidden = 4000000000 must be from 1 to 65536"),
        (json!({"num_hidden_layers": 1_000_000}), "layers = 1000000 must be from"),
        (json!({"num_attention_heads": 5}), "heads = 5 must divide hidden = 32"),
        (json!({"layer_norm_eps": "small"}), "`layer_norm_eps` is \"small\", must be a number"),
        (json!({"model_type": "roberta", "pad_token_id": 4_294_967_295_u32}), "positions = 0 must be from 1"),
        (json!({"hidden_act": "silu"}), "`hidden_act` is silu"),
        (json!({"position_embedding_type": "relative_key"}), "`position_embedding_type` is \"relative_key\""),
        (json!({"attention_spans": [1, 2]}), "must be 4 whole numbers"),
        (json!({"vocab_size": 16_000_000}), "is [60, 32], config.json asks for [16000000, 32]"),
    ];
    for (change, part) in cases {
        let error = Copy::of("bert").configured(change.clone()).error();
        assert!(error.contains(part), "{change}: {error}");
    }
    let text = Copy::of("bert");
    text.write("config.json", "{\n \"a\": }");
    assert!(text.error().contains("line 2 column 7"), "{}", text.error());
}

#[test]
fn files_that_break_the_format_are_refused() {
    let cases: [(&str, Vec<u8>); 6] = [
        ("empty", vec![]),
        ("a header of 10 GB", [&10_000_000_000_u64.to_le_bytes()[..], b"{}"].concat()),
        ("a header behind the end", [&100_u64.to_le_bytes()[..], b"{}"].concat()),
        (
            "overlap",
            raw(
                r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
                &[0; 6],
            ),
        ),
        (
            "an absurd shape",
            raw(r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#, &[0; 4]),
        ),
        ("more than its tensors", raw(r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, &[0; 8])),
    ];
    for (what, bytes) in cases {
        let copy = Copy::of("bert");
        copy.write("model.safetensors", bytes);
        assert!(copy.error().contains("no safetensors file"), "{what}: {}", copy.error());
    }
    let integers = raw(r#"{"x.weight":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}}"#, &[0; 4]);
    let error = safetensors::read("f", &integers).expect_err("integers are no weights").to_string();
    assert!(error.contains("tensor `x.weight` is I8"), "{error}");
}

#[test]
fn highway_off_ramps_and_learned_spans_are_read_by_their_own_names() {
    let copy = Copy::of("albert").configured(json!({"attn_span": 20, "adapt_span_ramp": 2})).changed(|name, shape, bytes| {
        let mut all = vec![kept(name, shape, bytes)];
        if let Some(own) = name.strip_prefix("albert.pooler.").or(name.strip_prefix("classifier.")) {
            let part = if name.starts_with("albert") { "pooler" } else { "classifier" };
            all.extend((0..3).map(|i| kept(&format!("albert.encoder.highway.{i}.{part}.{own}"), shape, bytes)));
        }
        if name == "albert.pooler.bias" {
            let shares: Vec<u8> = [0.0_f32, 0.5, -1.0, 2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
            let span = "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.adaptive_span.current_val";
            all.push(kept(span, &[1, 4, 1, 1], &shares));
        }
        all
    });
    let model = copy.read().unwrap_or_else(|error| panic!("{error}"));
    assert!(model.exits());
    assert_eq!(model.spans, Some(vec![vec![2, 12, 2, 20]]));
    let without = Copy::of("albert");
    let bytes = copy.weights();
    without.write("model.safetensors", bytes);
    assert!(
        without.error().contains("holds shares of a span that config.json does not say"),
        "{}",
        without.error()
    );
}

/// Layers with weights of their own have spans of their own; one that says nothing sees everything.
#[test]
fn learned_spans_are_those_of_each_layer() {
    let read = |shares: [[f32; 4]; 2]| {
        let copy = Copy::of("bert").configured(json!({"attn_span": 20, "adapt_span_ramp": 2}));
        let copy = copy.changed(move |name, shape, bytes| {
            let mut all = vec![kept(name, shape, bytes)];
            let layer = ["0", "1"]
                .iter()
                .position(|layer| name == format!("bert.encoder.layer.{layer}.output.dense.bias"));
            if let Some(layer) = layer {
                let bytes: Vec<u8> = shares[layer].iter().flat_map(|x| x.to_le_bytes()).collect();
                let span = format!("bert.encoder.layer.{layer}.attention.adaptive_span.current_val");
                all.push(kept(&span, &[1, 4, 1, 1], &bytes));
            }
            all
        });
        copy.read().unwrap_or_else(|error| panic!("{error}"))
    };
    let model = read([[0.0, 0.5, -1.0, 2.0], [0.25, 0.0, 0.0, 0.1]]);
    let mut expected = vec![vec![2, 12, 2, 20], vec![7, 2, 2, 4]];
    expected.resize(model.network.layers as usize, vec![model.network.positions; 4]);
    assert_eq!(model.spans, Some(expected));
    assert_eq!(model.inference(20).layers.len(), model.network.layers as usize);
}

#[test]
fn what_is_written_is_read_as_it_was() {
    for family in ["albert", "albert-groups", "bert", "distilbert", "roberta"] {
        let mut model = Copy::of(family).read().unwrap_or_else(|error| panic!("{error}"));
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("new").to_str().expect("paths are UTF-8").to_owned();
        for ramps in [1, model.network.layers as usize] {
            model.weights.ramps = vec![model.weights.ramps[0].clone(); ramps];
            let scores =
                |layer: &models::weights::Layer| layer.matrices().map(|dense| dense.weight.map(|w| w * 2.0));
            model.scores = (ramps > 1).then(|| model.weights.layers.iter().map(scores).collect());
            model.spans = (ramps > 1).then(|| vec![vec![3; model.network.heads as usize]]);
            checkpoint::write(&path, &model).unwrap_or_else(|error| panic!("{error}"));
            let read = checkpoint::read(&path).unwrap_or_else(|error| panic!("{error}"));
            assert!(
                read.weights == model.weights && read.spans == model.spans && read.scores == model.scores,
                "{family}"
            );
            let summary =
                |model: &Model| models::network::Network { name: String::new(), ..model.network.clone() };
            assert_eq!(summary(&read), summary(&model), "{family}");
        }
    }
}

#[test]
fn layers_that_differ_are_written_and_read() {
    let mut model = Copy::of("bert").read().unwrap_or_else(|error| panic!("{error}"));
    let (heads, positions) = (model.network.heads as usize, model.network.positions);
    let second = &mut model.weights.layers[1];
    second.up.weight = second.up.weight.columns(0, 40).into_owned();
    second.up.bias.truncate(40);
    second.down.weight = second.down.weight.rows(0, 40).into_owned();
    model.spans = Some(vec![vec![positions; heads], vec![3; heads]]);
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("new").to_str().expect("paths are UTF-8").to_owned();
    checkpoint::write(&path, &model).unwrap_or_else(|error| panic!("{error}"));
    let read = checkpoint::read(&path).unwrap_or_else(|error| panic!("{error}"));
    assert!(read.weights == model.weights && read.spans == model.spans);
    let widths: Vec<u32> = read.inference(8).layers.iter().map(|layer| layer.feed_forward).collect();
    assert_eq!(widths, [model.network.feed_forward, 40]);
    for (key, value, expected) in [
        ("intermediate_sizes", json!([40]), "must be a whole number from 1 to 64 for each of 2 layers"),
        ("intermediate_sizes", json!([40, 65]), "must be a whole number from 1 to 64"),
        ("attention_spans", json!([[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]]), "must be 4 whole numbers"),
        ("pruned_heads", json!({"2": [0]}), "of layers below 2"),
        ("pruned_heads", json!({"0": [0, 1, 2, 3]}), "that leave a head"),
        ("pruned_heads", json!({"0": [4]}), "must be numbers below 4"),
    ] {
        let error = Copy::of("bert").configured(json!({ key: value })).error();
        assert!(error.contains(expected), "{key}: {error}");
    }
}

/// Heads 1 and 2 of the second layer, as the library leaves them out of its tensors.
#[test]
fn pruned_heads_are_off_and_compute_nothing() {
    let whole = Copy::of("bert").read().unwrap_or_else(|error| panic!("{error}"));
    let width = whole.network.head_dim() as usize;
    let copy =
        Copy::of("bert").configured(json!({"pruned_heads": {"1": [2, 1]}})).changed(|name, shape, bytes| {
            let Some(own) = name.strip_prefix("bert.encoder.layer.1.attention.") else {
                return vec![kept(name, shape, bytes)];
            };
            let row = 4 * shape.get(1).copied().unwrap_or(1);
            let gone = width..3 * width;
            let (shape, bytes) = match own {
                "output.dense.weight" => {
                    let left = |row: &[u8]| [&row[..4 * gone.start], &row[4 * gone.end..]].concat();
                    (vec![shape[0], shape[1] - 2 * width], bytes.chunks(row).flat_map(left).collect())
                }
                own if own.starts_with("self.") => {
                    let mut left = vec![shape[0] - 2 * width];
                    left.extend(&shape[1..]);
                    (left, [&bytes[..row * gone.start], &bytes[row * gone.end..]].concat())
                }
                _ => (shape.to_vec(), bytes.to_vec()),
            };
            vec![kept(name, &shape, &bytes)]
        });
    let model = copy.read().unwrap_or_else(|error| panic!("{error}"));
    let all = model.network.positions;
    assert_eq!(model.spans, Some(vec![vec![all; 4], vec![all, 0, 0, all]]));
    let mut zeroed = whole;
    let layer = &mut zeroed.weights.layers[1];
    layer.output.weight.rows_mut(width, 2 * width).fill(0.0);
    let words = [3, 9, 27, 50];
    let last = |model: &models::model::Model| {
        let job = model.inference(4);
        models::forward::forward(&job, &model.weights, &words).expect("weights fit").tokens.pop()
    };
    let off = last(&model).zip(last(&zeroed)).map(|(a, b)| (a - b).amax());
    assert!(off.is_some_and(|off| off < 1e-6), "{off:?}");
}

#[test]
fn a_vocabulary_makes_a_tokenizer_that_cuts_what_does_not_fit() {
    let copy = Copy::of("bert");
    copy.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nmodel\n##s\nsmall\n");
    let network = copy.read().expect("it is whole").network;
    let tokenizer = Tokenizer::read(copy.path(), &network).unwrap_or_else(|error| panic!("{error}"));
    let words = |text: &str| tokenizer.words(text).expect("it is text");
    assert_eq!(words("Small models, unknown").numbers, [2, 6, 4, 5, 1, 1, 3]);
    assert_eq!(words("").numbers, [2, 3]);
    let long = words(&"small ".repeat(100_000));
    assert_eq!(
        (long.numbers.len(), long.dropped),
        (network.positions as usize, 100_002 - network.positions as usize)
    );
    assert_eq!(long.numbers.last(), Some(&3), "the end of a sentence stays");
    // One that adds no tokens has none for an empty sentence, which no network can run.
    copy.write("tokenizer.json", r#"{"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1}, "unk_token": "b"}, "pre_tokenizer": {"type": "Whitespace"}}"#);
    let bare = Tokenizer::read(copy.path(), &network).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(bare.words("a c").expect("it is text").numbers, [0, 1]);
    let error = bare.words(" ").expect_err("it has no token").to_string();
    assert!(error.contains("gives no token"), "{error}");
    fs::remove_file(copy.0.path().join("tokenizer.json")).expect("it is there");
    copy.write("vocab.txt", "[PAD]\n[CLS]\n[SEP]\n");
    let error = Tokenizer::read(copy.path(), &network).expect_err("it lacks a token").to_string();
    assert!(error.contains("token [UNK] is missing"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Cut or changed anywhere, a file is refused or read, and nothing else happens.
    #[test]
    fn damaged_weights_never_panic(at in any::<prop::sample::Index>(), cut: bool, byte: u8) {
        let copy = Copy::of("distilbert");
        let mut bytes = copy.weights();
        let header = 8 + u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
        // The header is where damage tells; of the numbers only a NaN would.
        let at = at.index(if cut { bytes.len() } else { header });
        if cut { bytes.truncate(at) } else { bytes[at] ^= byte | 1 }
        copy.write("model.safetensors", bytes);
        let read = copy.read();
        prop_assert!(!cut || read.is_err());
    }

    /// So with a configuration.
    #[test]
    fn damaged_configurations_never_panic(at in any::<prop::sample::Index>(), byte: u8) {
        let copy = Copy::of("albert-groups");
        let path = copy.0.path().join("config.json");
        let mut bytes = fs::read(&path).expect("it is there");
        let at = at.index(bytes.len());
        bytes[at] = byte;
        copy.write("config.json", bytes);
        let _ = copy.read();
    }
}
