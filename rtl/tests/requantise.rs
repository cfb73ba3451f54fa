//! Requantisation against `kernels::adaptivfloat::encode`, code for code.

mod common;

use common::{emitted, netlist_agrees, rng, vectors};
use kernels::adaptivfloat::{Fixed, Format, encode};
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::requantise;
use std::collections::VecDeque;

/// A bench with the codes that are due.
struct Encoder {
    bench: Bench,
    format: Format,
    width: u32,
    due: VecDeque<u8>,
}

impl Encoder {
    fn new(format: Format, width: u32, sample: usize) -> Encoder {
        let design = emitted(requantise(format, width as usize));
        let bench = Bench::new(&design, 11, sample).expect("Verilator builds it");
        Encoder { bench, format, width, due: VecDeque::new() }
    }

    /// One value into the pipe; the code of the one before the last out of it.
    fn put(&mut self, value: i128, lsb: i32, bias: i32) {
        let words = [0, 32, 64, 96].map(|shift| (value >> shift) as u32 & mask(self.width, shift));
        self.bench.set_words("value", &words[..self.width.div_ceil(32) as usize]);
        self.bench.set("lsb", (lsb & 0x3ff) as u64);
        self.bench.set("out_bias", (bias & 0x3ff) as u64);
        self.due.push_back(encode(self.format, bias, Fixed::new(value, lsb)));
        if self.due.len() > models::latency::REQUANTISE as usize {
            let code = self.due.pop_front().expect("one is due");
            self.bench.expect("code", code.into());
        }
        self.bench.step().unwrap_or_else(|difference| {
            panic!("{}, {} bits, last {value} * 2^{lsb}, bias {bias}: {difference}", self.format, self.width)
        });
    }
}

/// The bits of the 32 from `shift` on that a number of `width` bits has.
fn mask(width: u32, shift: u32) -> u32 {
    match width.saturating_sub(shift) {
        0 => 0,
        bits @ 1..=31 => (1 << bits) - 1,
        _ => u32::MAX,
    }
}

fn random(rng: &mut impl Rng) -> i128 {
    (i128::from(rng.next_u64()) << 64 | i128::from(rng.next_u64())) >> (rng.next_u32() % 128)
}

/// Values of every magnitude, with the bias near them or anywhere.
fn random_values(encoder: &mut Encoder, count: u64, seed: u64) {
    let mut rng = rng(seed);
    for _ in 0..count {
        let value = random(&mut rng) << (128 - encoder.width) >> (128 - encoder.width);
        let draw = rng.next_u32();
        let any = |bits: u32| (bits as i32) << 22 >> 22;
        let lsb = any(draw);
        let top = lsb + 127 - value.unsigned_abs().max(1).leading_zeros().cast_signed();
        let near = top - (draw >> 10 & 31).cast_signed() + 6;
        let bias = if draw >> 31 == 0 { near.clamp(-512, 511) } else { any(draw >> 20) };
        encoder.put(value, lsb, bias);
    }
}

#[test]
fn random_values_get_the_kernels_code() {
    common::tools!("verilator", "requantise");
    for (format, width, share) in
        [(Format::AF8_4, 70, 1), (Format::AF8_3, 33, 4), (Format::AF4_3, 48, 4), (Format::AF8_4, 5, 8)]
    {
        let mut encoder = Encoder::new(format, width, 200);
        random_values(&mut encoder, vectors(10_000) / share, 31);
        netlist_agrees(&emitted(requantise(format, width as usize)), &encoder.bench);
    }
}

#[test]
fn codes_ties_and_their_neighbours_round_alike_in_all_formats() {
    common::tools!("verilator", "requantise, directed");
    for format in Format::all() {
        let mut encoder = Encoder::new(format, 70, 0);
        let bias = -3;
        let mut significands = (0..=format.max_code()).map(|code| i128::from(format.significand(code)));
        let mut low = significands.next().unwrap();
        // Beyond the largest, the tie that saturation hides.
        let beyond = i128::from(format.max_significand()) * 2;
        for high in significands.chain([beyond, beyond * 2]) {
            for spread in [1, 30] {
                let middle = (low + high) << (spread - 1);
                for near in [low << spread, middle, high << spread] {
                    for value in near - 1..=near + 1 {
                        encoder.put(value, format.lsb(bias) - spread, bias);
                        encoder.put(-value, format.lsb(bias) - spread, bias);
                    }
                }
            }
            low = high;
        }
        for value in [0, 1, -1, (1 << 69) - 1, -(1 << 69), 1 << 68] {
            for (lsb, bias) in [(-512, 511), (511, -512), (0, 0), (-512, -512), (511, 511), (-70, 0)] {
                encoder.put(value, lsb, bias);
            }
        }
        random_values(&mut encoder, vectors(10_000) / 20, 32);
    }
}

#[test]
fn requantise_is_clean_and_refuses_what_is_too_wide() {
    common::tools!("verilator", "lint of requantise");
    for format in Format::all() {
        for width in [1, 28, 70] {
            let design = emitted(requantise(format, width));
            let found = lint::lint(&design).unwrap();
            assert!(found.is_empty(), "{format}, {width}:\n{}\n{}", found.join("\n"), design.text());
        }
    }
    assert_eq!(requantise(Format::AF8_4, 0).err().unwrap().signal, "width");
    assert_eq!(requantise(Format::AF8_4, 1025).err().unwrap().signal, "width");
}
