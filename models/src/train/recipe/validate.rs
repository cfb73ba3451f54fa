//! Rules of a recipe: whatever they let pass trains without a panic.

use super::limits::*;
use super::{Grammar, Phase, Recipe, Sizes};
use crate::record::Problems;

pub(super) fn recipe(recipe: &Recipe, problems: &mut Problems) {
    problems.not_empty("name", &recipe.name);
    problems.not_empty("summary", &recipe.summary);
    problems.range("seed", recipe.seed, SEED.0, SEED.1, "TOML's whole numbers are signed");
    problems.range("batch", recipe.batch, BATCH.0, BATCH.1, "a step holds all of its activations");
    problems.range(
        "threshold",
        recipe.threshold,
        THRESHOLD.0,
        THRESHOLD.1,
        "no network of these has more classes",
    );
    problems.range(
        "ramp_weight",
        recipe.ramp_weight,
        RAMP_WEIGHT.0,
        RAMP_WEIGHT.1,
        "more would drown the last off-ramp",
    );
    beginning(recipe, problems);
    optimiser(recipe, problems);
    for (name, part) in [("teacher", &recipe.teacher), ("student", &recipe.student), ("ramps", &recipe.ramps)]
    {
        phase(name, part, problems);
    }
    compression(recipe, problems);
    spans(recipe, problems);
}

/// What a run begins with: sizes and the grammar, or a checkpoint and a file, of which a recipe says nothing.
fn beginning(recipe: &Recipe, problems: &mut Problems) {
    match (&recipe.network, &recipe.grammar) {
        (Some(network), Some(part)) => {
            sizes(network, problems);
            grammar(part, recipe, problems);
        }
        (None, None) => {}
        (network, _) => {
            let missing = if network.is_some() { "grammar" } else { "network" };
            problems.push(
                missing,
                format!("the table [{missing}] is missing: a network from nothing is trained on the grammar"),
                "add it, or leave out both [network] and [grammar] to train a checkpoint further",
            );
        }
    }
}

fn grammar(grammar: &Grammar, recipe: &Recipe, problems: &mut Problems) {
    let most = recipe.teacher.steps;
    let reason = "the teacher is trained in so many steps";
    problems.range("grammar.curriculum", grammar.curriculum, 0, most, reason);
    problems.range("grammar.test", grammar.test, TEST.0, TEST.1, "each label of each difficulty is tested");
    let nats = std::f64::consts::LN_2;
    problems.range("threshold", recipe.threshold, 0.0, nats, "two classes have no more entropy");
}

fn sizes(sizes: &Sizes, problems: &mut Problems) {
    let reason = "this trainer is made for small networks";
    problems.range("network.layers", sizes.layers, LAYERS.0, LAYERS.1, "early exit needs two off-ramps");
    problems.range("network.hidden", sizes.hidden, HIDDEN.0, HIDDEN.1, reason);
    problems.range("network.feed_forward", sizes.feed_forward, FEED_FORWARD.0, FEED_FORWARD.1, reason);
    problems.range("network.heads", sizes.heads, HEADS.0, HEADS.1, reason);
    problems.range(
        "network.positions",
        sizes.positions,
        POSITIONS.0,
        POSITIONS.1,
        "the longest sentence must fit",
    );
    problems.range(
        "network.layer_norm_epsilon",
        sizes.layer_norm_epsilon,
        EPSILON.0,
        EPSILON.1,
        "it only guards a division by zero",
    );
    if sizes.embedding == 0 || sizes.embedding >= sizes.hidden {
        problems.push(
            "network.embedding",
            format!(
                "network.embedding = {} must be from 1 to below hidden = {} (a map widens embeddings)",
                sizes.embedding, sizes.hidden
            ),
            "choose half of hidden",
        );
    }
    if sizes.heads > 0 && !sizes.hidden.is_multiple_of(sizes.heads) {
        problems.push(
            "network.heads",
            format!(
                "network.heads = {} must divide hidden = {} (heads split the hidden state)",
                sizes.heads, sizes.hidden
            ),
            "choose a divisor of hidden",
        );
    }
}

fn optimiser(recipe: &Recipe, problems: &mut Problems) {
    let optimiser = &recipe.optimiser;
    problems.range("optimiser.beta1", optimiser.beta1, BETA1.0, BETA1.1, "a mean forgets");
    problems.range("optimiser.beta2", optimiser.beta2, BETA2.0, BETA2.1, "a mean forgets");
    problems.range(
        "optimiser.epsilon",
        optimiser.epsilon,
        OPTIMISER_EPSILON.0,
        OPTIMISER_EPSILON.1,
        "it guards a division by zero",
    );
    problems.range("optimiser.decay", optimiser.decay, SHARE.0, SHARE.1, "more would erase the weights");
    problems.range("optimiser.clip", optimiser.clip, CLIP.0, CLIP.1, "a step must have a length");
}

fn phase(name: &str, phase: &Phase, problems: &mut Problems) {
    problems.range(
        &format!("{name}.steps"),
        phase.steps,
        STEPS.0,
        STEPS.1,
        "sentences of a step are drawn by its number",
    );
    problems.range(&format!("{name}.warm_up"), phase.warm_up, 0, phase.steps, "it is part of the steps");
    problems.range(&format!("{name}.rate"), phase.rate, RATE.0, RATE.1, "more would not train");
}

fn compression(recipe: &Recipe, problems: &mut Problems) {
    let (distillation, pruning) = (&recipe.distillation, &recipe.pruning);
    problems.range("distillation.share", distillation.share, SHARE.0, SHARE.1, "a share");
    problems.range(
        "distillation.temperature",
        distillation.temperature,
        TEMPERATURE.0,
        TEMPERATURE.1,
        "logits are divided by it",
    );
    problems.range("pruning.sparsity", pruning.sparsity, SPARSITY.0, SPARSITY.1, "something must be left");
    problems.range(
        "pruning.embedding_sparsity",
        pruning.embedding_sparsity,
        SPARSITY.0,
        SPARSITY.1,
        "something must be left",
    );
    problems.range(
        "pruning.end",
        pruning.end,
        0,
        recipe.student.steps,
        "the student is trained in so many steps",
    );
    problems.range("pruning.start", pruning.start, 0, pruning.end, "the share rises from start to end");
    problems.range("pruning.every", pruning.every, EVERY.0, EVERY.1, "a number of steps");
}

fn spans(recipe: &Recipe, problems: &mut Problems) {
    let spans = &recipe.spans;
    let positions = recipe.network.as_ref().map_or(POSITIONS.1, |sizes| sizes.positions.max(1));
    problems.range("spans.start", spans.start, 0, positions, "no sentence is longer");
    problems.range("spans.ramp", spans.ramp, 1, positions, "the slope is 1 / ramp");
    problems.range("spans.penalty", spans.penalty, PENALTY.0, PENALTY.1, "more would switch every head off");
    problems.range("spans.rate", spans.rate, SPAN_RATE.0, SPAN_RATE.1, "more would jump over sentences");
    problems.range(
        "spans.freeze",
        spans.freeze,
        0,
        recipe.student.steps,
        "the student is trained in so many steps",
    );
}
