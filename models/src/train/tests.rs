//! Whole runs of a few steps, for what holds of any run.

mod further;
mod ingredients;

use super::layout::Kind;
use super::*;
use crate::compiler::{Inference, LayerShape};
use crate::forward::forward;
use crate::record::{self, preset};
use kernels::adaptivfloat::{Format, bias_for, encode_f64};

/// A run of a few steps that passes through all stages, with everything switched on.
fn short() -> Recipe {
    let mut recipe: Recipe = preset("tiny").unwrap();
    recipe.batch = 10;
    recipe.grammar = Some(Grammar { curriculum: 3, test: 40 });
    for (phase, steps) in [(&mut recipe.teacher, 4), (&mut recipe.student, 7), (&mut recipe.ramps, 3)] {
        *phase = Phase { steps, warm_up: 1, rate: 1e-2 };
    }
    recipe.pruning =
        Pruning { sparsity: 0.5, embedding_sparsity: 0.25, start: 1, end: 4, every: 2, ..recipe.pruning };
    recipe.spans = Spans { start: 3, ramp: 2, rate: 0.5, freeze: 5, penalty: 0.01 };
    recipe
}

fn finished(mut trainer: Trainer, threads: usize) -> Trainer {
    while trainer.step(threads).is_some() {}
    trainer
}

fn run(recipe: &Recipe) -> Trainer {
    finished(Trainer::new(recipe.clone()).unwrap(), 2)
}

#[test]
fn a_run_that_stops_goes_on_to_the_same_bits() {
    for method in [Method::Magnitude, Method::Movement] {
        let mut recipe = short();
        recipe.pruning.method = method;
        let whole = run(&recipe);
        for stop in 0..=14 {
            let mut trainer = Trainer::new(recipe.clone()).unwrap();
            let done = (0..stop).filter_map(|_| trainer.step(2)).count();
            assert_eq!(done, stop);
            let trainer = finished(Trainer::from_bytes(&trainer.to_bytes(), None).unwrap(), 2);
            assert!(trainer.to_bytes() == whole.to_bytes(), "{method:?}, stopped after {stop}");
        }
        assert_eq!(whole.stage(), Stage::Done);
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let first = finished(Trainer::new(short()).unwrap(), 1);
    for threads in [2, 3, 64] {
        let trainer = finished(Trainer::new(short()).unwrap(), threads);
        assert!(trainer.to_bytes() == first.to_bytes(), "{threads} threads");
        assert!(trainer.trained(threads) == first.trained(1), "{threads} threads");
    }
}

#[test]
fn runs_follow_their_seed() {
    let of = |seed| run(&Recipe { seed, ..short() }).state;
    assert_eq!(of(5), of(5));
    assert_ne!(of(5).weights, of(6).weights);
}

/// Progress tells stage and step, and a stage without steps is passed over.
#[test]
fn stages_follow_each_other() {
    let mut recipe = short();
    recipe.ramps.steps = 0;
    recipe.ramps.warm_up = 0;
    let mut trainer = Trainer::new(recipe).unwrap();
    let steps: Vec<_> = std::iter::from_fn(|| trainer.step(2)).map(|p| (p.stage, p.step, p.steps)).collect();
    let teacher = (1..=4).map(|step| (Stage::Teacher, step, 4));
    let student = (1..=7).map(|step| (Stage::Student, step, 7));
    assert_eq!(steps, teacher.chain(student).collect::<Vec<_>>());
    assert!(trainer.trained(1).is_some() && trainer.step(1).is_none());
}

/// Zeros are exactly as many as asked for, weights are codes of the format, and the same bias codes them again: what the machine
/// is given is what was trained.
#[test]
fn weights_are_pruned_and_rounded() {
    let recipe = short();
    let trainer = run(&recipe);
    let all = trainer.effective().all;
    for (slot, kind) in &trainer.net.layout.tensors {
        let tensor = &all[slot.range()];
        let zeros = tensor.iter().filter(|w| w.abs() <= 0.0).count() as f64;
        match kind {
            Kind::Encoder => assert!((zeros - 0.5 * tensor.len() as f64).abs() < 1.0, "{slot:?}: {zeros}"),
            Kind::Table => assert!((zeros - 0.25 * tensor.len() as f64).abs() < 1.0, "{slot:?}: {zeros}"),
            Kind::Matrix => {}
            _ => continue,
        }
        let most = tensor.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
        let bias = bias_for(Format::AF8_4, most.into());
        for weight in tensor {
            let code = encode_f64(Format::AF8_4, bias, f64::from(*weight)).unwrap();
            let back = Format::AF8_4.decode_f64(code, bias);
            assert!((back - f64::from(*weight)).abs() <= 0.0, "{kind:?}: {weight} {back}");
        }
    }
}

/// Straight through: steps too small to change a rounded weight add up until they do.
#[test]
fn small_steps_pass_the_rounding() {
    let mut recipe = short();
    recipe.pruning = Pruning { sparsity: 0.0, embedding_sparsity: 0.0, ..recipe.pruning };
    recipe.student = Phase { steps: 60, warm_up: 0, rate: 3e-5 };
    let mut trainer = Trainer::new(recipe).unwrap();
    while trainer.stage() == Stage::Teacher {
        trainer.step(2);
    }
    let slot = trainer.net.layout.layers[0].up.weight;
    let at = |trainer: &Trainer| {
        let rounded = trainer.effective().all[slot.range()].to_vec();
        (trainer.state.weights[slot.range()].to_vec(), rounded)
    };
    let moved = |a: &[f32], b: &[f32]| a.iter().zip(b).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
    let start = at(&trainer);
    trainer.step(2);
    let first = at(&trainer);
    assert!(moved(&start.0, &first.0) > slot.rows * slot.columns / 2);
    assert!(moved(&start.1, &first.1) < slot.rows * slot.columns / 10, "{}", moved(&start.1, &first.1));
    (0..40).for_each(|_| _ = trainer.step(2));
    let last = at(&trainer);
    assert!(moved(&start.1, &last.1) > 2 * moved(&start.1, &first.1));
}

/// In the last stage nothing moves but the off-ramps ahead of the last.
#[test]
fn the_last_stage_trains_early_ramps_alone() {
    let mut trainer = Trainer::new(short()).unwrap();
    while trainer.stage() < Stage::Ramps {
        trainer.step(2);
    }
    let before = trainer.state.weights.clone();
    let trainer = finished(trainer, 2);
    let early = trainer.net.layout.early_ramps();
    let after = &trainer.state.weights;
    assert_eq!((&before[..early.start], &before[early.end..]), (&after[..early.start], &after[early.end..]));
    assert!(before[early.clone()].iter().zip(&after[early]).all(|(b, a)| b.to_bits() != a.to_bits()));
}

/// The reference pass of the toolkit on the result: the same logits, but for the order of sums.
fn agrees_with_the_reference(trained: &Trained) {
    let network = &trained.network;
    let layers = network.layers as usize;
    for (sentence, found) in trained.sentences.iter().zip(trained.logits.rows()).step_by(7) {
        let shape = |spans: &Vec<u32>| LayerShape {
            spans: spans.clone(),
            feed_forward: network.feed_forward,
            encoder_density: 1.0,
        };
        let job = Inference {
            network: network.clone(),
            sequence: sentence.words.len() as u32,
            classes: network.classes,
            exits: true,
            predict_after: None,
            embedding_density: 1.0,
            layers: trained.spans.iter().map(shape).collect(),
        };
        let reference = forward(&job, &trained.weights, &sentence.words).unwrap();
        for (found, expected) in found.chunks_exact(network.classes as usize).zip(&reference.logits) {
            for (found, expected) in found.iter().zip(expected) {
                let off = (found - expected).abs() / expected.abs().max(1.0);
                assert!(off < 1e-4, "{}: {found} {expected}", sentence.text);
            }
        }
        assert_eq!(reference.logits.len(), layers);
    }
}

#[test]
fn the_reference_pass_agrees() {
    for spans in [[0, 3], [24, 7]] {
        let mut trainer = run(&short());
        trainer.state.spans.copy_from_slice(&spans);
        agrees_with_the_reference(&trainer.trained(2).unwrap());
    }
}

#[test]
fn bytes_that_are_no_state_are_refused() {
    let trainer = run(&short());
    let bytes = trainer.to_bytes();
    let refused = |bytes: &[u8]| Trainer::from_bytes(bytes, None).unwrap_err().to_string();
    for end in [0, 7, 11, 100, bytes.len() / 2, bytes.len() - 1] {
        assert!(refused(&bytes[..end]).contains("ends early"), "{end}");
    }
    assert!(refused(&[&bytes[..], &[0]].concat()).contains("goes on behind its end"));
    let changed = |at: usize, to: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = to;
        refused(&bytes)
    };
    assert!(changed(0, b'o').contains("does not begin"));
    assert!(changed(8, 9).contains("does not begin"));
    assert!(changed(12, 9).contains("unknown stage"));
    assert!(changed(12, 0).contains("does not fit its recipe"), "a teacher that has a teacher");
    assert!(changed(28, b'x').contains("the recipe in it is none"));
    let mut other = trainer.clone();
    other.recipe.network.as_mut().unwrap().feed_forward += 1;
    assert!(refused(&other.to_bytes()).contains("does not fit its recipe"));
}

