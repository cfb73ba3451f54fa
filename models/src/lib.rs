//! What is modelled.
