//! Operators by hand-made matrices, and on a small BERT with what they must leave as it was.

use nalgebra::DMatrix;

use super::number::{Kind, Number};
use super::{Operator, apply};
use crate::checkpoint;
use crate::forward::{Forward, forward};
use crate::model::Model;

fn bert() -> Model {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/references/bert");
    checkpoint::read(folder).unwrap_or_else(|error| panic!("{error}"))
}

fn run(model: &Model) -> Forward {
    let words = [3, 9, 27, 50, 4, 11];
    forward(&model.inference(6), &model.weights, &words).expect("weights fit")
}

/// Largest distance of the last tokens.
fn distance(a: &Forward, b: &Forward) -> f32 {
    (a.tokens.last().unwrap() - b.tokens.last().unwrap()).amax()
}

fn done(model: &mut Model, text: &str) -> Vec<super::Change> {
    let operator: Operator = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    apply(model, &operator).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn formats_hold_the_values_that_they_say() {
    let round = |kind: &str, values: &[f32]| {
        let mut values = values.to_vec();
        kind.parse::<Kind>().unwrap().round(&mut values);
        values
    };
    assert_eq!(
        round("fp4", &[6.0, 5.1, 4.9, 5.0, 0.25, 0.2, -0.75, -1.3]),
        [6.0, 6.0, 4.0, 4.0, 0.0, 0.0, -1.0, -1.5]
    );
    assert_eq!(round("fp4", &[12.0, 0.0, -2.0]), [12.0, 0.0, -2.0]);
    assert_eq!(round("int8", &[127.0, 0.4, 0.5, 1.5, -126.6]), [127.0, 0.0, 0.0, 2.0, -127.0]);
    assert_eq!(round("int4", &[14.0, 1.0, 3.1, -14.0]), [14.0, 0.0, 4.0, -14.0]);
    // Powers of two from 2^-3 up, a mantissa bit.
    assert_eq!(round("af4_2", &[1.5, 1.3, 0.8, 0.05]), [1.5, 1.5, 0.75, 0.0]);
    assert_eq!(round("int8", &[0.0, 0.0]), [0.0, 0.0]);
}

#[test]
fn a_scale_by_row_belongs_to_an_output() {
    let mut matrix = DMatrix::from_column_slice(2, 2, &[127.0, 1.0, 1.27, 0.01]);
    Number { kind: Kind::Integer(8), by_row: true }.round(&mut matrix);
    assert!((matrix[(1, 1)] - 0.01).abs() < 1e-6 && (matrix[(1, 0)] - 1.0).abs() < 1e-6, "{matrix}");
    let mut matrix = DMatrix::from_column_slice(2, 2, &[127.0, 1.0, 1.27, 0.01]);
    Number { kind: Kind::Integer(8), by_row: false }.round(&mut matrix);
    assert_eq!(matrix.as_slice(), [127.0, 1.0, 1.0, 0.0]);
}

#[test]
fn pruning_reaches_its_share_to_the_element_and_takes_the_smallest() {
    let mut model = bert();
    let before = model.clone();
    for change in done(&mut model, "prune=0.6") {
        assert_eq!(change.zeros, (change.elements as f64 * 0.6).round() as usize, "{}", change.matrix);
        assert!(change.sqnr_db.is_some_and(|db| db > 3.0), "{change:?}");
    }
    let all = |model: &Model| {
        model.weights.layers.iter().flat_map(|l| l.matrices().map(|d| d.weight.clone())).collect::<Vec<_>>()
    };
    let mut model = before.clone();
    let changes = done(&mut model, "prune=0.6,global");
    let (zeros, elements) = changes.iter().fold((0, 0), |(z, e), c| (z + c.zeros, e + c.elements));
    assert_eq!(zeros, (elements as f64 * 0.6).round() as usize);
    let (mut gone, mut left) = (0.0_f32, f32::MAX);
    for (was, now) in all(&before).iter().zip(&all(&model)) {
        for (was, now) in was.iter().zip(now.iter()) {
            if *now == 0.0 { gone = gone.max(was.abs()) } else { left = left.min(was.abs()) }
        }
    }
    assert!(gone <= left, "{gone} went, {left} stayed");
    assert_eq!(model.weights.words, before.weights.words, "only the encoder is pruned");
    done(&mut model, "prune=0.5@embeddings");
    assert_eq!(model.weights.words.iter().filter(|x| **x == 0.0).count(), model.weights.words.len() / 2);
}

#[test]
fn movement_goes_by_scores_and_not_by_weights() {
    let mut model = bert();
    let refused = apply(&mut model, &"movement=0.5".parse().unwrap()).unwrap_err();
    assert!(refused.0.contains("no scores of movement"), "{refused}");
    // What is small has moved most.
    let scores = |layer: &crate::weights::Layer| layer.matrices().map(|dense| dense.weight.map(|w| -w.abs()));
    model.scores = Some(model.weights.layers.iter().map(scores).collect());
    let before = model.clone();
    for text in ["movement=0.6", "movement=0.6,global"] {
        let mut model = before.clone();
        let changes = done(&mut model, text);
        let (zeros, elements) = changes.iter().fold((0, 0), |(z, e), c| (z + c.zeros, e + c.elements));
        let of = |elements: usize| (elements as f64 * 0.6).round() as usize;
        let each = changes.iter().map(|change| of(change.elements)).sum();
        assert_eq!(zeros, if text.ends_with("global") { of(elements) } else { each }, "{text}");
        for (was, now) in before.weights.layers.iter().zip(&model.weights.layers) {
            for (was, now) in was.matrices().into_iter().zip(now.matrices()) {
                let pairs = was.weight.iter().zip(now.weight.iter());
                let (mut gone, mut left) = (f32::MAX, 0.0_f32);
                pairs.for_each(|(was, now)| {
                    if *now == 0.0 { gone = gone.min(was.abs()) } else { left = left.max(was.abs()) }
                });
                assert!(gone >= left, "{text}: {gone} went, {left} stayed");
            }
        }
    }
}

#[test]
fn blocks_are_whole() {
    let mut model = bert();
    done(&mut model, "blocks=8x16,0.5");
    let (mut zero, mut all) = (0, 0);
    for matrix in model.weights.layers.iter().flat_map(|layer| layer.matrices()) {
        let (rows, columns) = matrix.weight.shape();
        for at in (0..columns).step_by(8).flat_map(|c| (0..rows).step_by(16).map(move |r| (r, c))) {
            let zeros = matrix.weight.view(at, (16, 8)).iter().filter(|x| **x == 0.0).count();
            assert!(zeros == 0 || zeros == 128);
            (zero, all) = (zero + usize::from(zeros > 0), all + 1);
        }
    }
    assert_eq!(zero * 2, all);
    let operator: Operator = "blocks=5x5,0.5".parse().unwrap();
    assert!(
        apply(&mut model, &operator)
            .unwrap_err()
            .0
            .contains("do not divide a matrix of 32 outputs x 32 inputs")
    );
}

#[test]
fn what_is_removed_leaves_the_program_and_changes_what_zeros_would() {
    let full = run(&bert());
    let mut model = bert();
    let changes = done(&mut model, "heads=4");
    assert!(changes.iter().all(|change| change.zeros == 0));
    assert!(distance(&run(&model), &full) < 1e-5, "heads trade places without effect");
    done(&mut model, "heads=3");
    assert_eq!(model.inference(6).layers[0].spans, [6, 6, 6, 0]);
    let three = run(&model);
    // The same as the head of least norm of each layer set to zero where it stands.
    assert!(distance(&three, &full) > 1e-3);
    done(&mut model, "heads=3");
    assert_eq!(run(&model), three, "what is gone is gone");
    let mut narrow = bert();
    done(&mut narrow, "columns=0.25");
    assert_eq!((narrow.network.feed_forward, narrow.weights.layers[1].up.bias.len()), (48, 48));
    let mut zeroed = bert();
    for (layer, kept) in zeroed.weights.layers.iter_mut().zip(&narrow.weights.layers) {
        for column in 0..64 {
            if !kept.up.weight.column_iter().any(|own| own == layer.up.weight.column(column)) {
                layer.down.weight.row_mut(column).fill(0.0);
            }
        }
    }
    assert!(distance(&run(&narrow), &run(&zeroed)) < 1e-5);
}

#[test]
fn dropped_layers_are_those_that_are_named() {
    let mut model = bert();
    model.weights.ramps = vec![model.weights.ramps[0].clone(); 2];
    let second = model.weights.layers[1].clone();
    done(&mut model, "drop=1");
    assert_eq!((model.network.layers, model.weights.layers.len(), model.weights.ramps.len()), (1, 1, 1));
    assert_eq!(model.weights.layers[0], second);
    let operator: Operator = "drop=top:1".parse().unwrap();
    assert!(apply(&mut model, &operator).unwrap_err().0.contains("all 1 layers would be dropped"));
}

#[test]
fn operators_are_written_as_they_are_read() {
    for text in [
        "quantise=af8_4",
        "quantise=int6,row@all",
        "quantise=fp4@embeddings",
        "prune=0.6,global",
        "prune=0.25@all",
        "movement=0.85,global",
        "movement=0.5",
        "blocks=32x16,0.5",
        "heads=3",
        "columns=0.5",
        "drop=1,4",
        "drop=top:2",
    ] {
        assert_eq!(text.parse::<Operator>().unwrap().to_string(), text);
    }
}

#[test]
fn operators_are_read_or_refused_with_what_is_known() {
    for (text, part) in [
        ("prune", "write NAME=VALUE"),
        ("prune=1.5", "must be a share from 0 to 1"),
        ("prune=0.5,local", "`local` must be global"),
        ("quantise=af9_3", "from 3 to 8 bits"),
        ("quantise=int1", "int<bits> from 2 to 16"),
        ("blocks=32,0.5", "write blocks=32x32,0.5"),
        ("heads=0", "from 1 to 65535"),
        ("columns=0.5@all", "acts on the encoder alone"),
        ("drop=1,x", "`x` must be a number"),
        ("freeze=1", "`freeze` is no operator"),
    ] {
        let error = text.parse::<Operator>().unwrap_err();
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn what_counts_for_nothing_leaves_each_layer_by_itself() {
    let mut model = bert();
    let width = model.network.head_dim() as usize;
    let [first, second] = &mut model.weights.layers[..] else { panic!("two layers") };
    // Nothing reads head 1; nothing reaches head 2, whose values are then the same for every token.
    first.output.weight.rows_mut(width, width).fill(0.0);
    first.value.weight.columns_mut(2 * width, width).fill(0.0);
    for column in 0..10 {
        second.down.weight.row_mut(column).fill(0.0);
        second.up.weight.column_mut(20 + column).fill(0.0);
    }
    let full = run(&model);
    let mut small = model.clone();
    done(&mut small, "compact");
    assert_eq!(small.inference(6).layers.len(), 2);
    assert_eq!(small.spans, Some(vec![vec![24, 0, 0, 24], vec![24; 4]]));
    let widths: Vec<usize> = small.weights.layers.iter().map(|layer| layer.up.bias.len()).collect();
    assert_eq!((widths, small.network.feed_forward), (vec![64, 44], 64));
    assert!(distance(&run(&small), &full) < 1e-5, "{}", distance(&run(&small), &full));
    let again = small.clone();
    done(&mut small, "compact");
    assert_eq!(small, again);
    // A layer of nothing keeps a head and a column, so that it has a program.
    let layer = &mut small.weights.layers[1];
    layer.matrices_mut().into_iter().for_each(|dense| dense.weight.fill(0.0));
    let empty = run(&small);
    done(&mut small, "compact");
    let shape = &small.inference(6).layers[1];
    assert_eq!((shape.spans.iter().filter(|span| **span > 0).count(), shape.feed_forward), (1, 1));
    assert!(distance(&run(&small), &empty) < 1e-5);
    done(&mut small, "drop=1");
    assert_eq!((small.inference(6).layers.len(), small.network.feed_forward), (1, 1));
}
