//! DMA. Cycles count from the start of the command; the first request goes out in cycle 1. A load ends 2 cycles after its last
//! beat; a store's burst is ready 2 cycles after its request.

use super::{MEMORY, alone, command, design, run_all, run_commands};
use models::program::{Base, Encoding, Gather, Index, Occupancy, Operation, Region, Space, Transfer};
use sim::machine::MemoryTiming;

/// `blocks` runs of `block_bytes` from `offset` on, to or from the outside of the buffers alone.
fn transfer(offset: u64, blocks: u32, stride: u64, block_bytes: u64) -> Transfer {
    Transfer {
        base: Base::Zero,
        offset,
        blocks,
        stride,
        block_bytes,
        aux: None,
        encoding: Encoding::Dense,
        region: None,
        occupancy: Occupancy::DENSE,
    }
}

/// So many full bursts of 16 beats of 8 bytes, at a page.
fn bursts(count: u64) -> Transfer {
    transfer(0, 1, 0, count * 128)
}

#[test]
fn two_outstanding_bursts_hide_part_of_a_long_latency() {
    // Latency 50, bursts of 16. Burst 1 starts at 1 + 50 = 51. Burst 3 is requested when burst 1 ends, 51 + 16, and starts
    // 50 later, at 117; burst 5 another 66 later, at 183. It ends at 199; + 2 = 201.
    let memory = MemoryTiming { read_latency: 50, ..MEMORY };
    let (cycles, run) = alone(&design(&[]), memory, Operation::Load(bursts(5)));
    assert_eq!(cycles, 201);
    assert_eq!((run.events.axi_beats, run.events.external_read_bytes), (80, 640));
}

#[test]
fn two_outstanding_bursts_hide_a_short_latency() {
    // Latency 10 < 16: from the first beat on, a beat every cycle. 1 + 10 + 5 x 16 + 2 = 93; at 3 cycles a beat,
    // 1 + 10 + 5 x 48 + 2 = 253.
    let memory = MemoryTiming { read_latency: 10, ..MEMORY };
    assert_eq!(alone(&design(&[]), memory, Operation::Load(bursts(5))).0, 93);
    let slow = MemoryTiming { beat_cycles: 3, ..memory };
    assert_eq!(alone(&design(&[]), slow, Operation::Load(bursts(5))).0, 253);
}

#[test]
fn a_store_ends_when_its_last_burst_is_acknowledged() {
    // Requests in 1 and 2; burst 1 moves 3..19 and is acknowledged at 49, burst 2 moves 19..35. The third request goes out at
    // 49: it moves 51..67 and is acknowledged at 97.
    let (cycles, run) = alone(&design(&[]), MEMORY, Operation::Store(bursts(3)));
    assert_eq!((cycles, run.events.external_write_bytes), (97, 384));
}

#[test]
fn bursts_stop_at_4_kib_and_runs_at_their_ends() {
    // Beats are of 8 bytes. 4051..4096: beats 506 to 511, 6. 4096..4156: beats 512 to 519, 8. 9051..9156: beats 1131 to 1144,
    // 14. One burst at a time, latency 20: (1 + 20 + 6) + (20 + 8) + (20 + 14) + 2 = 91.
    let strided = Operation::Load(transfer(4051, 2, 5000, 105));
    let one = MemoryTiming { outstanding: 1, ..MEMORY };
    let (cycles, run) = alone(&design(&[]), one, strided.clone());
    assert_eq!((cycles, run.events.axi_beats), (91, 28));
    // All three requested at once: 1 + 20 + 28 + 2 = 51.
    let four = MemoryTiming { outstanding: 4, ..MEMORY };
    assert_eq!(alone(&design(&[]), four, strided).0, 51);
}

#[test]
fn runs_that_touch_are_one() {
    // 4 x 32 bytes, touching: one burst of 16 beats, 1 + 20 + 16 + 2 = 39. 8 bytes apart: four bursts of 4, one at a time:
    // 1 + 4 x (20 + 4) + 2 = 99.
    let one = MemoryTiming { outstanding: 1, ..MEMORY };
    assert_eq!(alone(&design(&[]), one, Operation::Load(transfer(0, 4, 32, 32))).0, 39);
    assert_eq!(alone(&design(&[]), one, Operation::Load(transfer(0, 4, 40, 32))).0, 99);
}

