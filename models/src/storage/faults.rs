//! Symbols that are read wrong.

use super::{Part, Stored};

/// Bits of a symbol that are read wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flip {
    /// Its number in the stream.
    pub symbol: usize,
    /// The bits.
    pub bits: u32,
}

/// What is read wrong, by stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// By ascending symbol, each once.
    pub(super) flips: Vec<Vec<Flip>>,
}

impl Faults {
    /// Nothing.
    pub fn none(stored: &Stored) -> Faults {
        Faults { flips: vec![Vec::new(); stored.streams().len()] }
    }

    /// Wrong bits of each stream by their places: bit 0 is the highest of symbol 0. A bit that is named twice is right again.
    pub fn at(stored: &Stored, places: &[Vec<u64>]) -> Faults {
        let flips = stored.streams().iter().zip(places).map(|(stream, places)| {
            let width = u64::from(stream.width);
            let flip = |place: &u64| Flip {
                symbol: (place / width) as usize,
                bits: 1 << (width - 1 - place % width),
            };
            merged(places.iter().map(flip).collect())
        });
        Faults { flips: flips.collect() }
    }

    /// Symbols of a part that are read wrong.
    pub fn symbols(&self, stored: &Stored, part: Part) -> usize {
        let streams = stored.streams().iter().zip(&self.flips);
        streams.filter(|(stream, _)| stream.part == part).map(|(_, flips)| flips.len()).sum()
    }
}

/// One flip for each symbol.
fn merged(mut flips: Vec<Flip>) -> Vec<Flip> {
    flips.sort_unstable_by_key(|flip| flip.symbol);
    let mut out: Vec<Flip> = Vec::with_capacity(flips.len());
    for flip in flips {
        match out.last_mut() {
            Some(last) if last.symbol == flip.symbol => last.bits ^= flip.bits,
            _ => out.push(flip),
        }
    }
    out.retain(|flip| flip.bits != 0);
    out
}
