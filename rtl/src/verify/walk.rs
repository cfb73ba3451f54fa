//! Commands of the units that walk over block, pass, tile and row: every port of every cycle.

use super::{Draw, Failure, Plan, Tally};
use crate::cosim::{Bench, Difference};
use crate::unit::Walk;
use kernels::adaptivfloat::Format;
use models::latency;

/// Blocks or tiles that make every bit of their numbers change.
pub(super) const MANY: u64 = 2100;

/// Where a vector is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) block: u64,
    pub(super) pass: u64,
    pub(super) tile: u64,
    pub(super) row: u64,
    /// Rows of its block.
    pub(super) height: u64,
}

/// Rows, tiles and valid elements of a row of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) rows: u64,
    pub(super) tiles: u64,
    pub(super) valid: u64,
}

impl Shape {
    /// One of everything, ends within blocks and tiles, nothing valid, many tiles, many blocks.
    pub(super) fn directed(n: u64) -> Vec<Shape> {
        let all = [
            (1, 1, n),
            (1, 1, 1),
            (n, 1, n),
            (n + 1, 3, 2 * n + 1),
            (2, 2, 0),
            (3 * n - 1, 1, n),
            (1, MANY, (MANY - 1) * n + 1),
            (MANY * n, 1, n),
        ];
        // Many tiles and blocks of many lanes take long, and the counters are the same.
        let most = if n <= 4 { all.len() } else { all.len() - 2 };
        all[..most].iter().map(|&(rows, tiles, valid)| Shape { rows, tiles, valid }).collect()
    }

    /// A row as long as a command can name: 12 bits of tiles, 16 of elements.
    pub(super) fn longest(n: u64) -> Shape {
        let tiles = 4095.min(u64::from(u16::MAX) / n);
        Shape { rows: 1, tiles, valid: tiles * n }
    }

    /// Some blocks of some tiles, the last of which is mostly valid in part.
    pub(super) fn draw(draw: &mut Draw, n: u64) -> Shape {
        let (rows, tiles) = (1 + draw.below(3 * n), 1 + draw.below(5));
        let valid = if draw.once_in(4) { draw.below(tiles * n + 1) } else { tiles * n - draw.below(n) };
        Shape { rows, tiles, valid }
    }
}

/// Random numbers of their own for each format and number of lanes.
pub(super) fn stream(format: Format, n: u32) -> u64 {
    u64::from(n) << 16 | u64::from(format.width()) << 8 | u64::from(format.exponent())
}

/// Directed commands, then random ones with gaps between them.
pub(super) fn commands(
    plan: &Plan,
    (mut bench, mut draw): (Bench, Draw),
    n: u32,
    mut command: impl FnMut(&mut Bench, &mut Draw, Shape) -> Result<(), Failure>,
) -> Result<Tally, Failure> {
    for shape in Shape::directed(n.into()) {
        command(&mut bench, &mut draw, shape)?;
    }
    let mut read = 0;
    while read < plan.share(2) {
        let shape = Shape::draw(&mut draw, n.into());
        idle(&mut bench, &mut draw)?;
        command(&mut bench, &mut draw, shape)?;
        read += shape.rows * shape.tiles;
    }
    // The gates of many lanes take Yosys minutes.
    if n <= 2 { plan.replay(bench) } else { Plan { netlist: false, ..plan.clone() }.replay(bench) }
}

/// What is read in each cycle of a command, by loops over block, pass, tile and row.
pub(super) fn schedule(walk: Walk, rows: u64, tiles: u64) -> Vec<Option<Place>> {
    let mut cycles = vec![];
    for block in 0..rows.div_ceil(walk.n.into()) {
        let height = (rows - block * u64::from(walk.n)).min(walk.n.into());
        for pass in 0..walk.passes.into() {
            let places = (0..tiles).flat_map(|tile| (0..height).map(move |row| (tile, row)));
            cycles.extend(places.map(|(tile, row)| Some(Place { block, pass, tile, row, height })));
            cycles.extend((0..walk.between).map(|_| None));
        }
    }
    cycles.truncate(cycles.len() - walk.between as usize);
    cycles.extend((0..walk.after).map(|_| None));
    cycles
}

