//! Every kind of file that has a schema: the records of `models`, and spaces.

use models::schema::{self, Kind, kind};

use crate::sweep::space::Space;

/// Every kind; a new one is a line here.
pub fn kinds() -> Vec<Kind> {
    schema::KINDS.into_iter().chain([kind::<Space>()]).collect()
}
