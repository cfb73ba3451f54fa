//! Hardware described with widths that are known at run time, checked and printed by rust_hdl.
//!
//! Designs are run-time records: any n, any AdaptivFloat format, any power-of-two buffer. rust_hdl's own front end
//! (`Bits<N>`, `#[hdl_gen]`) wants every width as a const generic, so each supported design would be a monomorphised
//! copy in a table; it multiplies 16 x 16 bits only; and its Rust simulation differs silently from the Verilog that it
//! prints wherever Verilog's width rules do. Its blocks, atoms, probes, syntax tree, checks and Verilog generator all
//! work on run-time widths, though. So a thin typed layer stands here: [`Expr`] and [`Module`] build rust_hdl's tree,
//! rust_hdl checks and prints it, and nothing else in this crate names rust_hdl. Its Rust simulator is not used: only
//! what the emitted Verilog does counts, and the tests run that.
//!
//! Timing: a module with registers has ports `clock` and `reset` (synchronous, active high); a register takes its next
//! value at the rising edge. Not modelled: several clocks, tri-states, latches, delays.

mod block;
mod check;
mod control;
mod error;
mod expr;
mod instance;
mod leaf;
mod lower;
mod module;
mod names;
mod operators;
mod print;
mod process;
mod statement;

pub use control::{Arm, Branch, arm};
pub use error::{Error, Problem};
pub use expr::{Expr, concat, lit, lit_wide, mux, ones};
pub use instance::Instance;
pub use leaf::{memory, rom};
pub use module::{Module, Port};
pub(crate) use print::body;
