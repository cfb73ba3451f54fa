//! Element-wise add of two tensors with exponent biases of their own: the residual connections.
//!
//! The sum of two codes is exact; it is rounded once, on encoding.

use crate::adaptivfloat::{Format, Tensor, encode};
use crate::shape::ShapeError;

/// `x + y`, both [length x rows], in the format and bias given.
///
/// # Errors
/// Operands of different shapes.
pub fn add(x: &Tensor, y: &Tensor, format: Format, bias: i32) -> Result<Tensor, ShapeError> {
    ShapeError::exactly("length of the second operand", y.length(), x.length())?;
    ShapeError::exactly("number of rows of the second operand", y.rows(), x.rows())?;
    let codes = x.codes.zip_map(&y.codes, |a, b| {
        let sum = x.format.decode(a, x.bias).plus(y.format.decode(b, y.bias));
        encode(format, bias, sum)
    });
    Ok(Tensor { format, bias, codes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adaptivfloat::encode_f64;
    use nalgebra::DMatrix;

    /// All pairs of codes. The biases keep both operands within 53 bits of each other, so the `f64` sum is exact.
    #[test]
    fn every_pair_of_codes_is_rounded_once() {
        for (a, b, out) in
            [(Format::AF8_3, Format::AF8_3, Format::AF8_3), (Format::AF8_4, Format::AF8_3, Format::AF8_4)]
        {
            let x = Tensor { format: a, bias: -9, codes: DMatrix::from_fn(256, 256, |i, _| i as u8) };
            for bias in [-14, -9, -3, 20] {
                let y = Tensor { format: b, bias, codes: DMatrix::from_fn(256, 256, |_, j| j as u8) };
                let sum = add(&x, &y, out, -8).unwrap();
                let exact = x.dequantise() + y.dequantise();
                for (code, exact) in sum.codes.iter().zip(exact.iter()) {
                    assert_eq!(Ok(*code), encode_f64(out, -8, *exact), "{a} + {b}, bias {bias}: {exact}");
                }
            }
        }
    }

    #[test]
    fn a_far_smaller_operand_decides_a_tie() {
        let operand =
            |code, bias| Tensor { format: Format::AF8_3, bias, codes: DMatrix::from_element(1, 1, code) };
        // 0x42 is 18, half way between 16 and 20, which have the codes 0x10 and 0x11 in two mantissa bits.
        let out = Format::new(6, 3).unwrap();
        let tie = operand(0x42, 0);
        for (small, bias, expected) in [(0, -500, 0x10), (0x01, -500, 0x11), (0x81, -500, 0x10)] {
            let sum = add(&tie, &operand(small, bias), out, 0).unwrap();
            assert_eq!(sum.codes[0], expected, "{small}");
        }
    }

    #[test]
    fn shapes_are_checked() {
        let x = Tensor::zeros(Format::AF8_3, 0, 4, 2);
        let error = add(&x, &Tensor::zeros(Format::AF8_3, 0, 3, 2), Format::AF8_3, 0).unwrap_err();
        assert_eq!(error.to_string(), "length of the second operand is 3, must be 4");
        assert!(add(&x, &Tensor::zeros(Format::AF8_3, 0, 4, 1), Format::AF8_3, 0).is_err());
    }
}
