//! Fronts: the points that no other beats in every objective.

use std::cmp::Ordering;

/// Whether `a` is nowhere worse than `b` and somewhere better; less is better in every place.
pub fn dominates(a: &[f64], b: &[f64]) -> bool {
    let pairs = || a.iter().zip(b);
    pairs().all(|(a, b)| a <= b) && pairs().any(|(a, b)| a < b)
}

/// Indices of the points that none dominates, in the order given. Less is better in every place.
pub fn front(points: &[Vec<f64>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| lexicographic(&points[*a], &points[*b]).then(a.cmp(b)));
    let mut front: Vec<usize> = Vec::new();
    for index in order {
        // What comes later in this order dominates nothing before it. Of two objectives the second falls along the front: no point of
        // it dominates unless the last does.
        let kept = if points[index].len() > 2 { &front[..] } else { &front[front.len().saturating_sub(1)..] };
        if !kept.iter().rev().any(|kept| dominates(&points[*kept], &points[index])) {
            front.push(index);
        }
    }
    front.sort_unstable();
    front
}

fn lexicographic(a: &[f64], b: &[f64]) -> Ordering {
    a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// The knee of a front of two objectives: the point farthest from the line between its ends, both scaled to one.
pub fn knee(front: &[(f64, f64)]) -> Option<usize> {
    let least = |of: fn(&(f64, f64)) -> f64| front.iter().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&(f64, f64)) -> f64| front.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
    let (x, y) = ((least(|p| p.0), most(|p| p.0)), (least(|p| p.1), most(|p| p.1)));
    let scaled = |value: f64, (least, most): (f64, f64)| {
        if most > least { (value - least) / (most - least) } else { 0.0 }
    };
    let gain = |p: &(f64, f64)| 1.0 - scaled(p.0, x) - scaled(p.1, y);
    let gains = front.iter().map(gain).enumerate();
    gains.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the definition, pair by pair.
    fn slow(points: &[Vec<f64>]) -> Vec<usize> {
        let beaten = |index: &usize| points.iter().any(|other| dominates(other, &points[*index]));
        (0..points.len()).filter(|index| !beaten(index)).collect()
    }

    #[test]
    fn the_front_is_what_nothing_dominates() {
        let mut state = 7_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            f64::from((state >> 60) as u32)
        };
        for size in 0..200 {
            let points: Vec<Vec<f64>> = (0..size).map(|_| vec![next(), next(), next()]).collect();
            assert_eq!(front(&points), slow(&points));
        }
    }

    #[test]
    fn the_knee_is_the_corner() {
        assert_eq!(knee(&[(0.0, 10.0), (1.0, 1.0), (10.0, 0.0)]), Some(1));
        assert_eq!(knee(&[(3.0, 4.0)]), Some(0));
        assert_eq!(knee(&[]), None);
    }
}