#[test]
fn the_port_serves_the_older_burst() {
    // Load from cycle 3: requests in 4 and 5, ready at 14 and 15. Store from cycle 4: request in 5, ready at 7, moves 7..23,
    // acknowledged at 53. Load moves 23..39 and 39..55, ends at 57; it was ready and waited in 14..23, 9 cycles.
    let memory = MemoryTiming { read_latency: 10, ..MEMORY };
    let run = run_all(&design(&[]), memory, vec![Operation::Load(bursts(2)), Operation::Store(bursts(1))]);
    let ends: Vec<_> = run.spans.iter().map(|s| (s.command, s.start, s.end)).collect();
    assert_eq!(ends, [(1, 4, 53), (0, 3, 57)]);
    assert_eq!([run.units[0].contended, run.units[1].contended], [9, 0]);
}

#[test]
fn the_port_breaks_a_tie_for_the_load() {
    // Latency 3: load and store are both ready at 7. Load moves 7..23 (the store waits 16); its second burst, ready at 8, is
    // younger than the store's, which moves 23..39 (the load waits 16) and is acknowledged at 69; load moves 39..55, ends 57.
    let memory = MemoryTiming { read_latency: 3, ..MEMORY };
    let run = run_all(&design(&[]), memory, vec![Operation::Load(bursts(2)), Operation::Store(bursts(1))]);
    let ends: Vec<_> = run.spans.iter().map(|s| (s.command, s.end)).collect();
    assert_eq!(ends, [(0, 57), (1, 69)]);
    assert_eq!([run.units[0].contended, run.units[1].contended], [16, 16]);
}

#[test]
fn base_registers_move_with_the_layer() {
    // The run starts a beat before a 4 KiB boundary in layer 1 and at it in layer 2: 2 bursts, then 1. One at a time:
    // 1 + (20 + 1) + (20 + 1) + 2 = 45, then 1 + (20 + 2) + 2 = 25.
    let one = MemoryTiming { outstanding: 1, ..MEMORY };
    let load = Transfer { base: Base::Layer, ..transfer(4088, 1, 0, 16) };
    let repeat = Operation::Repeat { to: 1, layer_stride: 8, ramp_stride: 0 };
    let commands = [Operation::Barrier, Operation::Load(load), repeat];
    let commands = commands.map(|operation| command(operation, [0; 4])).into();
    let run = run_commands(&design(&[]), one, commands, 2, 9).unwrap();
    let cycles: Vec<_> = run.spans.iter().map(|s| s.end - s.start).collect();
    assert_eq!(cycles, [45, 25]);
}

/// Three rows of 20 bytes.
fn gather(space: Space) -> Operation {
    Operation::Gather(Gather {
        index: Index::Word,
        space,
        offset: 0,
        pitch: 20,
        row_bytes: 20,
        first: 0,
        rows: 3,
        region: Region::new(16, 0, 0, 1, 1),
        occupancy: Occupancy::DENSE,
    })
}

#[test]
fn rows_of_a_table_come_one_after_another() {
    // NVM: 20 bytes touch up to three words of 16. 2 + 3 x (4 + 3 words + 1 vector) + 2 = 28.
    let (cycles, run) = alone(&design(&[]), MEMORY, gather(Space::Nvm));
    assert_eq!((cycles, run.events.nvm_read_bits, run.events.axi_beats), (28, 1152, 0));
    // External: rows are not merged; 0..20, 20..40, 40..60 take beats 0-2, 2-4, 5-7, three each. With two outstanding and
    // latency 20, after the look-up of 2: row 1 moves 23..26, row 2 26..29, row 3 is requested at 26 and moves 46..49; + 2 = 51.
    let (cycles, run) = alone(&design(&[]), MEMORY, gather(Space::External));
    assert_eq!((cycles, run.events.nvm_read_bits, run.events.axi_beats), (51, 0, 9));
}
