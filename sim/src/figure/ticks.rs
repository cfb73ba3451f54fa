//! Ticks: as many round values as their measured labels leave room for, on linear and on logarithmic axes.

use std::ops::RangeInclusive;

use super::axis::Scale;
use super::font;

/// Ticks of an axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ticks {
    /// Power of ten that the labels leave out and the axis title says.
    pub(super) exponent: i32,
    /// Value and label.
    pub(super) major: Vec<(f64, String)>,
    /// Values without a label.
    pub(super) minor: Vec<f64>,
}

/// Chooses the densest ticks whose labels keep apart.
pub(super) fn choose(scale: &Scale, upright: bool, size: f64) -> Ticks {
    let fits = |ticks: &Ticks| apart(scale, ticks, upright, size);
    let candidates = if scale.log { logarithmic(scale) } else { linear(scale) };
    let mut best = candidates.iter().find(|ticks| fits(ticks)).cloned().unwrap_or_default();
    if scale.log && best.major.len() < 2 {
        best = linear(scale).into_iter().find(|ticks| fits(ticks)).unwrap_or(best);
    }
    if scale.log {
        best.minor = minor(scale, &best);
    }
    best
}

/// Whether neighbouring labels leave a gap, and there are not more of them than a reader wants.
fn apart(scale: &Scale, ticks: &Ticks, upright: bool, size: f64) -> bool {
    let enough = if upright { 8 } else { 10 };
    ticks.major.len() <= enough
        && ticks.major.windows(2).all(|pair| {
            let between = (scale.at(pair[1].0) - scale.at(pair[0].0)).abs();
            let labels = (font::width(&pair[0].1, size) + font::width(&pair[1].1, size)) / 2.0;
            between >= if upright { size * 2.0 } else { (labels + size).max(size * 2.5) }
        })
}

/// Linear ticks from fine to coarse.
fn linear(scale: &Scale) -> Vec<Ticks> {
    let first = ((scale.high - scale.low).log10().floor() as i32) - 2;
    let largest = scale.low.abs().max(scale.high.abs());
    let exponent = thousand(largest);
    let mut all = Vec::new();
    for power in first..first + 4 {
        for factor in [1.0, 2.0, 5.0] {
            let step = factor * ten(power);
            let decimals = (exponent - power).max(0) as usize;
            let from = (scale.low / step - 1e-9).ceil() as i64;
            let to = (scale.high / step + 1e-9).floor() as i64;
            if to - from > 50 {
                continue;
            }
            let major = (from..=to)
                .map(|k| (k as f64 * step, number(k as f64 * step / ten(exponent), decimals)))
                .collect();
            all.push(Ticks { exponent, major, minor: Vec::new() });
        }
    }
    all
}

/// Logarithmic ticks from fine to coarse: several a decade, each decade, each second, …
fn logarithmic(scale: &Scale) -> Vec<Ticks> {
    let (from, to) = (scale.low.log10().floor() as i32, scale.high.log10().ceil() as i32);
    let plain = from >= -3 && to <= 5;
    let mut all = Vec::new();
    if scale.high / scale.low < 2e3 {
        let exponent = if plain { 0 } else { thousand(scale.high) };
        for factors in [&[1.0, 2.0, 5.0][..], &[1.0, 3.0][..]] {
            all.push(decades(scale, (from..=to, 1), factors, Some(exponent)));
        }
    }
    for step in 1..=(to - from).max(1) {
        all.push(decades(scale, (from..=to, step), &[1.0], plain.then_some(0)));
    }
    all
}

/// Some multiples of every so many powers of ten: as numbers that leave out a power, or as powers.
fn decades(
    scale: &Scale,
    (powers, step): (RangeInclusive<i32>, i32),
    factors: &[f64],
    left_out: Option<i32>,
) -> Ticks {
    let mut major = Vec::new();
    for exponent in powers.filter(|p| p.rem_euclid(step) == 0) {
        for factor in factors {
            let value = factor * ten(exponent);
            if value >= scale.low * 0.999_999 && value <= scale.high * 1.000_001 {
                let text = left_out.map_or_else(
                    || power(exponent),
                    |out| number(value / ten(out), (out - exponent).max(0) as usize),
                );
                major.push((value, text));
            }
        }
    }
    Ticks { exponent: left_out.unwrap_or(0), major, minor: Vec::new() }
}

