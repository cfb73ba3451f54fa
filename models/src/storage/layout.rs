//! Layouts: which symbols a row of codes becomes, and how a decoder makes a row of them, whatever was read.

use kernels::bitmask::{self, Packed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Part, Stream};

/// Bits of a run of zeros.
const RUN_BITS: u32 = 4;
/// The longest run of zeros ahead of a code; a longer one has zeros among the codes.
const LONGEST_RUN: u32 = (1 << RUN_BITS) - 1;

/// How rows become symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Every code.
    Dense,
    /// A bit for each element, and the codes that are not zero in the order of the row.
    Bitmask,
    /// The same in vectors of so many elements, each of which goes to a bank of its own, as the operand buffers lie
    /// ([`kernels::bitmask`]). What no vector uses is stored as zero.
    Banks(u32),
    /// Codes that are not zero, their columns, and where each row begins.
    Csr,
    /// Codes with the zeros ahead of each.
    Runs,
}

impl Layout {
    /// As arguments and reports call it.
    pub fn name(self) -> String {
        match self {
            Layout::Dense => "dense".to_owned(),
            Layout::Bitmask => "bitmask".to_owned(),
            Layout::Banks(n) => format!("banks-{n}"),
            Layout::Csr => "csr".to_owned(),
            Layout::Runs => "runs".to_owned(),
        }
    }

    /// The layout of that name.
    pub fn named(name: &str) -> Option<Layout> {
        let banks = |n: &str| n.parse().ok().filter(|n| (2..=64).contains(n)).map(Layout::Banks);
        [Layout::Dense, Layout::Bitmask, Layout::Csr, Layout::Runs]
            .into_iter()
            .find(|layout| layout.name() == name)
            .or_else(|| name.strip_prefix("banks-").and_then(banks))
    }

    /// Its streams and the bits of their symbols, for rows of a length and so many elements in all.
    pub(super) fn parts(
        self,
        length: usize,
        elements: usize,
        code_bits: u32,
    ) -> impl Iterator<Item = (Part, u32)> {
        let holds = |count: usize| usize::BITS - count.leading_zeros();
        let more: &[Part] = match self {
            Layout::Dense => &[],
            Layout::Bitmask | Layout::Banks(_) => &[Part::Mask],
            Layout::Csr => &[Part::Columns, Part::Starts],
            Layout::Runs => &[Part::Runs],
        };
        [(Part::Codes, code_bits)].into_iter().chain(more.iter().map(move |part| {
            let width = match part {
                Part::Mask | Part::Codes => 1,
                Part::Columns => holds(length - 1).max(1),
                Part::Runs => RUN_BITS,
                Part::Starts => holds(elements),
            };
            (*part, width)
        }))
    }

    /// Symbols that each row has of each stream.
    pub(super) fn counts(
        self,
        rows: usize,
        length: usize,
        symbols: &[Vec<u32>],
        directory: Option<&[usize]>,
    ) -> Result<Vec<Vec<usize>>, String> {
        let ones = |row: &[u32]| row.iter().filter(|bit| **bit == 1).count();
        let fullest =
            |row: &[u32], n: usize| (0..n).map(|j| row.iter().skip(j).step_by(n).sum::<u32>()).max();
        let masks = || {
            let mask = &symbols[1];
            let whole = mask.len() == rows * length;
            whole
                .then_some(mask)
                .ok_or_else(|| format!("{} mask bits of {rows} x {length} elements", mask.len()))
        };
        Ok(match self {
            Layout::Dense if symbols[0].len() != rows * length => {
                return Err(format!("{} codes of {rows} x {length} elements", symbols[0].len()));
            }
            Layout::Dense => vec![vec![length; rows]],
            Layout::Bitmask => vec![masks()?.chunks(length).map(ones).collect(), vec![length; rows]],
            Layout::Banks(n) => {
                let n = n as usize;
                let codes = masks()?.chunks(length).map(|row| n * fullest(row, n).unwrap_or(0) as usize);
                vec![codes.collect(), vec![length; rows]]
            }
            Layout::Csr => {
                let starts: Vec<usize> = symbols[2].iter().map(|start| *start as usize).collect();
                let between = |pair: &[usize]| pair[1].checked_sub(pair[0]);
                let counts: Option<Vec<usize>> = starts.windows(2).map(between).collect();
                let counts = counts.filter(|counts| counts.len() == rows && starts.first() == Some(&0));
                let counts =
                    counts.ok_or_else(|| format!("the starts of {rows} rows do not ascend from 0"))?;
                vec![counts.clone(), counts, vec![1; rows]]
            }
            Layout::Runs => {
                let counts = directory.filter(|counts| counts.len() == rows);
                let counts = counts.ok_or_else(|| format!("no directory of {rows} rows"))?.to_vec();
                vec![counts.clone(), counts]
            }
        })
    }

