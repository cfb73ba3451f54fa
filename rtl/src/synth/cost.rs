//! What a module costs by itself, and with all below it.

use super::classes::Class;
use super::target::{Family, Library};
use std::collections::BTreeMap;
use std::ops::AddAssign;

/// Counts of a module. What a target does not have is zero: an FPGA has no area, a library no tables.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Cells of the library or the family, flip-flops among them.
    pub cells: u64,
    /// Flip-flops.
    pub flip_flops: u64,
    /// Bits of the memories that it declares.
    pub memory_bits: u64,
    /// Area of the cells, in square micrometres.
    pub area_um2: f64,
    /// Look-up tables.
    pub luts: u64,
    /// Multipliers.
    pub dsps: u64,
    /// Block memories.
    pub blocks: u64,
}

/// The cells of a module by type, as Yosys counts them.
pub type Cells = BTreeMap<String, u64>;

impl Cost {
    /// The cost of cells of a library, whose areas are given.
    ///
    /// # Errors
    /// A cell that the library does not have.
    pub fn of_library(
        cells: &Cells,
        areas: &BTreeMap<String, f64>,
        library: &Library,
    ) -> Result<Cost, String> {
        let kind = library.flip_flop.split_inclusive("DFF").next().unwrap_or(library.flip_flop);
        let mut cost = Cost::default();
        for (name, count) in cells {
            let area = areas.get(name).ok_or_else(|| format!("{} has no cell {name}", library.file))?;
            cost.cells += count;
            cost.area_um2 += area * *count as f64;
            cost.flip_flops += if name.starts_with(kind) { *count } else { 0 };
        }
        Ok(cost)
    }

    /// The cost of cells of a family.
    ///
    /// # Errors
    /// A cell that is none of its classes.
    pub fn of_family(cells: &Cells, family: &Family) -> Result<Cost, String> {
        let mut cost = Cost::default();
        for (name, count) in cells {
            let class = family.classes.iter().find(|(prefix, ..)| name.starts_with(prefix));
            let (_, class, each) =
                class.ok_or_else(|| format!("{} makes a cell {name} of no known class", family.command))?;
            cost.cells += count;
            match class {
                Class::Lut => cost.luts += each * count,
                Class::FlipFlop => cost.flip_flops += each * count,
                Class::Dsp => cost.dsps += each * count,
                Class::Block => cost.blocks += each * count,
                Class::Beside => {}
            }
        }
        Ok(cost)
    }

    /// The cost of so many.
    #[must_use]
    pub fn times(self, count: u64) -> Cost {
        Cost {
            cells: self.cells * count,
            flip_flops: self.flip_flops * count,
            memory_bits: self.memory_bits * count,
            area_um2: self.area_um2 * count as f64,
            luts: self.luts * count,
            dsps: self.dsps * count,
            blocks: self.blocks * count,
        }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        self.cells += other.cells;
        self.flip_flops += other.flip_flops;
        self.memory_bits += other.memory_bits;
        self.area_um2 += other.area_um2;
        self.luts += other.luts;
        self.dsps += other.dsps;
        self.blocks += other.blocks;
    }
}

/// What each module costs with all below it, every instance counted; modules stand after those that they use, each with what it
/// costs by itself and its instances by module. None where a module has no figures.
pub fn total<'a>(
    modules: impl IntoIterator<Item = (&'a str, Option<(Cost, &'a Cells)>)>,
) -> BTreeMap<&'a str, Option<Cost>> {
    let mut totals: BTreeMap<&str, Option<Cost>> = BTreeMap::new();
    for (name, own) in modules {
        let sum = own.and_then(|(own, instances)| {
            instances.iter().try_fold(own, |mut sum, (child, count)| {
                sum += totals.get(child.as_str()).copied().flatten()?.times(*count);
                Some(sum)
            })
        });
        totals.insert(name, sum);
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instance_counts_and_what_is_unknown_below_is_unknown_above() {
        let own = |cells| Cost { cells, ..Cost::default() };
        let uses = |list: &[(&str, u64)]| -> Cells {
            list.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
        };
        let (none, pair, four) = (uses(&[]), uses(&[("leaf", 2)]), uses(&[("pair", 4), ("leaf", 1)]));
        let modules = [("leaf", Some((own(3), &none))), ("pair", Some((own(1), &pair)))];
        let top = [("top", Some((own(5), &four)))];
        let totals = total(modules.into_iter().chain(top));
        assert_eq!(totals["top"], Some(own(5 + 4 * (1 + 2 * 3) + 3)));
        let totals = total([("leaf", None), modules[1]].into_iter().chain(top));
        assert_eq!((totals["pair"], totals["top"]), (None, None));
    }
}
