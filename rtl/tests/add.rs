//! Element-wise add against `kernels::add`, every code and every cycle.

mod common;

use common::sfu::{Command, idle};
use common::{emitted, netlist_agrees, rng, vectors, words};
use kernels::adaptivfloat::{Format, Tensor};
use models::latency;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::{Walk, add};

fn below(rng: &mut ChaCha8Rng, bound: u32) -> i32 {
    (rng.next_u32() % bound).cast_signed()
}

/// A bias whose significands' weight fits the command: anywhere, or near `other`.
fn bias(rng: &mut ChaCha8Rng, format: Format, other: i32) -> i32 {
    let near = match rng.next_u32() % 4 {
        0 => below(rng, 1024) - 512,
        1 => other + below(rng, 100) - 50,
        _ => other + below(rng, 20) - 10,
    };
    near.clamp(i32::from(format.mantissa()) - 512, 511)
}

/// Codes of all kinds, many zeros, or the ends of the range.
fn tensor(rng: &mut ChaCha8Rng, format: Format, bias: i32, (length, rows): (usize, usize)) -> Tensor {
    let ends = [0, 1, format.max_code(), format.code_mask(), format.sign_mask(), format.sign_mask() | 1];
    let kind = rng.next_u32() % 3;
    let mut tensor = Tensor::zeros(format, bias, length, rows);
    for code in &mut tensor.codes {
        let draw = rng.next_u32();
        let any = draw as u8 & format.code_mask();
        *code = match kind {
            0 => any,
            1 if draw >> 16 & 1 == 0 => 0,
            1 => any,
            _ => ends[(draw >> 8) as usize % ends.len()],
        };
    }
    tensor
}

/// The vector of a place.
fn vector(tensor: &Tensor, n: usize, (row, tile): (u64, u64)) -> Vec<u32> {
    words(&tensor.row(row as usize)[tile as usize * n..][..n], tensor.format.width())
}

/// One command with random operands.
fn command(bench: &mut Bench, rng: &mut ChaCha8Rng, (format, n): (Format, u32), (rows, tiles): (u64, u64)) {
    let shape = (tiles as usize * n as usize, rows as usize);
    let a = bias(rng, format, 0);
    let b = bias(rng, format, a);
    let out = (a.max(b) + below(rng, 20) - 14).clamp(-512, 511);
    let [a, b] = [a, b].map(|bias| tensor(rng, format, bias, shape));
    let sum = kernels::add::add(&a, &b, format, out).expect("the shapes agree");
    let field = |value: i32| u64::from(value.cast_unsigned() & 0x3ff);
    let walk = Walk { n, passes: 1, between: 0, after: latency::ADD };
    let row = |block, row| block * u64::from(n) + row;
    let command = Command {
        walk,
        depth: latency::DECODE + 2 + latency::REQUANTISE,
        rows,
        tiles,
        fields: &[("a_lsb", field(a.lsb())), ("b_lsb", field(b.lsb())), ("out_bias", field(out))],
        vectors: &|place| {
            let at = (row(place.block, place.row), place.tile);
            vec![("a", vector(&a, n as usize, at)), ("b", vector(&b, n as usize, at))]
        },
        parameter: None,
        codes: &|place| vector(&sum, n as usize, (row(place.block, place.row), place.tile)),
    };
    command.run(bench, rng).unwrap_or_else(|difference| {
        let biases = (a.bias, b.bias, out);
        panic!("{format}, n = {n}, {rows} rows of {tiles} tiles, biases {biases:?}: {difference}")
    });
}

fn sums(format: Format, n: u32, count: u64, seed: u64) {
    let design = emitted(add(format, n));
    let mut bench = Bench::new(&design, seed as u32, 120).expect("Verilator builds it");
    let (mut rng, mut done, n64) = (rng(seed), 0, u64::from(n));
    for shape in [(1, 1), (n64, 1), (n64 + 1, 2), (2, 5), (3 * n64 - 1, 1)] {
        command(&mut bench, &mut rng, (format, n), shape);
    }
    while done < count {
        let draw = rng.next_u32();
        let (rows, tiles) = (u64::from(draw) % (3 * n64) + 1, u64::from(draw >> 8) % 4 + 1);
        idle(&mut bench, draw >> 16 & 3, &mut rng).unwrap_or_else(|difference| panic!("idle: {difference}"));
        command(&mut bench, &mut rng, (format, n), (rows, tiles));
        done += rows * tiles;
    }
    netlist_agrees(&design, &bench);
}

#[test]
fn every_sum_has_the_kernels_code_in_its_cycle() {
    common::tools!("verilator", "add");
    sums(Format::AF8_4, 4, vectors(10_000), 81);
    sums(Format::AF8_3, 2, vectors(10_000), 82);
    sums(Format::AF4_3, 2, vectors(10_000) / 4, 83);
    sums(Format::new(3, 1).unwrap(), 2, vectors(10_000) / 4, 84);
    sums(Format::new(8, 1).unwrap(), 2, vectors(10_000) / 4, 85);
}

#[test]
fn a_wide_add_has_the_kernels_codes() {
    common::tools!("verilator", "add, wide");
    sums(Format::AF8_4, 16, vectors(10_000) / 4, 86);
}

#[test]
fn add_is_clean_and_refuses_other_widths() {
    common::tools!("verilator", "lint of add");
    for (format, n) in [(Format::AF8_4, 16), (Format::AF8_3, 2), (Format::AF4_3, 4)] {
        let found = lint::lint(&emitted(add(format, n))).unwrap();
        assert!(found.is_empty(), "{format}, {n}:\n{}", found.join("\n"));
    }
    for format in Format::all() {
        emitted(add(format, 2));
    }
    assert!([0, 1, 3, 12].iter().all(|&n| add(Format::AF8_4, n).is_err()));
}
