//! Vectors as long as all parameters, used again from step to step: the memory of a network of millions of weights costs more time
//! to get than to fill.

use std::sync::{Mutex, PoisonError};

/// Vectors that are not in use.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Vec<Vec<f32>>>);

impl Pool {
    /// A vector of unknown contents, or an empty one.
    pub(super) fn take(&self) -> Vec<f32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// A vector of zeros.
    pub(super) fn zeros(&self, length: usize) -> Vec<f32> {
        let mut vector = self.take();
        vector.clear();
        vector.resize(length, 0.0);
        vector
    }

    pub(super) fn give(&self, vector: Vec<f32>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(vector);
    }
}

impl Clone for Pool {
    /// An empty one: what is not in use need not be there twice.
    fn clone(&self) -> Self {
        Pool::default()
    }
}