/// The other multiples of each decade where they do not run together; the decades where labels skip them.
fn minor(scale: &Scale, ticks: &Ticks) -> Vec<f64> {
    let decade = scale.length() / (scale.high / scale.low).log10();
    let (from, to) = (scale.low.log10().floor() as i32, scale.high.log10().ceil() as i32);
    let factors = if decade > 15.0 { 1..10 } else { 1..2 };
    (from..=to)
        .flat_map(|exponent| factors.clone().map(move |factor| f64::from(factor) * ten(exponent)))
        .filter(|value| *value >= scale.low && *value <= scale.high)
        .filter(|value| ticks.major.iter().all(|(major, _)| (major / value - 1.0).abs() > 1e-6))
        .collect()
}

/// A power of ten, exact where it can be.
fn ten(exponent: i32) -> f64 {
    if exponent < 0 { 1.0 / 10f64.powi(-exponent) } else { 10f64.powi(exponent) }
}

/// The power of a thousand to leave out of labels; none from 0.01 to 100,000.
fn thousand(largest: f64) -> i32 {
    if largest > 0.0 && !(0.01..1e5).contains(&largest) {
        (largest.log10() / 3.0 + 1e-9).floor() as i32 * 3
    } else {
        0
    }
}

/// A number with some decimals and a real minus sign.
pub(super) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    match text.strip_prefix('-') {
        Some(rest) if zero => rest.to_string(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// A number with some significant digits, in powers of ten where it is long.
pub(super) fn significant(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return number(value, 0);
    }
    let rounded = format!("{value:.*e}", (digits - 1).max(0) as usize);
    let (mantissa, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-3..6).contains(&exponent) {
        return number(value, (digits - 1 - exponent).max(0) as usize);
    }
    format!("{}·{}", mantissa.replace('-', "−"), power(exponent))
}

/// Ten to a power.
pub(super) fn power(exponent: i32) -> String {
    let digits = exponent.to_string();
    let raised = digits.chars().map(|c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32(0x2070 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    });
    format!("10{}", raised.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(log: bool, low: f64, high: f64, length: f64) -> Vec<String> {
        let scale = Scale { log, low, high, from: 0.0, to: length };
        choose(&scale, false, 7.0).major.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn round_values_on_linear_axes() {
        assert_eq!(labels(false, 0.0, 10.3, 120.0), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(labels(false, -0.2, 0.21, 120.0), ["−0.2", "−0.1", "0.0", "0.1", "0.2"]);
        assert_eq!(labels(false, 0.0, 2.2e6, 120.0), ["0.0", "0.5", "1.0", "1.5", "2.0"]);
    }

    #[test]
    fn log_axes_of_any_range_have_ticks_that_keep_apart() {
        assert_eq!(labels(true, 0.9, 120.0, 200.0), ["1", "2", "5", "10", "20", "50", "100"]);
        assert_eq!(labels(true, 0.9, 1.2e9, 200.0).len(), 10);
        assert_eq!(labels(true, 21.0, 29.0, 100.0), ["22", "24", "26", "28"]);
        for decades in 1..60 {
            let high = 10f64.powi(decades) * 1.7;
            let scale = Scale { log: true, low: 0.8, high, from: 0.0, to: 180.0 };
            let ticks = choose(&scale, false, 7.0);
            assert!(ticks.major.len() >= 2 && apart(&scale, &ticks, false, 7.0), "{decades}");
        }
    }

    #[test]
    fn numbers_read_as_in_print() {
        assert_eq!(significant(17.812, 3), "17.8");
        assert_eq!(significant(-0.002, 2), "−0.0020");
        assert_eq!(significant(3_782_967.0, 3), "3.78·10⁶");
        assert_eq!(significant(99.96, 3), "100");
        assert_eq!(number(-0.001, 1), "0.0");
        assert_eq!(power(-12), "10⁻¹²");
    }
}
