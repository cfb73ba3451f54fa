//! The cycle-level machine.
pub mod cli;
pub mod machine;
