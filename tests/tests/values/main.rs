//! Values: what a program leaves in memory equals, code for code, the same transformer by the kernels on whole tensors
//! ([`direct`]), for networks and designs ([`networks`]) that take every path through the compiler. So addresses, tilings and
//! layouts are right. Any order that queues and waits allow gives the same: so no wait is missing.
//!
//! `OFFRAMP_SEED` sets the seed; a failure prints it.

mod case;
mod direct;
mod networks;

use case::{Case, cases, intricate};
use direct::Direct;
use kernels::adaptivfloat::Tensor;
use models::compiler::{Inference, compile, compile_for};
use models::design::{Design, Sparsity};
use models::forward::forward;
use models::network;
use models::program::{Encoding, Form, Operation, Stage};
use models::record::preset;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use sim::golden::channels::Channels;
use sim::golden::direct::{Network, Packed};
use sim::golden::image::{ImageError, image};
use sim::golden::numbers::Numbers;
use sim::golden::quantised::Quantised;
use sim::golden::tiny;
use sim::golden::{Outcome, Sentence, run};

type Rng = ChaCha8Rng;

/// Seed of the first case.
const SEED: u64 = 0x0ff_4a3b;

fn seed() -> u64 {
    std::env::var("OFFRAMP_SEED").map_or(SEED, |text| text.parse().expect("OFFRAMP_SEED is a number"))
}

/// The first codes of each of the first rows.
fn corner(tensor: &Tensor, length: usize, rows: usize) -> Vec<&[u8]> {
    (0..rows).map(|row| &tensor.row(row)[..length]).collect()
}

/// Whether a program's outcome is what the kernels give directly.
fn check(case: &Case, outcome: &Outcome, expected: &Direct) -> Result<(), String> {
    let (hidden, tokens) = (case.job.network.hidden as usize, case.job.sequence as usize);
    let classes = case.job.classes as usize;
    let differ = |what: &str| Err(format!("{}: {what} differ", case.name));
    if outcome.exit_layer != expected.exit_layer || outcome.entropies != expected.entropies {
        return differ("exit layers or entropies");
    }
    if outcome.layers.len() != expected.tokens.len() {
        return differ("numbers of layers");
    }
    for (layer, (snapshot, expected)) in outcome.layers.iter().zip(&expected.tokens).enumerate() {
        if corner(&snapshot.tokens, hidden, tokens) != corner(expected, hidden, tokens) {
            return differ(&format!("tokens after layer {layer}"));
        }
    }
    let last = expected.logits.last().expect("there is an off-ramp at the end at least");
    if corner(&outcome.last.logits, classes, 1) != corner(last, classes, 1) {
        return differ("logits");
    }
    let ramps = outcome.layers.iter().skip(1).zip(&expected.logits).filter(|_| case.job.exits);
    for (snapshot, expected) in ramps {
        if corner(&snapshot.logits, classes, 1) != corner(expected, classes, 1) {
            return differ("logits of an off-ramp");
        }
    }
    Ok(())
}

#[test]
fn programs_compute_what_the_kernels_do_on_whole_tensors() {
    let mut paths = [("streamed attention", 0), ("several row groups", 0), ("packed chunks", 0)].to_vec();
    paths.extend([("dense chunks", 0), ("exits ahead of the last layer", 0), ("external tables", 0)]);
    paths.extend([("span masks", 0), ("heads left out", 0), ("resident attention", 0)]);
    paths.extend([("layers with commands of their own", 0), ("cases", 0)]);
    for case in cases() {
        let mut before = None;
        for fill in [0x00, 0x5a] {
            let outcome =
                case.run(&case.program, fill, |_| 0).unwrap_or_else(|e| panic!("{}: {e}", case.name));
            check(&case, &outcome, &case.direct()).unwrap_or_else(|error| panic!("{error}"));
            // Nothing that stood in a buffer before reaches a memory, padded rows included, or a count of zeros.
            let left = (outcome.memory, outcome.met);
            assert!(
                before.get_or_insert_with(|| left.clone()) == &left,
                "{}: stale codes are read",
                case.name
            );
        }
        let streamed =
            case.has(|c| c.tag.stage == Stage::Query && matches!(c.operation, Operation::Store(_)));
        let packed = |packed: bool| {
            case.program.memory.weights.iter().any(|p| match p.form {
                Form::Chunk { encoding, .. } => packed == matches!(encoding, Encoding::Packed { .. }),
                _ => false,
            })
        };
        let skip =
            case.design.pu.sparsity == Sparsity::Skip && case.job.layers.iter().any(|l| l.spans.contains(&0));
        let reached = [
            streamed,
            case.has(|c| c.tag.stage == Stage::FeedForward1 && c.tag.part.0 > 0),
            packed(true),
            packed(false),
            case.direct().exit_layer < case.job.network.layers,
            case.program.memory.nvm.is_empty(),
            case.has(|c| matches!(&c.operation, Operation::Softmax(s) if s.span.is_some())),
            skip,
            !streamed,
            case.program.unrolled(),
            true,
        ];
        paths.iter_mut().zip(reached).for_each(|((_, count), reached)| *count += usize::from(reached));
    }
    println!("{paths:?}");
    assert!(paths.iter().all(|(_, count)| *count >= 5), "too few cases for a path: {paths:?}");
}

