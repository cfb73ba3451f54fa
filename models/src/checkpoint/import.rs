//! From tensors and a configuration to a model.

use super::config::Config;
use super::names::{Names, names};
use super::take::Take;
use super::tensor::Tensors;
use crate::model::Model;
use crate::network::Family;
use crate::record::Error;
use crate::weights::{Layer, OffRamp, Weights};
use nalgebra::DMatrix;

/// Our own name of the off-ramps; the last is the model's classifier, so that other software finds it.
pub(super) const OFF_RAMPS: &str = "off_ramps.";

/// What stands behind the name of a matrix that has scores of movement, as the authors of movement pruning save them.
pub(super) const SCORES: &str = "mask_scores";

/// The model that tensors and configuration make; `source` is what people call the tensors.
///
/// # Errors
/// Every tensor that is missing, misshapen, not finite or not of this family.
pub(super) fn model(source: &str, tensors: Tensors, config: Config) -> Result<Model, Error> {
    let names = names(config.network.family);
    let mut take = Take::new(source, tensors);
    let prefix = if take.has_under(names.prefix) { names.prefix } else { "" };
    let weights = weights(&mut take, &config, names, prefix);
    let scores = scores(&mut take, &config, names, prefix);
    let spans = learned_spans(&mut take, &config, names, prefix);
    let mut unused = names.unused.to_vec();
    if !weights.ramps.is_empty() {
        // A pooler that no classifier uses is left out; one that is used has been taken.
        unused.retain(|part| !part.contains("pooler"));
    }
    take.end(&unused)?;
    let spans = config.spans.clone().or(spans);
    let spans = without(spans, &config);
    let Config { network, labels, .. } = config;
    Ok(Model { network, weights, spans, scores, labels })
}

/// Spans with those of pruned heads, which are 0.
fn without(spans: Option<Vec<Vec<u32>>>, config: &Config) -> Option<Vec<Vec<u32>>> {
    if config.pruned.is_none() {
        return spans;
    }
    let all = vec![config.network.positions; config.network.heads as usize];
    let told = |layer: u32| {
        let spans = spans.as_ref()?;
        spans.get(layer as usize).or(spans.first()).cloned()
    };
    let of = |layer: u32| {
        let mut spans = told(layer).unwrap_or_else(|| all.clone());
        config.pruned(layer).iter().for_each(|head| spans[*head as usize] = 0);
        spans
    };
    Some((0..config.network.layers).map(of).collect())
}

fn weights(take: &mut Take, config: &Config, names: &Names, prefix: &str) -> Weights {
    let network = &config.network;
    let [width, hidden] = [network.embedding, network.hidden].map(|x| x as usize);
    let at = |name: &str| format!("{prefix}embeddings.{name}");
    let words = take.table(&at("word_embeddings"), network.vocabulary as usize, width);
    let rows = (network.positions + config.first_position) as usize;
    let mut positions = take.table(&at("position_embeddings"), rows, width);
    if positions.ncols() == rows {
        positions =
            positions.columns(config.first_position as usize, network.positions as usize).into_owned();
    }
    if network.token_types > 0 {
        let types = take.table(&at("token_type_embeddings"), network.token_types as usize, width);
        // A sentence is segment 0: its row is the same at every position.
        if types.nrows() == positions.nrows() {
            positions.column_iter_mut().for_each(|mut position| position += types.column(0));
        }
    }
    let norm = take.norm(&at("LayerNorm"), width);
    let map = network.has_projection() || network.family == Family::Albert;
    let map = map.then(|| take.dense(&format!("{prefix}encoder.embedding_hidden_mapping_in"), width, hidden));
    let layers = layers(take, config, names, prefix);
    let ramps = ramps(take, config, names, prefix);
    Weights { words, positions, norm, map, layers, ramps }
}

