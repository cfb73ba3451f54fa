//! Processing unit. Pipeline: decode 3, multiply 1, tree (2 at n = 16, 1 at n = 4), accumulate 1, activate 3, requantise 2,
//! encode 2: 14 cycles at n = 16, 13 at n = 4.

use super::{MEMORY, alone, design, product, tile};
use models::program::Occupancy;
use sim::machine::Events;

/// Run, gated and skipped multiply-accumulates.
fn macs(events: &Events) -> [u64; 3] {
    [events.macs_run, events.macs_gated, events.macs_skipped]
}

#[test]
fn one_tile() {
    // 16 fill + 16 stream + 14 = 46.
    let (cycles, run) = alone(&design(&[]), MEMORY, tile());
    assert_eq!(cycles, 46);
    assert_eq!(macs(&run.events), [4096, 0, 0]);
    assert_eq!((run.events.code_reads, run.events.mask_reads), ([256, 256], [16, 16]));
    assert_eq!((run.events.code_writes, run.events.mask_writes), ([256, 0], [16, 0]));
}

#[test]
fn a_product_fills_behind_its_streams() {
    // 2 x 3 x 4 = 24 tiles: 16 for the first fill, 24 x 16 streams, each hiding the next fill, 14: 16 x 25 + 14 = 414.
    let operation = product(16, 2, 3, 4, [Occupancy::DENSE; 2]);
    assert_eq!(alone(&design(&[]), MEMORY, operation.clone()).0, 414);
    assert_eq!(alone(&design(&["pu.sparsity=dense"]), MEMORY, operation.clone()).0, 414);
    // A bias costs no cycle but a read of 2 x 16 bytes for each of the 6 output tiles.
    let (cycles, run) = alone(&design(&["pu.sparsity=gate"]), MEMORY, operation);
    assert_eq!((cycles, run.events.aux_read_bytes), (414, 0));
}

/// Rows whose tile 0 is null and of whose other 8 vectors 6 are not: 0, 3, 3. Columns of whose 12 vectors 6 are not null:
/// 2, 2, 2.
fn sparse() -> [Occupancy; 2] {
    let share = |nonnull_ppm, null_tiles| Occupancy { nonzero_ppm: 250_000, nonnull_ppm, null_tiles };
    [share(750_000, 1), share(500_000, 0)]
}

#[test]
fn skip_passes_over_null_vectors_and_null_tiles() {
    // n = 4, one output tile, three reduction tiles; (fill, stream) = (0, 0), (2, 3), (2, 4): the last streams all 4 rows.
    //   fill of tile 0           max(1, 0)    1   a phase takes a cycle at least
    //   stream 0 beside fill 1   max(0, 2)    2
    //   stream 1 beside fill 2   max(3, 2)    3
    //   stream 2                 4            4   sum 10, pipeline 13: 23
    // Dots 3 x 2 + 3 x 2 = 12 of 4 MACs: 48 run. Streamed 7 vectors x 4 lanes x 4 = 112 spent: 64 gated, 192 - 112 skipped.
    let (cycles, run) = alone(&design(&["pu.n=4"]), MEMORY, product(4, 1, 1, 3, sparse()));
    assert_eq!(cycles, 23);
    assert_eq!(macs(&run.events), [48, 64, 80]);
    assert_eq!(run.events.pu_active_cycles, 10);
    assert_eq!(run.events.mask_reads, [7, 4], "vectors streamed, vectors filled");
}

#[test]
fn gate_spends_the_cycles_and_not_the_energy() {
    // 4 x (3 + 1) + 13 = 29 under both. Dots: 0 x 2 + 3 x 2 + 3 x 2 = 12 of 4 MACs: 48 of 192 run under gate.
    let expected = [("dense", [192, 0, 0]), ("gate", [48, 144, 0])];
    for (policy, counts) in expected {
        let design = design(&["pu.n=4", &format!("pu.sparsity={policy}")]);
        let (cycles, run) = alone(&design, MEMORY, product(4, 1, 1, 3, sparse()));
        assert_eq!((cycles, macs(&run.events)), (29, counts), "{policy}");
    }
}

#[test]
fn a_null_product_still_writes_its_zeros() {
    // Nothing fills; 1 + 1 + 1 cycles pass over fill and two null tiles, the last streams 4 rows of zeros: 7 + 13 = 20.
    let null = Occupancy { nonzero_ppm: 0, nonnull_ppm: 0, null_tiles: 3 };
    let operation = product(4, 1, 1, 3, [null, Occupancy::DENSE]);
    let (cycles, run) = alone(&design(&["pu.n=4"]), MEMORY, operation);
    assert_eq!((cycles, macs(&run.events)), (20, [0, 64, 128]));
}
