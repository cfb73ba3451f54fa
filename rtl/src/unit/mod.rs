//! The units of the machine. Each takes its sizes as plain numbers and gives a finished module.

mod accumulator;
mod activation;
mod axi_read;
mod axi_write;
mod burst;
mod control;
mod epilogue;
mod fifo;
mod multiply;
mod queue;
mod registers;
mod requantise;
mod sequencer;
mod significand;
mod vector_mac;
pub mod word;

pub use accumulator::accumulator;
pub use activation::{INPUT_BITS, RESULT_BITS, activation};
pub use axi_read::axi_read;
pub use axi_write::axi_write;
pub use burst::{BOUNDARY, BYTES_BITS, LENGTH_BITS, RUN_BITS, STRIDE_BITS, burst};
pub use control::control;
pub use epilogue::{ACTIVATION_BITS, BIAS_BITS, epilogue, value_width};
pub use fifo::{fifo, used_bits};
pub use multiply::{multiply, product_width};
pub use queue::queue;
pub use registers::{register_address_bits, register_file};
pub use requantise::{EXPONENT_BITS, requantise};
pub use sequencer::{ADDRESS_BITS, COUNT_BITS, CYCLE_BITS, sequencer};
pub use significand::{significand, significand_width};
pub use vector_mac::{accumulator_width, largest_reduction, vector_mac};
