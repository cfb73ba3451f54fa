//! What wrong cells do to a tensor: faults are drawn from a memory's matrices, decoded, and compared.
//!
//! | file | what |
//! |---|---|
//! | [`tensor`](Numbers), [`encoding`](Encoding) | what is stored, and how |
//! | `inject` | draws the cells of a string that are misread |
//! | [`store`](Store) | a tensor in its cells, one trial at a time |
//! | [`study`](Study) | many trials, in parallel, until the interval is narrow enough |
//! | [`model`](Model) | what they do to logits, entropies and exits |
//!
//! A trial is a memory written once and read once: every cell is drawn anew. A trial's random numbers depend on the seed and its number
//! alone, so trials can run in any order, on any number of threads, and go on later.

mod encoding;
mod inject;
mod model;
mod store;
mod study;
mod tensor;

pub use encoding::Encoding;
pub use model::{Model, ModelDamage, Sentence};
pub use models::storage::Faults;
pub use store::{Damage, Placements, Store};
pub use study::{Estimate, Study, Until};
pub use tensor::{Coded, Numbers, pruned};
