//! The cycle-level machine.
pub mod area;
pub mod cli;
pub mod contents;
pub mod energy;
pub mod golden;
pub mod machine;
pub mod report;
pub mod sentence;
pub mod timeline;
