//! What an entry must hold.

use super::limits::*;
use super::{Blocks, Bottleneck, Claim, Count, Entry, Published, Score, TaskSwitch, Words};
use crate::network::Network;
use crate::record::Problems;

pub(super) fn validate(entry: &Entry, problems: &mut Problems) {
    problems.not_empty("name", &entry.name);
    problems.not_empty("summary", &entry.summary);
    problems.range("weight_bits", entry.weight_bits, WEIGHT_BITS.0, WEIGHT_BITS.1, "bits of a weight");
    one_shape(entry, problems);
    baseline(entry, problems);
    if let Some(network) = entry.network.as_deref() {
        taken_away(entry, network, problems);
    }
    if let Some(shape) = &entry.words {
        words(shape, problems);
    }
    if let Some(shape) = &entry.bottleneck {
        bottleneck(shape, problems);
    }
    if let Some(density) = &entry.weight_density {
        density.embedding.validate("weight_density.embedding", problems);
        density.encoder.validate("weight_density.encoder", problems);
    }
    if let Some(switch) = &entry.task_switch {
        task_switch(switch, problems);
    }
    if let Some(published) = &entry.published {
        counts(published, problems);
    }
    for (at, score) in entry.scores.iter().flatten().enumerate() {
        score_holds(&format!("scores.{at}"), score, problems);
    }
}

/// Exactly one of the three shapes, and nothing taken away from a shape that is no network.
fn one_shape(entry: &Entry, problems: &mut Problems) {
    let shapes = [entry.network.is_some(), entry.words.is_some(), entry.bottleneck.is_some()];
    if shapes.iter().filter(|there| **there).count() != 1 {
        let message = "an entry has exactly one of network, words and bottleneck (it is one shape)";
        problems.push("name", message, "name a network, or describe words or a bottleneck");
    }
    let changes = [
        ("depth", entry.depth.is_some()),
        ("spans", entry.spans.is_some()),
        ("blocks", entry.blocks.is_some()),
        ("weight_density", entry.weight_density.is_some()),
        ("task_switch", entry.task_switch.is_some()),
    ];
    for (key, _) in changes.into_iter().filter(|(_, there)| *there && entry.network.is_none()) {
        let message = format!("{key} has no effect without network (words and bottlenecks are whole)");
        problems.push(key, message, format!("leave {key} out, or name a network"));
    }
}

/// Claims are about a baseline, and say why hardware may differ.
fn baseline(entry: &Entry, problems: &mut Problems) {
    if entry.baseline.as_ref() == Some(&entry.name) {
        let message = format!("baseline = \"{}\" is the entry itself (its ratios would be 1)", entry.name);
        problems.push("baseline", message, "name another entry, or leave it out");
    }
    if let Some(reason) = &entry.reason {
        problems.not_empty("reason", reason);
    }
    let Some(claims) = &entry.claims else { return };
    if entry.baseline.is_none() || entry.reason.is_none() {
        let message =
            "claims need baseline and reason (what they are relative to, and why a machine may differ)";
        problems.push("claims", message, "give both, or leave claims out");
    }
    for (key, claim) in [("claims.speed_up", &claims.speed_up), ("claims.size", &claims.size)] {
        if let Some(claim) = claim {
            claim_holds(key, claim, problems);
        }
    }
}

fn claim_holds(key: &str, claim: &Claim, problems: &mut Problems) {
    let reason = "the baseline's figure over the entry's";
    problems.range(&format!("{key}.factor"), claim.factor, FACTOR.0, FACTOR.1, reason);
    problems.not_empty(&format!("{key}.said"), &claim.said);
    problems.not_empty(&format!("{key}.source"), &claim.source);
}

fn taken_away(entry: &Entry, network: &Network, problems: &mut Problems) {
    let kept = entry.depth.as_ref().map_or(network.layers, |depth| depth.layers);
    if let Some(depth) = &entry.depth {
        problems.range("depth.layers", depth.layers, LAYERS.0, network.layers, "the network has no more");
        problems.not_empty("depth.source", &depth.source);
    }
    if let Some(spans) = &entry.spans {
        problems.not_empty("spans.source", &spans.source);
        if spans.tokens.len() != network.heads as usize {
            let (found, heads) = (spans.tokens.len(), network.heads);
            let message =
                format!("spans.tokens has {found} spans, the network {heads} heads (one span a head)");
            problems.push("spans.tokens", message, format!("give {heads} spans"));
        }
        if entry.blocks.is_some() {
            let message = "spans and blocks are both there (spans are of heads that every layer has)";
            problems.push("spans", message, "leave one of them out");
        }
    }
    if let Some(kept_blocks) = &entry.blocks {
        blocks(kept_blocks, network, kept, problems);
    }
}

