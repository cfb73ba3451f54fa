//! Search towards the Pareto front of spaces too large to run whole: NSGA-II on the digits of points.
//!
//! Deb, Pratap, Agarwal and Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE TEC 6(2), 2002:
//! ranks by dominance, crowding distance within a rank, tournaments of two, the best half of parents and children survive.
//! Uniform crossover and a mutation that changes a digit by one step or to any value: the axes are lists, not real lines.
//! A point that breaks a constraint loses to one that keeps them all, and to one that breaks them less (its total excess
//! relative to the limits); a point without figures loses to all.
//!
//! It is our own because what it needs is this page: the crates that have it bring arrays and threads of their own, and a search
//! that is stopped and resumed must ask for the same points in the same order, whatever machine it runs on.

use std::collections::{BTreeMap, BTreeSet};

use models::record::Error;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::grid::Grid;
use super::metric::Metric;
use super::pareto::dominates;
use super::space::{Constraint, Goal, Objective, Sample, Space};

/// Points of a generation.
const POPULATION: usize = 64;
/// Tries for a child that is new, before any is taken as it is.
const TRIES: usize = 32;

/// What is known of a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitness {
    /// Less is better in every place; none for a point without figures.
    pub objectives: Option<Vec<f64>>,
    /// By how much constraints are broken, relative to their limits.
    pub excess: f64,
}

impl Fitness {
    /// Judges the figures of a point.
    pub fn new(space: &Space, values: Option<&[f64]>) -> Fitness {
        let Some(values) = values else { return Fitness { objectives: None, excess: f64::INFINITY } };
        let objectives = space.objectives.iter().map(|objective| cost(objective, values)).collect();
        let excess = space.constraints.iter().map(|constraint| excess(constraint, values)).sum();
        Fitness { objectives: Some(objectives), excess }
    }

    fn beats(&self, other: &Fitness) -> bool {
        match (&self.objectives, &other.objectives) {
            (Some(_), None) => true,
            (Some(mine), Some(its)) if self.excess <= 0.0 && other.excess <= 0.0 => dominates(mine, its),
            (Some(_), Some(_)) => self.excess < other.excess,
            _ => false,
        }
    }
}

/// The figure of a metric by its name; validated spaces name no other.
fn figure(name: &str, values: &[f64]) -> f64 {
    Metric::named(name).map_or(f64::NAN, |metric| values[metric as usize])
}

/// An objective as something of which less is better.
pub fn cost(objective: &Objective, values: &[f64]) -> f64 {
    let value = figure(&objective.metric, values);
    if objective.goal == Goal::Max { -value } else { value }
}

/// By how much a constraint is broken, relative to its limit; 0 where it is kept.
pub fn excess(constraint: &Constraint, values: &[f64]) -> f64 {
    let value = figure(&constraint.metric, values);
    let over = |limit: f64, by: f64| if by > 0.0 { by / limit.abs().max(f64::MIN_POSITIVE) } else { 0.0 };
    constraint.at_most.map_or(0.0, |limit| over(limit, value - limit))
        + constraint.at_least.map_or(0.0, |limit| over(limit, limit - value))
}

/// Searches; `evaluate` is given the points of a generation that are new and says what it found.
///
/// # Errors
/// Those of `evaluate`.
pub fn search(
    grid: &Grid,
    sample: &Sample,
    mut evaluate: impl FnMut(&[u64]) -> Result<Option<Vec<Fitness>>, Error>,
) -> Result<(), Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(sample.seed);
    let mut known: BTreeMap<u64, Fitness> = BTreeMap::new();
    let mut parents: Vec<u64> = Vec::new();
    while (known.len() as u64) < sample.points.min(grid.points) {
        let left = (sample.points - known.len() as u64).min(POPULATION as u64) as usize;
        let children = generation(grid, &parents, &known, left, &mut rng);
        if children.is_empty() {
            return Ok(());
        }
        let Some(found) = evaluate(&children)? else { return Ok(()) };
        known.extend(children.iter().copied().zip(found));
        parents.extend(&children);
        parents = survivors(&parents, &known);
    }
    Ok(())
}

