//! Rounding and encoding in 64-bit lanes, without a branch: what [`Fixed`](crate::fixed::Fixed) does in 128 bits, wherever values stay
//! below 2^61.

use crate::adaptivfloat::Format;

/// The significand of a code, as [`Format::significand`] gives it.
#[inline(always)]
pub(crate) fn significand_lane(format: Format, code: u8) -> i32 {
    let mantissa = u32::from(format.mantissa());
    let hidden = 1 << mantissa;
    let magnitude = i32::from(code & format.max_code());
    let shifted = (hidden | (magnitude & (hidden - 1))) << (magnitude >> mantissa);
    let value = if magnitude == 0 { 0 } else { shifted };
    let sign = -i32::from(code & format.sign_mask() != 0);
    (value ^ sign) - sign
}

/// `sum * 2^shift`, to nearest even, saturated to ±limit, which has 23 bits. Sums below 2^61 that are shifted right by
/// 62 or more are zero.
#[inline(always)]
pub(crate) fn round_lane(sum: i64, shift: i64, limit: i64) -> i64 {
    let left = shift.clamp(0, 23);
    let right = (-shift).clamp(0, 62);
    let clamped = sum.clamp(-limit, limit) << left;
    let floor = sum >> right;
    let rest = sum & ((1 << right) - 1);
    let half = (1 << right) >> 1;
    let up = rest > half || (rest == half && floor & 1 == 1);
    let rounded = floor + i64::from(up);
    (if shift >= 0 { clamped } else { rounded }).clamp(-limit, limit)
}

/// The code of `sum * 2^(offset + bias)` in a tensor of that bias, as `encode` gives it.
#[inline(always)]
pub(crate) fn encode_lane(format: Format, offset: i64, sum: i64) -> u8 {
    let mantissa = u32::from(format.mantissa());
    let magnitude = sum.unsigned_abs();
    let zeros = (magnitude | 1).leading_zeros();
    let normal = magnitude << zeros;
    let exponent = 63 - i64::from(zeros) + offset;
    let right = 63 - mantissa;
    let top = (normal >> right).cast_signed();
    let rest = normal << (mantissa + 1);
    let floor = (exponent << mantissa) + top - (1 << mantissa);
    let half = 1 << 63;
    let up = (rest > half) | ((rest == half) & (floor & 1 == 1));
    let code = (floor + i64::from(up)).min(format.max_code().into());
    // Below the smallest magnitude: it, if above its half, else zero. With no mantissa bits it has exponent 1.
    let first = i64::from(mantissa == 0);
    let smallest = (1_u64 << 63) | ((1 << right) & (u64::MAX >> 1));
    let small = (exponent < first) | ((exponent == first) & (normal <= smallest));
    let tiny = (exponent < first - 1) | ((exponent == first - 1) & (normal <= smallest));
    let code = if small { 1 } else { code };
    let code = if tiny | (magnitude == 0) { 0 } else { code as u8 };
    let sign = if (sum < 0) & (code != 0) { format.sign_mask() } else { 0 };
    code | sign
}

/// The powers of two by which values in units of `2^a_lsb` and `2^b_lsb`, of so many bits, are shifted up to a common unit, and that
/// unit; none where one of them would not stay below 2^60.
pub(crate) fn common_unit(
    (a_lsb, a_bits): (i32, u32),
    (b_lsb, b_bits): (i32, u32),
) -> Option<(u32, u32, i32)> {
    let common = a_lsb.min(b_lsb);
    let (a, b) = (a_lsb.abs_diff(common), b_lsb.abs_diff(common));
    let fits = a.saturating_add(a_bits) <= 60 && b.saturating_add(b_bits) <= 60;
    fits.then_some((a, b, common))
}
