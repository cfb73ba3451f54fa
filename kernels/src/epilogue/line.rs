//! The epilogue of a whole line of accumulators in 64-bit lanes, without a branch per element.
//!
//! The same arithmetic as one by one, which the tests hold it to, wherever sums stay below 2^61; a line in which one may
//! not is left to the exact path.

use super::{Bias, Epilogue};
use crate::activation::{self, Activation};
use crate::adaptivfloat::Tensor;
use crate::lane::{encode_lane, round_lane};

/// Elements that are in work at once.
const LANES: usize = 32;

/// Where the bits of accumulators and biases go, so that both have the weight 2^lsb.
#[derive(Clone, Copy)]
struct Alignment {
    acc: u32,
    bias: u32,
    lsb: i32,
}

impl Epilogue {
    /// The codes of all accumulators, row after row of `out`.
    #[inline(always)]
    pub(crate) fn apply_all(&self, lsb: i32, accumulators: &[i64], out: &mut Tensor) {
        let length = out.length().max(1);
        let lines = out.codes.as_mut_slice().chunks_mut(length).zip(accumulators.chunks(length));
        for (row, (codes, acc)) in lines.enumerate() {
            self.apply_line(acc, lsb, row, codes);
        }
    }

    /// The codes of the accumulators of output row `row`, one per output column; `out` has the length of `acc`.
    #[inline(always)]
    pub(super) fn apply_line(&self, acc: &[i64], lsb: i32, row: usize, out: &mut [u8]) {
        let scaled = lsb.saturating_add(self.shift);
        let Some(alignment) = align(acc, scaled, &self.bias) else {
            for (column, (code, &acc)) in out.iter_mut().zip(acc).enumerate() {
                *code = self.apply(acc, lsb, self.bias.element(column, row));
            }
            return;
        };
        for (chunk, (out, acc)) in out.chunks_mut(LANES).zip(acc.chunks(LANES)).enumerate() {
            let mut sums = [0; LANES];
            for (sum, &acc) in sums.iter_mut().zip(acc) {
                *sum = acc << alignment.acc;
            }
            add_bias(&mut sums, &self.bias, chunk * LANES, row, alignment.bias);
            let lsb = self.activate_lanes(&mut sums, alignment.lsb);
            let mut codes = [0; LANES];
            for (code, &sum) in codes.iter_mut().zip(&sums) {
                *code = encode_lane(self.format, i64::from(lsb) - i64::from(self.out_bias), sum);
            }
            out.copy_from_slice(&codes[..out.len()]);
        }
    }

    /// Applies the activation to sums in units of 2^lsb; the result is in units of the power returned.
    #[inline(always)]
    fn activate_lanes(&self, sums: &mut [i64; LANES], lsb: i32) -> i32 {
        match self.activation {
            Activation::Identity => return lsb,
            Activation::Relu => {
                sums.iter_mut().for_each(|sum| *sum = (*sum).max(0));
                return lsb;
            }
            Activation::Gelu => tabled_lanes(sums, lsb, activation::gelu),
            Activation::Tanh => tabled_lanes(sums, lsb, activation::tanh),
        }
        -activation::OUTPUT_FRACTION.cast_signed()
    }
}

/// A function of inputs in units of 2^lsb.
#[inline(always)]
fn tabled_lanes(sums: &mut [i64; LANES], lsb: i32, function: impl Fn(i32) -> i32) {
    let limit = i64::from(activation::INPUT_LIMIT);
    let shift = i64::from(lsb) + i64::from(activation::INPUT_FRACTION);
    let mut inputs = [0; LANES];
    for (input, &sum) in inputs.iter_mut().zip(&*sums) {
        *input = round_lane(sum, shift, limit) as i32;
    }
    for (sum, input) in sums.iter_mut().zip(inputs) {
        *sum = function(input).into();
    }
}

/// The alignment of a line, if no sum can reach 2^61.
#[inline(always)]
fn align(acc: &[i64], lsb: i32, bias: &Bias) -> Option<Alignment> {
    let bits = acc.iter().fold(0, |bits, &acc| bits | (acc ^ (acc >> 63)).cast_unsigned());
    let width = 64 - bits.leading_zeros();
    let bias_lsb = match bias {
        Bias::None => lsb,
        Bias::Column(_, lsb) | Bias::Row(_, lsb) => *lsb,
    };
    let common = lsb.min(bias_lsb);
    let (acc, bias) = (lsb.abs_diff(common), bias_lsb.abs_diff(common));
    (acc.saturating_add(width) <= 60 && bias <= 44).then_some(Alignment { acc, bias, lsb: common })
}

#[inline(always)]
fn add_bias(sums: &mut [i64; LANES], bias: &Bias, first: usize, row: usize, left: u32) {
    match bias {
        Bias::None => {}
        Bias::Column(vector, _) => {
            for (sum, &v) in sums.iter_mut().zip(vector.get(first..).unwrap_or(&[])) {
                *sum += i64::from(v) << left;
            }
        }
        Bias::Row(vector, _) => {
            let v = i64::from(vector.get(row).copied().unwrap_or(0)) << left;
            sums.iter_mut().for_each(|sum| *sum += v);
        }
    }
}
