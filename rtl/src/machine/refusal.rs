//! Designs that the simulator runs and the hardware does not.
//!
//! Whatever a record may say and no hardware exists for is refused here, with all reasons at once, before anything is emitted.

use models::design::{Design, Pipeline};
use models::program::word::{Field, LAYOUTS};

/// Why a design cannot be emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The key of the design.
    pub key: &'static str,
    /// Its value, and why not.
    pub reason: String,
    /// What to type.
    pub remedy: String,
}

/// Every reason; none for a design that can be emitted.
pub fn refusal(design: &Design) -> Vec<Refused> {
    [pipeline(design), special_function(design), tiles(design), buffer(design)]
        .into_iter()
        .flatten()
        .collect()
}

fn pipeline(design: &Design) -> Option<Refused> {
    (design.pu.pipeline == Pipeline::Released).then(|| Refused {
        key: "pu.pipeline",
        reason: "pu.pipeline = \"released\" exists in the simulator alone (it stands for the authors' SystemC; the hardware \
                  overlaps load, computation and drain)"
            .to_owned(),
        remedy: "set pu.pipeline = \"overlapped\"".to_owned(),
    })
}

fn special_function(design: &Design) -> Option<Refused> {
    let cycles = design.sfu.cycles_per_vector;
    (cycles != 1).then(|| Refused {
        key: "sfu.cycles_per_vector",
        reason: format!(
            "sfu.cycles_per_vector = {cycles} exists in the simulator alone (the hardware has a lane for each element of a \
             vector)"
        ),
        remedy: "set sfu.cycles_per_vector = 1".to_owned(),
    })
}

/// Bits of a tile's address in command words.
fn tile_bits() -> u32 {
    let fields = LAYOUTS.iter().flat_map(models::program::word::Layout::fields);
    fields.filter(|field| field.name.ends_with(".base")).map(|Field { width, .. }| width).min().unwrap_or(0)
}

fn tiles(design: &Design) -> Option<Refused> {
    let n = u64::from(design.pu.n);
    let (tiles, bits) = (design.buffer.bytes / n.pow(2).max(1), tile_bits());
    (tiles > 1 << bits).then(|| Refused {
        key: "buffer.bytes",
        reason: format!(
            "buffer.bytes = {} holds {tiles} tiles of {n} x {n}, more than the {bits} bits of an address in a command tell apart",
            design.buffer.bytes
        ),
        remedy: format!("set buffer.bytes to at most {}, or take a larger pu.n", n.pow(2) << bits),
    })
}

fn buffer(design: &Design) -> Option<Refused> {
    let tile = u64::from(design.pu.n).pow(2);
    (design.buffer.bytes < 2 * tile).then(|| Refused {
        key: "buffer.bytes",
        reason: format!(
            "buffer.bytes = {} holds one tile of {tile} bytes (the hardware's tile addresses have at least one bit)",
            design.buffer.bytes
        ),
        remedy: format!("set buffer.bytes to at least {}", 2 * tile),
    })
}
