//! Entropy of an off-ramp's logits, and the decision to exit.
//!
//! With d = max - x, e = exp(-d), S = sum e: H = ln S + (sum d * e) / S, in nats. ln S is ln(2) * log2 S; exp and log2
//! are the units of the softmax; one division per inference, by a restoring divider. The result has 16 fraction bits.
//! A sentence leaves if H < threshold, strictly, as in the authors' software; their hardware uses <=.

use crate::adaptivfloat::Tensor;
use crate::fixed::{EXP2_FRACTION, LN2_Q16, divide, exp2_neg, log2, round_shift};
use crate::shape::ShapeError;
use crate::softmax::{distances, power};
use std::fmt;
use std::num::NonZeroU64;

/// Fraction bits of an entropy and of a threshold.
pub const ENTROPY_FRACTION: u32 = 16;

/// Absolute error of [`entropy`] in nats: the relative errors of distances and exp (4e-5 up to a distance of 18; see the
/// softmax) act on S and on d * e, log2 adds 1.4e-5, ln(2) 2e-6 of ln S, and rounding to 2^-16 twice. Each class
/// adds [`ENTROPY_ERROR_PER_CLASS`].
pub const ENTROPY_ERROR: f64 = 1e-4;

/// What each class adds to [`ENTROPY_ERROR`]: its e is rounded to 2^-24, and multiplied by d + 1, up to 19.
pub const ENTROPY_ERROR_PER_CLASS: f64 = 19.0 / 33_554_432.0;

/// A threshold that no entropy can be compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThresholdError(f64);

/// Entropy of the softmax of the first `classes` logits of row 0, in nats with 16 fraction bits; 0 for no classes.
///
/// # Errors
/// More classes than logits, or a tensor without a row.
pub fn entropy(logits: &Tensor, classes: usize) -> Result<u32, ShapeError> {
    ShapeError::at_most("number of classes", classes, logits.length())?;
    ShapeError::at_most("row of the logits", 1, logits.rows())?;
    let (mut sum, mut moment) = (0, 0);
    for distance in distances(logits, 0, classes) {
        let e = u64::from(exp2_neg(power(distance)));
        sum += e;
        moment += u128::from(distance) * u128::from(e);
    }
    let Some(sum) = NonZeroU64::new(sum) else {
        return Ok(0);
    };
    let log2_sum = i128::from(log2(sum) - (EXP2_FRACTION << 16));
    let ln_sum = round_shift(log2_sum * i128::from(LN2_Q16), 16);
    Ok(ln_sum as u32 + divide(moment, u128::from(sum.get())) as u32)
}

/// Whether a sentence of this entropy leaves at this threshold, both with 16 fraction bits: strictly below.
#[inline]
pub const fn exit_decision(entropy: u32, threshold: u32) -> bool {
    entropy < threshold
}

/// A threshold in nats as the unit compares it: the nearest multiple of 2^-16.
///
/// # Errors
/// A threshold that is negative, not finite, or 65535 and above.
pub fn threshold_from_f64(threshold: f64) -> Result<u32, ThresholdError> {
    if (0.0..65535.0).contains(&threshold) {
        Ok((threshold * 65536.0).round_ties_even() as u32)
    } else {
        Err(ThresholdError(threshold))
    }
}

/// The reference, on dequantised logits.
pub fn entropy_f64(logits: &[f64]) -> f64 {
    let max = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|x| (x - max).exp()).sum();
    let moment: f64 = logits.iter().map(|x| (max - x) * (x - max).exp()).sum();
    if logits.is_empty() { 0.0 } else { sum.ln() + moment / sum }
}

impl fmt::Display for ThresholdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entropy threshold = {} must be from 0 to below 65535 nats", self.0)
    }
}

impl std::error::Error for ThresholdError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adaptivfloat::Format;
    use crate::testing::{Rng, SEED, random_tensor};
    use rand_chacha::rand_core::SeedableRng;

    fn error(logits: &Tensor, classes: usize) -> f64 {
        let golden = f64::from(entropy(logits, classes).unwrap()) / 65536.0;
        (golden - entropy_f64(&logits.dequantise().as_slice()[..classes])).abs()
    }

    fn bound(classes: usize) -> f64 {
        ENTROPY_ERROR + classes as f64 * ENTROPY_ERROR_PER_CLASS
    }

    #[test]
    fn every_pair_of_logits_is_within_the_bound() {
        for format in [Format::AF8_3, Format::AF8_4] {
            for bias in [-14, -10, -6, -4] {
                let mut logits = Tensor::zeros(format, bias, 2, 1);
                for (a, b) in (0..=255).flat_map(|a| (0..=255).map(move |b| (a, b))) {
                    logits.codes.copy_from_slice(&[a, b]);
                    assert!(error(&logits, 2) <= bound(2), "{format} {bias} {a} {b}: {}", error(&logits, 2));
                }
            }
        }
    }

    #[test]
    fn random_and_extreme_logits_are_within_the_bound() {
        let mut rng = Rng::seed_from_u64(SEED);
        for classes in [1, 2, 3, 16, 100, 1024] {
            for bias in -14..2 {
                let logits = random_tensor(&mut rng, Format::AF8_4, bias, 1024, 1);
                assert!(error(&logits, classes) <= bound(classes), "seed {SEED}: {classes} {bias}");
            }
            let mut logits = Tensor::zeros(Format::AF8_4, -10, 1024, 1);
            logits.codes.fill(0xff);
            assert!(error(&logits, classes) <= bound(classes), "equal, {classes}");
            // 1023 classes so far below one that each e is half of 2^-24 or less, where rounding counts most.
            for code in 0x60..0x7f {
                logits.codes[0] = code;
                assert!(error(&logits, classes) <= bound(classes), "{classes} below {code:#x}");
            }
            logits.codes[0] = 0x7f;
            assert!(error(&logits, classes) <= bound(classes), "one-hot, {classes}");
        }
    }

    #[test]
    fn logits_that_are_no_classes_take_no_part() {
        let mut logits = Tensor::zeros(Format::AF8_3, -5, 8, 1);
        let before = entropy(&logits, 3);
        logits.codes.rows_mut(3, 5).fill(0x7f);
        assert_eq!(entropy(&logits, 3), before);
        assert_eq!(entropy(&logits, 0), Ok(0));
        assert_eq!(entropy(&logits, 9).unwrap_err().to_string(), "number of classes is 9, must be at most 8");
        assert!(entropy(&Tensor::zeros(Format::AF8_3, 0, 8, 0), 2).is_err());
    }

    #[test]
    fn the_exit_is_strict() {
        let threshold = threshold_from_f64(0.28).unwrap();
        assert_eq!(threshold, 18350);
        assert!(exit_decision(threshold - 1, threshold));
        assert!(!exit_decision(threshold, threshold));
    }

    #[test]
    fn thresholds_are_checked() {
        assert_eq!(threshold_from_f64(0.0), Ok(0));
        for bad in [-0.1, f64::NAN, f64::INFINITY, 65535.0] {
            assert!(threshold_from_f64(bad).is_err(), "{bad}");
        }
        let message = threshold_from_f64(-0.5).unwrap_err().to_string();
        assert_eq!(message, "entropy threshold = -0.5 must be from 0 to below 65535 nats");
    }
}
