use super::*;
use crate::activation::Activation;
use crate::adaptivfloat::{Format, encode_f64};
use crate::epilogue::Bias;
use crate::testing::{Rng, SEED, gaussian_tensor, random_tensor};
use rand::RngExt;
use rand_chacha::rand_core::SeedableRng;

/// Formats narrow and wide, in every pairing that the planes treat differently.
const FORMATS: [(Format, Format); 5] = [
    (Format::AF8_3, Format::AF8_3),
    (Format::AF8_4, Format::AF8_4),
    (Format::AF8_4, Format::AF8_3),
    (Format::AF4_3, Format::AF8_4),
    (Format::AF4_3, Format::AF4_3),
];

fn check(rows: &Tensor, columns: &Tensor) {
    let expected = product_naive(rows, columns).unwrap();
    let packed = (Rows::new(rows), Columns::new(columns));
    for path in Path::available() {
        let found = product_by(path, rows, columns).unwrap();
        let by_packed = path.multiply(&packed.0, Stationary::Packed(&packed.1));
        assert!(by_packed == found.as_slice(), "seed {SEED}: {path:?}, packed before");
        let shape = (rows.length(), rows.rows(), columns.rows());
        assert!(
            found == expected,
            "seed {SEED}: {path:?}, {} x {}, [K, R, C] {shape:?}",
            rows.format,
            columns.format
        );
    }
}

fn filled(format: Format, length: usize, rows: usize, code: impl Fn(usize, usize) -> u8) -> Tensor {
    Tensor { format, bias: -9, codes: DMatrix::from_fn(length, rows, code) }
}

#[test]
fn every_path_equals_the_definition_on_random_codes() {
    let mut rng = Rng::seed_from_u64(SEED);
    let shapes = [
        (1, 1, 1),
        (7, 3, 33),
        (8, 8, 32),
        (64, 9, 31),
        (511, 17, 40),
        (512, 8, 64),
        (513, 5, 65),
        (1100, 25, 95),
    ];
    for (left, right) in FORMATS {
        for (length, r, c) in shapes {
            let rows = random_tensor(&mut rng, left, -7, length, r);
            check(&rows, &random_tensor(&mut rng, right, 3, length, c));
        }
    }
}

#[test]
fn every_path_equals_the_definition_on_bell_shaped_codes() {
    let mut rng = Rng::seed_from_u64(SEED);
    for (left, right) in FORMATS {
        let rows = gaussian_tensor(&mut rng, left, 1537, 19);
        check(&rows, &gaussian_tensor(&mut rng, right, 1537, 70));
    }
}

/// Low elements taken one by one, as planes, and at the edge between: no, few, and more of them than are listed.
#[test]
fn every_path_equals_the_definition_at_any_share_of_low_elements() {
    let mut rng = Rng::seed_from_u64(SEED);
    let mut operand = |length, rows, share| {
        let exponent = |low| if low { 0..5_u8 } else { 5..16 };
        let mut code = || exponent(rng.random_bool(share));
        let exponents: Vec<_> = (0..length * rows).map(|_| code()).collect();
        let codes = exponents.into_iter().map(|e| rng.random_range(e) << 3 | (rng.random::<u8>() & 0x87));
        Tensor { format: Format::AF8_4, bias: -9, codes: DMatrix::from_iterator(length, rows, codes) }
    };
    for share in [0.0, 0.01, 0.06, 0.09, 0.12, 0.5] {
        for other in [0.0, 0.01, 0.04, 0.07, 0.09, 0.6] {
            check(&operand(600, 9, share), &operand(600, 40, other));
        }
    }
}

#[test]
fn every_path_equals_the_definition_for_every_format() {
    let mut rng = Rng::seed_from_u64(SEED);
    for format in Format::all() {
        let rows = random_tensor(&mut rng, format, 0, 130, 9);
        check(&rows, &random_tensor(&mut rng, format, 0, 130, 33));
    }
}

