//! The cycle-level machine.
pub mod cli;
