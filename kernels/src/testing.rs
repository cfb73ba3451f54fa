//! What the tests of several units share.

use crate::adaptivfloat::{Format, Tensor, quantise};
use nalgebra::DMatrix;
use rand::RngExt;

/// The generator of every random test; its stream is the same on every machine.
pub(crate) type Rng = rand_chacha::ChaCha8Rng;

/// The seed of every random test; messages of failed assertions repeat it.
pub(crate) const SEED: u64 = 0x0ff_4a3b;

/// Random codes of which about `density` are not zero.
pub(crate) fn sparse_codes(rng: &mut Rng, length: usize, density: f64) -> Vec<u8> {
    (0..length).map(|_| if rng.random_bool(density) { rng.random_range(1..=255) } else { 0 }).collect()
}

/// A tensor of uniformly random codes, without negative zeros.
pub(crate) fn random_tensor(rng: &mut Rng, format: Format, bias: i32, length: usize, rows: usize) -> Tensor {
    let codes = DMatrix::from_fn(length, rows, |_, _| rng.random::<u8>() & format.code_mask());
    let codes = codes.map(|code| if format.is_zero(code) { 0 } else { code });
    Tensor { format, bias, codes }
}

/// Half a step of the format at magnitude `value`: the most that rounding to nearest moves a value not above the
/// largest one. Below the smallest magnitude a step is that magnitude.
pub(crate) fn rounding_bound(format: Format, bias: i32, value: f64) -> f64 {
    let smallest = format.decode_f64(1, bias);
    let octave = crate::adaptivfloat::exponent_of(value).unwrap_or(i32::MIN);
    let step = f64::from(octave.max(bias) - i32::from(format.mantissa())).exp2();
    if value < smallest { smallest / 2.0 } else { step / 2.0 }
}

/// A tensor of bell-shaped values (sums of twelve uniform ones), quantised with the bias that their maximum asks for.
pub(crate) fn gaussian_tensor(rng: &mut Rng, format: Format, length: usize, rows: usize) -> Tensor {
    let values = DMatrix::from_fn(length, rows, |_, _| (0..12).map(|_| rng.random::<f64>() - 0.5).sum());
    quantise(format, &values).unwrap()
}
