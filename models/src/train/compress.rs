//! The weights that the network is run with: pruned and rounded. The derivative by them is taken for that by the weights that are
//! kept in full precision (straight-through), so that the network learns with exactly what the machine will have.

use kernels::adaptivfloat::{Format, bias_for, encode_f64};

use nalgebra::DMatrix;

use super::layout::{Kind, Layout};

/// Weights with zeros where they are not kept, and every matrix and table rounded to `format` with the bias that its largest
/// magnitude asks for. Spans, norms and biases stay as they are. `all` is taken for its memory.
pub(super) fn effective(
    layout: &Layout,
    (weights, keep): (&[f32], &[bool]),
    format: Option<Format>,
    mut all: Vec<f32>,
) -> Vec<f32> {
    all.clear();
    all.extend(weights.iter().zip(keep).map(|(weight, keep)| if *keep { *weight } else { 0.0 }));
    let Some(format) = format else { return all };
    for (slot, kind) in &layout.tensors {
        if matches!(kind, Kind::Table | Kind::Encoder | Kind::Matrix) {
            round(format, &mut all[slot.range()]);
        }
    }
    all
}

/// A table that is not trained, pruned by magnitude and rounded once and for all.
pub(super) fn table(table: &DMatrix<f32>, share: f64, format: Option<Format>) -> DMatrix<f32> {
    let mut keep = vec![true; table.len()];
    let mut new = table.clone();
    choose(&mut keep, |index| table.as_slice()[index].abs(), share);
    for (weight, keep) in new.iter_mut().zip(keep) {
        *weight = if keep { *weight } else { 0.0 };
    }
    if let Some(format) = format {
        round(format, new.as_mut_slice());
    }
    new
}

/// Rounds a tensor in place.
fn round(format: Format, tensor: &mut [f32]) {
    let most = tensor.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let bias = bias_for(format, most.into());
    let values: [f32; 256] = std::array::from_fn(|code| format.decode_f64(code as u8, bias) as f32);
    for x in tensor {
        // A weight that is not a number stays one, for the loss to show it.
        if let Ok(code) = encode_f64(format, bias, f64::from(*x)) {
            *x = values[usize::from(code)];
        }
    }
}

/// The share of zeros at a step: rises as a cube from `start` to `end`.
pub(super) fn share(target: f64, step: u32, start: u32, end: u32) -> f64 {
    if step >= end {
        return target;
    }
    let left = f64::from(end - step) / f64::from((end - start).max(1));
    target * (1.0 - left.min(1.0).powi(3))
}

/// Keeps all but the given share of a tensor, rounded to whole weights: those of the smallest scores go, of equals the first.
pub(super) fn choose(keep: &mut [bool], scores: impl Fn(usize) -> f32, share: f64) {
    let zeros = ((keep.len() as f64 * share).round() as usize).min(keep.len());
    let mut order: Vec<usize> = (0..keep.len()).collect();
    if zeros > 0 && zeros < order.len() {
        order.select_nth_unstable_by(zeros, |a, b| scores(*a).total_cmp(&scores(*b)).then(a.cmp(b)));
    }
    for (rank, at) in order.into_iter().enumerate() {
        keep[at] = rank >= zeros;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_rises_as_a_cube() {
        let at = |step| share(0.8, step, 100, 500);
        for (step, expected) in [(0, 0.0), (100, 0.0), (300, 0.7), (500, 0.8), (900, 0.8)] {
            assert!((at(step) - expected).abs() < 1e-12, "{step}: {}", at(step));
        }
        assert!((share(0.5, 7, 7, 7) - 0.5).abs() < 1e-12, "at once");
    }

    #[test]
    fn the_smallest_go_and_exactly_so_many() {
        let scores = [3.0, -1.0, 0.5, 0.5, 0.0, 9.0];
        let chosen = |share: f64| {
            let mut keep = [false, true, false, true, false, true];
            choose(&mut keep, |at| scores[at], share);
            keep
        };
        assert_eq!(chosen(0.0), [true; 6]);
        assert_eq!(chosen(0.5), [true, false, false, true, false, true], "of equals the first goes");
        assert_eq!(chosen(0.42), chosen(0.5), "2.52 weights are 3");
        assert_eq!(chosen(1.0), [false; 6]);
    }
}
