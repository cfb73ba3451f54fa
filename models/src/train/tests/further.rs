//! A small BERT trained further on a text in which one word says the class.

use super::*;
use crate::checkpoint;
use crate::model::Model;

fn bert() -> Model {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/references/bert");
    checkpoint::read(folder).unwrap_or_else(|error| panic!("{error}"))
}

/// Sentences of three classes: word 20, 21 or 22 among others of its vocabulary of 61.
fn examples(count: u32) -> Vec<Example> {
    let one = |number: u32| {
        let label = number % 3;
        let words = vec![2, 30 + number % 7, 20 + label, 40 + number * 5 % 17, 3];
        Example { text: format!("sentence {number}"), words, label: label as usize, difficulty: 0 }
    };
    (0..count).map(one).collect()
}

fn start() -> Start {
    let labels = ["a", "b", "c"].map(str::to_owned).to_vec();
    Start { model: bert(), labels, training: examples(31), test: examples(9) }
}

fn recipe() -> Recipe {
    Recipe { grammar: None, network: None, ..short() }
}

#[test]
fn a_checkpoint_is_where_a_run_begins() {
    let mut recipe = recipe();
    for phase in [&mut recipe.teacher, &mut recipe.student, &mut recipe.ramps] {
        *phase = Phase { steps: 0, warm_up: 0, rate: 0.0 };
    }
    recipe.pruning = Pruning { sparsity: 0.0, embedding_sparsity: 0.0, start: 0, end: 0, ..recipe.pruning };
    recipe.spans = Spans { start: 30, freeze: 0, ..recipe.spans };
    recipe.format = None;
    let trained = Trainer::fine_tune(recipe, start()).unwrap().trained(2).unwrap();
    let mut weights = trained.weights.clone();
    weights.ramps = bert().weights.ramps;
    assert!(weights == bert().weights, "nothing has moved");
    agrees_with_the_reference(&trained);
}

#[test]
fn a_checkpoint_is_trained_pruned_and_rounded() {
    let mut recipe = recipe();
    (recipe.teacher.steps, recipe.student.steps, recipe.ramps.steps) = (60, 60, 10);
    let trainer = finished(Trainer::fine_tune(recipe, start()).unwrap(), 2);
    let trained = trainer.trained(2).unwrap();
    let metrics = &trained.metrics;
    assert!(metrics.teacher_accuracy >= 1.0 && metrics.exit_accuracy >= 1.0, "{metrics:?}");
    assert!((metrics.encoder_sparsity - 0.5).abs() < 1e-3, "{metrics:?}");
    assert!((metrics.embedding_sparsity - 0.25).abs() < 1e-3, "{metrics:?}");
    assert_eq!(trained.spans.len(), trained.weights.layers.len(), "spans of each layer");
    assert_eq!(metrics.difficulties.len(), 1);
    let most = trained.weights.words.amax();
    let bias = bias_for(Format::AF8_4, most.into());
    let words = bert().weights.words;
    for (found, before) in trained.weights.words.iter().zip(&words) {
        let code = encode_f64(Format::AF8_4, bias, f64::from(*before)).unwrap();
        let rounded = Format::AF8_4.decode_f64(code, bias) as f32;
        assert!(
            found.abs() <= 0.0 || (found - rounded).abs() <= 0.0,
            "words are rounded or gone: {found} {before}"
        );
    }
    agrees_with_the_reference(&trained);
}

/// 31 steps of ten sentences are ten passes through 31.
#[test]
fn each_pass_takes_every_sentence_once_in_an_order_of_its_own() {
    let mut trainer = Trainer::fine_tune(recipe(), start()).unwrap();
    let mut drawn = Vec::new();
    for step in 0..31 {
        trainer.state.step = step;
        drawn.extend(trainer.source.step(&trainer.recipe, &trainer.state));
    }
    let order = |pass: &[Example]| pass.iter().map(|example| example.text.clone()).collect::<Vec<_>>();
    let passes: Vec<Vec<String>> = drawn.chunks(31).map(order).collect();
    assert_eq!(passes.len(), 10);
    let sorted = |pass: &[String]| pass.iter().cloned().collect::<std::collections::BTreeSet<_>>();
    for pass in &passes {
        assert_eq!(sorted(pass), sorted(&order(&start().training)));
    }
    assert_eq!(passes.iter().collect::<std::collections::BTreeSet<_>>().len(), 10, "ten orders");
}

