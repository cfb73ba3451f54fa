//! The memory image of a program: every parameter at the address that the compiler chose.

use super::memory::{Memory, group, mask_bytes};
use super::quantised::{Numerals, Quantised};
use kernels::bitmask;
use kernels::layernorm::gamma_word;
use kernels::softmax::SPAN_FRACTION;
use models::program::{Encoding, Form, Parameter, Placement, Program, Section, Space};

/// A parameter that does not lie where the program wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// The network has no such parameter, or not for so many layers.
    Missing(Parameter),
    /// Real numbers take more room than the compiler expected; compile with their zeros instead.
    DoesNotFit {
        /// Which parameter.
        parameter: Parameter,
        /// What it takes: rows of the fullest bank of a chunk, or bytes.
        need: u64,
        /// What there is.
        room: u64,
    },
}

impl std::fmt::Display for ImageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ImageError::Missing(parameter) => write!(f, "the network has no {parameter:?} for each layer"),
            ImageError::DoesNotFit { parameter, need, room } => write!(
                f,
                "{parameter:?} takes {need} rows or bytes where its density let expect {room}; compile with its zeros"
            ),
        }
    }
}

impl std::error::Error for ImageError {}

/// The image of `program` with the parameters of `weights`; what holds no parameter is filled with `fill`.
///
/// # Errors
/// A parameter is missing or takes more room than the program has for it.
pub fn image(program: &Program, weights: &Quantised, n: u32, fill: u8) -> Result<Memory, ImageError> {
    let map = &program.memory;
    let end = |sections: &[Section]| sections.iter().map(|s| s.start + s.bytes).max().unwrap_or(0) as usize;
    let mut memory = Memory { external: vec![fill; end(&map.external)], nvm: vec![fill; end(&map.nvm)] };
    for placement in &map.weights {
        for (layer, start) in starts(program, placement) {
            let mut bytes = contents(placement, weights, layer, n as usize)?;
            let (need, room) = (bytes.len() as u64, placement.bytes);
            let parameter = placement.parameter;
            let misfit = ImageError::DoesNotFit { parameter, need, room };
            if need > room {
                return Err(misfit);
            }
            bytes.resize(room as usize, 0);
            memory.write(placement.space, start, &bytes).map_err(|_| misfit)?;
        }
    }
    Ok(memory)
}

/// Where a parameter begins in each layer, from 0, that reads it at an address of its own.
fn starts(program: &Program, placement: &Placement) -> Vec<(u32, u64)> {
    let all = (0..).zip(program.starts(placement.base));
    let of = |layer: u32| placement.layer.is_none_or(|own| own == layer);
    all.filter(|(layer, _)| of(*layer)).map(|(layer, start)| (layer, start + placement.offset)).collect()
}

/// The bytes of a parameter in a layer, without what pads them.
fn contents(placement: &Placement, weights: &Quantised, layer: u32, n: usize) -> Result<Vec<u8>, ImageError> {
    let parameter = placement.parameter;
    if let Form::Span { sequence, span } = placement.form {
        let weight = |key| if key < sequence && key + span >= sequence { 1 << SPAN_FRACTION } else { 0 };
        return Ok((0..placement.bytes as u32).map(weight).collect());
    }
    let numerals = weights.get(parameter, layer).ok_or(ImageError::Missing(parameter))?;
    match placement.form {
        Form::Chunk { first, blocks, tiles, aux_bytes, encoding } => {
            let columns = first as usize * n..(first + blocks) as usize * n;
            let mut bytes = halves(columns.clone().map(|c| numerals.bias.get(c).copied().unwrap_or(0)));
            bytes.resize(aux_bytes as usize, 0);
            let codes: Vec<u8> =
                columns.step_by(n).flat_map(|c| tile_codes(numerals, c, tiles as usize, n)).collect();
            bytes.extend(encoded(parameter, &codes, encoding, n)?);
            Ok(bytes)
        }
        Form::Norm { tiles } => {
            let tile = |values: &[i16], at: usize| {
                halves((at * n..(at + 1) * n).map(|k| values.get(k).copied().unwrap_or(0)))
            };
            let channel = |k: usize| numerals.channels.get(k).copied().unwrap_or(0);
            let words = (0..).zip(&numerals.bias).map(|(k, gamma)| gamma_word(*gamma, channel(k)));
            let words: Vec<i16> = words.collect();
            let both = |at| [tile(&words, at), tile(&numerals.beta, at)].concat();
            Ok((0..tiles as usize).flat_map(both).collect())
        }
        Form::Table { rows, elements, pitch } => {
            let tiles = (elements as usize).div_ceil(n);
            let mut bytes = Vec::new();
            for row in 0..rows as usize {
                let codes = if row < numerals.codes.rows() { numerals.codes.row(row) } else { &[] };
                bytes.extend(match placement.space {
                    Space::Nvm => packed_row(parameter, codes, (tiles * n, n), pitch)?,
                    Space::External => padded(codes, pitch),
                });
            }
            Ok(bytes)
        }
        Form::Span { .. } => Ok(Vec::new()),
    }
}

