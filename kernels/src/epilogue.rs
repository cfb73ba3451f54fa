//! End of the processing unit's pipe: scale, bias, activation, requantisation of one accumulator.
//!
//! value = acc * 2^(lsb + shift) + bias, then the activation, then the nearest code of the output format. The sum is
//! exact. Identity and ReLU round once, on encoding; GELU and tanh round the sum to their 12 fraction bits, and
//! their result on encoding. Scaling is by powers of two alone: other factors belong into the weights.

mod line;

use crate::activation::{self, Activation};
use crate::adaptivfloat::{Format, encode};
use crate::fixed::Fixed;
use crate::shape::ShapeError;
use serde::{Deserialize, Serialize};

/// What is done with every accumulator of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epilogue {
    /// Power of two that scales the accumulator.
    pub shift: i32,
    /// What is added before the activation.
    pub bias: Bias,
    /// The function applied to the sum.
    pub activation: Activation,
    /// Format of the result.
    pub format: Format,
    /// Exponent bias of the result.
    pub out_bias: i32,
}

/// A vector added to the product [columns x rows]; the value of an element `v` is `v * 2^lsb`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bias {
    /// Nothing is added.
    None,
    /// One element per column operand, e.g. per output feature when weights are the columns; and its lsb.
    Column(Vec<i16>, i32),
    /// One element per row operand; and its lsb.
    Row(Vec<i16>, i32),
}

impl Bias {
    /// The element that belongs to output (`column`, `row`); zero behind the end of the vector.
    #[inline]
    pub fn element(&self, column: usize, row: usize) -> Fixed {
        let (vector, index, lsb) = match self {
            Bias::None => return Fixed::ZERO,
            Bias::Column(vector, lsb) => (vector, column, *lsb),
            Bias::Row(vector, lsb) => (vector, row, *lsb),
        };
        Fixed::new(vector.get(index).map_or(0, |&v| i128::from(v)), lsb)
    }

    /// Checks the length of the vector against the product.
    pub fn check(&self, columns: usize, rows: usize) -> Result<(), ShapeError> {
        match self {
            Bias::None => Ok(()),
            Bias::Column(vector, _) => {
                ShapeError::exactly("length of the column bias", vector.len(), columns)
            }
            Bias::Row(vector, _) => ShapeError::exactly("length of the row bias", vector.len(), rows),
        }
    }
}

impl Epilogue {
    /// The code of `acc * 2^lsb`, with `bias` the element of [`Bias`] that belongs to it.
    #[inline]
    pub fn apply(&self, acc: i64, lsb: i32, bias: Fixed) -> u8 {
        let sum = Fixed::new(i128::from(acc), lsb.saturating_add(self.shift)).plus(bias);
        encode(self.format, self.out_bias, self.activate(sum))
    }

    #[inline]
    fn activate(&self, sum: Fixed) -> Fixed {
        match self.activation {
            Activation::Identity => sum,
            Activation::Relu => Fixed::new(sum.mantissa.max(0), sum.lsb),
            Activation::Gelu => tabled(activation::gelu, sum),
            Activation::Tanh => tabled(activation::tanh, sum),
        }
    }
}

fn tabled(function: fn(i32) -> i32, sum: Fixed) -> Fixed {
    let limit = i128::from(activation::INPUT_LIMIT);
    let input = sum.round_to(-activation::INPUT_FRACTION.cast_signed(), limit) as i32;
    Fixed::new(i128::from(function(input)), -activation::OUTPUT_FRACTION.cast_signed())
}

/// The reference of the activations, on `f64`.
pub fn activate_f64(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => x,
        Activation::Relu => x.max(0.0),
        Activation::Gelu => activation::reference::gelu_f64(x),
        Activation::Tanh => x.tanh(),
    }
}

#[cfg(test)]
mod tests;