/// A set of weights for each layer that has its own.
fn layers(take: &mut Take, config: &Config, names: &Names, prefix: &str) -> Vec<Layer> {
    let network = &config.network;
    let under = format!("{prefix}{}", names.layer);
    if network.family != Family::Albert {
        return (0..network.layers)
            .map(|i| layer(take, config, names, (&format!("{under}{i}."), i)))
            .collect();
    }
    let mut groups = Vec::new();
    for group in 0..config.groups {
        for inner in 0..config.inner {
            let under = format!("{under}{group}.albert_layers.{inner}.");
            groups.push(layer(take, config, names, (&under, groups.len() as u32)));
        }
    }
    if network.shared_layers {
        return groups;
    }
    // Where groups repeat, each layer holds what it uses: one that is applied several times is there as often.
    let sets = groups.len() as u32;
    let used = |layer: u32| if config.inner > 1 { layer % sets } else { layer * sets / network.layers };
    (0..network.layers).map(|layer| groups[used(layer) as usize].clone()).collect()
}

/// Scores of movement pruning, where the first matrix has some.
fn scores(take: &mut Take, config: &Config, names: &Names, prefix: &str) -> Option<Vec<[DMatrix<f32>; 6]>> {
    let network = &config.network;
    let hidden = network.hidden as usize;
    let (sets, inner) = match network.family {
        Family::Albert => (config.groups, "albert_layers.0."),
        _ => (network.layers, ""),
    };
    let under = |set: u32, name: &str| format!("{prefix}{}{set}.{inner}{name}.{SCORES}", names.layer);
    if !take.has(&under(0, names.query)) {
        return None;
    }
    let mut square = |set: u32, name: &str| take.matrix(&under(set, name), hidden, hidden);
    let mut scores = Vec::new();
    for set in 0..sets {
        let four = [names.query, names.key, names.value, names.output].map(|name| square(set, name));
        scores.push(four);
    }
    let both = scores.into_iter().zip(0..).map(|([query, key, value, output], set)| {
        let wide = config.wide(set);
        let up = take.matrix(&under(set, names.up), wide, hidden);
        [query, key, value, output, up, take.matrix(&under(set, names.down), hidden, wide)]
    });
    Some(both.collect())
}

fn layer(take: &mut Take, config: &Config, names: &Names, (under, index): (&str, u32)) -> Layer {
    let (hidden, wide, gone) = (config.network.hidden as usize, config.wide(index), config.pruned(index));
    let width = config.network.head_dim() as usize;
    let left = hidden - gone.len() * width;
    let at = |name: &str| format!("{under}{name}");
    let mut layer = Layer {
        query: take.dense(&at(names.query), hidden, left),
        key: take.dense(&at(names.key), hidden, left),
        value: take.dense(&at(names.value), hidden, left),
        output: take.dense(&at(names.output), left, hidden),
        attention_norm: take.norm(&at(names.attention_norm), hidden),
        up: take.dense(&at(names.up), hidden, wide),
        down: take.dense(&at(names.down), wide, hidden),
        output_norm: take.norm(&at(names.output_norm), hidden),
    };
    for first in gone.iter().map(|head| *head as usize * width) {
        fill(&mut layer, first, width);
    }
    layer
}

/// Puts a head of zeros where one was pruned. What was missing altogether stays so.
fn fill(layer: &mut Layer, first: usize, width: usize) {
    for dense in [&mut layer.query, &mut layer.key, &mut layer.value] {
        if dense.weight.ncols() >= first && dense.bias.len() >= first {
            let weight = std::mem::take(&mut dense.weight);
            dense.weight = weight.insert_columns(first, width, 0.0);
            dense.bias.splice(first..first, vec![0.0; width]);
        }
    }
    if layer.output.weight.nrows() >= first {
        let weight = std::mem::take(&mut layer.output.weight);
        layer.output.weight = weight.insert_rows(first, width, 0.0);
    }
}

