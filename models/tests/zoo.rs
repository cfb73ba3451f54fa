//! Entries of the zoo: counts against the literature, and rules that a broken entry is told by.

use models::compiler::compile_bottleneck;
use models::design::Design;
use models::network::Network;
use models::record::{self, Record};
use models::zoo::{Entry, Products};

fn entry(name: &str) -> Entry {
    record::preset(name).expect("a preset")
}

fn entries() -> impl Iterator<Item = Entry> {
    record::names::<Entry>().map(entry)
}

/// What is a whole network has the network's own counts.
#[test]
fn whole_networks_count_as_networks_do() {
    let names = record::names::<Network>();
    for name in names {
        let (network, counts) = (record::preset::<Network>(name).unwrap(), entry(name).counts(128));
        assert_eq!(counts.parameters, network.parameters().total(), "{name}");
        assert_eq!(counts.encoder, network.parameters().encoder(), "{name}");
        assert_eq!(counts.macs(), network.encoder_macs(128), "{name}");
        assert_eq!(
            counts.weight_macs,
            u64::from(network.layers) * network.layer_macs(128).linear(),
            "{name}"
        );
    }
}

/// Published counts are met within their last digit, or the entry says why not, and no entry says so in vain.
#[test]
fn published_counts_are_met_or_explained() {
    let mut compared = 0;
    for entry in entries() {
        let Some(published) = &entry.published else { continue };
        let parameters = published.parameters.iter().map(|count| (count, entry.counts(128).parameters));
        let operations = published.operations.iter().flatten();
        let operations =
            operations.map(|found| (&found.count, entry.counts(found.tokens).operations(found.products)));
        for (count, ours) in parameters.chain(operations) {
            let differs = count.differs_by(ours as f64);
            assert_eq!(differs.is_some(), count.differs.is_some(), "{}: {ours}, {count:?}", entry.name);
            // Nothing published is off by more than counts of other parts of the software explain: 7 % is MobileBERT's operations.
            assert!(differs.is_none_or(|off| off.abs() < 0.07), "{}: off by {differs:?}", entry.name);
            compared += 1;
        }
    }
    assert_eq!(compared, 14, "every count that the literature gives is compared");
}

/// 10^9 operations at 128 tokens and 10^6 parameters, from the shapes: derived figures with as many digits as they are given.
#[test]
fn counts_are_those_of_the_literature() {
    for (name, millions, giga) in [
        ("bert-base", 109.5, 22.35),
        ("bert-large", 335.1, 78.92),
        ("albert-base", 11.68, 22.35),
        ("albert-large", 17.68, 78.92),
        ("albert-xlarge", 58.73, 312.5),
        ("albert-xxlarge", 222.6, 621.7),
        ("distilbert", 66.36, 11.17),
        ("tinybert-4", 14.35, 1.247),
        ("tinybert-6", 66.96, 11.17),
        // The tensors of transformers' MobileBertModel have 24,581,888 elements.
        ("mobilebert", 24.58, 5.336),
    ] {
        let counts = entry(name).counts(128);
        let found = [counts.parameters as f64 / 1e6, counts.operations(Products::All) as f64 / 1e9];
        // Half of the last of four digits.
        for (found, published) in found.into_iter().zip([millions, giga]) {
            assert!((found / published - 1.0).abs() < 5e-4, "{name}: {found} against {published}");
        }
    }
    assert_eq!(entry("mobilebert").counts(128).parameters, 24_581_888);
}

/// The published density of a block-pruned encoder from its table by layer: tables are rounded to a tenth of a per cent of columns and to
/// heads, so that 0.1 points are what can be asked for.
#[test]
fn tables_by_layer_add_up_to_the_published_density() {
    let dense = entry("bert-base").counts(128).weight_macs as f64;
    let mut tables = 0;
    for entry in entries() {
        let Some(blocks) = &entry.blocks else { continue };
        let percent = 100.0 * entry.counts(128).weight_macs as f64 / dense;
        let (name, published) = (&entry.name, blocks.density_percent);
        assert!((percent - published).abs() < 0.1, "{name}: {percent} against {published}");
        tables += 1;
    }
    assert_eq!(tables, 9, "every measured point");
    // 3.82 times fewer operations with weights at the point of the abstract.
    let fewer = dense / entry("block-squad-26").counts(128).weight_macs as f64;
    assert!((fewer / 3.82 - 1.0).abs() < 0.01, "{fewer}");
}

/// BitFit trains 0.08 % of BERT large, or 0.04 %.
#[test]
fn a_task_is_the_published_share_of_the_parameters() {
    for (name, exact) in [("bitfit", 272_384), ("bitfit-part", 122_880)] {
        let entry = entry(name);
        let (own, all) = (entry.task_parameters().expect("a switch"), entry.counts(128).parameters);
        assert_eq!(own, exact, "{name}");
        let published = entry.task_switch.as_ref().map(|switch| switch.percent).expect("a switch");
        // Published with one digit.
        assert!((100.0 * own as f64 / all as f64 - published).abs() < 0.005, "{name}");
    }
}