/// Off-ramps of the same labels are trained further, others begin anew.
#[test]
fn off_ramps_are_kept_where_labels_are_the_same() {
    let trainer = finished(Trainer::fine_tune(recipe(), start()).unwrap(), 2);
    let trained = trainer.trained(1).unwrap();
    let spans = Some(trained.spans.clone());
    let model = Model {
        network: trained.network,
        weights: trained.weights,
        spans,
        scores: None,
        labels: trained.labels,
    };
    let ramp = |labels: [&str; 3]| {
        let start = Start { model: model.clone(), labels: labels.map(str::to_owned).to_vec(), ..start() };
        let trainer = Trainer::fine_tune(recipe(), start).unwrap();
        trainer.state.weights[trainer.net.layout.ramps[1].classifier.weight.range()].to_vec()
    };
    let own = model.weights.ramps[1].classifier.weight.as_slice();
    assert_eq!(ramp(["a", "b", "c"]), own);
    assert_ne!(ramp(["x", "b", "c"]), own);
}

#[test]
fn a_run_of_a_checkpoint_goes_on_to_the_same_bits() {
    let whole = finished(Trainer::fine_tune(recipe(), start()).unwrap(), 2);
    for stop in [0, 2, 5, 9, 12, 14] {
        let mut trainer = Trainer::fine_tune(recipe(), start()).unwrap();
        assert_eq!((0..stop).filter_map(|_| trainer.step(2)).count(), stop);
        let again = Trainer::from_bytes(&trainer.to_bytes(), Some(start())).unwrap();
        assert!(finished(again, 1).to_bytes() == whole.to_bytes(), "stopped after {stop}");
    }
    let mut other = start();
    other.training[4].label = 0;
    let refused = Trainer::from_bytes(&whole.to_bytes(), Some(other)).unwrap_err().to_string();
    assert!(refused.contains("of other sentences"), "{refused}");
    let mut other = start();
    other.model.weights.layers[0].up.weight[3] += 1.0;
    assert!(Trainer::from_bytes(&whole.to_bytes(), Some(other)).is_err());
    assert!(Trainer::from_bytes(&whole.to_bytes(), None).unwrap_err().to_string().contains("there is none"));
}

type Change = &'static dyn Fn(&mut Start);

#[test]
fn what_a_checkpoint_cannot_be_trained_on_is_refused() {
    let refused = |change: &dyn Fn(&mut Start)| {
        let mut start = start();
        change(&mut start);
        Trainer::fine_tune(recipe(), start).unwrap_err().to_string()
    };
    let cases: [(Change, &str); 10] = [
        (&|start| start.labels.truncate(1), "have 1 labels"),
        (&|start| start.labels = (0..1025).map(|label| label.to_string()).collect(), "have 1025 labels"),
        (&|start| start.model.weights.positions[5] = f32::NAN, "not finite"),
        (&|start| start.training.clear(), "no sentence"),
        (&|start| start.test.clear(), "no sentence"),
        (&|start| start.training[7].words[1] = 61, "sentence 7"),
        (&|start| start.test[2].words = vec![2; 1000], "sentence 2"),
        (&|start| start.training[3].label = 3, "sentence 3"),
        (&|start| start.model.network.activation = kernels::activation::Activation::Relu, "GELU"),
        (&|start| start.model.network.layers = 1, "one layer"),
    ];
    for (change, message) in cases {
        let said = refused(change);
        assert!(said.contains(message), "{message}: {said}");
    }
    let recipe = short();
    assert!(Trainer::fine_tune(recipe, start()).unwrap_err().to_string().contains("brings its own"));
}
