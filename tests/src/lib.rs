//! Helpers that the cross-crate tests share.

pub mod command;
pub mod minilm;
pub mod snapshot;
