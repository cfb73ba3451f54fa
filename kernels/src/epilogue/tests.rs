use super::*;
use crate::activation::{GELU_ERROR, TANH_ERROR};
use crate::adaptivfloat::encode_f64;
use crate::testing::{Rng, SEED, rounding_bound};
use rand::RngExt;
use rand_chacha::rand_core::SeedableRng;

fn epilogue(activation: Activation, shift: i32) -> Epilogue {
    Epilogue { shift, bias: Bias::None, activation, format: Format::AF8_4, out_bias: -12 }
}

#[test]
fn identity_and_relu_round_once() {
    let mut rng = Rng::seed_from_u64(SEED);
    for _ in 0..100_000 {
        let acc = rng.random_range(-1_i64 << 40..1 << 40) >> rng.random_range(0..40);
        let bias = rng.random_range(i16::MIN..=i16::MAX);
        let (lsb, bias_lsb, shift) =
            (rng.random_range(-30..-20), rng.random_range(-20..-8), rng.random_range(-4..4));
        let value = acc as f64 * f64::from(lsb + shift).exp2() + f64::from(bias) * f64::from(bias_lsb).exp2();
        for activation in [Activation::Identity, Activation::Relu] {
            let code = epilogue(activation, shift).apply(acc, lsb, Fixed::new(i128::from(bias), bias_lsb));
            // The sum spans at most 64 bits below 2^20 and above 2^-34, so f64 may round it; only then may codes differ.
            let exact = encode_f64(Format::AF8_4, -12, activate_f64(activation, value));
            assert_eq!(Ok(code), exact, "seed {SEED}: {acc} {lsb} {shift} {bias} {bias_lsb}");
        }
    }
}

#[test]
fn tables_are_within_their_bounds_after_encoding() {
    let mut rng = Rng::seed_from_u64(SEED);
    for (activation, bound) in [(Activation::Gelu, GELU_ERROR), (Activation::Tanh, TANH_ERROR)] {
        for _ in 0..100_000 {
            let acc = rng.random_range(-1_i64 << 23..1 << 23) >> rng.random_range(0..20);
            let golden = epilogue(activation, 0).apply(acc, -20, Fixed::ZERO);
            let golden = Format::AF8_4.decode_f64(golden, -12);
            let exact = activate_f64(activation, acc as f64 / 1_048_576.0);
            // Rounding the input to 2^-12 moves the result by up to 1.13 (the steepest slope) times 2^-13.
            let internal = bound + 1.13 / 8192.0;
            let limit = internal + rounding_bound(Format::AF8_4, -12, exact.abs() + internal);
            assert!((golden - exact).abs() <= limit, "seed {SEED}: {activation:?} {acc}: {golden} {exact}");
        }
    }
}

#[test]
fn extreme_accumulators_saturate_without_overflow() {
    for activation in [Activation::Identity, Activation::Relu, Activation::Gelu, Activation::Tanh] {
        for (lsb, shift) in [(i32::MAX, 100), (0, 0), (200, -3)] {
            let high = epilogue(activation, shift).apply(i64::MAX, lsb, Fixed::new(-32768, 0));
            let low = epilogue(activation, shift).apply(i64::MIN, lsb, Fixed::new(32767, 0));
            let negative = [0, 0xff, 0xe0];
            assert!(negative.contains(&low), "{activation:?} {low:#x}");
            let top =
                if activation == Activation::Tanh { encode_f64(Format::AF8_4, -12, 1.0) } else { Ok(0x7f) };
            assert_eq!(Ok(high), top, "{activation:?}");
        }
        assert_eq!(epilogue(activation, -2).apply(i64::MAX, i32::MIN, Fixed::ZERO), 0);
    }
}

#[test]
fn bias_elements_follow_their_axis() {
    let column = Bias::Column(vec![1, 2, 3], -4);
    let row = Bias::Row(vec![5, 6], -5);
    assert_eq!(column.element(2, 1), Fixed::new(3, -4));
    assert_eq!(row.element(2, 1), Fixed::new(6, -5));
    assert_eq!(Bias::None.element(2, 1), Fixed::ZERO);
    assert!(column.check(3, 9).is_ok() && row.check(9, 2).is_ok() && Bias::None.check(0, 0).is_ok());
    assert_eq!(column.check(4, 3).unwrap_err().to_string(), "length of the column bias is 3, must be 4");
    assert_eq!(row.check(2, 3).unwrap_err().to_string(), "length of the row bias is 2, must be 3");
}

/// Lines of every kind of scale: what fits 64-bit lanes, what does not, and both sides of each rounding.
#[test]
fn a_line_equals_its_elements_one_by_one() {
    let mut rng = Rng::seed_from_u64(SEED);
    let formats: Vec<Format> = Format::all().collect();
    for round in 0..20_000 {
        let format = formats[round % formats.len()];
        let width = rng.random_range(1..64);
        let mut acc: Vec<i64> = (0..67).map(|_| rng.random::<i64>() >> (64 - width)).collect();
        acc[..4].copy_from_slice(&[0, 1, -1, 3]);
        let (lsb, bias_lsb) = (rng.random_range(-70..10), rng.random_range(-60..10));
        let vector: Vec<i16> = (0..67).map(|_| rng.random()).collect();
        let bias = [Bias::None, Bias::Column(vector.clone(), bias_lsb), Bias::Row(vector, bias_lsb)]
            [round % 3]
            .clone();
        let activation =
            [Activation::Identity, Activation::Relu, Activation::Gelu, Activation::Tanh][round / 3 % 4];
        let out_bias = lsb + rng.random_range(-5..width);
        let epilogue = Epilogue { shift: rng.random_range(-9..9), bias, activation, format, out_bias };
        let mut line = vec![0; acc.len()];
        epilogue.apply_line(&acc, lsb, 5, &mut line);
        for (c, (&code, &acc)) in line.iter().zip(&acc).enumerate() {
            let single = epilogue.apply(acc, lsb, epilogue.bias.element(c, 5));
            assert_eq!(code, single, "seed {SEED}, round {round}: {acc} * 2^{lsb}, {epilogue:?}");
        }
    }
}

#[test]
fn every_midpoint_of_a_line_rounds_like_encode() {
    for format in Format::all() {
        for (low, high) in (0..format.max_code()).zip(1..) {
            let sum = i64::from(format.significand(low)) + i64::from(format.significand(high));
            let acc: Vec<i64> = (-3..=3).flat_map(|d| [(sum << 20) + d, -(sum << 20) + d]).collect();
            let (bias, activation) = (Bias::None, Activation::Identity);
            let epilogue = Epilogue { shift: 0, bias, activation, format, out_bias: -9 };
            let lsb = format.lsb(-9) - 21;
            let mut line = vec![0; acc.len()];
            epilogue.apply_line(&acc, lsb, 0, &mut line);
            let single: Vec<u8> = acc.iter().map(|&acc| epilogue.apply(acc, lsb, Fixed::ZERO)).collect();
            assert_eq!(line, single, "{format} {low}");
        }
    }
}
