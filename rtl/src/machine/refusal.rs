//! Designs that the simulator runs and nobody has built.

use models::design::{Design, Pipeline};

/// Why a design cannot be emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Key of the record.
    pub key: &'static str,
    /// What was found, and what must be there.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

/// Every reason why a design cannot be emitted; none if it can.
pub fn refusal(design: &Design) -> Vec<Refused> {
    let mut reasons = Vec::new();
    let mut refuse = |key, reason: String, remedy: String| reasons.push(Refused { key, reason, remedy });
    if design.pu.pipeline == Pipeline::Released {
        let reason = "pu.pipeline = \"released\" is a timing as measured on the authors' SystemC, not hardware of ours";
        refuse("pu.pipeline", reason.to_owned(), "set pu.pipeline = \"overlapped\"".to_owned());
    }
    let each = design.sfu.cycles_per_vector;
    if each != 1 {
        let reason = format!("sfu.cycles_per_vector = {each} must be 1: the unit that is built has n lanes");
        refuse("sfu.cycles_per_vector", reason, "set sfu.cycles_per_vector = 1".to_owned());
    }
    let tiles = design.buffer_vectors() / u64::from(design.pu.n);
    if !(4..=1 << 20).contains(&tiles) {
        let reason = format!(
            "buffer.bytes = {} is {tiles} tiles of n = {}: commands address from 4 to 2^20",
            design.buffer.bytes, design.pu.n
        );
        refuse("buffer.bytes", reason, "change buffer.bytes or pu.n".to_owned());
    }
    reasons
}