/// 30522 words of 20 x 20 and 400; 127 products of 8000 multiply-accumulates.
#[test]
fn words_count_as_products() {
    let one = entry("cmow-cbow").counts(128);
    assert_eq!((one.parameters, one.macs()), (30_522 * 800, 127 * 8000));
    let two = entry("cmow-cbow-bidirectional").counts(128);
    assert_eq!((two.parameters, two.macs()), (30_522 * 1200, 2 * 127 * 8000));
}

/// The program of an encoder with bottlenecks does the operations that are counted, and those of embeddings and off-ramp: 128 tokens
/// from three rows of 128 to 512, and a dense layer of 512 with a classifier for one.
#[test]
fn bottlenecks_are_lowered_product_by_product() {
    let (entry, design) = (entry("mobilebert"), record::preset::<Design>("offramp").expect("a preset"));
    let shape = entry.bottleneck.as_ref().expect("bottlenecks");
    let program = compile_bottleneck(&design, shape, 128).expect("it fits");
    let around = 128 * 384 * 512 + 512 * (512 + 2);
    assert_eq!(program.useful_macs(24), entry.counts(128).macs() + around);
}

/// Zeros leave no operations, spans none of scores and context, and biases stay.
#[test]
fn what_is_taken_away_is_not_counted() {
    let (whole, pruned) = (entry("bert-base").counts(128), entry("movement-10").counts(128));
    // A tenth of the 7,077,888 matrix elements of a layer, rounded.
    assert_eq!(pruned.weight_macs, 128 * 12 * 707_789);
    assert_eq!(pruned.attention_macs, whole.attention_macs);
    let axformer = entry("axformer").counts(128);
    assert_eq!(
        axformer.attention_macs * 12 * 4,
        whole.attention_macs * 5,
        "a quarter of the keys in 5 of 12 layers"
    );
}

#[test]
fn every_entry_has_its_sentence_on_a_machine() {
    for entry in entries() {
        let job = entry.inference(64).expect("64 tokens fit every network");
        assert_eq!(job.is_some(), entry.network.is_some(), "{}", entry.name);
        for span in job.iter().flat_map(|job| &job.layers).flat_map(|layer| &layer.spans) {
            assert!(*span <= 64, "{}", entry.name);
        }
        if let Some(baseline) = &entry.baseline {
            record::preset::<Entry>(baseline).expect("a baseline is a preset");
        }
    }
    let text = entry("bert-base").inference(513).expect_err("there are 512 positions").to_string();
    assert!(text.contains("--sequence 513 must be from 1 to the 512 positions"), "{text}");
}

#[test]
fn impossible_entries_are_refused() {
    let layer = "    { heads = 4, feed_forward_density = 0.18 },\n";
    for (name, from, to, message) in [
        ("block-squad-26", "heads = 3,", "heads = 13,", "blocks.layers.11.heads = 13 must be from 1 to 12"),
        ("block-squad-26", "heads = 3,", "heads = 0,", "blocks.layers.11.heads = 0 must be from 1 to 12"),
        ("block-squad-26", layer, "", "blocks.layers has 11 layers, the network 12"),
        (
            "block-squad-26",
            "density = 0.18 ",
            "density = 1.8 ",
            "feed_forward_density = 1.8 must be from 0 to 1",
        ),
        ("block-squad-26", "reason = ", "# reason = ", "claims need baseline and reason"),
        (
            "block-squad-26",
            "baseline = \"bert-base\"",
            "baseline = \"block-squad-26\"",
            "is the entry itself",
        ),
        ("distilbert", "network = \"distilbert\"", "network = \"distilbart\"", "`distilbart`"),
        ("distilbert", "network = ", "# network = ", "exactly one of network, words and bottleneck"),
        ("layer-drop-4", "layers = 8", "layers = 13", "depth.layers = 13 must be from 1 to 12"),
        ("axformer", "tokens = [32, ", "tokens = [", "spans.tokens has 11 spans, the network 12 heads"),
        (
            "movement-3",
            "value = 0.03",
            "value = 3.0",
            "weight_density.encoder.value = 3 1 must be from 0 to 1",
        ),
        ("mobilebert", "heads = 4", "heads = 5", "bottleneck.heads = 5 must divide inner = 128"),
        ("cmow-cbow", "directions = 1", "directions = 3", "words.directions = 3 must be from 1 to 2"),
        ("tinybert-4", "factor = 9.4", "factor = 0", "claims.speed_up.factor = 0 must be from 0.01"),
    ] {
        let text = Entry::PRESETS.iter().find(|preset| preset.0 == name).expect("a preset").1;
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{name}: {from}");
        let error = record::parse::<Entry>("changed.toml", &changed).expect_err(to).to_string();
        assert!(error.contains(message), "{name}, {to}: {error}");
        assert!(error.contains("changed.toml:"), "the place is told: {error}");
    }
}