/// The largest sums there are, of one sign and of alternating signs, and in the low plane alone.
#[test]
fn extreme_codes_overflow_no_path() {
    for format in [Format::AF8_3, Format::AF8_4, Format::AF4_3] {
        let (max, negative) = (format.max_code(), format.code_mask());
        let low = 5_u8.min(format.max_exponent()) << format.mantissa() | ((1 << format.mantissa()) - 1);
        for length in [31, 32, 4096, 16384] {
            let all_max = filled(format, length, 9, |_, _| max);
            let all_negative = filled(format, length, 33, |_, _| negative);
            let alternating =
                filled(format, length, 33, |k, r| if (k + r) % 2 == 0 { max } else { negative });
            let octave = 1 << format.mantissa();
            let falling =
                [9, 33].map(|r| filled(format, length, r, |k, _| if k < 32 { max } else { max - octave }));
            check(&falling[0], &falling[1]);
            let runs = filled(format, length, 33, |k, _| if k / 32 % 2 == 0 { max } else { negative });
            let all_low = filled(format, length, 33, |_, _| low);
            let some_low = filled(format, length, 9, |k, r| if (k + r) % 3 == 0 { low } else { max });
            for columns in [&all_negative, &alternating, &runs, &all_low] {
                check(&all_max, columns);
                check(&some_low, columns);
            }
        }
    }
}

#[test]
fn both_zeros_and_bits_above_the_width_are_ignored() {
    let rows = filled(Format::AF4_3, 40, 3, |k, _| [0x08, 0xf7, 0x10, 0x7f][k % 4]);
    let same = filled(Format::AF4_3, 40, 3, |k, _| [0x00, 0x07, 0x00, 0x0f][k % 4]);
    check(&rows, &rows);
    assert_eq!(product(&rows, &rows), product(&same, &same));
}

#[test]
fn empty_operands_give_empty_or_zero_products() {
    let of = |length, rows| Tensor::zeros(Format::AF8_4, 0, length, rows);
    for (length, r, c) in [(0, 3, 4), (5, 0, 4), (5, 3, 0), (0, 0, 0)] {
        check(&of(length, r), &of(length, c));
    }
    let error = product(&of(4, 2), &of(5, 2)).unwrap_err();
    assert_eq!(error.to_string(), "length of the column operand is 5, must be 4");
    assert!(product_naive(&of(4, 2), &of(5, 2)).is_err());
}

/// The whole product against `f64`, which is exact here: 96 products of 24 bits.
#[test]
fn a_product_is_scaled_biased_and_rounded_once() {
    let mut rng = Rng::seed_from_u64(SEED);
    let rows = random_tensor(&mut rng, Format::AF8_3, -8, 96, 6);
    let columns = random_tensor(&mut rng, Format::AF8_3, -10, 96, 10);
    let bias = Bias::Column((0..10).map(|v| v * 700 - 3000).collect(), -10);
    let epilogue =
        Epilogue { shift: -3, bias, activation: Activation::Relu, format: Format::AF8_4, out_bias: -13 };
    let out = matmul(&rows, &columns, &epilogue).unwrap();
    let exact = columns.dequantise().transpose() * rows.dequantise();
    for c in 0..10 {
        for r in 0..6 {
            let value = exact[(c, r)] / 8.0 + (c as f64 * 700.0 - 3000.0) / 1024.0;
            assert_eq!(
                Ok(out.codes[(c, r)]),
                encode_f64(Format::AF8_4, -13, value.max(0.0)),
                "seed {SEED}: {c} {r}"
            );
        }
    }
    assert_eq!((out.format, out.bias), (Format::AF8_4, -13));
    assert_eq!(matmul_packed(&Rows::new(&rows), &Columns::new(&columns), &epilogue).unwrap(), out);
    let short = Columns::new(&Tensor::zeros(Format::AF8_3, 0, 95, 10));
    let error = matmul_packed(&Rows::new(&rows), &short, &epilogue).unwrap_err();
    assert_eq!(error.to_string(), "length of the column operand is 95, must be 96");
}

#[test]
fn a_bias_of_the_wrong_length_is_an_error() {
    let x = Tensor::zeros(Format::AF8_3, 0, 4, 2);
    let (bias, activation, format) = (Bias::Row(vec![1; 3], 0), Activation::Identity, Format::AF8_3);
    let error = matmul(&x, &x, &Epilogue { shift: 0, bias, activation, format, out_bias: 0 }).unwrap_err();
    assert_eq!(error.to_string(), "length of the row bias is 3, must be 2");
}
