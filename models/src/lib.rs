//! What is modelled.
pub mod design;
pub mod network;
pub mod record;
pub mod technology;
pub mod trace;
pub mod workload;
