//! AdaptivFloat: an 8-bit (or narrower) float without denormals and with one exponent bias per tensor.
//!
//! A code is sign, `e` exponent bits, `m` mantissa bits, from the top. With the bias `b` of the tensor its value is
//! `(-1)^s * 2^(exp + b) * (1 + man / 2^m)`, except that `exp = man = 0` is zero with either sign. As integers:
//! value = significand * 2^(b - m), significand = ±(2^m + man) << exp, so sums of products of codes are exact.
//! Source: Tambe et al., DAC 2020, algorithm 1. Not modelled: NaN and infinity, which the format does not have.

mod encode;
mod tensor;

pub use encode::{NotANumber, bias_for, encode, encode_f64, exponent_of};
pub use tensor::{NotFinite, Tensor, quantise};

pub use crate::fixed::Fixed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;

/// A format: total width and exponent width, in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Widths", into = "Widths")]
pub struct Format {
    width: u8,
    exponent: u8,
}

/// The unchecked form of [`Format`] in a file.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Widths {
    /// Bits of a code.
    #[schemars(range(min = *WIDTH.start(), max = *WIDTH.end()))]
    width: u8,
    /// Of which exponent.
    #[schemars(range(min = *EXPONENT.start(), max = *EXPONENT.end()))]
    exponent: u8,
}

/// Total widths of formats, in bits.
const WIDTH: RangeInclusive<u8> = 3..=8;
/// Exponent widths of formats, in bits.
const EXPONENT: RangeInclusive<u8> = 1..=4;

/// Widths that make no format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatError {
    /// Total width, in bits, outside 3..=8.
    Width(u8),
    /// Exponent width, in bits, outside 1..=4.
    Exponent(u8),
    /// The exponent and the sign leave no room for a mantissa of zero or more bits.
    Mantissa {
        /// Total width, in bits.
        width: u8,
        /// Exponent width, in bits.
        exponent: u8,
    },
}

impl Format {
    /// 8 bits, 3 of exponent: what the authors' hardware was released with.
    pub const AF8_3: Format = Format { width: 8, exponent: 3 };
    /// 8 bits, 4 of exponent.
    pub const AF8_4: Format = Format { width: 8, exponent: 4 };
    /// 4 bits, 3 of exponent: powers of two alone.
    pub const AF4_3: Format = Format { width: 4, exponent: 3 };

    /// A format of `width` bits, 3..=8, with `exponent` bits of exponent, 1..=4.
    pub fn new(width: u8, exponent: u8) -> Result<Format, FormatError> {
        if !WIDTH.contains(&width) {
            Err(FormatError::Width(width))
        } else if !EXPONENT.contains(&exponent) {
            Err(FormatError::Exponent(exponent))
        } else if exponent + 1 > width {
            Err(FormatError::Mantissa { width, exponent })
        } else {
            Ok(Format { width, exponent })
        }
    }

    /// Every legal format, by width and then exponent.
    pub fn all() -> impl Iterator<Item = Format> {
        WIDTH.flat_map(|width| EXPONENT.filter_map(move |exponent| Format::new(width, exponent).ok()))
    }

    /// Total width, in bits.
    #[inline]
    pub const fn width(self) -> u8 {
        self.width
    }

    /// Exponent width, in bits.
    #[inline]
    pub const fn exponent(self) -> u8 {
        self.exponent
    }

    /// Mantissa width without the hidden one, in bits.
    #[inline]
    pub const fn mantissa(self) -> u8 {
        self.width - self.exponent - 1
    }

    /// All bits of a code.
    #[inline]
    pub const fn code_mask(self) -> u8 {
        u8::MAX >> (8 - self.width)
    }

    /// The sign bit of a code.
    #[inline]
    pub const fn sign_mask(self) -> u8 {
        1 << (self.width - 1)
    }

    /// The largest positive code, which is also the mask of exponent and mantissa.
    #[inline]
    pub const fn max_code(self) -> u8 {
        self.sign_mask() - 1
    }

    /// The largest exponent field, `2^e - 1`.
    #[inline]
    pub const fn max_exponent(self) -> u8 {
        (1 << self.exponent) - 1
    }

    /// The largest significand, `(2^(m+1) - 1) << (2^e - 1)`.
    #[inline]
    pub const fn max_significand(self) -> i32 {
        ((2 << self.mantissa()) - 1) << self.max_exponent()
    }

    /// Whether a code is zero, with either sign.
    #[inline]
    pub const fn is_zero(self, code: u8) -> bool {
        code & self.max_code() == 0
    }

    /// The signed integer of a code: ±(2^m + man) << exp, or zero. Bits above the width are ignored.
    #[inline]
    pub const fn significand(self, code: u8) -> i32 {
        let magnitude = code & self.max_code();
        if magnitude == 0 {
            return 0;
        }
        let hidden: u8 = 1 << self.mantissa();
        let significand = ((hidden | magnitude & (hidden - 1)) as i32) << (magnitude >> self.mantissa());
        if code & self.sign_mask() == 0 { significand } else { -significand }
    }

    /// The significand of each of the 256 bytes.
    pub const fn significands(self) -> [i32; 256] {
        let mut table = [0; 256];
        let mut code = 0;
        while code < 256 {
            table[code] = self.significand(code as u8);
            code += 1;
        }
        table
    }

    /// Weight of a significand's lowest bit in a tensor of this bias: the power `b - m` of two.
    #[inline]
    pub const fn lsb(self, bias: i32) -> i32 {
        bias - self.mantissa() as i32
    }

    /// The exact value of a code in a tensor of this bias.
    #[inline]
    pub const fn decode(self, code: u8, bias: i32) -> Fixed {
        Fixed::new(self.significand(code) as i128, self.lsb(bias))
    }

    /// The value of a code as `f64`, exact for |bias| < 1000. For references and tools.
    pub fn decode_f64(self, code: u8, bias: i32) -> f64 {
        self.decode(code, bias).to_f64()
    }
}

impl TryFrom<Widths> for Format {
    type Error = FormatError;

    fn try_from(widths: Widths) -> Result<Format, FormatError> {
        Format::new(widths.width, widths.exponent)
    }
}

impl From<Format> for Widths {
    fn from(format: Format) -> Widths {
        Widths { width: format.width, exponent: format.exponent }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdaptivFloat<{},{}>", self.width, self.exponent)
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FormatError::Width(width) => write!(f, "format width = {width} must be from 3 to 8 bits"),
            FormatError::Exponent(exponent) => {
                write!(f, "format exponent = {exponent} must be from 1 to 4 bits")
            }
            FormatError::Mantissa { width, exponent } => {
                write!(
                    f,
                    "format exponent = {exponent} must leave a sign bit in width = {width}: at most {}",
                    width - 1
                )
            }
        }
    }
}

impl std::error::Error for FormatError {}

#[cfg(test)]
mod tests;
