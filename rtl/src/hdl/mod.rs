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
//!
//! ```
//! use rtl::hdl::{Error, Module, arm, lit, mux};
//! # fn main() -> Result<(), Error> {
//! let width = 20;
//! let mut m = Module::new("tally", "sum of what is taken").parameter("width", width).latency("1 cycle");
//! let x = m.input("x", 8, "operand, two's complement");
//! let mode = m.input("mode", 2, "0 holds, 1 adds, 2 clears, 3 adds the magnitude");
//! let total = m.register("total", width, 0);
//! let magnitude = m.wire("magnitude", mux(x.sign(), x.negate(), &x));
//! m.case(
//!     &mode,
//!     vec![
//!         arm(1, |m| m.next(&total, &total + x.sign_extend(width))),
//!         arm(2, |m| m.next(&total, lit(width, 0))),
//!         arm(3, |m| m.next(&total, &total + magnitude.widen(width))),
//!     ],
//!     |_| {},
//! );
//! let y = m.output("y", width, "the sum so far");
//! m.assign(y, &total);
//! let tally = m.finish()?;
//!
//! let mut top = Module::new("doubled", "a tally of twice the operand");
//! let x = top.input("x", 7, "operand");
//! let inner = top.instance("inner", &tally, &[("x", &x.widen(8).shl(1)), ("mode", &lit(2, 1))]);
//! let y = top.output("y", width, "the sum so far");
//! top.assign(y, inner.out("y"));
//! assert!(rtl::emit::emit(&top.finish()?)?.text().contains("tally inner("));
//! # Ok(())
//! # }
//! ```

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
pub use leaf::{address_bits, memory, memory_1r1w, memory_lanes, rom};
pub use module::{Module, Port};
pub(crate) use print::body;
