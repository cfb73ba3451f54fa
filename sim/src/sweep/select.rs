//! Which points of a grid are run: all, or a seeded sample; less what filters drop.

use std::collections::BTreeSet;

use models::record::{Error, Kind};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::grid::Grid;
use super::space::{Method, Sample, Space};

/// Most points that are run without a sample.
const MOST: u64 = 1 << 28;
/// Draws for a point of a random sample before it is given up: where filters drop nearly all.
const DRAWS: u64 = 1000;

/// The points that are run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// In the order in which they share most.
    pub points: Vec<u64>,
    /// Points that each filter dropped.
    pub dropped: Vec<u64>,
    /// Points that a Latin hypercube drew twice.
    pub twice: u64,
}

/// The points of a space that are known before the first is run; none for a search.
///
/// # Errors
/// There are too many to run.
pub fn select(space: &Space, grid: &Grid) -> Result<Selection, Error> {
    let mut selection = Selection { dropped: vec![0; grid.filters()], ..Selection::default() };
    match &space.sample {
        None => all(space, grid, &mut selection)?,
        Some(sample) if sample.points >= grid.points && sample.method != Method::Search => {
            all(space, grid, &mut selection)?;
        }
        Some(sample) => match sample.method {
            Method::Random => random(grid, sample, &mut selection),
            Method::Latin => latin(grid, sample, &mut selection),
            Method::Search => {}
        },
    }
    let mut ordered: Vec<(u64, u64)> =
        selection.points.iter().map(|point| (grid.order(&grid.digits(*point)), *point)).collect();
    ordered.sort_unstable();
    selection.points = ordered.into_iter().map(|(_, point)| point).collect();
    Ok(selection)
}

fn all(space: &Space, grid: &Grid, selection: &mut Selection) -> Result<(), Error> {
    if grid.points > MOST {
        let message =
            format!("the space has {} points, more than {MOST} are not run one by one", grid.points);
        let remedy = "add [sample] with method = \"latin\" or \"search\", points and seed";
        return Err(Error::new(Kind::Input, format!("space `{}`", space.name), message, remedy));
    }
    for point in 0..grid.points {
        selection.offer(grid, point, &grid.digits(point));
    }
    Ok(())
}

fn random(grid: &Grid, sample: &Sample, selection: &mut Selection) {
    let mut rng = ChaCha8Rng::seed_from_u64(sample.seed);
    let mut seen = BTreeSet::new();
    let most = sample.points.saturating_mul(DRAWS);
    for _ in 0..most {
        if selection.points.len() as u64 == sample.points || seen.len() as u64 == grid.points {
            break;
        }
        let point = rng.random_range(0..grid.points);
        if seen.insert(point) {
            selection.offer(grid, point, &grid.digits(point));
        }
    }
}

/// Each axis is cut into as many strata as there are points; each stratum is taken once, in random order.
fn latin(grid: &Grid, sample: &Sample, selection: &mut Selection) {
    let mut rng = ChaCha8Rng::seed_from_u64(sample.seed);
    let columns: Vec<Vec<u32>> = grid
        .dimensions
        .iter()
        .map(|dimension| {
            let (length, points) = (dimension.positions.len() as u64, sample.points);
            let mut column: Vec<u32> = (0..points).map(|at| (at * length / points) as u32).collect();
            column.shuffle(&mut rng);
            column
        })
        .collect();
    let mut seen = BTreeSet::new();
    for at in 0..sample.points as usize {
        let digits: Vec<u32> = columns.iter().map(|column| column[at]).collect();
        let point = grid.point(&digits);
        if seen.insert(point) {
            selection.offer(grid, point, &digits);
        } else {
            selection.twice += 1;
        }
    }
}

impl Selection {
    /// Takes a point unless a filter drops it.
    fn offer(&mut self, grid: &Grid, point: u64, digits: &[u32]) {
        match grid.dropped(digits) {
            Some(filter) => self.dropped[filter] += 1,
            None => self.points.push(point),
        }
    }
}
