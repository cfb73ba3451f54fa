//! Commands of the units of the SFU, every port of every cycle.

use models::latency;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, Difference};
use rtl::unit::Walk;

/// Where a vector is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) block: u64,
    pub(crate) pass: u64,
    pub(crate) tile: u64,
    pub(crate) row: u64,
    /// Rows of its block.
    pub(crate) height: u64,
}

/// What is read in each cycle of a command, by loops over block, pass, tile and row.
pub(crate) fn schedule(walk: Walk, rows: u64, tiles: u64) -> Vec<Option<Place>> {
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

/// A value of a port, in 32-bit words.
pub(crate) type Port = (&'static str, Vec<u32>);

/// A command of a unit that reads vectors and writes codes.
pub(crate) struct Command<'a> {
    pub(crate) walk: Walk,
    /// Cycles from a read of the last pass to its write.
    pub(crate) depth: u64,
    pub(crate) rows: u64,
    pub(crate) tiles: u64,
    pub(crate) fields: &'a [(&'static str, u64)],
    /// The vectors at a place.
    pub(crate) vectors: &'a dyn Fn(Place) -> Vec<Port>,
    /// The parameter word that a read needs, if it needs a new one.
    pub(crate) parameter: Option<&'a dyn Fn(Place) -> Option<Vec<u32>>>,
    /// The codes that belong to a place.
    pub(crate) codes: &'a dyn Fn(Place) -> Vec<u32>,
}

impl Command<'_> {
    /// Runs it; inputs that carry nothing are random.
    pub(crate) fn run(&self, bench: &mut Bench, rng: &mut ChaCha8Rng) -> Result<(), Box<Difference>> {
        let places = schedule(self.walk, self.rows, self.tiles);
        let writes = |place: &Place| place.pass + 1 == u64::from(self.walk.passes);
        for (name, value) in [("rows", self.rows), ("tiles", self.tiles)].iter().chain(self.fields) {
            bench.set(name, *value);
        }
        for cycle in 0..places.len() {
            let before = |cycles: u64| cycle.checked_sub(cycles as usize).and_then(|at| places[at]);
            bench.set("start", u64::from(cycle == 0));
            bench.expect("done", u64::from(cycle + 1 == places.len()));
            self.put(bench, before(latency::DECODE), rng);
            numbers(bench, "read", before(0));
            numbers(bench, "write", before(self.depth).filter(writes));
            if let Some(parameter) = self.parameter {
                bench.expect("parameter_read", before(0).and_then(parameter).is_some().into());
            }
            if let Some(place) = before(self.depth).filter(writes) {
                bench.expect_words("codes", &(self.codes)(place));
                let encoded = cycle + latency::ENCODE as usize;
                assert!(encoded <= places.len(), "the encoder of {place:?} outlives the command");
            }
            bench.step()?;
        }
        Ok(())
    }

    /// What the buffers give in this cycle for a read some cycles ago.
    fn put(&self, bench: &mut Bench, read: Option<Place>, rng: &mut ChaCha8Rng) {
        let any = (self.vectors)(Place { block: 0, pass: 0, tile: 0, row: 0, height: 1 });
        for (name, words) in read.map_or(any, self.vectors) {
            let random: Vec<u32> = words.iter().map(|_| rng.next_u32()).collect();
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
pub(crate) fn idle(bench: &mut Bench, cycles: u32, rng: &mut ChaCha8Rng) -> Result<(), Box<Difference>> {
    bench.set("start", 0);
    for _ in 0..cycles {
        bench.set("rows", u64::from(rng.next_u32() & 0xffff));
        bench.set("tiles", u64::from(rng.next_u32() & 0xfff));
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
