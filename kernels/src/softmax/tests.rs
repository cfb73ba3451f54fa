use super::lanes::log2_sum;
use super::*;
use crate::adaptivfloat::encode;
use crate::fixed::{EXP2_FRACTION, exp2_fraction};
use crate::testing::{Rng, SEED, random_tensor, rounding_bound};
use rand::RngExt;
use rand_chacha::rand_core::SeedableRng;

const OUT: (Format, i32) = (Format::AF8_4, -15);

fn check(x: &Tensor, valid: usize, span: Option<&[u8]>) {
    let golden = softmax(x, valid, span, OUT.0, OUT.1).unwrap().dequantise();
    let weights: Option<Vec<f64>> = span.map(|s| s.iter().map(|&w| f64::from(w) / 128.0).collect());
    let exact = softmax_f64(&x.dequantise(), valid, weights.as_deref());
    for (g, e) in golden.iter().zip(exact.iter()) {
        let internal = e * (SOFTMAX_ERROR + valid as f64 * SOFTMAX_ERROR_PER_ELEMENT);
        let limit = internal + rounding_bound(OUT.0, OUT.1, e + internal);
        assert!((g - e).abs() <= limit, "seed {SEED}: {g} {e}, bias {}, valid {valid}", x.bias);
    }
}

#[test]
fn random_rows_are_within_the_bound() {
    let mut rng = Rng::seed_from_u64(SEED);
    for format in Format::all() {
        for bias in [-14, -12, -9, -6, -3, 0, 4] {
            let x = random_tensor(&mut rng, format, bias, 77, 5);
            let span: Vec<u8> = (0..77).map(|_| rng.random_range(0..=128)).collect();
            check(&x, 77, None);
            check(&x, 50, Some(&span));
        }
    }
}

#[test]
fn extreme_rows_are_within_the_bound() {
    let format = Format::AF8_4;
    for length in [1, 2, 128, 4096] {
        for fill in [0, 1, format.max_code(), format.code_mask()] {
            let mut x = Tensor::zeros(format, -13, length, 2);
            x.codes.fill(fill);
            x.codes[(length / 2, 1)] = 0x31;
            check(&x, length, None);
        }
    }
}

/// Every distance up to 40, finely: pass 3 against the bound, without an encoder between.
#[test]
fn before_encoding_every_distance_is_within_the_bound() {
    for distance in (0..40 << 16).step_by(3) {
        let sum = 1.0 + (-f64::from(distance) / 65536.0).exp();
        let t = power(distance) + log2_sum(&[0, power(distance)]);
        let exact = (-f64::from(distance) / 65536.0).exp() / sum;
        let golden = weighted(t, 128).to_f64();
        assert!((golden - exact).abs() <= SOFTMAX_ERROR * exact, "{distance}: {golden} {exact}");
    }
}

/// Many elements at the distance where each term of the sum is rounded most: half of 2^-24, and just above it.
#[test]
fn before_encoding_long_rows_of_small_terms_are_within_the_bound() {
    for (count, distance) in [(100, 1_135_682), (5000, 1_135_682), (5000, 1_135_700), (5000, 1_063_000)] {
        let mut powers = vec![power(distance); count];
        powers.push(0);
        let sum = 1.0 + count as f64 * (-f64::from(distance) / 65536.0).exp();
        let golden = weighted(log2_sum(&powers), 128).to_f64();
        let limit = SOFTMAX_ERROR + count as f64 * SOFTMAX_ERROR_PER_ELEMENT;
        assert!((golden * sum - 1.0).abs() <= limit, "{count} {distance}: {golden} {sum}");
    }
}

#[test]
fn columns_that_do_not_count_take_no_part() {
    let mut rng = Rng::seed_from_u64(SEED);
    let x = random_tensor(&mut rng, Format::AF8_3, -5, 40, 3);
    let mut other = x.clone();
    other.codes.rows_mut(30, 10).fill(0x7f);
    let [a, b] = [&x, &other].map(|x| softmax(x, 30, None, OUT.0, OUT.1).unwrap());
    assert_eq!(a, b);
    assert!(a.codes.rows(30, 10).iter().all(|&code| code == 0));
    let none = softmax(&x, 0, None, OUT.0, OUT.1).unwrap();
    assert!(none.codes.iter().all(|&code| code == 0));
}

#[test]
fn a_span_weight_of_zero_gives_zero_and_does_not_renormalise() {
    let x = random_tensor(&mut Rng::seed_from_u64(SEED), Format::AF8_3, -6, 16, 2);
    let mut span = [128; 16];
    span[3] = 0;
    let plain = softmax(&x, 16, None, OUT.0, OUT.1).unwrap();
    let masked = softmax(&x, 16, Some(&span), OUT.0, OUT.1).unwrap();
    for (index, (&a, &b)) in plain.codes.iter().zip(masked.codes.iter()).enumerate() {
        assert_eq!(b, if index % 16 == 3 { 0 } else { a });
    }
}

#[test]
fn shapes_are_checked() {
    let x = Tensor::zeros(Format::AF8_3, 0, 4, 1);
    let long = softmax(&x, 5, None, OUT.0, OUT.1).unwrap_err();
    assert_eq!(long.to_string(), "number of valid columns is 5, must be at most 4");
    let short = softmax(&x, 4, Some(&[128; 3]), OUT.0, OUT.1).unwrap_err();
    assert_eq!(short.to_string(), "length of the span mask is 3, must be 4");
}

/// `2^-t * weight`, exact after the table.
fn weighted(t: u32, weight: u8) -> Fixed {
    let mantissa = i128::from(exp2_fraction(t as u16)) * i128::from(weight);
    Fixed::new(mantissa, -((EXP2_FRACTION + SPAN_FRACTION + (t >> 16)).cast_signed()))
}

/// One element after the other, in exact numbers of 128 bits.
fn plain(x: &Tensor, valid: usize, span: &[u8], (format, bias): (Format, i32)) -> Tensor {
    let mut out = Tensor::zeros(format, bias, x.length(), x.rows());
    for (r, mut column) in out.codes.column_iter_mut().enumerate() {
        let powers: Vec<u32> = distances(x, r, valid).map(power).collect();
        let normaliser = log2_sum(&powers);
        for (k, &t) in powers.iter().enumerate() {
            column[k] = encode(format, bias, weighted(t + normaliser, span[k]));
        }
    }
    out
}

#[test]
fn lanes_equal_one_element_after_the_other() {
    let mut rng = Rng::seed_from_u64(SEED);
    for format in Format::all() {
        for bias in [i32::MIN / 2, -60, -35, -19, -14, -9, -5, 0, 7, 40, i32::MAX / 2] {
            for (length, valid) in [(1, 1), (37, 31), (64, 64), (129, 128), (70, 0)] {
                let x = random_tensor(&mut rng, format, bias, length, 4);
                let span: Vec<u8> = (0..length).map(|_| rng.random_range(0..=255)).collect();
                for out in [OUT, (format, -9), (Format::AF4_3, 3), (format, -90), (format, i32::MIN / 2)] {
                    for path in Path::available() {
                        let mut lanes = Tensor::zeros(out.0, out.1, length, 4);
                        path.widen(lanes::Softmax { x: &x, valid, span: Some(&span), out: &mut lanes });
                        let exact = plain(&x, valid, &span, out);
                        assert!(
                            lanes == exact,
                            "seed {SEED}: {path:?} {format} {bias} {length} {valid} {out:?}"
                        );
                    }
                }
            }
        }
    }
}
