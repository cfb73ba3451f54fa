//! What is modelled.
pub mod compiler;
pub mod design;
pub mod fault;
pub mod latency;
pub mod logits;
pub mod memory;
pub mod network;
pub mod predictor;
pub mod program;
pub mod record;
pub mod schema;
pub mod storage;
pub mod technology;
pub mod trace;
pub mod workload;
