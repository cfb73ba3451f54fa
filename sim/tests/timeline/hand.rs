//! Pages in use, of runs that are small enough to be told by hand.

use models::design::Design;
use models::program::command::Base;
use models::program::{
    Command, Encoding, MemoryMap, Occupancy, Operation, Program, Region, Stage, Tag, Transfer,
};
use sim::machine::{Run, Span};
use sim::timeline::{Level, pages};

const N: u32 = 4;
/// Vectors of a page: 1,024 bytes in eight pages, four codes a vector.
const PAGE: u32 = 32;

fn design() -> Design {
    let sets = ["pu.n=4", "sfu.cycles_per_vector=1", "buffer.bytes=1024", "buffer.pages=8"];
    let design: Design = super::read("offramp", &sets);
    assert_eq!(design.page_vectors(), u64::from(PAGE));
    design
}

/// One tile in a row at vector `base` of buffer 0.
fn tile(base: u32) -> Region {
    Region::new(N, 0, base, 1, 1)
}

/// A move of a region, and the cycles in which it ran.
type Move = (fn(Transfer) -> Operation, Region, u64, u64);

/// Pages in use while these ran.
fn ran(list: &[Move]) -> [Vec<Level>; 2] {
    let transfer = |region| Transfer {
        base: Base::Zero,
        offset: 0,
        blocks: 1,
        stride: 0,
        block_bytes: 1,
        aux: None,
        encoding: Encoding::Dense,
        region: Some(region),
        occupancy: Occupancy::DENSE,
    };
    let tag = Tag { stage: Stage::Query, layer: None, head: None, part: (0, 0) };
    let command = |operation| Command { operation, waits: [0; 4], tag };
    let commands = list.iter().map(|(make, region, ..)| command(make(transfer(*region)))).collect();
    let span = |(at, (_, _, start, end)): (usize, &Move)| Span {
        command: at as u32,
        layer: 1,
        dispatched: 0,
        start: *start,
        end: *end,
        stalled_on: [0; 4],
    };
    let run = Run { spans: list.iter().enumerate().map(span).collect(), ..Run::default() };
    let program =
        Program { commands, layers: 1, exits: false, memory: MemoryMap::default(), choices: Vec::new() };
    pages(&design(), &program, &run)
}

fn levels(list: &[(u64, u64)]) -> Vec<Level> {
    list.iter().map(|(cycle, count)| Level { cycle: *cycle, count: *count }).collect()
}

#[test]
fn from_the_first_writer_to_the_last_reader_before_it_is_written_anew() {
    let (a, b) = (tile(0), tile(PAGE));
    let found = ran(&[
        (Operation::Load, a, 0, 10),
        (Operation::Load, b, 10, 20),
        (Operation::Store, a, 20, 30),
        (Operation::Store, a, 30, 35),
        (Operation::Load, a, 40, 50),
        (Operation::Store, b, 60, 70),
    ]);
    assert_eq!(found[0], levels(&[(0, 1), (10, 2), (35, 1), (40, 2), (50, 1), (70, 0)]));
    assert_eq!(found[1], levels(&[(0, 0)]));
}

#[test]
fn a_page_waits_for_the_last_of_its_vectors() {
    let (first, second) = (tile(0), tile(N));
    let found = ran(&[
        (Operation::Load, first, 0, 10),
        (Operation::Load, second, 10, 20),
        (Operation::Store, first, 20, 30),
        (Operation::Load, first, 40, 50),
        (Operation::Store, second, 60, 70),
        (Operation::Store, first, 80, 90),
    ]);
    assert_eq!(found[0], levels(&[(0, 1), (90, 0)]), "of one page, some vector is always in use");
}

#[test]
fn gaps_between_row_blocks_are_not_in_use() {
    let apart = Region { buffer: 0, base: 0, block_stride: 3 * PAGE, blocks: 2, tiles: 1 };
    let found = ran(&[(Operation::Load, apart, 5, 10)]);
    assert_eq!(found[0], levels(&[(0, 0), (5, 2), (10, 0)]), "pages 0 and 3");
    let across = tile(PAGE - 1);
    let found = ran(&[(Operation::Store, across, 5, 10), (Operation::Store, across, 20, 30)]);
    assert_eq!(
        found[0],
        levels(&[(0, 0), (5, 2), (30, 0)]),
        "read though never written: from the first read on"
    );
}
