//! Layer norm against `kernels::layernorm`, every code and every cycle.

mod common;

use common::sfu::{Command, Place, idle};
use common::{emitted, netlist_agrees, rng, vectors, words};
use kernels::adaptivfloat::{Format, Tensor};
use kernels::layernorm::{Parameters, layernorm as kernel};
use models::latency;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::emit::Emitted;
use rtl::unit::{Walk, layernorm};

/// Rows, tiles and valid elements of a command.
#[derive(Clone, Copy, Debug)]
struct Shape {
    rows: u64,
    tiles: u64,
    valid: u64,
}

fn below(rng: &mut ChaCha8Rng, bound: u32) -> i32 {
    (rng.next_u32() % bound).cast_signed()
}

/// Rows of all kinds: any codes, constant, constant but for one element, the two ends in turn, small codes.
fn tensor(rng: &mut ChaCha8Rng, format: Format, (length, rows): (usize, usize)) -> Tensor {
    let mut tensor = Tensor::zeros(format, below(rng, 1024) - 512, length, rows);
    for mut row in tensor.codes.column_iter_mut() {
        let draw = rng.next_u32();
        let fill = [0, draw as u8, format.max_code(), format.code_mask()][(draw >> 8) as usize & 3];
        let odd = (draw >> 10) as usize % length;
        for (at, code) in row.iter_mut().enumerate() {
            let any = rng.next_u32() as u8;
            *code = format.code_mask()
                & match draw >> 28 {
                    0 | 1 => fill,
                    2 if at == odd => any,
                    2 => fill,
                    3 if at % 2 == 0 => fill,
                    3 => fill ^ format.sign_mask(),
                    4 => any & (format.sign_mask() | 3),
                    _ => any,
                };
        }
    }
    tensor
}

/// Elements of gamma or beta with the weight of the lowest bit, near zero or anywhere that the unit takes.
fn parameter(rng: &mut ChaCha8Rng, length: usize, least: i32) -> (Vec<i16>, i32) {
    let kind = rng.next_u32() & 3;
    let element = |draw: u32| match kind {
        0 => [0, 1, -1, i16::MIN, i16::MAX][draw as usize % 5],
        _ => (draw as i16) >> (draw >> 16 & 15),
    };
    let values = (0..length).map(|_| element(rng.next_u32())).collect();
    let near = if rng.next_u32().is_multiple_of(3) { below(rng, 1024) - 512 } else { -10 - below(rng, 8) };
    (values, near.max(least))
}

/// Numbers of 16 bits side by side.
fn halves(values: &[i16]) -> Vec<u32> {
    let bits = |value: &i16| u32::from(value.cast_unsigned());
    values.chunks(2).map(|pair| bits(&pair[0]) | bits(&pair[1]) << 16).collect()
}

/// One command with random rows and parameters.
fn command(bench: &mut Bench, rng: &mut ChaCha8Rng, (format, n): (Format, u32), shape: Shape) {
    let x = tensor(rng, format, ((shape.tiles * u64::from(n)) as usize, shape.rows as usize));
    command_on(bench, rng, n, shape, &x);
}

