//! From the results of a sweep to the data of figures: [`table`] reads them, [`points`] makes figures of all points, [`point`] those
//! of one, which is simulated again from its records, [`recorded`] those of its commands.

pub mod point;
pub mod points;
pub mod recorded;
pub mod table;

use models::record::{Error, Kind};

/// The error of a figure that cannot be made of what is there.
pub(crate) fn refuse(message: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::new(Kind::Usage, "arguments", message, remedy)
}
