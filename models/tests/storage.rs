//! Layouts and cells: every tensor comes back, and faults go where they should.
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use kernels::levels::Levels;
use models::storage::{Bits, Faults, Layout, Part, Placement, Stored};
use proptest::prelude::*;

const LAYOUTS: [Layout; 7] = [
    Layout::Dense,
    Layout::Bitmask,
    Layout::Banks(2),
    Layout::Banks(16),
    Layout::Banks(64),
    Layout::Csr,
    Layout::Runs,
];

/// Rows of a length: any density, empty and full ones among them, one element, all zero, all dense.
fn tensors() -> impl Strategy<Value = (Vec<u8>, usize, u32)> {
    let shape = (1_usize..80, 1_usize..12, 0_u32..=100, 2_u32..=8);
    (shape, any::<u64>()).prop_map(|((length, rows, density, bits), seed)| {
        let mut state = seed | 1;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let mut codes = Vec::new();
        for _ in 0..rows {
            let kind = next() % 6;
            let odd = next() as usize % length;
            codes.extend((0..length).map(|at| {
                let code = 1 + (next() % ((1 << bits) - 1)) as u8;
                let some = match kind {
                    0 => false,
                    1 => true,
                    2 => at == odd,
                    _ => next() % 100 < u64::from(density),
                };
                if some { code } else { 0 }
            }));
        }
        (codes, length, bits)
    })
}

proptest! {
    #[test]
    fn every_tensor_comes_back_from_every_layout((codes, length, bits) in tensors()) {
        for layout in LAYOUTS {
            let stored = Stored::new(layout, &codes, length, bits);
            prop_assert_eq!(stored.decode(), codes.clone(), "{}", layout.name());
            prop_assert_eq!(Layout::named(&layout.name()), Some(layout));
        }
    }

    /// The string of bits is the symbols', and the cells of a placement hold each bit of it once.
    #[test]
    fn cells_hold_every_bit_once((codes, length, bits) in tensors(), cell in 1_u32..=3) {
        for layout in LAYOUTS {
            for stream in Stored::new(layout, &codes, length, bits).streams() {
                let string = Bits::data(stream);
                let placement = Placement::even(cell, stream.width, Levels::Binary);
                let mut held = vec![0; stream.bits() as usize];
                for cells in placement.data(stream) {
                    for at in 0..cells.count {
                        let place = cells.first + at * cells.stride;
                        for bit in (place..place + u64::from(cells.bits)).filter(|bit| *bit < stream.bits()) {
                            held[bit as usize] += 1;
                            let symbol = stream.symbols[(bit / u64::from(stream.width)) as usize];
                            let expected = symbol >> (u64::from(stream.width) - 1 - bit % u64::from(stream.width)) & 1;
                            prop_assert_eq!(u32::from(string.at(bit, 1)), expected);
                        }
                    }
                }
                prop_assert!(held.iter().all(|held| *held == 1));
            }
        }
    }

    /// Whatever is flipped, a decoder gives rows of the right length, and rows without a fault as they were.
    #[test]
    fn faults_stay_in_their_rows((codes, length, bits) in tensors(), places in prop::collection::vec(any::<u64>(), 1..9)) {
        for layout in LAYOUTS {
            let stored = Stored::new(layout, &codes, length, bits);
            for at in 0..stored.streams().len() {
                let all = stored.streams()[at].bits();
                if all == 0 { continue; }
                let mut flips = vec![Vec::new(); stored.streams().len()];
                flips[at] = places.iter().map(|place| place % all).collect();
                let faults = Faults::at(&stored, &flips);
                let damaged = stored.damaged(&faults);
                let mut read = vec![0; length];
                for row in 0..stored.rows() {
                    stored.row(row, &faults, &mut read);
                    if !damaged.contains(&row) {
                        prop_assert_eq!(&read[..], &codes[row * length..][..length], "{} row {}", layout.name(), row);
                    }
                }
            }
        }
    }
}

/// One wrong mask bit takes the codes behind it along; one wrong code does not.
#[test]
fn a_mask_bit_ruins_the_rest_of_its_row() {
    let codes = [0, 5, 0, 6, 7, 0, 8, 9, 1, 0, 2, 0, 3, 0, 4, 0];
    let stored = Stored::new(Layout::Bitmask, &codes, 8, 8);
    let (mut read, flip) = ([0; 8], |part: usize, bit: u64| {
        let mut places = vec![vec![], vec![]];
        places[part].push(bit);
        Faults::at(&stored, &places)
    });
    let mask = flip(1, 0);
    assert_eq!(mask.symbols(&stored, Part::Mask), 1);
    assert_eq!(stored.damaged(&mask), [0]);
    stored.row(0, &mask, &mut read);
    assert_eq!(read, [5, 6, 0, 7, 8, 0, 9, 1], "the last code is the next row's first");
    stored.row(1, &mask, &mut read);
    assert_eq!(read, codes[8..]);
    stored.row(0, &flip(0, 7), &mut read);
    assert_eq!(read, [0, 4, 0, 6, 7, 0, 8, 9]);
}

/// A wrong start of a compressed row damages it and the one before.
#[test]
fn a_start_ruins_two_rows() {
    let stored = Stored::new(Layout::Csr, &[1, 0, 2, 3, 0, 4], 2, 8);
    let starts = &stored.streams()[2];
    assert_eq!((starts.part, starts.symbols.as_slice(), starts.width), (Part::Starts, &[0, 1, 3, 4][..], 3));
    let faults = Faults::at(&stored, &[vec![], vec![], vec![5]]);
    assert_eq!(stored.damaged(&faults), [0, 1]);
    let mut read = [0; 2];
    stored.row(0, &faults, &mut read);
    assert_eq!(read, [0, 0], "row 0 ends where it begins");
    stored.row(1, &faults, &mut read);
    assert_eq!(read, [2, 3], "row 1 begins with the code of row 0, which its own then replaces");
}

/// The sizes of an embedding of ALBERT-base, 30000 x 128 at 60 % zeros: 1.536 MB of codes and 0.480 MB of masks.
#[test]
fn an_embedding_takes_what_it_should() {
    let codes: Vec<u8> =
        (0..3_840_000_u32).map(|at| if at % 5 < 2 { 1 + (at % 250) as u8 } else { 0 }).collect();
    let stored = Stored::new(Layout::Bitmask, &codes, 128, 8);
    let bytes: Vec<u64> = stored.streams().iter().map(|stream| stream.bits() / 8).collect();
    assert_eq!(bytes, [1_536_000, 480_000]);
    let named = |text| Placement::named(text, 8, Levels::Binary).unwrap();
    assert_eq!(named("mlc2").count(&stored.streams()[0]), [0, 4 * 1_536_000, 0]);
    assert_eq!(named("mlc3").count(&stored.streams()[0]), [0, 1_536_000, 2 * 1_536_000]);
    assert_eq!(named("1+1+1+1+1+3").count(&stored.streams()[0]), [5 * 1_536_000, 0, 1_536_000]);
    let mask = Placement::named("mlc2", 1, Levels::Binary).unwrap().with_secded(true);
    assert_eq!(mask.count(&stored.streams()[1]), [0, 1_920_000 + 240_000, 0]);
}

#[test]
fn wrong_placements_are_refused() {
    let refused = |text| Placement::named(text, 8, Levels::Binary).unwrap_err();
    assert_eq!(refused("2+3"), "`2+3` holds 5 bits, a symbol has 8");
    assert!(refused("4+4").contains("must be slc, mlc2, mlc3 or the bits of each cell, 1 to 3"));
    assert!(refused("").contains("must be slc"));
}
