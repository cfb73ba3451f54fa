//! Special function unit at n = 16, 20 rows (a block of 16 and one of 4) of 3 vectors.

use super::{MEMORY, alone, design};
use models::program::command::AuxRange;
use models::program::{Entropy, LayerNorm, Occupancy, Operation, Region, Softmax};

/// Room for 20 rows of 48 columns.
fn region(buffer: u8, base: u32) -> Region {
    Region::new(16, buffer, base, 2, 3)
}

fn softmax() -> Operation {
    Operation::Softmax(Softmax {
        input: region(0, 0),
        out: region(1, 0),
        rows: 20,
        valid: 48,
        span: Some(AuxRange { start: 0, bytes: 48 }),
        out_occupancy: Occupancy::DENSE,
    })
}

#[test]
fn softmax_makes_three_passes_over_each_block() {
    // Pass: decode 3, subtract 1, exp2 3, tree 2, accumulate 1, log2 3 = 13. 3 x (16 x 3 + 13) + 3 x (4 x 3 + 13) = 258.
    let (cycles, run) = alone(&design(&[]), MEMORY, softmax());
    assert_eq!(cycles, 258);
    // 3 passes x 60 vectors x 16; the span mask is read with each of the 60 vectors of the last pass.
    assert_eq!((run.events.softmax_elements, run.events.aux_read_bytes), (2880, 960));
    assert_eq!((run.events.mask_reads, run.events.mask_writes), ([180, 0], [0, 60]));
}

#[test]
fn fewer_lanes_take_more_cycles_for_a_vector() {
    // 3 x (4 x 48 + 13) + 3 x (4 x 12 + 13) = 798.
    assert_eq!(alone(&design(&["sfu.cycles_per_vector=4"]), MEMORY, softmax()).0, 798);
}

#[test]
fn layer_norm_makes_two_passes_over_each_block() {
    // Pass: decode 3, add 4, square 1, tree 2, accumulate 1, rsqrt 4 = 15. 2 x (48 + 15) + 2 x (12 + 15) = 180.
    let parameters = AuxRange { start: 0, bytes: 192 };
    let (a, b, out) = (region(0, 0), region(1, 0), region(0, 2048));
    let norm = LayerNorm { a, b, out, rows: 20, valid: 48, parameters };
    let (cycles, run) = alone(&design(&[]), MEMORY, Operation::LayerNorm(norm));
    assert_eq!(cycles, 180);
    // 2 passes x 60 vectors x 16; the parameters, 4 x 16 bytes, for each of 2 passes x 2 x 3 tiles.
    assert_eq!((run.events.layernorm_elements, run.events.aux_read_bytes), (1920, 768));
    // Both operands in both passes; one result.
    assert_eq!((run.events.mask_reads, run.events.mask_writes), ([120, 120], [60, 0]));
}

#[test]
fn entropy_makes_two_passes_and_divides() {
    // Pass: decode 3, subtract 1, exp2 3, multiply 1, tree 2, accumulate 1 = 11. End: log2 3, divide 32, sum and compare 2
    // = 37. 2 x (1 + 11) + 37 = 61.
    let entropy = Entropy { input: Region::new(16, 0, 0, 1, 1), classes: 2 };
    let (cycles, run) = alone(&design(&[]), MEMORY, Operation::Entropy(entropy));
    assert_eq!((cycles, run.events.entropy_elements), (61, 32));
}

#[test]
fn rows_that_fill_no_block_make_their_own_passes_alone() {
    // 4 rows of 3 vectors: 3 x (12 + 13) = 75. A full block alone: 3 x (48 + 13) = 183.
    for (rows, expected) in [(4, 75), (16, 183)] {
        let Operation::Softmax(all) = softmax() else { unreachable!("softmax() makes a softmax") };
        assert_eq!(alone(&design(&[]), MEMORY, Operation::Softmax(Softmax { rows, ..all })).0, expected);
    }
}
