//! Each module with all below it, as it goes into a table.

use std::collections::BTreeMap;

use rtl::synth::{Cost, Failed, Mapped, Path, total};

use super::work::Synthesised;

/// A module with all below it.
pub(super) struct Row {
    pub(super) module: String,
    /// How often it is there in the row's design.
    pub(super) instances: u64,
    /// Its figures, or why there are none.
    pub(super) cost: Result<Cost, String>,
    pub(super) path: Result<Option<Path>, String>,
}

/// How often each module is there below the top, the top once.
fn instances<'a>(top: &'a str, known: &[&'a Mapped]) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::from([(top, 1)]);
    for mapped in known.iter().rev() {
        let own = counts.get(mapped.module.as_str()).copied().unwrap_or(0);
        for (child, count) in &mapped.instances {
            *counts.entry(child).or_default() += own * count;
        }
    }
    counts
}

/// A row for each module, the top last.
pub(super) fn rows(one: &Synthesised) -> Vec<Row> {
    let known: Vec<&Mapped> = one.mapped.iter().filter_map(|mapped| mapped.as_ref().ok()).collect();
    let totals = total(known.iter().map(|m| (m.module.as_str(), Some((m.own, &m.instances)))));
    let counts = instances(&one.top, &known);
    let row = |(mapped, path): (&Result<Mapped, Failed>, &Result<Option<Path>, Failed>)| {
        let path = path.clone().map_err(|failed| failed.to_string());
        let (module, cost) = match mapped {
            Ok(mapped) => {
                // A module below it that has no figures has left it without a path too.
                let below = || path.as_ref().err().cloned().unwrap_or_default();
                (
                    mapped.module.as_str(),
                    totals.get(mapped.module.as_str()).copied().flatten().ok_or_else(below),
                )
            }
            Err(failed) => (failed.module().unwrap_or_default(), Err(failed.to_string())),
        };
        let instances = counts.get(module).copied().unwrap_or(0);
        Row { module: module.to_owned(), instances, cost, path }
    };
    one.mapped.iter().zip(&one.paths).map(row).collect()
}
