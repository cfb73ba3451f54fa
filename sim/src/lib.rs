//! The cycle-level machine.
pub mod area;
pub mod cli;
pub mod contents;
pub mod energy;
pub mod faults;
pub mod figure;
pub mod golden;
pub mod image;
pub mod machine;
pub mod page;
pub mod plot;
pub mod policy;
pub mod report;
pub mod schema;
pub mod sentence;
pub mod sweep;
pub mod timeline;
