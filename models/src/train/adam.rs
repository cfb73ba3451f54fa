//! Adam with decoupled weight decay: m and v are means of the derivative and of its square, and a weight moves by
//! rate · m' / (sqrt v' + epsilon), with m' and v' the means without the zeros they began with. Rates by step.

use super::recipe::{Optimiser, Phase};

/// Means of derivatives and of their squares.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moments {
    pub(super) first: Vec<f32>,
    pub(super) second: Vec<f32>,
}

impl Moments {
    pub(super) fn zeros(length: usize) -> Self {
        Moments { first: vec![0.0; length], second: vec![0.0; length] }
    }
}

/// What one step does.
pub(super) struct Move<'a> {
    pub(super) optimiser: &'a Optimiser,
    /// Steps up to this one, from 1.
    pub(super) count: u32,
    pub(super) rate: f64,
    /// Share of the weights that decays.
    pub(super) decay: f64,
}

/// Moves the weights of a tensor.
pub(super) fn step(
    by: &Move<'_>,
    weights: &mut [f32],
    (first, second): (&mut [f32], &mut [f32]),
    gradient: &[f32],
) {
    let Optimiser { beta1, beta2, epsilon, .. } = *by.optimiser;
    let count = by.count.min(i32::MAX as u32) as i32;
    let bias1 = (1.0 - beta1.powi(count)) as f32;
    let bias2 = (1.0 - beta2.powi(count)) as f32;
    let (beta1, beta2, epsilon) = (beta1 as f32, beta2 as f32, epsilon as f32);
    let (rate, decay) = (by.rate as f32, by.decay as f32);
    for (((w, m), v), g) in weights.iter_mut().zip(first).zip(second).zip(gradient) {
        *m = beta1 * *m + (1.0 - beta1) * g;
        *v = beta2 * *v + (1.0 - beta2) * g * g;
        *w -= decay * *w + rate * (*m / bias1) / ((*v / bias2).sqrt() + epsilon);
    }
}

/// The rate of a step, from 0.
pub(super) fn rate(phase: &Phase, step: u32) -> f64 {
    let (step, steps, warm_up) = (f64::from(step), f64::from(phase.steps), f64::from(phase.warm_up));
    if step < warm_up {
        phase.rate * (step + 1.0) / warm_up
    } else {
        phase.rate * ((steps - step) / (steps - warm_up).max(1.0)).max(0.0)
    }
}

/// Scales a gradient down to the norm `most` if it is longer.
pub(super) fn clip(gradient: &mut [f32], most: f64) {
    let norm = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
    if norm > most {
        let scale = (most / norm) as f32;
        gradient.iter_mut().for_each(|g| *g *= scale);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIMISER: Optimiser = Optimiser { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.0, clip: 1.0 };

    #[test]
    fn the_rate_rises_and_falls() {
        let phase = Phase { steps: 1000, warm_up: 100, rate: 0.5 };
        for (step, expected) in [(0, 0.005), (49, 0.25), (99, 0.5), (100, 0.5), (550, 0.25), (1000, 0.0)] {
            assert!((rate(&phase, step) - expected).abs() < 1e-12, "{step}: {}", rate(&phase, step));
        }
    }

    /// By hand: the first step of Adam is `rate` against the sign of the derivative, whatever its size; two steps of a constant
    /// derivative are two of them, for both means are without bias.
    #[test]
    fn steps_are_of_the_size_of_the_rate() {
        let (mut weights, mut moments) = ([1.0, 1.0, 1.0], Moments::zeros(3));
        for count in [1, 2] {
            let by = Move { optimiser: &OPTIMISER, count, rate: 0.01, decay: 0.0 };
            step(&by, &mut weights, (&mut moments.first, &mut moments.second), &[3.0, -1e-3, 0.0]);
        }
        for (weight, expected) in weights.iter().zip([0.98, 1.02, 1.0]) {
            // 1e-5: of the derivative 1e-3, epsilon is a hundred-thousandth.
            assert!((weight - expected).abs() < 1e-5, "{weight} {expected}");
        }
        let by = Move { optimiser: &OPTIMISER, count: 1, rate: 0.0, decay: 0.25 };
        step(&by, &mut weights[2..], (&mut [0.0], &mut [0.0]), &[0.0]);
        assert!((weights[2] - 0.75).abs() < 1e-7);
    }

    #[test]
    fn long_gradients_are_scaled_and_short_ones_stay() {
        let mut gradient = [3.0, 4.0];
        clip(&mut gradient, 1.0);
        assert!((gradient[0] - 0.6).abs() < 1e-7 && (gradient[1] - 0.8).abs() < 1e-7);
        let before = gradient;
        clip(&mut gradient, 1.1);
        assert_eq!(before.map(f32::to_bits), gradient.map(f32::to_bits));
    }
}
