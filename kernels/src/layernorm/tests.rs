use super::*;
use crate::add::{MAX_SUM, add, add_f64};
use crate::testing::{Rng, SEED, random_tensor, rounding_bound};
use rand::RngExt;
use rand_chacha::rand_core::SeedableRng;

const OUT: (Format, i32) = (Format::AF8_4, -9);

/// `sums` against the exact norm of the values that they stand for, which is that of the integers.
fn check(x: &DMatrix<i32>, valid: usize, gamma: &[i16], beta: &[i16]) {
    let exact = x.map(f64::from);
    check_against(x, &exact, &vec![0.0; x.ncols()], valid, gamma, beta);
}

/// Against the norm of `exact`; the elements of a row may be off by `off` of its deviation.
fn check_against(
    x: &DMatrix<i32>,
    exact: &DMatrix<f64>,
    off: &[f64],
    valid: usize,
    gamma: &[i16],
    beta: &[i16],
) {
    let (g, b) = (Parameters { values: gamma, lsb: -14 }, Parameters { values: beta, lsb: -12 });
    let golden = layernorm(x, valid, g, b, OUT.0, OUT.1).unwrap().dequantise();
    let real = |p: Parameters| -> Vec<f64> {
        p.values.iter().map(|&v| f64::from(v) * f64::from(p.lsb).exp2()).collect()
    };
    let (gamma, beta) = (real(g), real(b));
    let exact = layernorm_f64(exact, valid, &gamma, &beta);
    for (index, (g, e)) in golden.iter().zip(exact.iter()).enumerate() {
        let k = index % x.nrows();
        if k >= valid {
            assert_eq!(g.to_bits(), 0, "element {k} does not count");
            continue;
        }
        let normal = (e - beta[k]).abs();
        // An element and the mean are off by `off`, and the deviation, relatively, by no more.
        let off = off[index / x.nrows()];
        let rounding = 2.0 * off * gamma[k].abs() + 2.0 * off * normal;
        let internal = rounding + normal * NORMAL_ERROR + gamma[k].abs() / 131_072.0 + 1e-12;
        let limit = internal + rounding_bound(OUT.0, OUT.1, e.abs() + internal);
        assert!((g - e).abs() <= limit, "seed {SEED}: element {k}: {g} {e}");
    }
}

fn parameters(rng: &mut Rng, length: usize) -> (Vec<i16>, Vec<i16>) {
    let mut vector = |most: i16| (0..length).map(|_| rng.random_range(-most..most)).collect();
    (vector(1 << (GAMMA_BITS - 1)), vector(10_000))
}

#[test]
fn random_rows_are_within_the_bound() {
    let mut rng = Rng::seed_from_u64(SEED);
    for bits in [1, 8, 16, 23] {
        for (length, valid) in [(1, 1), (2, 2), (16, 7), (768, 768), (800, 768)] {
            let (gamma, beta) = parameters(&mut rng, length);
            let most = (1 << bits) - 1;
            let x = DMatrix::from_fn(length, 3, |_, _| rng.random_range(-most..=most));
            check(&x, valid, &gamma, &beta);
        }
    }
}

/// The definition in 128 bits, element by element.
fn by_definition(x: &[i32], gamma: Parameters, beta: Parameters, format: Format, bias: i32) -> Vec<u8> {
    let count = x.len() as i128;
    let sum: i128 = x.iter().map(|&x| i128::from(x)).sum();
    let squares: i128 = x.iter().map(|&x| i128::from(x).pow(2)).sum();
    let scale = NonZeroU128::new((count * squares - sum * sum).unsigned_abs()).map_or(Fixed::ZERO, rsqrt);
    let element = |(k, &x): (usize, &i32)| {
        let normal = Fixed::new((count * i128::from(x) - sum) * scale.mantissa, scale.lsb);
        let normal = normal.round_to(-NORMAL_FRACTION.cast_signed(), i128::from(i32::MAX));
        let scaled = Fixed::new(normal * i128::from(gamma.values[k]), gamma.lsb - 16);
        encode(format, bias, scaled.plus(Fixed::new(beta.values[k].into(), beta.lsb)))
    };
    x.iter().enumerate().map(element).collect()
}

