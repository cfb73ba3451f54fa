//! Co-simulation.
pub mod case;
pub mod programs;
