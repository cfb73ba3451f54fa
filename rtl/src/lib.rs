//! The machine in rust_hdl, and the Verilog emitted from it.
//!
//! This crate holds its place: the units that [`DESIGN`](../../ARCHITECTURE.md) names are described by their timing
//! contracts in the simulator (`sim/src/unit`), and will be written here against them.