#[test]
fn lanes_of_64_bits_give_what_the_definition_says() {
    let mut rng = Rng::seed_from_u64(SEED);
    for case in 0..400 {
        let (length, limit) = ([1, 2, 17, 768][case % 4], [MAX_SUM, 1, 100, 1 << 15][case / 4 % 4]);
        let x: Vec<i32> = (0..length).map(|_| rng.random_range(-limit..=limit)).collect();
        let mut word = |bits: u32| -> Vec<i16> {
            let most = ((1_i32 << (bits - 1)) - 1) as i16;
            (0..length).map(|_| if rng.random() { rng.random_range(-most..=most) } else { most }).collect()
        };
        let (gamma, beta) = (word(GAMMA_BITS), word(16));
        let gamma = Parameters { values: &gamma, lsb: rng.random_range(-40..40) };
        let near = rng.random_range(-70..70);
        let beta =
            Parameters { values: &beta, lsb: if case % 5 == 0 { near * 7 } else { gamma.lsb + near / 3 } };
        let (format, bias) = ([Format::AF8_4, Format::AF8_3][case % 2], rng.random_range(-60..40));
        let found = layernorm(&DMatrix::from_column_slice(length, 1, &x), length, gamma, beta, format, bias);
        let expected = by_definition(&x, gamma, beta, format, bias);
        assert_eq!(found.unwrap().row(0), expected, "seed {SEED}: case {case}");
    }
}

#[test]
fn extreme_rows_are_within_the_bound() {
    let mut rng = Rng::seed_from_u64(SEED);
    for length in [1, 2, 4096, 65_535] {
        let (gamma, beta) = parameters(&mut rng, length);
        for fill in [0, 1, MAX_SUM, -MAX_SUM] {
            let mut x = DMatrix::from_element(length, 3, fill);
            x[(length / 2, 1)] = MAX_SUM;
            x.column_mut(2).iter_mut().step_by(2).for_each(|value| *value = -*value);
            check(&x, length, &gamma, &beta);
        }
    }
}

/// A sum that does not saturate is off by half a unit of `2^lsb` at most, and so is the mean.
#[test]
fn norms_of_rounded_sums_are_within_the_bound() {
    let mut rng = Rng::seed_from_u64(SEED);
    for format in Format::all() {
        let mut operand = |bias| random_tensor(&mut rng, format, bias, 64, 3);
        let (a, b) = (operand(-9), operand(-6));
        let channels: Vec<u8> = (0..64).map(|_| rng.random_range(0..8)).collect();
        let exact = add_f64(&a.dequantise(), &b.dequantise(), &channels);
        // The largest sum takes 22 of the 23 bits of a magnitude.
        let lsb = crate::adaptivfloat::exponent_of(exact.amax()).unwrap() - 21;
        let sums = add(&a, &b, &channels, lsb).unwrap();
        let deviation = |row: nalgebra::DVectorView<'_, f64>| row.variance().sqrt();
        let off: Vec<f64> =
            exact.column_iter().map(|row| f64::from(lsb).exp2() / 2.0 / deviation(row)).collect();
        let (gamma, beta) = parameters(&mut rng, 64);
        check_against(&sums, &exact, &off, 64, &gamma, &beta);
    }
}

#[test]
fn a_constant_row_gives_beta() {
    let x = DMatrix::from_element(3, 1, 85);
    let gamma = Parameters { values: &[1000; 3], lsb: -10 };
    let beta = Parameters { values: &[1024, -512, 0], lsb: -10 };
    let out = layernorm(&x, 3, gamma, beta, OUT.0, OUT.1).unwrap();
    assert_eq!(out.dequantise().as_slice(), [1.0, -0.5, 0.0]);
}

#[test]
fn a_word_holds_every_gamma_and_channel() {
    let half = 1 << (GAMMA_BITS - 1);
    for (gamma, channel) in (-half..half).flat_map(|gamma| (0..8).map(move |channel| (gamma, channel))) {
        assert_eq!(gamma_parts(gamma_word(gamma, channel)), (gamma, channel));
    }
    assert_eq!(gamma_word(-1, 2), -6);
}

#[test]
fn shapes_are_checked() {
    let x = DMatrix::zeros(4, 1);
    let of = |length: usize| Parameters { values: &[0; 8][..length], lsb: 0 };
    let run = |valid, g, b| layernorm(&x, valid, of(g), of(b), OUT.0, OUT.1);
    assert!(run(4, 4, 4).is_ok() && run(5, 8, 8).is_err() && run(4, 3, 4).is_err());
    let error = run(4, 4, 2).unwrap_err().to_string();
    assert_eq!(error, "number of valid elements (limit: beta) is 4, must be at most 2");
}
