//! Counts of the network presets against published figures.

use models::network::Network;
use models::record;

fn network(name: &str) -> Network {
    record::preset(name).expect("a preset")
}

/// Parameters of the published encoders with pooler and without classifier: those of their checkpoints, exactly, and
/// the millions that papers and cards round them to.
#[test]
fn parameters_are_those_of_the_checkpoints() {
    for (name, exact, published) in [
        ("bert-base", 109_482_240, 110.0),
        ("bert-large", 335_141_888, 340.0),
        ("albert-base", 11_683_584, 12.0),
        ("albert-large", 17_683_968, 18.0),
        ("albert-xlarge", 58_724_864, 60.0),
        ("albert-xxlarge", 222_595_584, 235.0),
        ("distilbert", 66_362_880, 66.0),
        ("tinybert-4", 14_350_248, 14.5),
        ("tinybert-6", 66_955_008, 67.0),
    ] {
        let total = network(name).parameters().total();
        assert_eq!(total, exact, "{name}");
        // Papers round to one or two digits, and the largest one counts its language model head as well: 6 %.
        let millions = total as f64 / 1e6;
        assert!((millions / published - 1.0).abs() < 0.06, "{name}: {millions} against {published}");
    }
}

#[test]
fn parts_of_bert_base() {
    let parts = network("bert-base").parameters();
    assert_eq!(parts.embeddings, (30522 + 512 + 2) * 768);
    assert_eq!(parts.encoder(), 12 * 7_087_872);
    assert_eq!((parts.projection, parts.pooler), (0, 768 * 768 + 768));
}

#[test]
fn parts_of_albert_base() {
    let parts = network("albert-base").parameters();
    assert_eq!(parts.embeddings, 3_905_792);
    assert_eq!(parts.projection, 128 * 768 + 768);
    // Seven million matrix elements: four projections and two feed-forward matrices, and their biases.
    assert_eq!(parts.attention + parts.feed_forward, 7_077_888 + 4 * 768 + 3072 + 768);
}

/// Each operation of an ALBERT base layer at 128 tokens, from the sizes.
#[test]
fn macs_of_an_albert_base_layer() {
    let albert = network("albert-base");
    let macs = albert.layer_macs(128);
    assert_eq!(macs.query + macs.key + macs.value, 226_492_416);
    assert_eq!((macs.scores, macs.context, macs.output), (12_582_912, 12_582_912, 75_497_472));
    assert_eq!(macs.feed_forward_up + macs.feed_forward_down, 603_979_776);
    assert_eq!(macs.total(), 931_135_488);
    assert_eq!(albert.projection_macs(128), 12_582_912);
    assert_eq!(albert.ramp_macs(2), 768 * 768 + 2 * 768);
    assert_eq!(albert.head_dim(), 64);
}

/// 10^9 operations (two a MAC) of the encoder at 128 tokens: published counts have three or four digits.
#[test]
fn operations_of_the_encoders() {
    for (name, published) in [
        ("bert-base", 22.35),
        ("bert-large", 78.92),
        ("albert-base", 22.35),
        ("albert-large", 78.92),
        ("albert-xlarge", 312.5),
        ("albert-xxlarge", 621.7),
        ("distilbert", 11.17),
        ("tinybert-4", 1.247),
        ("tinybert-6", 11.17),
    ] {
        let giga = 2.0 * network(name).encoder_macs(128) as f64 / 1e9;
        assert!((giga / published - 1.0).abs() < 5e-4, "{name}: {giga} against {published}");
    }
}

/// FastBERT counts 21.785 G for BERT base: products with weights and the classifiers of all twelve layers, which add
/// 0.2 %.
#[test]
fn fastbert_counts_products_with_weights() {
    let bert = network("bert-base");
    let giga = 2.0 * f64::from(bert.layers) * bert.layer_macs(128).linear() as f64 / 1e9;
    assert!((giga - 21.74).abs() < 0.005, "{giga}");
    assert!((giga / 21.785 - 1.0).abs() < 3e-3, "{giga}");
}

#[test]
fn impossible_networks_are_refused() {
    let text = record::resolve::<Network>("bert-base", &[] as &[&str]).unwrap().1.text;
    for (from, to, message) in [
        ("heads = 12", "heads = 13", "heads = 13 must divide hidden = 768"),
        ("heads = 12", "heads = 0", "heads = 0 must be from 1"),
        ("embedding = 768", "embedding = 128", "embedding = 128 must equal hidden = 768"),
        ("activation = \"gelu\"", "activation = \"tanh\"", "activation must be gelu or relu"),
        ("layer_norm_epsilon = 1e-12", "layer_norm_epsilon = nan", "layer_norm_epsilon = NaN must be from 0"),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        let error = record::parse::<Network>("changed.toml", &changed).expect_err(to);
        assert!(error.to_string().contains(message), "{error}");
    }
}