#[test]
fn recipes_are_complete_and_train() {
    for name in record::names::<Recipe>() {
        let recipe: Recipe = preset(name).unwrap();
        assert_eq!(recipe.name, name);
        if recipe.network.is_some() {
            assert_eq!(Trainer::new(recipe).unwrap().stage(), Stage::Teacher);
        } else {
            assert!(Trainer::new(recipe).unwrap_err().to_string().contains("there is none"), "{name}");
        }
    }
}

#[test]
fn what_does_not_train_is_refused() {
    for (set, message) in [
        ("network.heads=5", "network.heads = 5 must divide"),
        ("network.embedding=64", "must be from 1 to below hidden"),
        ("network.positions=21", "the longest sentence must fit"),
        ("network.layers=1", "early exit needs two off-ramps"),
        ("batch=0", "batch = 0"),
        ("grammar.test=7", "test = 7"),
        ("grammar.curriculum=1000000", "curriculum"),
        ("threshold=0.7", "two classes have no more entropy"),
        ("teacher.warm_up=1000000", "teacher.warm_up"),
        ("student.rate=-1e-3", "student.rate"),
        ("optimiser.beta1=1.0", "optimiser.beta1"),
        ("distillation.share=1.5", "distillation.share"),
        ("pruning.sparsity=1.0", "pruning.sparsity"),
        ("pruning.end=1000000", "pruning.end"),
        ("pruning.every=0", "pruning.every"),
        ("spans.ramp=0", "spans.ramp"),
        ("spans.start=33", "spans.start"),
        ("spans.freeze=1000000", "spans.freeze"),
        ("pruning.penalty=1", "penalty"),
    ] {
        let error = record::resolve::<Recipe>("tiny", &[set]).unwrap_err().to_string();
        assert!(error.contains(message), "{set}: {error}");
    }
    let recipe = Recipe { batch: 0, ..short() };
    assert!(Trainer::new(recipe).unwrap_err().to_string().contains("batch = 0"));
}
