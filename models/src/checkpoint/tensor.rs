//! Tensors by name, as a file holds them.

use std::collections::BTreeMap;

/// Numbers of one tensor, the last dimension contiguous. Formats of 16 bits are widened, which is exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Length of each dimension; none for a scalar.
    pub shape: Vec<usize>,
    /// As many as the product of the lengths.
    pub values: Vec<f32>,
}

/// All tensors of a checkpoint that hold real numbers; those of integers, e.g. position ids, are left out.
pub type Tensors = BTreeMap<String, Tensor>;

/// Most bytes of a file of weights: BERT-large in `f32` is 1.4 GB.
pub const LIMIT: u64 = 8 << 30;

impl Tensor {
    /// Product of the lengths, if a tensor of so many `f32` fits into a file that is read.
    pub fn elements(shape: &[usize]) -> Option<usize> {
        let count = shape.iter().try_fold(1_usize, |product, &length| product.checked_mul(length))?;
        (count as u64 <= LIMIT / 4).then_some(count)
    }
}

/// The value of an IEEE half.
pub fn widen_f16(half: u16) -> f32 {
    let (sign, exponent, fraction) = (half >> 15, half >> 10 & 31, half & 0x3ff);
    let magnitude = match exponent {
        0 => f32::from(fraction) * (-24_f32).exp2(),
        31 if fraction == 0 => f32::INFINITY,
        31 => f32::NAN,
        _ => f32::from(fraction | 0x400) * (f32::from(exponent) - 25.0).exp2(),
    };
    if sign == 1 { -magnitude } else { magnitude }
}

/// The value of a bfloat16: the upper half of an `f32`.
pub fn widen_bf16(half: u16) -> f32 {
    f32::from_bits(u32::from(half) << 16)
}
