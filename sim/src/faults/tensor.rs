//! A tensor to store: random weights as an embedding has them, in a number format of 8 bits or fewer.
//!
//! Weights are normally distributed, of which the smallest are pruned to zero, over the whole tensor. Models' own tensors have longer tails; what
//! a fault does depends on them, so this is a stand-in that is the same for everybody (seeded, no trained weights needed).

use kernels::adaptivfloat::{Format, bias_for, encode_f64};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// How values become codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// AdaptivFloat with the bias that the largest value asks for.
    AdaptivFloat(Format),
    /// 8-bit integers in two's complement, the largest value being 127.
    Int8,
}

/// A tensor of codes.
#[derive(Clone, Debug, PartialEq)]
pub struct Coded {
    /// How the values became codes.
    pub numbers: Numbers,
    /// Codes, row by row; zero stands for zero.
    pub codes: Vec<u8>,
    /// Elements of a row.
    pub length: usize,
    /// The value of each code.
    pub values: Vec<f64>,
    /// The norm of what rounding to codes changed over the norm of the tensor, where that is known.
    pub rounding: Option<f64>,
}

impl Numbers {
    /// As arguments and reports call it: `adaptivfloat-8-4`, `int8`, `fp4`.
    pub fn name(self) -> String {
        match self {
            Numbers::AdaptivFloat(format) if format == Format::AF4_3 => "fp4".to_owned(),
            Numbers::AdaptivFloat(format) => format!("adaptivfloat-{}-{}", format.width(), format.exponent()),
            Numbers::Int8 => "int8".to_owned(),
        }
    }

    /// The numbers of that name.
    ///
    /// # Errors
    /// What is expected.
    pub fn named(name: &str) -> Result<Numbers, String> {
        let known = [Numbers::Int8, Numbers::AdaptivFloat(Format::AF4_3)];
        if let Some(numbers) = known.into_iter().find(|numbers| numbers.name() == name) {
            return Ok(numbers);
        }
        let widths = name.strip_prefix("adaptivfloat-").and_then(|rest| rest.split_once('-'));
        let parsed = widths.and_then(|(w, e)| Some((w.parse().ok()?, e.parse().ok()?)));
        let (width, exponent) =
            parsed.ok_or_else(|| format!("`{name}` must be adaptivfloat-WIDTH-EXPONENT, int8 or fp4"))?;
        Format::new(width, exponent).map(Numbers::AdaptivFloat).map_err(|error| format!("`{name}`: {error}"))
    }

    /// Bits of a code.
    pub fn bits(self) -> u32 {
        match self {
            Numbers::AdaptivFloat(format) => format.width().into(),
            Numbers::Int8 => 8,
        }
    }

    /// The codes of values, row by row, in rows of `length`.
    pub fn coded(self, values: &[f64], length: usize) -> Coded {
        let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let (code, table): (Box<dyn Fn(f64) -> u8>, Vec<f64>) = match self {
            Numbers::AdaptivFloat(format) => {
                let bias = bias_for(format, largest);
                let table =
                    (0..=255).map(|code| format.decode_f64(code & format.code_mask(), bias)).collect();
                (Box::new(move |value| encode_f64(format, bias, value).unwrap_or(0)), table)
            }
            Numbers::Int8 => {
                let step = if largest > 0.0 { largest / 127.0 } else { 1.0 };
                let table = (0..=255_u8).map(|code| f64::from(code.cast_signed()) * step).collect();
                let code = move |value: f64| ((value / step).round_ties_even() as i8).cast_unsigned();
                (Box::new(code), table)
            }
        };
        let codes: Vec<u8> = values.iter().map(|value| code(*value)).collect();
        let lost = |(value, code): (&f64, &u8)| (value - table[usize::from(*code)]).powi(2);
        let lost: f64 = values.iter().zip(&codes).map(lost).sum();
        let power: f64 = values.iter().map(|value| value * value).sum();
        let rounding = if power > 0.0 { (lost / power).sqrt() } else { 0.0 };
        Coded { numbers: self, codes, length, values: table, rounding: Some(rounding) }
    }
}

/// Normally distributed weights, the smallest of which are zero so that `density` are not.
pub fn pruned(seed: u64, count: usize, density: f64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut values: Vec<f64> = (0..count).map(|_| normal(&mut rng)).collect();
    let zeros = ((1.0 - density) * count as f64).round() as usize;
    if zeros > 0 {
        let mut order: Vec<usize> = (0..count).collect();
        order.select_nth_unstable_by(zeros.min(count) - 1, |a, b| {
            values[*a].abs().total_cmp(&values[*b].abs())
        });
        order[..zeros.min(count)].iter().for_each(|at| values[*at] = 0.0);
    }
    values
}

/// Box and Muller's transform, with functions that are the same on every machine.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * libm::log(1.0 - radius)).sqrt() * libm::cos(std::f64::consts::TAU * angle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_normal_and_as_dense_as_asked() {
        let values = pruned(1, 100_000, 1.0);
        let mean = values.iter().sum::<f64>() / 1e5;
        let square = values.iter().map(|v| v * v).sum::<f64>() / 1e5;
        // Five standard errors.
        assert!(mean.abs() < 5.0 / 316.0 && (square - 1.0).abs() < 5.0 * 1.414 / 316.0, "{mean} {square}");
        let some = pruned(1, 100_000, 0.4);
        assert_eq!(some.iter().filter(|value| **value != 0.0).count(), 40_000);
        let least = some.iter().filter(|v| **v != 0.0).fold(9.0_f64, |least, v| least.min(v.abs()));
        assert!((least - 0.8416).abs() < 0.02, "the quantile of 0.6: {least}");
        assert!(pruned(1, 10, 0.0).iter().all(|v| *v == 0.0));
    }

    #[test]
    fn numbers_have_names_and_zero_is_code_zero() {
        for name in ["adaptivfloat-8-4", "adaptivfloat-8-3", "int8", "fp4"] {
            let numbers = Numbers::named(name).unwrap();
            assert_eq!(numbers.name(), name);
            let coded = numbers.coded(&[0.0, 1.0, -1.0, 0.3], 2);
            assert_eq!((coded.codes[0], coded.values[0].to_bits()), (0, 0));
            assert!((coded.values[usize::from(coded.codes[1])] - 1.0).abs() < 0.1, "{name}");
            assert!((coded.values[usize::from(coded.codes[2])] + 1.0).abs() < 0.1, "{name}");
        }
        for name in ["float8", "adaptivfloat-9-4", "adaptivfloat-8", ""] {
            assert!(Numbers::named(name).is_err(), "{name}");
        }
    }
}
