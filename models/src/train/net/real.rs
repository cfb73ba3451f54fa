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
