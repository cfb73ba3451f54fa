//! Small designs for units whose memories would take Verilator and Yosys long.

use super::{Failure, Plan};
use crate::hdl::Error;
use kernels::adaptivfloat::Format;
use models::design::{Design, Sparsity};
use models::record::preset;

/// What differs: lanes, pages of an operand buffer, bits of the bus, format, sparsity.
pub(super) type Small = (u32, u32, u32, Format, Sparsity);

/// Shapes that differ in everything.
pub(super) const SMALL: [Small; 4] = [
    (2, 2, 32, Format::AF4_3, Sparsity::Skip),
    (4, 4, 32, Format::AF8_4, Sparsity::Skip),
    (4, 1, 128, Format::AF8_3, Sparsity::Dense),
    (8, 2, 64, Format::AF8_4, Sparsity::Gate),
];

/// Every number of lanes whose gates a bench can bear, with every sparsity.
pub(super) const LANES: [Small; 5] = [
    (2, 2, 32, Format::AF4_3, Sparsity::Gate),
    (4, 4, 32, Format::AF8_4, Sparsity::Skip),
    (4, 1, 32, Format::AF8_3, Sparsity::Dense),
    (8, 2, 64, Format::AF8_4, Sparsity::Skip),
    (16, 2, 64, Format::AF8_4, Sparsity::Skip),
];

/// Tiles of a page, words of the auxiliary buffer.
const TILES: u64 = 4;
const WORDS: u64 = 16;

/// The plan's design, or the shipped one in each of these shapes.
pub(super) fn designs(plan: &Plan, shapes: &[Small]) -> Result<Vec<Design>, Failure> {
    let design = preset::<Design>("offramp").map_err(|_| Error::size("small", "design", "shipped"))?;
    let small = |&(n, pages, bus, format, sparsity): &Small| {
        let (mut design, lanes) = (design.clone(), u64::from(n));
        (design.pu.n, design.pu.sparsity, design.format) = (n, sparsity, format);
        design.buffer.pages = pages;
        design.buffer.bytes = u64::from(pages) * TILES * lanes * lanes;
        design.aux.bytes = 4 * lanes * WORDS;
        design.axi.width_bits = bus;
        design
    };
    let all: Vec<Design> = shapes.iter().map(small).collect();
    Ok(plan.shapes(&all, Clone::clone))
}

/// The plan for a design: without a netlist where it would take Yosys minutes.
pub(super) fn quick(plan: &Plan, design: &Design) -> Plan {
    let small = design.pu.n <= 4 && design.buffer.bytes <= 1024;
    Plan { netlist: plan.netlist && small, ..plan.clone() }
}

/// The plan for a design of a unit without memories: without a netlist of many lanes.
pub(super) fn few(plan: &Plan, design: &Design) -> Plan {
    Plan { netlist: plan.netlist && design.pu.n <= 4, ..plan.clone() }
}
