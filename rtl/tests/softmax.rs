//! Softmax against `kernels::softmax`, every code and every cycle.

mod common;

use common::sfu::{Command, Place, idle};
use common::{emitted, netlist_agrees, rng, vectors, words};
use kernels::adaptivfloat::{Format, Tensor};
use kernels::softmax::softmax as kernel;
use models::latency;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::{Walk, softmax};

/// Rows, tiles and valid columns of a command.
#[derive(Clone, Copy, Debug)]
struct Shape {
    rows: u64,
    tiles: u64,
    valid: u64,
}

fn below(rng: &mut ChaCha8Rng, bound: u32) -> i32 {
    (rng.next_u32() % bound).cast_signed()
}

/// Rows of all kinds: any codes, all equal, one far above the others, small codes, zeros of both signs.
fn tensor(rng: &mut ChaCha8Rng, format: Format, (length, rows): (usize, usize)) -> Tensor {
    let near = below(rng, 16) - 13;
    let bias = if rng.next_u32().is_multiple_of(8) { below(rng, 1000) - 500 } else { near };
    let mut tensor = Tensor::zeros(format, bias, length, rows);
    for mut row in tensor.codes.column_iter_mut() {
        let draw = rng.next_u32();
        let odd = (draw >> 10) as usize % length;
        for (at, code) in row.iter_mut().enumerate() {
            let any = rng.next_u32() as u8;
            *code = format.code_mask()
                & match draw >> 28 {
                    0 => draw as u8,
                    1 if at == odd => format.max_code(),
                    1 => any | format.sign_mask(),
                    2 => any & (format.sign_mask() | 3),
                    3 => any & format.sign_mask(),
                    _ => any,
                };
        }
    }
    tensor
}

/// No span, or weights of a column: none and one, or anything that 8 bits hold.
fn span(rng: &mut ChaCha8Rng, length: usize) -> Option<Vec<u8>> {
    let kind = rng.next_u32() % 3;
    let weight = |draw: u32| if kind == 1 { (draw as u8 & 1) << 7 } else { draw as u8 };
    (kind > 0).then(|| (0..length).map(|_| weight(rng.next_u32())).collect())
}

/// One command with random rows and span.
fn command(bench: &mut Bench, rng: &mut ChaCha8Rng, (format, n): (Format, u32), shape: Shape) {
    let lanes = n as usize;
    let length = shape.tiles as usize * lanes;
    let x = tensor(rng, format, (length, shape.rows as usize));
    let span = span(rng, length);
    let near = -below(rng, 30);
    let bias = if rng.next_u32().is_multiple_of(8) { below(rng, 1024) - 512 } else { near };
    let expected = kernel(&x, shape.valid as usize, span.as_deref(), format, bias).expect("the shapes agree");
    let field = |value: i32| u64::from(value.cast_unsigned() & 0x3ff);
    let pass = latency::softmax_pass(n);
    let vector = |tensor: &Tensor, place: Place| {
        let row = tensor.row((place.block * u64::from(n) + place.row) as usize);
        words(&row[place.tile as usize * lanes..][..lanes], format.width())
    };
    let command = Command {
        walk: Walk { n, passes: 3, between: pass, after: pass },
        depth: latency::DECODE + 1 + latency::EXP2 + latency::MULTIPLY + latency::REQUANTISE,
        rows: shape.rows,
        tiles: shape.tiles,
        fields: &[
            ("valid", shape.valid),
            ("has_span", span.is_some().into()),
            ("lsb", field(x.lsb())),
            ("out_bias", field(bias)),
        ],
        vectors: &|place| vec![("x", vector(&x, place))],
        parameter: Some(&|place| {
            let weights = span.as_ref().filter(|_| place.pass == 2)?;
            Some(words(&weights[place.tile as usize * lanes..][..lanes], 8))
        }),
        codes: &|place| vector(&expected, place),
    };
    command.run(bench, rng).unwrap_or_else(|difference| {
        let spanned = span.is_some();
        panic!("{format}, n = {n}, {shape:?}, biases {} {bias}, span {spanned}: {difference}", x.bias)
    });
}

fn random_shape(rng: &mut ChaCha8Rng, n: u64) -> Shape {
    let draw = rng.next_u32();
    let (rows, tiles) = (u64::from(draw) % (3 * n) + 1, u64::from(draw >> 8) % 5 + 1);
    let valid = match draw >> 16 & 3 {
        0 => u64::from(draw >> 18) % (tiles * n + 1),
        _ => tiles * n - u64::from(draw >> 18) % n,
    };
    Shape { rows, tiles, valid }
}

/// Commands of every shape until `count` vectors are written.
fn rows(format: Format, n: u32, count: u64, seed: u64) {
    let design = emitted(softmax(format, n));
    let mut bench = Bench::new(&design, seed as u32, 120).expect("Verilator builds it");
    let (mut rng, mut written, wide) = (rng(seed), 0, u64::from(n));
    for (rows, tiles, valid) in [
        (1, 1, wide),
        (1, 1, 1),
        (wide, 1, wide),
        (wide + 1, 3, 2 * wide + 1),
        (2, 2, 0),
        (3 * wide - 1, 1, wide),
        (1, 64, 63 * wide + 1),
    ] {
        command(&mut bench, &mut rng, (format, n), Shape { rows, tiles, valid });
    }
    while written < count {
        let shape = random_shape(&mut rng, wide);
        let gap = rng.next_u32() & 3;
        idle(&mut bench, gap, &mut rng).unwrap_or_else(|difference| panic!("idle: {difference}"));
        command(&mut bench, &mut rng, (format, n), shape);
        written += shape.rows * shape.tiles;
    }
    // Synthesis of a wider one takes minutes.
    if n == 2 {
        netlist_agrees(&design, &bench);
    }
}

#[test]
fn every_element_has_the_kernels_code_in_its_cycle() {
    common::tools!("verilator", "softmax");
    rows(Format::AF8_4, 4, vectors(10_000), 111);
    rows(Format::AF8_3, 2, vectors(10_000), 112);
    rows(Format::AF4_3, 2, vectors(10_000) / 4, 113);
}

#[test]
fn a_wide_softmax_has_the_kernels_codes() {
    common::tools!("verilator", "softmax, wide");
    rows(Format::AF8_4, 16, vectors(10_000) / 2, 114);
}

/// Every element of the longest row equal: the largest sum that there is, with the largest normaliser.
#[test]
fn the_longest_row_fits() {
    common::tools!("verilator", "softmax, longest");
    let mut bench = Bench::new(&emitted(softmax(Format::AF8_4, 16)), 115, 0).expect("Verilator builds it");
    let shape = Shape { rows: 1, tiles: 4095, valid: 16 * 4095 };
    // Of the rows that the seeds give, some are constant.
    for seed in 0..12 {
        command(&mut bench, &mut rng(seed), (Format::AF8_4, 16), shape);
    }
}

#[test]
fn softmax_is_clean_and_refuses_other_widths() {
    common::tools!("verilator", "lint of softmax");
    for (format, n) in [(Format::AF8_4, 16), (Format::AF8_3, 2), (Format::AF4_3, 32)] {
        let found = lint::lint(&emitted(softmax(format, n))).unwrap();
        assert!(found.is_empty(), "{format}, {n}:\n{}", found.join("\n"));
    }
    assert!([0, 1, 3, 12].iter().all(|&n| softmax(Format::AF8_4, n).is_err()));
}
