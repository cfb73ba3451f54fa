//! A matrix of codes with its format and bias.

use super::{Format, bias_for, encode_f64};
use nalgebra::DMatrix;
use std::fmt;

/// A matrix of codes. **Column `r` of `codes` is row `r` of the operand**, contiguous along the reduction dimension,
/// because nalgebra stores columns: shape [length x rows].
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Format of every code.
    pub format: Format,
    /// Exponent bias of the tensor.
    pub bias: i32,
    /// The codes, [length x rows].
    pub codes: DMatrix<u8>,
}

/// A value that no code can stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NotFinite {
    /// Row of the matrix that was given.
    pub row: usize,
    /// Column of the matrix that was given.
    pub column: usize,
    /// The value found.
    pub value: f64,
}

impl Tensor {
    /// A tensor of zeros.
    pub fn zeros(format: Format, bias: i32, length: usize, rows: usize) -> Tensor {
        Tensor { format, bias, codes: DMatrix::zeros(length, rows) }
    }

    /// The length of a row: the reduction dimension, K.
    pub fn length(&self) -> usize {
        self.codes.nrows()
    }

    /// The number of operand rows.
    pub fn rows(&self) -> usize {
        self.codes.ncols()
    }

    /// The codes of operand row `r`, `length()` of them.
    pub fn row(&self, r: usize) -> &[u8] {
        &self.codes.as_slice()[r * self.length()..][..self.length()]
    }

    /// Weight of a significand's lowest bit: the power `b - m` of two.
    pub fn lsb(&self) -> i32 {
        self.format.lsb(self.bias)
    }

    /// The values as `f64`, [length x rows].
    pub fn dequantise(&self) -> DMatrix<f64> {
        self.codes.map(|code| self.format.decode_f64(code, self.bias))
    }

    /// The codes of `values`, [length x rows], under a bias that is given, e.g. from calibration.
    pub fn quantise(format: Format, bias: i32, values: &DMatrix<f64>) -> Result<Tensor, NotFinite> {
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            let (row, column) = (index % values.nrows(), index / values.nrows());
            return Err(NotFinite { row, column, value: values[index] });
        }
        let codes = values.map(|value| encode_f64(format, bias, value).unwrap_or(0));
        Ok(Tensor { format, bias, codes })
    }
}

/// The codes of `values`, [length x rows], under the bias that their largest magnitude asks for.
pub fn quantise(format: Format, values: &DMatrix<f64>) -> Result<Tensor, NotFinite> {
    Tensor::quantise(format, bias_for(format, values.amax()), values)
}

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "value at row {}, column {} is {}, must be finite", self.row, self.column, self.value)
    }
}

impl std::error::Error for NotFinite {}
