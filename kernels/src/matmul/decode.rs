//! Decoding of codes to 16-bit significands by arithmetic, in all lanes of a vector at once.
//!
//! A significand of more than 15 bits (formats with 4 exponent bits) does not fit, but as a float it has few ones: with
//! exponent field `SPLIT` or above it is a multiple of 2^SPLIT and goes, so divided, to the high plane; otherwise it
//! goes to the low plane.

use crate::adaptivfloat::Format;

/// Exponent field from which a wide significand is high. Low ones are below 2^8, so that 512 products of high and low
/// are below 2^31 as well; one more and twice as many elements are low, one less and sums leave 32 bits sooner.
const SPLIT: u16 = 5;

/// Power of two by which the high plane of a format is divided.
pub(super) fn split(format: Format) -> u16 {
    if format.max_significand() > i32::from(i16::MAX) { SPLIT } else { 0 }
}

/// A format, prepared.
#[derive(Clone, Copy)]
pub(super) struct Decode {
    magnitude: u16,
    hidden: u16,
    mantissa: u16,
    pub(super) split: u16,
}

impl Decode {
    pub(super) fn new(format: Format) -> Decode {
        let mantissa = u16::from(format.mantissa());
        Decode { magnitude: format.max_code().into(), hidden: 1 << mantissa, mantissa, split: split(format) }
    }

    /// The significand, in formats without a low plane.
    #[inline(always)]
    pub(super) fn whole(self, code: u8) -> i16 {
        self.shifted(code, self.exponent(code))
    }

    /// The significand divided by 2^split, or zero if it is low.
    #[inline(always)]
    pub(super) fn high(self, code: u8) -> i16 {
        let exponent = self.exponent(code);
        if exponent < self.split { 0 } else { self.shifted(code, exponent - self.split) }
    }

    /// The significand, or zero if it is high.
    #[inline(always)]
    pub(super) fn low(self, code: u8) -> i16 {
        if self.is_low(code) { self.shifted(code, self.exponent(code)) } else { 0 }
    }

    /// Whether the code is low and not zero.
    #[inline(always)]
    pub(super) fn is_low(self, code: u8) -> bool {
        let magnitude = code & self.magnitude as u8;
        magnitude != 0 && magnitude < (self.split << self.mantissa) as u8
    }

    #[inline(always)]
    fn exponent(self, code: u8) -> u16 {
        (u16::from(code) & self.magnitude) >> self.mantissa
    }

    #[inline(always)]
    fn shifted(self, code: u8, left: u16) -> i16 {
        let magnitude = u16::from(code) & self.magnitude;
        let significand =
            (self.hidden | (magnitude & (self.hidden - 1))).wrapping_shl(left.into()).cast_signed();
        let signed = if u16::from(code) & (self.magnitude + 1) == 0 { significand } else { -significand };
        if magnitude == 0 { 0 } else { signed }
    }
}
