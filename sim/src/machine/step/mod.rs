//! Units cycle by cycle: what `--step` runs in place of the closed forms.

pub(super) mod pu;
pub(super) mod sfu;

use super::events::Events;

/// A command that runs cycle by cycle.
pub(super) trait Stepper {
    /// One cycle; true if it was the last.
    fn tick(&mut self) -> bool;
    /// What was counted, once it has ended.
    fn events(&self) -> Events;
}
