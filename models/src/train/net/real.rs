//! What the network is computed in: `f32`, and `f64` where derivatives are checked against differences.

use nalgebra::RealField;

/// A real number.
pub(in crate::train) trait Real: RealField + Copy {
    /// The nearest of this type.
    fn of(value: f64) -> Self;
    /// The error function.
    fn erf(self) -> Self;
}

impl Real for f32 {
    fn of(value: f64) -> Self {
        value as f32
    }

    fn erf(self) -> Self {
        libm::erff(self)
    }
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }

    fn erf(self) -> Self {
        libm::erf(self)
    }
}

/// Sums side by side, so that vector instructions apply: a sum in order would wait for each addition.
const LANES: usize = 8;

/// The sum of some numbers.
pub(super) fn sum<T: Real>(x: &[T]) -> T {
    let (blocks, rest) = x.as_chunks::<LANES>();
    let mut lanes = [T::zero(); LANES];
    for block in blocks {
        lanes.iter_mut().zip(block).for_each(|(lane, x)| *lane += *x);
    }
    lanes.iter().chain(rest).fold(T::zero(), |sum, x| sum + *x)
}

/// The sum of products.
pub(super) fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    let mut lanes = [T::zero(); LANES];
    for (x, y) in x.iter().zip(y) {
        lanes.iter_mut().zip(x.iter().zip(y)).for_each(|(lane, (x, y))| *lane += *x * *y);
    }
    let rest = x_rest.iter().zip(y_rest).fold(T::zero(), |sum, (x, y)| sum + *x * *y);
    lanes.iter().fold(rest, |sum, lane| sum + *lane)
}