/// Little-endian bytes of 16-bit integers.
fn halves(values: impl Iterator<Item = i16>) -> Vec<u8> {
    values.flat_map(i16::to_le_bytes).collect()
}

/// The codes of `n` columns from `first` on in the order of a region: tile by tile, column by column.
fn tile_codes(numerals: &Numerals, first: usize, tiles: usize, n: usize) -> Vec<u8> {
    let tensor = &numerals.codes;
    let mut codes = Vec::with_capacity(tiles * n * n);
    for (tile, column) in (0..tiles).flat_map(|tile| (first..first + n).map(move |column| (tile, column))) {
        let row = if column < tensor.rows() { tensor.row(column) } else { &[] };
        codes.extend((tile * n..(tile + 1) * n).map(|k| row.get(k).copied().unwrap_or(0)));
    }
    codes
}

/// Codes as they lie in memory.
fn encoded(parameter: Parameter, codes: &[u8], encoding: Encoding, n: usize) -> Result<Vec<u8>, ImageError> {
    let Encoding::Packed { rows } = encoding else { return Ok(codes.to_vec()) };
    let room = rows.into();
    // Vectors of n, 2 to 32, and whole ones: the code exists.
    let packed = bitmask::encode(n, codes).map_err(|_| ImageError::Missing(parameter))?;
    let need = packed.row_count() as u64;
    if need > room {
        return Err(ImageError::DoesNotFit { parameter, need, room });
    }
    let mut bytes = mask_bytes(n, packed.masks());
    bytes.extend_from_slice(packed.rows());
    bytes.resize(bytes.len() + (room - need) as usize * n, 0);
    Ok(bytes)
}

/// A row of a table in external memory: its codes, in `pitch` bytes.
fn padded(codes: &[u8], pitch: u64) -> Vec<u8> {
    let mut bytes = codes.to_vec();
    bytes.resize(pitch as usize, 0);
    bytes
}

/// A row of a table of so many elements in the NVM, for vectors of `n`: of each group its masks, then its codes that are not
/// zero; in `pitch` bytes.
fn packed_row(
    parameter: Parameter,
    codes: &[u8],
    (elements, n): (usize, usize),
    pitch: u64,
) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    for first in (0..elements).step_by(group(n)) {
        let group = (first..elements.min(first + group(n))).map(|k| codes.get(k).copied().unwrap_or(0));
        let group: Vec<u8> = group.collect();
        let masks: Vec<u64> = group.iter().map(|code| u64::from(*code != 0)).collect();
        bytes.extend(mask_bytes(1, &masks));
        bytes.extend(group.iter().filter(|code| **code != 0));
    }
    let need = bytes.len() as u64;
    if need > pitch {
        return Err(ImageError::DoesNotFit { parameter, need, room: pitch });
    }
    bytes.resize(pitch as usize, 0);
    Ok(bytes)
}
