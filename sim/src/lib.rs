//! The cycle-level machine.
