use super::*;
use nalgebra::DMatrix;

/// Value of a positive code in units of 2^-m, straight from the definition.
fn defined(format: Format, code: u8) -> f64 {
    let m = i32::from(format.mantissa());
    let (exp, man) = (i32::from(code >> m), f64::from(code & ((1 << m) - 1)));
    if code == 0 { 0.0 } else { f64::from(exp + m).exp2() * (1.0 + man / f64::from(m).exp2()) }
}

#[test]
fn formats_are_checked() {
    assert_eq!(Format::new(8, 3), Ok(Format::AF8_3));
    assert_eq!(Format::new(2, 1), Err(FormatError::Width(2)));
    assert_eq!(Format::new(9, 3), Err(FormatError::Width(9)));
    assert_eq!(Format::new(8, 0), Err(FormatError::Exponent(0)));
    assert_eq!(Format::new(8, 5), Err(FormatError::Exponent(5)));
    assert_eq!(Format::new(4, 4), Err(FormatError::Mantissa { width: 4, exponent: 4 }));
    assert_eq!(Format::all().count(), 21);
}

#[test]
fn significands_are_as_defined() {
    for format in Format::all() {
        for code in 0..=format.max_code() {
            let expected = defined(format, code);
            assert_eq!(f64::from(format.significand(code)).to_bits(), expected.to_bits(), "{format} {code}");
            assert_eq!(format.significand(code | format.sign_mask()), -format.significand(code));
        }
        assert_eq!(format.max_significand(), format.significand(format.max_code()));
    }
    assert_eq!(Format::AF8_3.max_significand(), 3968);
    assert_eq!(Format::AF8_4.max_significand(), 15 << 15);
}

#[test]
fn every_code_encodes_to_itself() {
    for format in Format::all() {
        for bias in [-140, -20, -9, 0, 1, 17, 140] {
            for code in 0..=format.code_mask() {
                let expected = if format.is_zero(code) { 0 } else { code };
                assert_eq!(
                    encode(format, bias, format.decode(code, bias)),
                    expected,
                    "{format} {bias} {code}"
                );
                let value = format.decode_f64(code, bias);
                assert_eq!(encode_f64(format, bias, value), Ok(expected), "{format} {bias} {value}");
            }
        }
    }
}

/// Midpoints in units that make them integers: each neighbour is shifted left by 31, so half and a little is
/// exact, in `f64` too.
#[test]
fn every_midpoint_rounds_as_stated() {
    for format in Format::all() {
        for (low, high) in (0..format.max_code()).zip(1..) {
            let ends = [low, high].map(|code| i128::from(format.significand(code)) << 31);
            let middle = (ends[0] + ends[1]) / 2;
            let even = if low % 2 == 0 { low } else { high };
            for bias in [-33, -9, 0, 40] {
                let lsb = format.lsb(bias) - 31;
                for (mantissa, code) in [(middle - 1, low), (middle, even), (middle + 1, high)] {
                    assert_eq!(
                        encode(format, bias, Fixed::new(mantissa, lsb)),
                        code,
                        "{format} {low} {bias}"
                    );
                    let negative = if code == 0 { 0 } else { code | format.sign_mask() };
                    assert_eq!(
                        encode(format, bias, Fixed::new(-mantissa, lsb)),
                        negative,
                        "{format} -{low} {bias}"
                    );
                    let value = Fixed::new(mantissa, lsb).to_f64();
                    assert_eq!(encode_f64(format, bias, value), Ok(code), "{format} {value}");
                }
            }
        }
    }
}

#[test]
fn wide_mantissas_round_like_narrow_ones() {
    for format in Format::all() {
        for (low, high) in (1..format.max_code()).zip(2..) {
            let middle = (i128::from(format.significand(low)) + i128::from(format.significand(high))) << 70;
            let lsb = format.lsb(0) - 71;
            let even = if low % 2 == 0 { low } else { high };
            for (mantissa, code) in [(middle - 1, low), (middle, even), (middle + 1, high)] {
                assert_eq!(encode(format, 0, Fixed::new(mantissa, lsb)), code, "{format} {low}");
            }
        }
    }
}

#[test]
fn what_is_too_large_saturates_with_its_sign() {
    for format in Format::all() {
        let max = format.max_code();
        for value in [f64::MAX, f64::INFINITY, 1e6] {
            assert_eq!(encode_f64(format, 0, value), Ok(max));
            assert_eq!(encode_f64(format, 0, -value), Ok(max | format.sign_mask()));
        }
        assert_eq!(encode(format, i32::MIN, Fixed::new(-1, i32::MAX)), max | format.sign_mask());
        assert_eq!(encode(format, i32::MAX, Fixed::new(-1, i32::MIN)), 0);
        assert_eq!(encode_f64(format, 0, f64::MIN_POSITIVE / 4.0), Ok(0));
        assert_eq!(
            encode_f64(format, -1060, f64::from_bits(1 << 14)),
            Ok(encode(format, 0, Fixed::new(1, 0)))
        );
        assert_eq!(encode_f64(format, 0, f64::NAN), Err(NotANumber));
        assert_eq!(encode_f64(format, 0, -0.0), Ok(0));
    }
}

#[test]
fn the_bias_puts_the_maximum_into_the_top_octave() {
    assert_eq!(bias_for(Format::AF8_3, 1.0), -7);
    assert_eq!(bias_for(Format::AF8_3, 0.999), -8);
    assert_eq!(bias_for(Format::AF8_4, 5.0), 2 - 15);
    assert_eq!(bias_for(Format::AF8_3, 0.0), -7);
    for exponent in -1074..1024 {
        let power = if exponent < -1022 {
            f64::from_bits(1 << (exponent + 1074))
        } else {
            f64::from(exponent).exp2()
        };
        assert_eq!(exponent_of(power), Some(exponent));
        assert_eq!(exponent_of(-power), Some(exponent));
    }
    assert_eq!(exponent_of(0.0), None);
    assert_eq!(exponent_of(f64::INFINITY), None);
}

#[test]
fn a_tensor_quantises_to_nearest_and_names_what_it_cannot() {
    let values = DMatrix::from_column_slice(3, 2, &[0.5, 0.031_25, -0.75, -1.99, 1e-9, 1.0]);
    let tensor = quantise(Format::AF8_3, &values).unwrap();
    assert_eq!((tensor.length(), tensor.rows(), tensor.bias), (3, 2, -7));
    let back = tensor.dequantise();
    assert_eq!(back, DMatrix::from_column_slice(3, 2, &[0.5, 0.031_25, -0.75, -1.9375, 0.0, 1.0]));
    assert_eq!(tensor.row(1), tensor.codes.column(1).as_slice());
    let bad = DMatrix::from_column_slice(3, 2, &[0.5, 0.0, 1.0, 2.0, 3.0, f64::NEG_INFINITY]);
    let error = quantise(Format::AF8_3, &bad).unwrap_err();
    assert_eq!(error.to_string(), "value at row 2, column 1 is -inf, must be finite");
}

#[test]
fn a_format_is_checked_when_it_is_read() {
    let widths = |width, exponent| Format::try_from(Widths { width, exponent });
    assert_eq!(widths(8, 4), Ok(Format::AF8_4));
    assert_eq!(
        widths(3, 4).unwrap_err().to_string(),
        "format exponent = 4 must leave a sign bit in width = 3: at most 2"
    );
    assert_eq!(Format::AF4_3.to_string(), "AdaptivFloat<4,3>");
}
