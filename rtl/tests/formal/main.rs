//! Proofs by induction: what no number of vectors can show. Each claim is seen to fail on a fault put into the Verilog.

mod accumulator;
mod axi_read;
mod axi_write;
mod bitmask_decoder;
mod burst;
mod claims;
mod fifo;
mod pieces;
mod queue;
mod watchdog;