fn blocks(blocks: &Blocks, network: &Network, layers: u32, problems: &mut Problems) {
    problems.not_empty("blocks.source", &blocks.source);
    problems.range(
        "blocks.density_percent",
        blocks.density_percent,
        PERCENT.0,
        PERCENT.1,
        "a share in per cent",
    );
    if blocks.layers.len() != layers as usize {
        let found = blocks.layers.len();
        let message = format!("blocks.layers has {found} layers, the network {layers} (one line a layer)");
        problems.push("blocks.layers", message, format!("give {layers} layers"));
    }
    if network.shared_layers && blocks.layers.windows(2).any(|pair| pair[0] != pair[1]) {
        let message = "layers that share their weights cannot be pruned differently";
        problems.push("blocks.layers", message, "make them alike, or take another network");
    }
    for (at, layer) in blocks.layers.iter().enumerate() {
        let reason = "at most those of the network, and the machine has no layer without attention";
        problems.range(&format!("blocks.layers.{at}.heads"), layer.heads, HEADS.0, network.heads, reason);
        let key = format!("blocks.layers.{at}.feed_forward_density");
        problems.range(&key, layer.feed_forward_density, SHARE.0, SHARE.1, "a share of the columns");
    }
}

fn words(shape: &Words, problems: &mut Problems) {
    problems.not_empty("words.source", &shape.source);
    for (key, value, (least, greatest)) in [
        ("words.matrix", shape.matrix, SIDE),
        ("words.directions", shape.directions, DIRECTIONS),
        ("words.vector", shape.vector, SIDE),
        ("words.vocabulary", shape.vocabulary, VOCABULARY),
        ("words.classes", shape.classes, CLASSES),
    ] {
        problems.range(key, value, least, greatest, "published sizes lie inside");
    }
}

fn bottleneck(shape: &Bottleneck, problems: &mut Problems) {
    problems.not_empty("bottleneck.source", &shape.source);
    for (key, value, (least, greatest)) in [
        ("bottleneck.layers", shape.layers, LAYERS),
        ("bottleneck.hidden", shape.hidden, SIDE),
        ("bottleneck.inner", shape.inner, SIDE),
        ("bottleneck.feed_forward", shape.feed_forward, SIDE),
        ("bottleneck.stacked", shape.stacked, STACKED),
        ("bottleneck.heads", shape.heads, HEADS),
        ("bottleneck.embedding", shape.embedding, SIDE),
        ("bottleneck.vocabulary", shape.vocabulary, VOCABULARY),
        ("bottleneck.positions", shape.positions, TOKENS),
        ("bottleneck.token_types", shape.token_types, LAYERS),
        ("bottleneck.classes", shape.classes, CLASSES),
    ] {
        problems.range(key, value, least, greatest, "published sizes lie inside");
    }
    if !shape.inner.is_multiple_of(shape.heads.max(1)) {
        let (heads, inner) = (shape.heads, shape.inner);
        let message = format!("bottleneck.heads = {heads} must divide inner = {inner} (heads split it)");
        problems.push("bottleneck.heads", message, "choose a divisor of inner");
    }
}

fn task_switch(switch: &TaskSwitch, problems: &mut Problems) {
    problems.not_empty("task_switch.source", &switch.source);
    problems.range("task_switch.percent", switch.percent, PERCENT.0, PERCENT.1, "a share in per cent");
}

fn counts(published: &Published, problems: &mut Problems) {
    if let Some(count) = &published.parameters {
        count_holds("published.parameters", count, problems);
    }
    for (at, operations) in published.operations.iter().flatten().enumerate() {
        let key = format!("published.operations.{at}");
        count_holds(&format!("{key}.count"), &operations.count, problems);
        let tokens = format!("{key}.tokens");
        problems.range(&tokens, operations.tokens, TOKENS.0, TOKENS.1, "tokens of a sentence");
    }
}

fn count_holds(key: &str, count: &Count, problems: &mut Problems) {
    problems.range(&format!("{key}.value"), count.value, COUNT.0, COUNT.1, "a count");
    problems.range(&format!("{key}.rounded_to"), count.rounded_to, COUNT.0, COUNT.1, "1 is exact");
    problems.not_empty(&format!("{key}.source"), &count.source);
    if let Some(differs) = &count.differs {
        problems.not_empty(&format!("{key}.differs"), differs);
    }
}

fn score_holds(key: &str, score: &Score, problems: &mut Problems) {
    problems.not_empty(&format!("{key}.task"), &score.task);
    problems.range(&format!("{key}.percent"), score.percent, PERCENT.0, PERCENT.1, "a score in per cent");
    problems.not_empty(&format!("{key}.source"), &score.source);
}
