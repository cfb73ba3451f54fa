//! Derivatives against differences, in `f64`.

use super::*;
use crate::network::Network;
use crate::record::preset;
use crate::train::init;
use crate::train::layout::Words;
use crate::train::loss::{Loss, Terms, loss};

const TERMS: Terms<f64> = Terms { last: 1.0, ramps: 0.3, share: 0.4, temperature: 1.7 };
const SPANS: [u32; 4] = [2, 0, 4, 1];

/// The nets that there are: layers that share their weights, ahead of them a map; layers of their own, and words that stay.
fn nets() -> [Net; 2] {
    [("albert-base", 4, Words::Trained), ("bert-base", 6, Words::Frozen)].map(|(name, embedding, words)| {
        let network: Network = preset(name).unwrap();
        let sizes = Network { layers: 2, hidden: 6, feed_forward: 5, heads: 2, embedding, ..network };
        let network = Network { vocabulary: 7, positions: 8, classes: 2, ..sizes };
        Net { layout: Layout::new(&network, words), epsilon: 1e-12 }
    })
}

/// Random weights, in which no bias and no scale is left at its start; spans within the ramp of the mask.
fn weights(net: &Net) -> Vec<f64> {
    let mut all: Vec<f64> = init::weights(&net.layout, 3).into_iter().map(f64::from).collect();
    for (at, weight) in all.iter_mut().enumerate() {
        *weight += 0.3 * (at as f64 * 1.7).sin();
    }
    let spans = net.layout.spans.range();
    let some = [1.3, -0.4, 0.6, 2.1];
    all[spans.clone()].copy_from_slice(&some[..spans.len()]);
    all
}

fn batch() -> Batch {
    let mut batch = Batch::default();
    for (words, label) in [(&[2, 4, 5, 3][..], 1), (&[2, 6, 3], 0), (&[2, 5, 5, 4, 6, 3], 1)] {
        batch.push(words, label);
    }
    batch
}

fn teacher() -> DMatrix<f64> {
    DMatrix::from_column_slice(2, 3, &[0.3, -1.0, 2.0, 0.1, -0.7, 0.4])
}

/// A way in which heads are masked.
#[derive(Clone, Copy, Debug)]
enum Way {
    None,
    Soft,
    Hard,
}

fn mask<'a>(way: Way, net: &Net, all: &'a [f64]) -> Mask<'a, f64> {
    match way {
        Way::None => Mask::None,
        Way::Soft => Mask::Soft { starts: &all[net.layout.spans.range()], ramp: 3.0 },
        Way::Hard => Mask::Hard(&SPANS[..net.layout.spans.range().len()]),
    }
}

fn parameters(net: &Net, all: &[f64]) -> Parameters<f64> {
    let table = DMatrix::from_fn(net.layout.positions.rows, 7, |row, word| {
        (1.3 * row as f64 - 0.7 * word as f64).sin()
    });
    Parameters::new(&net.layout, all.to_vec(), vec![], Arc::new(table))
}

fn loss_of(net: &Net, all: &[f64], way: Way) -> (Run<f64>, Loss<f64>) {
    let batch = batch();
    let run = net.run(&parameters(net, all), &mask(way, net, all), &batch);
    let loss = loss(&TERMS, run.logits(), &batch.labels, Some(&teacher()));
    (run, loss)
}

fn gradient(net: &Net, all: &[f64], way: Way, reach: Reach) -> Vec<f64> {
    let (run, loss) = loss_of(net, all, way);
    let mut gradient = vec![0.0; all.len()];
    let at = (&parameters(net, all), &mask(way, net, all), &batch());
    net.back(at, &run, &loss.d_logits, reach, &mut gradient);
    gradient
}

/// The derivative by one parameter as a difference. Its error is of the order of h² times third derivatives (1e-8 here) and of
/// rounding / h (1e-11).
fn difference(net: &Net, all: &[f64], way: Way, at: usize) -> f64 {
    let h = 1e-5;
    let loss = |by: f64| {
        let mut all = all.to_vec();
        all[at] += by;
        loss_of(net, &all, way).1.sum
    };
    (loss(h) - loss(-h)) / (2.0 * h)
}