/// One command with random parameters.
fn command_on(bench: &mut Bench, rng: &mut ChaCha8Rng, n: u32, shape: Shape, x: &Tensor) {
    let (format, lanes, length) = (x.format, n as usize, x.length());
    // Beta lies near what gamma gives, or far away; the result's bias near both.
    let (gamma, gamma_lsb) = parameter(rng, length, -496);
    let (beta, any_lsb) = parameter(rng, length, -512);
    let beta_lsb =
        if rng.next_u32() & 1 == 0 { any_lsb } else { (gamma_lsb + below(rng, 40) - 20).clamp(-512, 511) };
    let out_bias = (gamma_lsb.max(beta_lsb) + below(rng, 24) - 6).clamp(-512, 511);
    let parameters = |values, lsb| Parameters { values, lsb };
    let (g, b) = (parameters(gamma.as_slice(), gamma_lsb), parameters(beta.as_slice(), beta_lsb));
    let expected = kernel(x, shape.valid as usize, g, b, format, out_bias).expect("the shapes agree");
    let field = |value: i32| u64::from(value.cast_unsigned() & 0x3ff);
    let pass = latency::layernorm_pass(n);
    let vector = |tensor: &Tensor, place: Place| {
        let row = tensor.row((place.block * u64::from(n) + place.row) as usize);
        words(&row[place.tile as usize * lanes..][..lanes], format.width())
    };
    let command = Command {
        walk: Walk { n, passes: 2, between: pass, after: pass },
        depth: latency::DECODE + 4 + latency::REQUANTISE,
        rows: shape.rows,
        tiles: shape.tiles,
        fields: &[
            ("valid", shape.valid),
            ("gamma_lsb", field(gamma_lsb)),
            ("beta_lsb", field(beta_lsb)),
            ("out_bias", field(out_bias)),
        ],
        vectors: &|place| vec![("x", vector(x, place))],
        parameter: Some(&|place| {
            let of = |values: &[i16]| halves(&values[place.tile as usize * lanes..][..lanes]);
            (place.pass == 1 && place.row == 0).then(|| [of(&gamma), of(&beta)].concat())
        }),
        codes: &|place| vector(&expected, place),
    };
    command.run(bench, rng).unwrap_or_else(|difference| panic!("{format}, n = {n}, {shape:?}: {difference}"));
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

fn norms(format: Format, n: u32, count: u64, seed: u64) -> (Emitted, Bench) {
    let design = emitted(layernorm(format, n));
    let mut bench = Bench::new(&design, seed as u32, 120).expect("Verilator builds it");
    let (mut rng, mut read, wide) = (rng(seed), 0, u64::from(n));
    for (rows, tiles, valid) in [
        (1, 1, wide),
        (1, 1, 1),
        (wide, 1, wide),
        (wide + 1, 3, 2 * wide + 1),
        (2, 2, 0),
        (3 * wide - 1, 1, wide),
    ] {
        command(&mut bench, &mut rng, (format, n), Shape { rows, tiles, valid });
    }
    while read < 2 * count {
        let shape = random_shape(&mut rng, wide);
        let gap = rng.next_u32() & 3;
        idle(&mut bench, gap, &mut rng).unwrap_or_else(|difference| panic!("idle: {difference}"));
        command(&mut bench, &mut rng, (format, n), shape);
        read += 2 * shape.rows * shape.tiles;
    }
    (design, bench)
}

#[test]
fn every_element_has_the_kernels_code_in_its_cycle() {
    common::tools!("verilator", "layernorm");
    norms(Format::AF8_4, 4, vectors(10_000), 101);
    norms(Format::AF8_4, 2, vectors(10_000) / 2, 102);
    norms(Format::AF8_3, 2, vectors(10_000) / 2, 103);
}

#[test]
fn a_wide_layernorm_has_the_kernels_codes() {
    common::tools!("verilator", "layernorm, wide");
    norms(Format::AF8_4, 16, vectors(10_000) / 4, 104);
}

#[test]
fn the_longest_rows_fit_every_register() {
    common::tools!("verilator", "layernorm, long");
    let (n, format, seed) = (16, Format::AF8_4, 106);
    let shape = Shape { rows: 5, tiles: 4095, valid: 65_520 };
    let mut x = Tensor::zeros(format, 0, 65_520, 5);
    let (most, least) = (format.max_code(), format.code_mask());
    // One against all, both ways; half against half; the smallest alone; all but equal.
    for (at, mut element) in x.codes.row_iter_mut().enumerate() {
        element[0] = if at == 77 { least } else { most };
        element[1] = if at == 65_519 { most } else { least };
        element[2] = if at % 2 == 0 { least } else { most };
        element[3] = u8::from(at == 0);
        element[4] = if at == 3 { most - 1 } else { most };
    }
    let mut bench = Bench::new(&emitted(layernorm(format, n)), seed, 0).expect("Verilator builds it");
    let mut rng = rng(seed.into());
    for _ in 0..4 {
        command_on(&mut bench, &mut rng, n, shape, &x);
    }
}

#[test]
fn the_netlist_of_a_narrow_layernorm_agrees() {
    common::tools!("verilator", "layernorm, narrow");
    let (design, bench) = norms(Format::AF4_3, 2, vectors(10_000) / 2, 105);
    netlist_agrees(&design, &bench);
}

#[test]
fn layernorm_is_clean_and_refuses_other_widths() {
    common::tools!("verilator", "lint of layernorm");
    for (format, n) in [(Format::AF8_4, 16), (Format::AF8_3, 2), (Format::AF4_3, 32)] {
        let found = lint::lint(&emitted(layernorm(format, n))).unwrap();
        assert!(found.is_empty(), "{format}, {n}:\n{}", found.join("\n"));
    }
    for format in Format::all() {
        emitted(layernorm(format, 2));
    }
    assert!([0, 1, 3, 12].iter().all(|&n| layernorm(Format::AF8_4, n).is_err()));
}