/// The off-ramps: ours, or those of a highway checkpoint, and behind the last layer the model's own classifier.
fn ramps(take: &mut Take, config: &Config, names: &Names, prefix: &str) -> Vec<OffRamp> {
    if !take.has(&format!("{}.weight", names.classifier)) {
        return Vec::new();
    }
    let last = ramp(take, config, &names.pooler.replace("{}", prefix), names.classifier);
    let highway = format!("{prefix}encoder.highway.");
    let (under, pooler) = if take.has_under(OFF_RAMPS) {
        (OFF_RAMPS, "pooler")
    } else if take.has_under(&highway) {
        (highway.as_str(), names.highway_pooler)
    } else {
        return vec![last];
    };
    let mut behind = |index: u32| {
        ramp(take, config, &format!("{under}{index}.{pooler}"), &format!("{under}{index}.classifier"))
    };
    let end = config.network.layers - 1;
    let mut ramps: Vec<OffRamp> = (0..end).map(&mut behind).collect();
    // Highway checkpoints have an off-ramp behind the last layer too, which their software never takes.
    if take.has(&format!("{under}{end}.classifier.weight")) {
        ramp(take, config, &format!("{under}{end}.{pooler}"), &format!("{under}{end}.classifier"));
    }
    ramps.push(last);
    ramps
}

fn ramp(take: &mut Take, config: &Config, pooler: &str, classifier: &str) -> OffRamp {
    let (hidden, classes) = (config.network.hidden as usize, config.network.classes as usize);
    OffRamp {
        pooler: take.dense(pooler, hidden, hidden),
        classifier: take.dense(classifier, hidden, classes),
    }
}

/// Spans as they are learned, for each layer, or once for all of an ALBERT, which see as much as the longest of the first group.
fn learned_spans(take: &mut Take, config: &Config, names: &Names, prefix: &str) -> Option<Vec<Vec<u32>>> {
    let network = &config.network;
    let albert = network.family == Family::Albert;
    let family = if albert { "0.albert_layers." } else { "" };
    let name = |index| format!("{prefix}{}{family}{index}.attention.adaptive_span.current_val", names.layer);
    let count = network.layers.max(config.inner);
    let own: Vec<_> = (0..count).map(|index| layer_spans(take, config, &name(index))).collect();
    if albert {
        let longest = |a: Vec<u32>, b: Vec<u32>| a.into_iter().zip(b).map(|(a, b)| a.max(b)).collect();
        return own.into_iter().flatten().reduce(longest).map(|spans| vec![spans]);
    }
    own.iter().any(Option::is_some).then_some(())?;
    // A layer that says nothing sees everything.
    let all = vec![network.positions; network.heads as usize];
    let mut each: Vec<_> = own.into_iter().map(|own| own.unwrap_or_else(|| all.clone())).collect();
    if each.windows(2).all(|pair| pair[0] == pair[1]) {
        each.truncate(1);
    }
    Some(each)
}

/// Those of a layer: shares of the longest, [batch x heads x 1 x 1]; a head sees so many tokens and the ramp.
fn layer_spans(take: &mut Take, config: &Config, name: &str) -> Option<Vec<u32>> {
    let heads = config.network.heads as usize;
    let tensor = take.any(name)?;
    for buffer in ["mask_template_0", "mask_template_1"] {
        take.any(&name.replace("current_val", buffer));
    }
    let Some((longest, ramp)) = config.adaptive else {
        take.problem(
            format!("tensor `{name}` holds shares of a span that config.json does not say"),
            "add \"attn_span\" and \"adapt_span_ramp\" to it, in tokens, as they were in training",
        );
        return None;
    };
    let found = tensor.values.len();
    if found == 0 || !found.is_multiple_of(heads) {
        take.problem(
            format!("tensor `{name}` has {found} elements, must have one for each of {heads} heads"),
            "check num_attention_heads in config.json",
        );
        return None;
    }
    let mut spans = vec![0; heads];
    for (element, share) in tensor.values.iter().enumerate() {
        let tokens = (share.clamp(0.0, 1.0) * longest as f32).ceil() as u32 + ramp;
        let span = &mut spans[element % heads];
        *span = tokens.min(longest).max(*span);
    }
    Some(spans)
}
