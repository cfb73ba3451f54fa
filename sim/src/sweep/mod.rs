//! Sweeps: thousands of configurations evaluated, kept, joined and handed on.
//!
//! ```text
//! space.toml ─ space, axis, filter ─ grid ─ select ─ points ─ point (resolve, key) ─ evaluate ─ store
//!                                            search ──┘                               merge, export, pareto
//! ```
//!
//! A point is a number in the grid of its space. Its figures are those of `offramp run` with the same records. What is kept is
//! append-only, one line a point; every order that leaves this module is that of the points, for any number of threads.

pub mod axis;
pub mod bases;
pub mod evaluate;
pub mod export;
pub mod filter;
pub mod grid;
pub mod manifest;
pub mod merge;
pub mod metric;
pub mod pareto;
pub mod point;
pub mod run;
pub mod search;
pub mod select;
pub mod space;
pub mod store;

/// Version of the model: that of the program, and a hash of all sources that a result depends on.
pub const MODEL: &str = env!("OFFRAMP_MODEL");
