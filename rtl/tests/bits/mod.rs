//! Numbers as bits, lowest first, and what each operator of the layer means on them.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::hdl::{Expr, concat, mux};
use std::cmp::Ordering;

pub(crate) type Bits = Vec<bool>;

/// Widths of operands: below, at and above those of machine words.
pub(crate) const WIDTHS: [usize; 6] = [1, 7, 33, 64, 65, 130];

/// An operator: which widths its operands have for a result of some width (a constant `amount` decides where they are
/// free), how the layer says it, what it means.
pub(crate) struct Op {
    pub(crate) name: &'static str,
    least: usize,
    most: usize,
    pub(crate) operands: fn(usize, usize) -> Vec<usize>,
    pub(crate) build: fn(&[Expr], usize, usize) -> Expr,
    meaning: fn(&[Bits], usize, usize) -> Bits,
}

impl Op {
    /// Whether a result can have this width.
    pub(crate) fn gives(&self, width: usize) -> bool {
        (self.least..=self.most).contains(&width)
    }
}

pub(crate) fn apply(op: &Op, operands: &[Bits], width: usize, amount: usize) -> Bits {
    let value = (op.meaning)(operands, width, amount);
    assert_eq!(value.len(), width, "{}", op.name);
    value
}

/// Uniform bits, or one of the extremes, or a power of two.
pub(crate) fn random(rng: &mut ChaCha8Rng, width: usize) -> Bits {
    let kind = rng.next_u32() % 8;
    let hot = rng.next_u32() as usize % width;
    (0..width)
        .map(|at| match kind {
            0 => false,
            1 => true,
            2 => at == hot,
            _ => rng.next_u32() & 1 == 1,
        })
        .collect()
}

pub(crate) fn words(bits: &Bits) -> Vec<u32> {
    bits.chunks(32).map(|word| word.iter().rev().fold(0, |value, &bit| value << 1 | u32::from(bit))).collect()
}

pub(crate) fn limbs(bits: &Bits) -> Vec<u64> {
    bits.chunks(64).map(|limb| limb.iter().rev().fold(0, |value, &bit| value << 1 | u64::from(bit))).collect()
}

fn add(a: &Bits, b: &Bits, mut carry: bool) -> Bits {
    let one = |(&a, &b): (&bool, &bool)| {
        let count = u8::from(a) + u8::from(b) + u8::from(carry);
        carry = count > 1;
        count % 2 == 1
    };
    a.iter().zip(b).map(one).collect()
}

fn not(a: &Bits) -> Bits {
    a.iter().map(|bit| !bit).collect()
}

fn fill(mut a: Bits, width: usize, with: bool) -> Bits {
    a.resize(width, with);
    a
}

fn mul(a: &Bits, b: &Bits) -> Bits {
    let width = a.len() + b.len();
    let mut sum = vec![false; width];
    for shift in (0..b.len()).filter(|&at| b[at]) {
        let shifted = fill([vec![false; shift], a.clone()].concat(), width, false);
        sum = add(&sum, &shifted, false);
    }
    sum
}

fn order(a: &Bits, b: &Bits) -> Ordering {
    a.iter().rev().cmp(b.iter().rev())
}

fn order_signed(a: &Bits, b: &Bits) -> Ordering {
    match (a.last(), b.last()) {
        (Some(true), Some(false)) => Ordering::Less,
        (Some(false), Some(true)) => Ordering::Greater,
        _ => order(a, b),
    }
}

fn zip(a: &Bits, b: &Bits, f: fn(bool, bool) -> bool) -> Bits {
    a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect()
}

fn up(a: &Bits, by: usize) -> Bits {
    [vec![false; by.min(a.len())], a.clone()].concat()[..a.len()].to_vec()
}

fn down(a: &Bits, by: usize, with: bool) -> Bits {
    fill(a[by.min(a.len())..].to_vec(), a.len(), with)
}

/// A number as a shift; beyond any width if it is large.
fn shift(bits: &Bits) -> usize {
    let small = bits.iter().take(12).rev().fold(0, |value, &bit| value << 1 | usize::from(bit));
    if bits.iter().skip(12).any(|&bit| bit) { 1 << 12 } else { small }
}

fn sign(a: &Bits) -> bool {
    a.last().copied().unwrap_or_default()
}

/// An operator: name, least and most width of the result, widths of operands, how to say it, what it means.
macro_rules! op {
    ($name:literal, $least:expr, $most:expr, |$w:pat_param, $k:pat_param| $operands:expr, $build:expr, $meaning:expr) => {
        Op {
            name: $name,
            least: $least,
            most: $most,
            operands: |$w, $k| $operands.to_vec(),
            build: $build,
            meaning: $meaning,
        }
    };
}

