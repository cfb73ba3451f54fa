//! The units of the machine. Each takes its sizes as plain numbers and gives a finished module.

mod multiply;
mod significand;
mod vector_mac;

pub use multiply::{multiply, product_width};
pub use significand::{significand, significand_width};
pub use vector_mac::{accumulator_width, largest_reduction, vector_mac};
