//! The machine in rust_hdl, and the Verilog emitted from it.
//!
//! The units are specified by the timing contracts at the head of each module of `sim::machine` (`pu`, `softmax`,
//! `layernorm`, `add`, `entropy`, `dma`, `sequencer`), their pipeline depths by [`models::latency`], their values by
//! the module of the same name in `kernels`. Only what the emitted Verilog does counts: [`cosim`] runs
//! it, [`verify`] holds it to kernels and contracts, [`synth`] says what it costs, next to the units of [`mod@reference`].

pub mod cosim;
pub mod emit;
pub mod hdl;
pub mod machine;
pub mod reference;
pub mod register_map;
pub mod run;
pub mod synth;
pub mod unit;
pub mod verify;
