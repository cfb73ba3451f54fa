//! Helpers that the cross-crate tests share.

pub mod snapshot;
