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

/// Most dimensions of a tensor; those of encoders have one or two.
pub const RANK: usize = 8;

impl Tensor {
    /// Product of the lengths, if a tensor of so many `f32` fits into a file that is read.
    pub fn elements(shape: &[usize]) -> Option<usize> {
        let count = shape.iter().try_fold(1_usize, |product, &length| product.checked_mul(length))?;
        (count as u64 <= LIMIT / 4).then_some(count)
    }
}
