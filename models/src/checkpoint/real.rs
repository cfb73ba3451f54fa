//! Formats of real numbers in files, little-endian, and how they become `f32`.
//!
//! 16 bits are widened, which is exact; a NaN keeps its payload. 64 bits are rounded to the nearest `f32`, ties to even, and refused where
//! that is no finite number any more.

use super::refusal::Refusal;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Real {
    /// IEEE binary16.
    F16,
    /// The upper half of a binary32.
    Bf16,
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
}

impl Real {
    /// Bytes of a number.
    pub(crate) fn size(self) -> usize {
        match self {
            Real::F16 | Real::Bf16 => 2,
            Real::F32 => 4,
            Real::F64 => 8,
        }
    }

    /// The numbers in bytes; those behind the last whole number are left.
    pub(crate) fn numbers(self, bytes: &[u8]) -> Result<Vec<f32>, Refusal> {
        let halves = || bytes.as_chunks().0.iter().map(|half| u16::from_le_bytes(*half));
        Ok(match self {
            Real::F16 => halves().map(from_f16).collect(),
            Real::Bf16 => halves().map(|bits| f32::from_bits(u32::from(bits) << 16)).collect(),
            Real::F32 => bytes.as_chunks().0.iter().map(|bits| f32::from_le_bytes(*bits)).collect(),
            Real::F64 => {
                let doubles = bytes.as_chunks().0.iter().map(|bits| f64::from_le_bytes(*bits));
                doubles.map(rounded).collect::<Result<_, _>>()?
            }
        })
    }
}

/// Exact.
fn from_f16(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let magnitude = u32::from(bits & 0x7fff);
    let widened = match magnitude {
        // Below the least normal number: a count of 2^-24.
        0..0x400 => (magnitude as f32 / 16_777_216.0).to_bits(),
        0x400..0x7c00 => (magnitude << 13) + ((127 - 15) << 23),
        _ => magnitude << 13 | 0x7f80_0000,
    };
    f32::from_bits(sign | widened)
}

fn rounded(double: f64) -> Result<f32, Refusal> {
    let single = double as f32;
    if double.is_finite() && !single.is_finite() {
        let message = format!("{double:e} must be within {:e}, the largest f32", f32::MAX);
        return Err(Refusal::new(message, "save the model in float32: model.float()"));
    }
    Ok(single)
}

/// How many numbers may still come out of a file: tensors can share their bytes, and names their tensor.
#[derive(Debug)]
pub(crate) struct Budget {
    whole: usize,
    left: usize,
}

impl Budget {
    /// Twice as many as the file has bytes, which is eight names for each number of 32 bits.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let whole = bytes.len().saturating_mul(2);
        Self { whole, left: whole }
    }

    /// Takes so many.
    pub(crate) fn take(&mut self, count: usize) -> Result<(), Refusal> {
        self.left = self.left.checked_sub(count).ok_or_else(|| {
            let message = format!(
                "{count} elements must not bring those of all tensors above {}, twice the bytes of the file",
                self.whole
            );
            Refusal::new(message, "the same bytes stand for too many tensors: save each name once")
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every bit pattern against sign · mantissa · 2^exponent in `f64`.
    #[test]
    fn halves_are_widened_exactly() {
        for bits in 0..=u16::MAX {
            let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
            let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
            let expected = match exponent {
                0 => sign * mantissa * 2.0_f64.powi(-24),
                31 if mantissa > 0.0 => f64::NAN,
                31 => sign * f64::INFINITY,
                _ => sign * (1024.0 + mantissa) * 2.0_f64.powi(exponent - 25),
            };
            let widened = Real::F16.numbers(&bits.to_le_bytes()).unwrap()[0];
            assert_eq!(widened.is_nan(), expected.is_nan(), "{bits:#x}");
            if !expected.is_nan() {
                assert_eq!(f64::from(widened).to_bits(), expected.to_bits(), "{bits:#x}");
            }
        }
    }

    #[test]
    fn bytes_are_read_in_each_format() {
        let f64s: Vec<u8> = [0.1_f64, -0.0, f64::NEG_INFINITY].iter().flat_map(|x| x.to_le_bytes()).collect();
        let bits = |real: Real, bytes: &[u8]| -> Vec<u32> {
            real.numbers(bytes).unwrap().into_iter().map(f32::to_bits).collect()
        };
        assert_eq!(bits(Real::F32, &[0, 0, 0x80, 0x3f, 1, 0, 0, 0]), [0x3f80_0000, 1]);
        assert_eq!(bits(Real::Bf16, &[0x80, 0x3f, 1, 0]), [0x3f80_0000, 0x1_0000]);
        assert_eq!(bits(Real::F64, &f64s), [0x3dcc_cccd, 0x8000_0000, 0xff80_0000]);
        assert!(Real::F64.numbers(&1e39_f64.to_le_bytes()).is_err(), "beyond f32");
    }

    #[test]
    fn a_budget_ends() {
        let mut budget = Budget::of(&[0; 3]);
        assert!(budget.take(5).is_ok() && budget.take(2).is_err());
    }
}