const ANY: usize = 1 << 10;

/// A width of operands where the result does not tell it.
fn free(amount: usize, width: usize) -> usize {
    WIDTHS[(amount + width) % WIDTHS.len()]
}

/// A number and the same or its neighbour, so that comparisons see equal operands.
fn near(x: &Expr, amount: usize) -> Expr {
    x.xor(rtl::hdl::lit(x.width(), amount as u64 % 2))
}

/// What [`near`] means.
fn near_bits(v: &Bits, amount: usize) -> Bits {
    let mut v = v.clone();
    v[0] ^= amount % 2 == 1;
    v
}

/// Every operator.
pub(crate) const ORDER: &[Op] = &[
    op!("add", 1, ANY, |w, _| [w, w], |x, _, _| x[0].add(&x[1]), |v, _, _| add(&v[0], &v[1], false)),
    op!("sub", 1, ANY, |w, _| [w, w], |x, _, _| x[0].sub(&x[1]), |v, _, _| add(&v[0], &not(&v[1]), true)),
    op!("and", 1, ANY, |w, _| [w, w], |x, _, _| x[0].and(&x[1]), |v, _, _| zip(&v[0], &v[1], |a, b| a & b)),
    op!("or", 1, ANY, |w, _| [w, w], |x, _, _| x[0].or(&x[1]), |v, _, _| zip(&v[0], &v[1], |a, b| a | b)),
    op!("xor", 1, ANY, |w, _| [w, w], |x, _, _| x[0].xor(&x[1]), |v, _, _| zip(&v[0], &v[1], |a, b| a ^ b)),
    op!("+", 1, ANY, |w, _| [w, w], |x, _, _| &x[0] + &x[1], |v, _, _| add(&v[0], &v[1], false)),
    op!("-", 1, ANY, |w, _| [w, w], |x, _, _| &x[0] - &x[1], |v, _, _| add(&v[0], &not(&v[1]), true)),
    op!("&|^", 1, ANY, |w, _| [w, w], |x, _, _| (&x[0] & &x[1]) | (&x[0] ^ &x[1]), |v, _, _| {
        zip(&v[0], &v[1], |a, b| a | b)
    }),
    op!("not", 1, ANY, |w, _| [w], |x, _, _| !&x[0], |v, _, _| not(&v[0])),
    op!("negate", 1, ANY, |w, _| [w], |x, _, _| x[0].negate(), |v, w, _| {
        add(&vec![false; w], &not(&v[0]), true)
    }),
    op!("mux", 1, ANY, |w, _| [1, w, w], |x, _, _| mux(&x[0], &x[1], &x[2]), |v, _, _| {
        v[if v[0][0] { 1 } else { 2 }].clone()
    }),
    op!("shl", 1, ANY, |w, _| [w], |x, _, k| x[0].shl(k), |v, _, k| up(&v[0], k)),
    op!("shr", 1, ANY, |w, _| [w], |x, _, k| x[0].shr(k), |v, _, k| down(&v[0], k, false)),
    op!("shr_arith", 1, ANY, |w, _| [w], |x, _, k| x[0].shr_arith(k), |v, _, k| down(&v[0], k, sign(&v[0]))),
    op!("shl_by", 1, ANY, |w, k| [w, 1 + k % 9], |x, _, _| x[0].shl_by(&x[1]), |v, _, _| up(
        &v[0],
        shift(&v[1])
    )),
    op!("shr_by", 1, ANY, |w, k| [w, 1 + k % 9], |x, _, _| x[0].shr_by(&x[1]), |v, _, _| {
        down(&v[0], shift(&v[1]), false)
    }),
    op!("shr_by wide", 1, ANY, |w, _| [w, 65], |x, _, _| x[0].shr_by(&x[1]), |v, _, _| {
        down(&v[0], shift(&v[1]), false)
    }),
    op!("shr_arith_by", 1, ANY, |w, k| [w, 1 + k % 9], |x, _, _| x[0].shr_arith_by(&x[1]), |v, _, _| {
        down(&v[0], shift(&v[1]), sign(&v[0]))
    }),
    op!(
        "concat",
        2,
        ANY,
        |w, _| [w / 2, w - w / 2],
        |x, _, _| concat(&[x[0].clone(), x[1].clone()]),
        |v, _, _| { [v[1].clone(), v[0].clone()].concat() }
    ),
    op!(
        "repeat",
        2,
        ANY,
        |w, _| [if w % 5 == 0 { w / 5 } else { 1 }],
        |x, w, _| x[0].repeat(w / x[0].width()),
        |v, w, _| { v[0].repeat(w / v[0].len()) }
    ),
    op!("mul", 2, ANY, |w, _| [w / 3 + 1, w - w / 3 - 1], |x, _, _| x[0].mul(&x[1]), |v, _, _| mul(
        &v[0], &v[1]
    )),
    op!("add_full", 2, ANY, |w, _| [w - 1, w - 1], |x, _, _| x[0].add_full(&x[1]), |v, w, _| {
        add(&fill(v[0].clone(), w, false), &fill(v[1].clone(), w, false), false)
    }),
    op!("bits", 1, ANY, |w, k| [w + k], |x, w, k| x[0].bits(k / 2, w), |v, w, k| v[0][k / 2..k / 2 + w]
        .to_vec()),
    op!("widen", 2, ANY, |w, _| [w / 2], |x, w, _| x[0].widen(w), |v, w, _| fill(v[0].clone(), w, false)),
    op!("sign_extend", 2, ANY, |w, _| [w / 2], |x, w, _| x[0].sign_extend(w), |v, w, _| {
        fill(v[0].clone(), w, sign(&v[0]))
    }),
    op!("eq", 1, 1, |w, k| [free(k, w); 2], |x, _, _| x[0].eq(&x[1]), |v, _, _| vec![v[0] == v[1]]),
    op!("ne", 1, 1, |w, k| [free(k, w); 2], |x, _, _| x[0].ne(&x[1]), |v, _, _| vec![v[0] != v[1]]),
    op!("lt", 1, 1, |w, k| [free(k, w); 2], |x, _, _| x[0].lt(&x[1]), |v, _, _| vec![
        order(&v[0], &v[1]).is_lt()
    ]),
    op!("le", 1, 1, |w, k| [free(k, w); 2], |x, _, _| x[0].le(&x[1]), |v, _, _| vec![
        order(&v[0], &v[1]).is_le()
    ]),
    op!("gt", 1, 1, |w, k| [free(k, w); 2], |x, _, _| x[0].gt(&x[1]), |v, _, _| vec![
        order(&v[0], &v[1]).is_gt()
    ]),
    op!("ge", 1, 1, |w, k| [free(k, w); 2], |x, _, _| x[0].ge(&x[1]), |v, _, _| vec![
        order(&v[0], &v[1]).is_ge()
    ]),
    op!("lt_signed", 1, 1, |w, k| [free(k, w); 2], |x, _, _| x[0].lt_signed(&x[1]), |v, _, _| {
        vec![order_signed(&v[0], &v[1]).is_lt()]
    }),
    op!("le_signed", 1, 1, |w, k| [free(k, w); 2], |x, _, _| x[0].le_signed(&x[1]), |v, _, _| {
        vec![order_signed(&v[0], &v[1]).is_le()]
    }),
    op!("reduce_and", 1, 1, |w, k| [free(k, w)], |x, _, _| x[0].reduce_and(), |v, _, _| {
        vec![v[0].iter().all(|&bit| bit)]
    }),
    op!("reduce_or", 1, 1, |w, k| [free(k, w)], |x, _, _| x[0].reduce_or(), |v, _, _| {
        vec![v[0].iter().any(|&bit| bit)]
    }),
    op!("reduce_xor", 1, 1, |w, k| [free(k, w)], |x, _, _| x[0].reduce_xor(), |v, _, _| {
        vec![v[0].iter().filter(|&&bit| bit).count() % 2 == 1]
    }),
    op!("lt near", 1, 1, |w, k| [free(k, w)], |x, _, k| x[0].lt(near(&x[0], k)), |v, _, k| {
        vec![order(&v[0], &near_bits(&v[0], k)).is_lt()]
    }),
    op!("le near", 1, 1, |w, k| [free(k, w)], |x, _, k| x[0].le(near(&x[0], k)), |v, _, k| {
        vec![order(&v[0], &near_bits(&v[0], k)).is_le()]
    }),
    op!("gt near", 1, 1, |w, k| [free(k, w)], |x, _, k| x[0].gt(near(&x[0], k)), |v, _, k| {
        vec![order(&v[0], &near_bits(&v[0], k)).is_gt()]
    }),
    op!("ge near", 1, 1, |w, k| [free(k, w)], |x, _, k| x[0].ge(near(&x[0], k)), |v, _, k| {
        vec![order(&v[0], &near_bits(&v[0], k)).is_ge()]
    }),
];
