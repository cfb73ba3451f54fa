//! Requantisation against `kernels::adaptivfloat::encode`, code for code.

use super::{Draw, Failure, Plan, Tally};
use crate::cosim::Bench;
use crate::unit;
use crate::unit::sizes;
use kernels::adaptivfloat::{Fixed, Format, encode};
use std::collections::VecDeque;

/// A bench with the codes that are due.
struct Encoder {
    bench: Bench,
    format: Format,
    width: usize,
    due: VecDeque<u8>,
}

/// Directed values in every format, random ones in some.
pub(super) fn requantise(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let shapes = [(Format::AF8_4, 70), (Format::AF8_3, 33), (Format::AF4_3, 48), (Format::AF8_4, 5)];
    for (index, (format, width)) in plan.shapes(&shapes, sizes::requantise).into_iter().enumerate() {
        let mut encoder = Encoder::new(plan, format, width)?;
        encoder.random(&mut plan.draw(width as u64), plan.share([1, 4, 4, 8][index]))?;
        tally += plan.replay(encoder.bench)?;
    }
    let formats: Vec<Format> = Format::all().collect();
    for format in plan.shapes(&formats, |design| design.format) {
        let mut encoder = Encoder::new(plan, format, 70)?;
        encoder.codes_ties_and_neighbours()?;
        encoder.edges()?;
        encoder.random(&mut plan.draw(71), plan.share(20))?;
        tally += plan.count(encoder.bench)?;
    }
    Ok(tally)
}

impl Encoder {
    fn new(plan: &Plan, format: Format, width: usize) -> Result<Encoder, Failure> {
        let bench = plan.bench(unit::requantise(format, width))?;
        Ok(Encoder { bench, format, width, due: VecDeque::new() })
    }

    /// One value into the pipe; the code of the one before the last out of it.
    fn put(&mut self, value: i128, lsb: i32, bias: i32) -> Result<(), Failure> {
        let words = [0, 32, 64, 96].map(|shift| (value >> shift) as u32);
        self.bench.set_words("value", &words);
        self.bench.set("lsb", (lsb & 0x3ff) as u64);
        self.bench.set("out_bias", (bias & 0x3ff) as u64);
        self.due.push_back(encode(self.format, bias, Fixed::new(value, lsb)));
        if self.due.len() > models::latency::REQUANTISE as usize
            && let Some(code) = self.due.pop_front()
        {
            self.bench.expect("code", code.into());
        }
        let Encoder { format, width, .. } = self;
        let about = || format!("{format}, {width} bits, last {value} * 2^{lsb}, bias {bias}");
        Ok(self.bench.step().map_err(|difference| difference.about(about()))?)
    }

    /// Values of every magnitude, with the bias near them or anywhere.
    fn random(&mut self, draw: &mut Draw, count: u64) -> Result<(), Failure> {
        for _ in 0..count {
            let any = i128::from(draw.any().cast_signed()) << 64 | i128::from(draw.any());
            let any = if draw.once_in(3) { few_bits(draw, self.width) } else { any >> draw.below(128) };
            let value = any << (128 - self.width) >> (128 - self.width);
            let lsb = draw.signed(10) as i32;
            let top = lsb + 127 - value.unsigned_abs().max(1).leading_zeros().cast_signed();
            let near = top - draw.below(32) as i32 + 6;
            let bias = if draw.once_in(2) { near.clamp(-512, 511) } else { draw.signed(10) as i32 };
            self.put(value, lsb, bias)?;
        }
        Ok(())
    }

    /// Every code, every tie between two, and what lies beside them.
    fn codes_ties_and_neighbours(&mut self) -> Result<(), Failure> {
        let (format, bias) = (self.format, -3);
        // Beyond the largest, the tie that saturation hides.
        let beyond = i128::from(format.max_significand()) * 2;
        let significands = (0..=format.max_code()).map(|code| i128::from(format.significand(code)));
        let all: Vec<i128> = significands.chain([beyond, beyond * 2]).collect();
        for pair in all.windows(2) {
            for spread in [1, 30] {
                for near in [pair[0] << spread, (pair[0] + pair[1]) << (spread - 1), pair[1] << spread] {
                    for value in near - 1..=near + 1 {
                        self.put(value, format.lsb(bias) - spread, bias)?;
                        self.put(-value, format.lsb(bias) - spread, bias)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The ends of values and exponents.
    fn edges(&mut self) -> Result<(), Failure> {
        for value in [0, 1, -1, (1 << 69) - 1, -(1 << 69), 1 << 68] {
            for (lsb, bias) in [(-512, 511), (511, -512), (0, 0), (-512, -512), (511, 511), (-70, 0)] {
                self.put(value, lsb, bias)?;
            }
        }
        Ok(())
    }
}

/// Some bits beside each other and one far below, which alone says which way to round; half of all negative.
pub(super) fn few_bits(draw: &mut Draw, width: usize) -> i128 {
    let low = draw.below(width as u64);
    let value = i128::from(draw.bits(6)) << low | 1 << draw.below(low + 1);
    if draw.once_in(2) { value } else { -value }
}
