//! The authors' SystemC: cycles measured on it (harvard-acc/EdgeBERT, hw/cmod, 1 ns clock, start token to interrupt) against the
//! preset that reproduces it.

use super::{MEMORY, alone, product};
use models::design::Design;
use models::program::command::AuxRange;
use models::program::{Entropy, LayerNorm, Occupancy, Operation, Region, Softmax};
use models::record::preset;

/// Columns, rows, reduction length, cycles measured. 33 a tile, 8 an output tile, 27 a command.
const PRODUCTS: [(u32, u32, u32, u64); 8] = [
    (16, 16, 16, 68),
    (32, 32, 32, 323),
    (16, 16, 128, 299),
    (64, 64, 64, 2267),
    (64, 64, 768, 25_499),
    (128, 128, 64, 8_987),
    (128, 64, 128, 8_731),
    (16, 16, 3072, 6_371),
];

fn cycles(operation: Operation) -> u64 {
    let design: Design = preset("released").expect("presets are valid");
    alone(&design, MEMORY, operation).0
}

#[test]
fn products() {
    for (columns, rows, length, measured) in PRODUCTS {
        let operation = product(16, rows / 16, columns / 16, length / 16, [Occupancy::DENSE; 2]);
        assert_eq!(cycles(operation), measured, "{columns} x {rows} x {length}");
    }
}

#[test]
fn zeros_save_no_cycle() {
    // 64 x 64 x 64 measured at 0, 60 and 100 % zeros.
    for nonnull_ppm in [1_000_000, 400_000, 0] {
        let occupancy = Occupancy { nonzero_ppm: nonnull_ppm, nonnull_ppm, null_tiles: 0 };
        assert_eq!(cycles(product(16, 4, 4, 4, [occupancy; 2])), 2267);
    }
}

/// `rows` rows of `vectors` vectors.
fn regions(rows: u32, vectors: u32) -> [Region; 3] {
    let region = |buffer, base| Region::new(16, buffer, base, rows.div_ceil(16), vectors);
    [region(0, 0), region(1, 0), region(0, 2048)]
}

#[test]
fn layer_norm() {
    // The add, 587 for two rows of 8 vectors, and the norm, 1520 for four rows of 8 and 2266 for one of 48, are measured.
    for (vectors, rows, measured) in [(8, 2, 587 + 764), (8, 4, 1165 + 1520), (48, 1, 1738 + 2266)] {
        let [a, out, b] = regions(rows, vectors);
        let parameters = AuxRange { start: 0, bytes: 64 * vectors };
        let norm = LayerNorm { a, b, out, rows, valid: 16 * vectors, parameters };
        assert_eq!(cycles(Operation::LayerNorm(norm)), measured, "{rows} rows of {vectors} vectors");
    }
}

#[test]
fn softmax() {
    for (vectors, rows, measured) in [(8, 4, 1882), (48, 1, 2807)] {
        let ([input, out, _], out_occupancy) = (regions(rows, vectors), Occupancy::DENSE);
        let softmax = Softmax { input, out, rows, valid: 16 * vectors, span: None, out_occupancy };
        assert_eq!(cycles(Operation::Softmax(softmax)), measured, "{rows} rows of {vectors} vectors");
    }
}

#[test]
fn entropy() {
    for (vectors, measured) in [(1, 44), (32, 1098)] {
        let input = Region::new(16, 0, 0, 1, vectors);
        let entropy = Entropy { input, classes: 16 * vectors };
        assert_eq!(cycles(Operation::Entropy(entropy)), measured, "{vectors} vectors");
    }
}
