//! Rounding to a code, and the choice of a tensor's bias.
//!
//! From half of the smallest magnitude (excluded) up to it, a value becomes that magnitude; at or below, zero. From
//! there on it is rounded to nearest, ties to the even code; above the largest magnitude it saturates with its own
//! sign. Zero has one code, with a clear sign. In hardware: a leading-zero count, a shift, one adder.

use super::{Fixed, Format};
use std::fmt;

/// The value to encode is NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotANumber;

/// The code nearest to an exact value in a tensor of bias `bias`.
#[inline]
pub fn encode(format: Format, bias: i32, value: Fixed) -> u8 {
    let (magnitude, lsb) = narrow(value);
    if magnitude == 0 {
        return 0;
    }
    let zeros = magnitude.leading_zeros();
    let exponent = 63 - i64::from(zeros) + i64::from(lsb) - i64::from(bias);
    let code = round(format, exponent, magnitude << zeros);
    // Without a branch on the sign, which nothing could predict.
    let sign = u8::from(value.mantissa < 0) * format.sign_mask();
    if code == 0 { 0 } else { code | sign }
}

/// The magnitude in 64 bits; what lies below becomes a sticky bit, far below any rounding boundary.
#[inline]
fn narrow(value: Fixed) -> (u64, i32) {
    let magnitude = value.mantissa.unsigned_abs();
    match u64::try_from(magnitude) {
        Ok(narrow) => (narrow, value.lsb),
        Err(_) => {
            let right = 64 - magnitude.leading_zeros();
            let lost = magnitude & ((1 << right) - 1) != 0;
            ((magnitude >> right) as u64 | u64::from(lost), value.lsb.saturating_add(right.cast_signed()))
        }
    }
}

/// The positive code of `normal * 2^(exponent - 63)`, in units of `2^bias`; the top bit of `normal` is set.
#[inline]
fn round(format: Format, exponent: i64, normal: u64) -> u8 {
    let mantissa = u32::from(format.mantissa());
    let smallest = if mantissa == 0 { (1, 1 << 63) } else { (0, (1 << 63) | (1 << (63 - mantissa))) };
    if (exponent + 1, normal) <= smallest {
        return 0;
    }
    if (exponent, normal) <= smallest {
        return 1;
    }
    if exponent > i64::from(format.max_exponent()) {
        return format.max_code();
    }
    let right = 63 - mantissa;
    let floor = (normal >> right) - (1 << mantissa) + ((exponent as u64) << mantissa);
    let rest = normal & ((1 << right) - 1);
    let half = 1 << (right - 1);
    let up = rest > half || (rest == half && floor & 1 == 1);
    (floor + u64::from(up)).min(u64::from(format.max_code())) as u8
}

/// [`encode`] of an `f64`, exactly: for tools. An infinity saturates; NaN is an error.
pub fn encode_f64(format: Format, bias: i32, value: f64) -> Result<u8, NotANumber> {
    if value.is_nan() {
        return Err(NotANumber);
    }
    let bits = value.to_bits();
    let fraction = i128::from(bits & ((1 << 52) - 1));
    let mantissa = match bits >> 52 & 0x7ff {
        0 => fraction,
        0x7ff => return Ok(encode(format, bias, Fixed::new(value.signum() as i128, i32::MAX))),
        _ => fraction | 1 << 52,
    };
    let lsb = ((bits >> 52 & 0x7ff) as i32).max(1) - 1075;
    Ok(encode(format, bias, Fixed::new(if value < 0.0 { -mantissa } else { mantissa }, lsb)))
}

/// `floor(log2 |value|)` of a finite value other than zero, exactly; zero, infinity and NaN give `None`.
pub fn exponent_of(value: f64) -> Option<i32> {
    let bits = value.to_bits();
    match (bits >> 52 & 0x7ff) as i32 {
        0 => (bits << 12 != 0).then(|| -1023 - (bits << 12).leading_zeros().cast_signed()),
        0x7ff => None,
        exponent => Some(exponent - 1023),
    }
}

/// The bias that puts `max_abs`, the largest magnitude of a tensor, into the top octave:
/// `floor(log2 max_abs) - (2^e - 1)`. A tensor without a finite magnitude other than zero is treated like 1.0.
pub fn bias_for(format: Format, max_abs: f64) -> i32 {
    exponent_of(max_abs).unwrap_or(0) - i32::from(format.max_exponent())
}

impl fmt::Display for NotANumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("value is NaN, which has no AdaptivFloat code")
    }
}

impl std::error::Error for NotANumber {}