/// Every parameter of every kind, under each mask. 1e-6 of the largest derivative of the tensor: a hundred times the error of the
/// differences, and far below what any slip in a formula makes.
#[test]
fn derivatives_are_those_of_differences() {
    let nets = nets();
    for (net, way) in nets.iter().flat_map(|net| [Way::None, Way::Soft, Way::Hard].map(|way| (net, way))) {
        let all = weights(net);
        let gradient = gradient(net, &all, way, Reach::Everything);
        for (slot, kind) in &net.layout.tensors {
            let found = &gradient[slot.range()];
            let most = found.iter().fold(1e-3_f64, |most, g| most.max(g.abs()));
            for (at, found) in slot.range().zip(found) {
                let expected = difference(net, &all, way, at);
                let off = (found - expected).abs();
                assert!(off <= 1e-6 * most, "{way:?} {kind:?} {slot:?} at {at}: {found} {expected}");
            }
        }
    }
}

/// No tensor is so placed that its derivative is zero, which the test above would pass over.
#[test]
fn every_tensor_has_a_derivative() {
    for net in &nets() {
        let all = weights(net);
        let gradient = gradient(net, &all, Way::Soft, Reach::Everything);
        for (slot, kind) in &net.layout.tensors {
            // A bias of the keys moves all scores of a query alike.
            let still = net.layout.layers.iter().any(|layer| slot.offset == layer.inputs.bias.offset + 6);
            let most = gradient[slot.range()].iter().fold(0.0_f64, |most, g| most.max(g.abs()));
            assert!((most > 1e-4) != still, "{kind:?} {slot:?}: {most}");
        }
    }
}

/// With the encoder frozen the off-ramps' derivatives are the same and all others zero.
#[test]
fn ramps_alone_have_the_same_derivatives() {
    for net in &nets() {
        let all = weights(net);
        let [whole, alone] =
            [Reach::Everything, Reach::Ramps].map(|reach| gradient(net, &all, Way::Hard, reach));
        let ramps = net.layout.ramps[0].pooler.weight.offset..net.layout.spans.offset;
        assert_eq!(whole[ramps.clone()], alone[ramps.clone()]);
        assert!(alone[..ramps.start].iter().chain(&alone[ramps.end..]).all(|g| g.abs() <= 0.0));
    }
}

/// Key k of n is seen iff k + span >= n; by hand for the soft mask: ramp 4, z = 2, from the last key back 1, 1, 1, 3/4, 1/2, 1/4, 0.
#[test]
fn masks_weigh_the_last_keys() {
    let soft: Mask<'_, f64> = Mask::Soft { starts: &[2.0, -4.0, 9.0], ramp: 4.0 };
    assert_eq!(soft.weights(0, 8), [0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
    assert_eq!(soft.weights(1, 3), [0.0; 3], "switched off");
    assert_eq!(soft.weights(2, 3), [1.0; 3]);
    let starts: Mask<'_, f64> = Mask::Hard(&[3, 0, 9]);
    assert_eq!(starts.weights(0, 5), [0.0, 0.0, 1.0, 1.0, 1.0]);
    assert_eq!(starts.weights(1, 2), [0.0; 2]);
    assert_eq!(starts.weights(2, 2), [1.0; 2]);
}

/// The hard span sees exactly the keys of soft weight above zero.
#[test]
fn hard_spans_are_those_of_the_soft_mask() {
    for start in [-4.0, -3.9, -0.5, 0.0, 0.25, 2.0, 7.75] {
        let starts = [f64::from(start)];
        let seen = Mask::Soft { starts: &starts, ramp: 4.0 }.weights(0, 40);
        let seen = seen.iter().filter(|weight| **weight > 0.0).count();
        assert_eq!(hard(start, 4, 40) as usize, seen, "{start}");
    }
    assert_eq!(hard(30.0, 4, 32), 32, "no more than there are positions");
}
