//! The emitted Verilog, run: by Verilator from Rust, by Icarus and on the Yosys netlist from a recording.
//!
//! [`Dut`] drives a compiled model; [`Bench`] drives one, compares it with what is expected, and keeps a
//! [`Recording`]; [`replay`] runs a recording under Icarus; [`lint`](lint::lint) holds the text to a written list of
//! allowed messages; [`coverage`] says what of it has run; [`wave`] reads a wave again; [`formal`] proves what no bench can try. A tool that is missing is said aloud by [`tools::have`], and is a failure where
//! `OFFRAMP_REQUIRE_TOOLS=1`.

mod bench;
mod build;
pub mod coverage;
mod difference;
mod dut;
mod equivalence;
pub mod formal;
pub mod lint;
mod memories;
mod mutation;
mod netlist;
mod recording;
pub mod tools;
pub mod wave;

pub use bench::Bench;
pub use build::BuildError;
pub use difference::{Difference, What};
pub use dut::{Dut, Trace};
pub use equivalence::equivalent;
pub use mutation::{Mutated, Mutation, mutate};
pub use netlist::netlist;
pub use recording::{Recording, ReplayError, replay};
