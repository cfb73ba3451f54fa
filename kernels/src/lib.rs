//! Golden arithmetic of the accelerator.