/// New points: random ones at first, then children of the fittest.
fn generation(
    grid: &Grid,
    parents: &[u64],
    known: &BTreeMap<u64, Fitness>,
    size: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<u64> {
    let mut children = BTreeSet::new();
    for _ in 0..size * TRIES {
        if children.len() == size {
            break;
        }
        let digits = if parents.is_empty() { random(grid, rng) } else { child(grid, parents, rng) };
        let point = grid.point(&digits);
        if !known.contains_key(&point) && grid.dropped(&digits).is_none() {
            children.insert(point);
        }
    }
    children.into_iter().collect()
}

fn random(grid: &Grid, rng: &mut ChaCha8Rng) -> Vec<u32> {
    grid.dimensions.iter().map(|d| rng.random_range(0..d.positions.len() as u32)).collect()
}

/// Uniform crossover of two winners of tournaments, and on average one changed digit. Parents stand best first.
fn child(grid: &Grid, parents: &[u64], rng: &mut ChaCha8Rng) -> Vec<u32> {
    let mut winner = || {
        let draw = [rng.random_range(0..parents.len()), rng.random_range(0..parents.len())];
        grid.digits(parents[draw[0].min(draw[1])])
    };
    let (mother, father) = (winner(), winner());
    let axes = grid.dimensions.len();
    let mut digits: Vec<u32> =
        (0..axes).map(|axis| if rng.random() { mother[axis] } else { father[axis] }).collect();
    for (digit, dimension) in digits.iter_mut().zip(&grid.dimensions) {
        if rng.random_range(0..axes) == 0 {
            *digit = mutated(*digit, dimension.positions.len() as u32, rng);
        }
    }
    digits
}

/// A neighbour of a digit, or any other.
fn mutated(digit: u32, length: u32, rng: &mut ChaCha8Rng) -> u32 {
    let near = [digit.saturating_sub(1), (digit + 1).min(length - 1)];
    let step = near.choose(rng).copied().unwrap_or(digit);
    if rng.random() { step } else { rng.random_range(0..length) }
}

/// The fittest, best first: by rank, then by how far their neighbours are.
fn survivors(points: &[u64], known: &BTreeMap<u64, Fitness>) -> Vec<u64> {
    let mut rest: Vec<u64> = points.to_vec();
    let mut kept: Vec<u64> = Vec::new();
    while !rest.is_empty() && kept.len() < POPULATION {
        let beaten = |point: &u64| rest.iter().any(|other| known[other].beats(&known[point]));
        let (mut rank, worse): (Vec<u64>, Vec<u64>) = rest.iter().partition(|point| !beaten(point));
        let distance = crowding(&rank, known);
        rank.sort_by(|a, b| distance[b].total_cmp(&distance[a]).then(a.cmp(b)));
        kept.extend(rank.into_iter().take(POPULATION - kept.len()));
        rest = worse;
    }
    kept
}

/// Crowding distance of each point of a rank.
fn crowding(rank: &[u64], known: &BTreeMap<u64, Fitness>) -> BTreeMap<u64, f64> {
    let mut distance: BTreeMap<u64, f64> = rank.iter().map(|point| (*point, 0.0)).collect();
    let width = rank.iter().filter_map(|p| known[p].objectives.as_ref()).map(Vec::len).max().unwrap_or(0);
    for place in 0..width {
        let value = |point: &u64| known[point].objectives.as_ref().map_or(f64::INFINITY, |all| all[place]);
        let mut order: Vec<u64> = rank.to_vec();
        order.sort_by(|a, b| value(a).total_cmp(&value(b)).then(a.cmp(b)));
        let (Some(first), Some(last)) = (order.first(), order.last()) else { continue };
        let spread = value(last) - value(first);
        for end in [first, last] {
            distance.insert(*end, f64::INFINITY);
        }
        for three in order.windows(3).filter(|_| spread > 0.0) {
            *distance.entry(three[1]).or_default() += (value(&three[2]) - value(&three[0])) / spread;
        }
    }
    distance
}