/// An exponent as a field of a command.
pub(super) fn field(exponent: i32) -> u64 {
    u64::from(exponent.cast_unsigned() & 0x3ff)
}

/// A value of a port, in 32-bit words.
pub(super) type Port = (&'static str, Vec<u32>);

/// A command of a unit that reads vectors and writes codes.
pub(super) struct Command<'a> {
    pub(super) walk: Walk,
    /// Cycles from a read of the last pass to its write.
    pub(super) depth: u64,
    pub(super) rows: u64,
    pub(super) tiles: u64,
    pub(super) fields: &'a [(&'static str, u64)],
    /// The vectors at a place.
    pub(super) vectors: &'a dyn Fn(Place) -> Vec<Port>,
    /// The parameter word that a read needs, if it needs a new one.
    pub(super) parameter: Option<&'a dyn Fn(Place) -> Option<Vec<u32>>>,
    /// The codes that belong to a place.
    pub(super) codes: &'a dyn Fn(Place) -> Vec<u32>,
}

impl Command<'_> {
    /// Runs it; inputs that carry nothing are random.
    pub(super) fn run(&self, bench: &mut Bench, draw: &mut Draw) -> Result<(), Box<Difference>> {
        let places = schedule(self.walk, self.rows, self.tiles);
        let writes = |place: &Place| place.pass + 1 == u64::from(self.walk.passes);
        for (name, value) in [("rows", self.rows), ("tiles", self.tiles)].iter().chain(self.fields) {
            bench.set(name, *value);
        }
        for cycle in 0..places.len() {
            let before = |cycles: u64| cycle.checked_sub(cycles as usize).and_then(|at| places[at]);
            bench.set("start", u64::from(cycle == 0));
            bench.expect("done", u64::from(cycle + 1 == places.len()));
            self.put(bench, before(latency::DECODE), draw);
            numbers(bench, "read", before(0));
            numbers(bench, "write", before(self.depth).filter(writes));
            if let Some(parameter) = self.parameter {
                bench.expect("parameter_read", before(0).and_then(parameter).is_some().into());
            }
            if let Some(place) = before(self.depth).filter(writes) {
                bench.expect_words("codes", &(self.codes)(place));
                let ends = cycle + latency::ENCODE as usize <= places.len();
                bench.require(ends, || format!("the encoder of {place:?} outlives the command"))?;
            }
            bench.step()?;
        }
        Ok(())
    }

    /// What the buffers give in this cycle for a read some cycles ago.
    fn put(&self, bench: &mut Bench, read: Option<Place>, draw: &mut Draw) {
        let any = (self.vectors)(Place { block: 0, pass: 0, tile: 0, row: 0, height: 1 });
        for (name, words) in read.map_or(any, self.vectors) {
            let random: Vec<u32> = words.iter().map(|_| draw.word()).collect();
            bench.set_words(name, if read.is_some() { &words } else { &random });
        }
        if let (Some(parameter), Some(read)) = (self.parameter, read)
            && let Some(words) = parameter(read)
        {
            bench.set_words("parameters", &words);
        }
    }
}

/// Cycles between two commands: nothing is read or written, the fields are random.
pub(super) fn idle(bench: &mut Bench, draw: &mut Draw) -> Result<(), Box<Difference>> {
    bench.set("start", 0);
    for _ in 0..draw.below(4) {
        bench.set("rows", draw.bits(16));
        bench.set("tiles", draw.bits(12));
        for name in ["read", "write", "done"] {
            bench.expect(name, 0);
        }
        bench.step()?;
    }
    Ok(())
}

fn numbers(bench: &mut Bench, what: &str, place: Option<Place>) {
    bench.expect(what, place.is_some().into());
    let Some(place) = place else { return };
    for (name, value) in [("block", place.block), ("tile", place.tile), ("row", place.row)] {
        bench.expect(&format!("{what}_{name}"), value);
    }
}