/// Its result takes the room of its activations, and its first matrix a slot of the second: both must have room for the wider.
#[test]
fn a_feed_forward_network_narrower_than_the_hidden_state_stays_in_its_room() {
    let case = Case::new(2, &networks::designs()[4]).expect("it fits 2 KB");
    assert!(case.job.network.feed_forward < case.job.network.hidden);
    let outcome =
        case.run(&case.program, 0x5a, |_| 0).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    check(&case, &outcome, &case.direct()).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn every_legal_order_gives_the_same_values() {
    let mut orders = 0;
    for (index, case) in cases().enumerate() {
        let expected = case.run(&case.program, 0x5a, |_| 0).expect("it has run");
        for seed in 0..3 {
            let mut rng = Rng::seed_from_u64(seed + index as u64);
            let outcome = case.run(&case.program, 0x5a, |ready| shuffled(&mut rng, seed, ready));
            assert!(outcome.as_ref() == Ok(&expected), "{}, order {seed}: values differ", case.name);
            orders += 1;
        }
    }
    println!("{orders} orders alike");
}

/// A choice among the commands that may go: at random, or mostly the last in program order.
fn shuffled(rng: &mut Rng, seed: u64, ready: usize) -> usize {
    match (seed, ready) {
        (_, 0) => 0,
        (2, _) if rng.random_bool(0.9) => ready - 1,
        _ => rng.random_range(0..ready),
    }
}

#[test]
fn a_wait_that_is_left_out_shows() {
    let case = intricate();
    let expected = case.run(&case.program, 0x5a, |_| 0).expect("it runs");
    let (mut left_out, mut seen) = (0, 0);
    let waiting = (0..case.program.commands.len()).filter(|pc| case.program.commands[*pc].waits != [0; 4]);
    for pc in waiting.step_by(5) {
        let mut program = case.program.clone();
        program.commands[pc].waits = [0; 4];
        let differs = |seed| {
            let mut rng = Rng::seed_from_u64(seed);
            case.run(&program, 0x5a, |ready| shuffled(&mut rng, seed, ready)).as_ref() != Ok(&expected)
        };
        left_out += 1;
        seen += usize::from((0..4).any(differs));
    }
    println!("{seen} of {left_out} seen");
    assert!(2 * seen > left_out, "{}: {seen} of {left_out} seen", case.name);
}

#[test]
fn a_wrong_address_shows() {
    let case = intricate();
    let expected = case.direct();
    let (mut wrong, mut unseen) = (0, Vec::new());
    for pc in 0..case.program.commands.len() {
        let mut program = case.program.clone();
        if !displace(&mut program.commands[pc].operation, case.design.pu.n) {
            continue;
        }
        wrong += 1;
        let outcome = case.run(&program, 0x5a, |_| 0);
        if outcome.is_ok_and(|outcome| check(&case, &outcome, &expected).is_ok()) {
            unseen.push((pc, program.commands[pc].tag));
        }
    }
    println!("{wrong} wrong addresses, unseen: {unseen:?}");
    assert!(unseen.is_empty(), "{}: {} of {wrong} unseen: {unseen:?}", case.name, unseen.len());
}

/// Displaces what a command writes by a tile, or what it reads where it writes no address; whether it has one.
fn displace(operation: &mut Operation, n: u32) -> bool {
    match operation {
        Operation::Load(t) => t.offset += u64::from(n),
        Operation::Store(t) => t.offset += u64::from(n * n),
        Operation::Gather(g) => g.offset += 1,
        Operation::Matmul(m) => m.out.base += n,
        Operation::Softmax(s) => s.out.base += n,
        Operation::LayerNorm(l) => l.out.base += n,
        Operation::Entropy(e) => e.input.base += 1,
        _ => return false,
    }
    true
}

#[test]
fn the_golden_values_are_close_to_the_reference() {
    let mut worst: f32 = 0.0;
    for case in cases() {
        let (expected, golden) = (&case.reference.tokens, case.direct().tokens);
        for (expected, golden) in expected.iter().zip(&golden) {
            let distance = (golden.dequantise().map(|x| x as f32) - expected).norm() / expected.norm();
            worst = worst.max(distance);
            assert!(distance < BOUND, "{}: relative distance {distance}", case.name);
        }
    }
    println!("relative distance {worst}");
}

/// Distance of tokens from the `f32` reference, relative to their norm. With three mantissa bits a rounding moves a value by
/// up to 1/16, 0.026 in the root of the mean of squares; about twenty roundings lie in a row over two layers, weights
/// included, and they add up as squares where they are independent: 0.12. Twice that, for what softmax and norm amplify.
const BOUND: f32 = 0.25;

#[test]
fn the_fast_path_of_inference_gives_the_same_codes() {
    let mut compared = 0;
    for case in cases() {
        compared += 1;
        let (expected, fast) = (case.direct(), case.fast());
        // It runs every layer; the other stops where the sentence leaves.
        let layers = expected.tokens.len();
        assert_eq!(fast.tokens.len(), case.job.network.layers as usize + 1, "{}", case.name);
        assert!(fast.tokens[..layers] == expected.tokens, "{}: tokens differ", case.name);
        let ramps = expected.logits.len();
        assert!(fast.logits[..ramps] == expected.logits, "{}: logits differ", case.name);
        assert_eq!(fast.entropies[..ramps], expected.entropies, "{}", case.name);
    }
    assert!(compared > 0, "no case fits");
}

#[test]
fn a_network_without_a_classifier_ends_with_its_tokens() {
    let design: Design = preset("offramp").expect("the preset is valid");
    let mut rng = Rng::seed_from_u64(seed());
    let job = Inference { exits: false, classes: 0, predict_after: None, ..tiny::job(3) };
    let mut weights = tiny::weights(&mut rng, &Inference { classes: 2, ..job.clone() });
    weights.ramps.clear();
    let words: Vec<u32> = (0..job.sequence).map(|_| rng.random_range(0..job.network.vocabulary)).collect();
    let maxima = forward(&job, &weights, &words).expect("weights fit").maxima;
    let quantised = Quantised::new(&design, &job, &weights, &Channels::none(&job)).expect("weights fit");
    let numbers = Numbers::new(design.format, &maxima, &quantised);
    let program = compile_for(&design, &job, &quantised).expect("it fits");
    assert!(program.commands.iter().all(|command| command.tag.stage != Stage::OffRamp));
    let image = image(&program, &quantised, design.pu.n, 0).expect("compiled for these weights");
    let sentence = Sentence { words, threshold: 0, predictions: vec![] };
    let outcome = run(&design, &program, image, &numbers, &sentence, 0, |_| 0).expect("it runs");
    let packed = Packed::new(&quantised);
    let network = Network { job: &job, weights: &quantised, packed: &packed, numbers: &numbers };
    let fast = network.run(&sentence.words).expect("words are known");
    let (hidden, tokens) = (job.network.hidden as usize, job.sequence as usize);
    let last = fast.tokens.last().expect("there are layers");
    assert_eq!(corner(&outcome.last.tokens, hidden, tokens), corner(last, hidden, tokens));
    assert!(fast.logits.is_empty() && outcome.entropies.is_empty());
}

#[test]
fn weights_denser_than_compiled_for_are_refused() {
    let design: Design = preset("offramp").expect("the preset is valid");
    let mut job = tiny::job(0);
    let weights = tiny::weights(&mut Rng::seed_from_u64(seed()), &job);
    let quantised =
        Quantised::new(&design, &job, &weights, &Channels::none(&job)).expect("weights are finite");
    job.layers[0].encoder_density = 0.2;
    let program = compile(&design, &job).expect("it fits");
    let error = image(&program, &quantised, design.pu.n, 0).expect_err("weights without zeros");
    assert!(matches!(error, ImageError::DoesNotFit { .. }), "{error}");
}

#[test]
fn scores_are_scaled_by_a_shift_or_in_the_query_weights() {
    let network = |heads| network::Network { heads, ..tiny::job(0).network };
    assert_eq!(network(4).score_scale(), (-2, 1.0));
    assert_eq!(network(2).score_scale(), (0, 1.0 / 32_f64.sqrt()));
}
