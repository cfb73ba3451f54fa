//! What happened when: a recorded run as plain data that a figure can draw, and as a trace that a viewer opens.
//!
//! Everything is derived from [`Run::spans`] and [`Run::controls`], so the run must have been recorded
//! ([`Options::spans`](crate::machine::Options::spans)); times are cycles, and a range ends at the cycle after its last.
//!
//! | data | says |
//! |---|---|
//! | [`busy`] | which command each unit ran |
//! | [`waits`] | why a unit that had a command did not run it |
//! | [`controls`], [`held`] | the sequencer's own commands, and what kept it from its next |
//! | [`layers`], [`off_ramps`] | where in the network the run was |
//! | [`pages`] | pages of each operand buffer that were in use |
//! | [`queues`] | commands that stood in each queue |
//!
//! Not modelled: bursts within a command, and which of two engines had the memory port; the run knows sums of those alone.

mod clock;
mod levels;
mod pages;
mod phases;
mod recording;
mod sequencer;
mod trace;
mod tracks;
mod units;

pub use clock::Clock;
pub use levels::Level;
pub use pages::pages;
pub use phases::{Phase, layers, off_ramps};
pub use recording::{Recording, record};
pub use sequencer::{Held, Reason, controls, held};
pub use tracks::write;
pub use units::{Busy, Wait, busy, queues, waits};

#[cfg(doc)]
use crate::machine::Run;