    /// Puts a row behind what the streams hold.
    pub(super) fn put(self, row: &[u8], streams: &mut [Stream]) {
        match self {
            Layout::Dense => streams[0].symbols.extend(row.iter().copied().map(u32::from)),
            Layout::Bitmask => {
                streams[0].symbols.extend(row.iter().filter(|code| **code != 0).copied().map(u32::from));
                streams[1].symbols.extend(row.iter().map(|code| u32::from(*code != 0)));
            }
            Layout::Banks(n) => {
                let n = n as usize;
                let mut padded = row.to_vec();
                padded.resize(row.len().next_multiple_of(n), 0);
                // From 2 to 64 elements, and whole vectors: the code exists.
                if let Ok(packed) = bitmask::encode(n, &padded) {
                    streams[0].symbols.extend(packed.rows().iter().copied().map(u32::from));
                }
                streams[1].symbols.extend(row.iter().map(|code| u32::from(*code != 0)));
            }
            Layout::Csr => {
                for (column, code) in row.iter().enumerate().filter(|(_, code)| **code != 0) {
                    streams[0].symbols.push((*code).into());
                    streams[1].symbols.push(column as u32);
                }
            }
            Layout::Runs => {
                let mut zeros = 0;
                for code in row {
                    if *code == 0 && zeros < LONGEST_RUN {
                        zeros += 1;
                        continue;
                    }
                    streams[0].symbols.push((*code).into());
                    streams[1].symbols.push(zeros);
                    zeros = 0;
                }
            }
        }
    }

    /// Makes a row of what was read of each stream: of the codes the row's `own`, then what lies behind them.
    pub(super) fn take(self, read: &[Vec<u32>], own: usize, out: &mut [u8]) {
        out.fill(0);
        let codes = &read[0];
        match self {
            Layout::Dense => out.iter_mut().zip(codes).for_each(|(out, code)| *out = *code as u8),
            Layout::Bitmask => {
                let mut codes = codes.iter();
                for (out, _) in out.iter_mut().zip(&read[1]).filter(|(_, bit)| **bit == 1) {
                    *out = codes.next().map_or(0, |code| *code as u8);
                }
            }
            Layout::Banks(n) => banks(n as usize, &codes[..own], &read[1], out),
            Layout::Csr => {
                for (column, code) in read[1].iter().zip(codes) {
                    if let Some(out) = out.get_mut(*column as usize) {
                        *out = *code as u8;
                    }
                }
            }
            Layout::Runs => {
                let mut at = 0;
                for (zeros, code) in read[1].iter().zip(codes) {
                    at += *zeros as usize;
                    if let Some(out) = out.get_mut(at) {
                        *out = *code as u8;
                    }
                    at += 1;
                }
            }
        }
    }
}

/// A row from banks; where a mask asks for more than its bank holds, zeros.
fn banks(n: usize, codes: &[u32], mask: &[u32], out: &mut [u8]) {
    let word = |bits: &[u32]| bits.iter().enumerate().fold(0, |word, (j, bit)| word | u64::from(*bit) << j);
    let masks: Vec<u64> = mask.chunks(n).map(word).collect();
    let mut rows: Vec<u8> = codes.iter().map(|code| *code as u8).collect();
    // No bank is asked for more than there are vectors.
    rows.resize(rows.len().max(masks.len() * n), 0);
    if let Ok(packed) = Packed::new(n, masks, rows) {
        out.iter_mut().zip(bitmask::decode(&packed)).for_each(|(out, code)| *out = code);
    }
}
