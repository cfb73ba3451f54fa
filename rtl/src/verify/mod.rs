//! Every unit against the kernels and the timing contracts: the benches that `cargo test` and `offramp cosim` run.
//!
//! A [`Check`] is a plain function of a [`Plan`] (how many vectors, which seed, at which sizes) that gives a [`Tally`] of what
//! was compared, or the [`Failure`]. To add one: a file here with `fn unit(&Plan) -> Result<Tally, Failure>`, a line in
//! [`CHECKS`], one in [`catalogue`](crate::unit::catalogue), and a test that calls `common::verified("unit")`.
//!
//! A bench has the shape
//! ```no_run
//! # use rtl::{unit::fifo, verify::{Plan, Tally, Failure}};
//! fn bench(plan: &Plan) -> Result<Tally, Failure> {
//!     let mut tally = Tally::default();
//!     for depth in plan.shapes(&[1, 8], |design| design.sequencer.queue) {
//!         let (mut bench, mut draw) = (plan.bench(fifo(depth, 8))?, plan.draw(1));
//!         for _ in 0..plan.vectors {
//!             bench.set("data", draw.bits(8));
//!             bench.set("push", 0);
//!             bench.expect("used", 0);
//!             bench.step().map_err(|difference| difference.about(depth))?;
//!         }
//!         tally += plan.replay(bench)?;
//!     }
//!     Ok(tally)
//! }
//! ```

mod accesses;
mod accumulator;
mod add;
mod align;
mod arithmetic;
mod auxiliary_buffer;
mod axi_read;
mod axi_write;
mod bitmask_decoder;
mod bitmask_encoder;
mod burst;
mod bus;
mod command;
mod control;
mod counters;
mod dense_decoder;
mod distance;
mod draw;
mod dvfs;
mod entropy;
mod epilogue;
mod failure;
mod fifo;
mod job;
mod layernorm;
mod load;
mod mutants;
mod nest;
mod operand_buffer;
mod pack;
mod packing;
mod pages;
mod phases;
mod plan;
mod product;
mod program;
mod pu;
mod reference;
mod registers;
mod requantise;
mod rsqrt;
mod runs;
mod sfu;
mod small;
mod softmax;
mod store;
mod tables;
mod walk;
mod walker;
mod written;

pub use draw::{Draw, packed};
pub use failure::{Failed, Failure};
pub use mutants::{Mutants, Selected};
pub use plan::{Model, Plan, Tally};
pub use reference::REFERENCE_CHECKS;

/// The bench of a unit.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// The unit, by its name in the catalogue.
    pub unit: &'static str,
    /// Units that it tests as parts of this one.
    pub parts: &'static [&'static str],
    /// The bench.
    pub bench: fn(&Plan) -> Result<Tally, Failure>,
}

/// All benches, in the order of the catalogue.
pub const CHECKS: &[Check] = &[
    Check { unit: "significand", parts: &[], bench: arithmetic::significand },
    Check { unit: "multiply", parts: &[], bench: arithmetic::multiply },
    Check { unit: "vector_mac", parts: &[], bench: arithmetic::vector_mac },
    Check { unit: "accumulator", parts: &[], bench: accumulator::accumulator },
    Check { unit: "activation", parts: &[], bench: epilogue::activation },
    Check { unit: "epilogue", parts: &[], bench: epilogue::epilogue },
    Check { unit: "requantise", parts: &[], bench: requantise::requantise },
    Check { unit: "align", parts: &[], bench: align::align },
    Check { unit: "exp2", parts: &[], bench: tables::exp2 },
    Check { unit: "log2", parts: &[], bench: tables::log2 },
    Check { unit: "divide", parts: &[], bench: tables::divide },
    Check { unit: "phases", parts: &[], bench: phases::phases },
    Check { unit: "bitmask_decoder", parts: &[], bench: bitmask_decoder::bitmask_decoder },
    Check { unit: "bitmask_encoder", parts: &[], bench: bitmask_encoder::bitmask_encoder },
    Check { unit: "pu", parts: &[], bench: pu::pu },
    Check { unit: "rsqrt", parts: &[], bench: rsqrt::rsqrt },
    Check { unit: "walker", parts: &[], bench: walker::walker },
    Check { unit: "add", parts: &[], bench: add::add },
    Check { unit: "layernorm", parts: &[], bench: layernorm::layernorm },
    Check { unit: "distance", parts: &[], bench: distance::distance },
    Check { unit: "largest", parts: &[], bench: distance::largest },
    Check { unit: "softmax", parts: &[], bench: softmax::softmax },
    Check { unit: "entropy", parts: &[], bench: entropy::entropy },
    Check { unit: "region", parts: &[], bench: sfu::region },
    Check { unit: "sfu", parts: &[], bench: sfu::sfu },
    Check { unit: "dense_decoder", parts: &[], bench: dense_decoder::dense_decoder },
    Check { unit: "page", parts: &[], bench: operand_buffer::page },
    Check { unit: "operand_buffer", parts: &[], bench: operand_buffer::operand_buffer },
    Check { unit: "operand_buffers", parts: &[], bench: operand_buffer::operand_buffers },
    Check { unit: "auxiliary_buffer", parts: &[], bench: auxiliary_buffer::auxiliary_buffer },
    Check { unit: "load", parts: &["lookup", "gather", "row_walk", "sort"], bench: load::load },
    Check { unit: "unpack", parts: &[], bench: bus::unpack },
    Check { unit: "store", parts: &[], bench: store::store },
    Check { unit: "pack", parts: &[], bench: pack::pack },
    Check { unit: "counters", parts: &[], bench: counters::counters },
    Check { unit: "watchdog", parts: &[], bench: bus::watchdog },
    Check { unit: "fifo", parts: &[], bench: fifo::fifo },
    Check { unit: "control", parts: &["sequencer", "queue"], bench: control::control },
    Check { unit: "dvfs", parts: &[], bench: dvfs::dvfs },
    Check { unit: "registers", parts: &[], bench: registers::registers },
    Check { unit: "burst", parts: &[], bench: burst::burst },
    Check { unit: "axi_read", parts: &[], bench: axi_read::axi_read },
    Check { unit: "axi_write", parts: &[], bench: axi_write::axi_write },
];

/// The bench that tests a unit, alone or as a part of another, or a unit to compare with.
pub fn check(unit: &str) -> Option<&'static Check> {
    CHECKS.iter().chain(REFERENCE_CHECKS).find(|check| check.unit == unit || check.parts.contains(&unit))
}

impl Check {
    /// Runs it.
    ///
    /// # Errors
    /// The first failure, with the command that repeats it.
    pub fn run(&self, plan: &Plan) -> Result<Tally, Box<Failed>> {
        (self.bench)(plan).map_err(|failure| self.failed(plan, failure))
    }

    fn failed(&self, plan: &Plan, failure: Failure) -> Box<Failed> {
        Box::new(Failed { unit: self.unit, command: plan.command(self.unit), failure })
    }
}
