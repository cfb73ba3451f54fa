//! Codes that are not zero, counted once for the programs of all lengths: what the compiler asks of real weights.

use super::{Numerals, Quantised};
use kernels::adaptivfloat::Tensor;
use models::compiler::Zeros;
use models::program::Parameter;
use std::collections::BTreeMap;
use std::ops::Range;

/// Codes of each bank that are not zero.
type Banks = Vec<u32>;

/// Codes that are not zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counts {
    /// Of each matrix in each layer that has its own, column tile by column tile.
    stacks: BTreeMap<(Parameter, u32), Vec<Banks>>,
    /// Of each table of embeddings, those of its fullest row.
    longest: BTreeMap<Parameter, u64>,
}

impl Counts {
    /// Counts the codes of all parameters.
    pub(super) fn of(weights: &Quantised) -> Self {
        let (tables, matrices): (Vec<_>, Vec<_>) =
            weights.matrices().partition(|((parameter, _), _)| parameter.is_embedding());
        let stacked = |numerals: &Numerals| stacks(&numerals.codes, weights.n as usize);
        let stacks = matrices.into_iter().map(|(place, numerals)| (place, stacked(numerals)));
        let longest = tables.into_iter().map(|((table, _), numerals)| (table, longest(&numerals.codes)));
        Counts { stacks: stacks.collect(), longest: longest.collect() }
    }
}

impl Zeros for Quantised {
    fn rows(&self, matrix: Parameter, layer: Option<u32>, blocks: Range<u32>) -> u64 {
        let layers = match layer {
            Some(layer) => (matrix, layer)..=(matrix, layer),
            None => (matrix, 0)..=(matrix, u32::MAX),
        };
        let fullest = |tiles: &Vec<Vec<u32>>| {
            let chunk = tiles.iter().skip(blocks.start as usize).take(blocks.len());
            let mut banks = vec![0_u64; self.n as usize];
            for tile in chunk {
                banks.iter_mut().zip(tile).for_each(|(bank, count)| *bank += u64::from(*count));
            }
            banks.into_iter().max().unwrap_or(0)
        };
        self.counts.stacks.range(layers).map(|(_, tiles)| fullest(tiles)).max().unwrap_or(0)
    }

    fn longest(&self, table: Parameter) -> u64 {
        self.counts.longest.get(&table).copied().unwrap_or(0)
    }
}

/// Codes of each of `n` banks that are not zero, column tile by column tile.
fn stacks(codes: &Tensor, n: usize) -> Vec<Vec<u32>> {
    let tile = |columns: &[u8]| {
        let mut banks = vec![0; n];
        for column in columns.chunks(codes.length().max(1)) {
            for lanes in column.chunks(n) {
                banks.iter_mut().zip(lanes).for_each(|(bank, code)| *bank += u32::from(*code != 0));
            }
        }
        banks
    };
    codes.codes.as_slice().chunks((n * codes.length()).max(1)).map(tile).collect()
}

/// Codes of the fullest row that are not zero.
fn longest(codes: &Tensor) -> u64 {
    let nonzeros = |row| codes.row(row).iter().filter(|code| **code != 0).count() as u64;
    (0..codes.rows()).map(nonzeros).max().unwrap_or(0)
}
