//! The points of a space: each is a number whose digits are positions on the axes, the last axis fastest.

use models::record::{Error, Kind};
use toml::Value;

use super::axis::{Dimension, Key, Target};
use super::filter::Comparison;
use super::space::Space;

/// Most points of a space, so that a number holds one.
const MOST: u64 = 1 << 53;

/// A space counted out.
#[derive(Clone, Debug)]
pub struct Grid {
    /// The axes.
    pub dimensions: Vec<Dimension>,
    filters: Vec<Vec<Comparison>>,
    /// Points before filters.
    pub points: u64,
    /// Axes by what a step along them costs, the dearest first.
    by_cost: Vec<usize>,
}

impl Grid {
    /// The points of a space that validated.
    ///
    /// # Errors
    /// There are more than a number holds.
    pub fn new(space: &Space) -> Result<Grid, Error> {
        let refuse = |message: String| {
            Error::new(Kind::Input, format!("space `{}`", space.name), message, "take fewer values or axes")
        };
        let dimensions: Vec<Dimension> =
            space.axes.iter().map(|axis| axis.dimension()).collect::<Result<_, _>>().map_err(refuse)?;
        let points = dimensions.iter().try_fold(1_u64, |all, dimension| {
            all.checked_mul(dimension.positions.len() as u64).filter(|points| *points <= MOST)
        });
        let points = points.ok_or_else(|| refuse(format!("the space has more than {MOST} points")))?;
        let keys: Vec<&str> = dimensions.iter().flat_map(|d| &d.keys).map(|key| key.text.as_str()).collect();
        let comparisons =
            |texts: &Vec<String>| texts.iter().map(|text| Comparison::parse(text, &keys)).collect();
        let filters = space.filters.iter().map(|filter| comparisons(&filter.drop));
        let filters = filters.collect::<Result<_, _>>().map_err(refuse)?;
        let mut by_cost: Vec<usize> = (0..dimensions.len()).collect();
        by_cost.sort_by_key(|axis| cost(&dimensions[*axis]));
        Ok(Grid { dimensions, filters, points, by_cost })
    }

    /// Positions on the axes.
    pub fn digits(&self, mut point: u64) -> Vec<u32> {
        let mut digits = vec![0; self.dimensions.len()];
        for (digit, dimension) in digits.iter_mut().zip(&self.dimensions).rev() {
            let length = dimension.positions.len() as u64;
            *digit = (point % length) as u32;
            point /= length;
        }
        digits
    }

    /// The point at these positions.
    pub fn point(&self, digits: &[u32]) -> u64 {
        let place =
            |point, (digit, d): (&u32, &Dimension)| point * d.positions.len() as u64 + u64::from(*digit);
        digits.iter().zip(&self.dimensions).fold(0, place)
    }

    /// Keys and values at these positions.
    pub fn values<'a>(&'a self, digits: &'a [u32]) -> impl Iterator<Item = (&'a Key, &'a Value)> {
        self.dimensions
            .iter()
            .zip(digits)
            .flat_map(|(dimension, digit)| dimension.keys.iter().zip(&dimension.positions[*digit as usize]))
    }

    /// The filter that drops the point at these positions, if any.
    pub fn dropped(&self, digits: &[u32]) -> Option<usize> {
        let value = |key: &str| {
            self.values(digits).find(|(found, _)| found.text == key).map(|(_, value)| value.clone())
        };
        self.filters.iter().position(|comparisons| comparisons.iter().all(|c| c.holds(value)))
    }

    /// How many filters there are.
    pub fn filters(&self) -> usize {
        self.filters.len()
    }

    /// A number by which points that share a program, and within it a timing, stand next to each other.
    pub fn order(&self, digits: &[u32]) -> u64 {
        self.by_cost.iter().fold(0, |order, axis| {
            order * self.dimensions[*axis].positions.len() as u64 + u64::from(digits[*axis])
        })
    }

    /// Points next to each other in [`Grid::order`] that share a program.
    pub fn together(&self) -> u64 {
        let cheap =
            self.by_cost.iter().map(|axis| &self.dimensions[*axis]).filter(|d| cost(d) > Cost::Program);
        cheap.map(|d| d.positions.len() as u64).product()
    }
}

/// What has to be done again for another value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cost {
    /// Everything.
    Program,
    /// Timing and price.
    Timing,
    /// The mean over sentences alone.
    Mean,
}

/// The dearest of an axis's keys. A wrong guess costs time and nothing else: what is shared is compared, not assumed.
fn cost(dimension: &Dimension) -> Cost {
    let of = |key: &Key| match (key.target, key.within.as_deref()) {
        (Target::Policy, Some("threshold")) => Cost::Mean,
        (Target::Technology, _) => Cost::Timing,
        (Target::Design, Some("operating.vdd_v" | "external.memory" | "nvm.cell")) => Cost::Timing,
        _ => Cost::Program,
    };
    dimension.keys.iter().map(of).min().unwrap_or(Cost::Mean)
}
