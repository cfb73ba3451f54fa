//! From the dot products of the lanes to the codes of a finished row.

use super::lanes::Tag;
use crate::hdl::{Error, Expr, Module, arm, concat, lit, mux};
use crate::unit::page::Geometry;
use crate::unit::word::field;
use crate::unit::{
    BIAS_BITS, accumulator, accumulator_width, delayed, epilogue, largest_reduction, requantise, value_width,
};
use models::design::Design;
use models::latency;

/// A row of results on its way out.
pub(super) struct Leaving {
    pub(super) valid: Expr,
    pub(super) row: Expr,
}

impl Leaving {
    /// The row `cycles` later.
    fn delayed(&self, m: &mut Module, name: &str, cycles: u64) -> Leaving {
        Leaving {
            valid: delayed(m, &format!("{name}_valid"), &self.valid, cycles),
            row: delayed(m, &format!("{name}_row"), &self.row, cycles),
        }
    }
}

/// Accumulators, bias, activation and rounding: the codes of a finished row with its tag.
pub(super) fn results(
    m: &mut Module,
    design: &Design,
    (start, word): (&Expr, &Expr),
    (sums, tag): (&Expr, Tag),
) -> Result<(Expr, Leaving), Error> {
    let g = Geometry::new(design);
    let width = accumulator_width(design.format, largest_reduction(design)).max(sums.width() / g.lanes);
    let shape = accumulator(design.pu.n, sums.width() / g.lanes, width)?;
    let inputs = [("valid", &tag.valid), ("row", &tag.row), ("first", &tag.first), ("sums", sums)];
    let total = m.instance("accumulators", &shape, &inputs).out("total");
    let leaves = m.wire("leaves", tag.valid.and(&tag.last));
    bias_reads(m, g, (start, word), &leaves.and(tag.row.eq(lit(g.lane, 0))));
    let leaving = Leaving { valid: leaves, row: tag.row }.delayed(m, "totalled", latency::ACCUMULATE);
    let bias = bias(m, g, word, &leaving.row);
    let part = |name: &str| field(word, "matmul", name);
    let (ends, rounds) = (epilogue(width)?, requantise(design.format, value_width(width))?);
    let mut codes = Vec::new();
    for lane in 0..g.lanes {
        let inputs = [
            ("accumulator", &total.bits(lane * width, width)),
            ("acc_lsb", &part("sum_lsb")),
            ("bias", &bias.bits(lane * BIAS_BITS, BIAS_BITS)),
            ("bias_lsb", &part("bias_lsb")),
            ("activation", &part("activation")),
        ];
        let end = m.instance(&format!("epilogue_{lane}"), &ends, &inputs);
        let inputs =
            [("value", &end.out("value")), ("lsb", &end.out("lsb")), ("out_bias", &part("out_bias"))];
        codes.push(m.instance(&format!("requantise_{lane}"), &rounds, &inputs).out("code"));
    }
    codes.reverse();
    let leaving = leaving.delayed(m, "rounded", latency::ACTIVATE + latency::REQUANTISE);
    Ok((m.wire("codes", concat(&codes)), leaving))
}

/// Asks for the bias of each output tile, a cycle ahead of its first row.
fn bias_reads(m: &mut Module, g: Geometry, (start, word): (&Expr, &Expr), reads: &Expr) {
    let part = |name: &str| field(word, "matmul", name);
    let counter = part("column_blocks").width();
    let (column, row) = (m.register("bias_column", counter, 0), m.register("bias_row", counter, 0));
    let one = lit(counter, 1);
    let last = m.wire("bias_last_column", column.add(&one).eq(part("column_blocks")));
    m.when(start, |m| {
        m.next(&column, lit(counter, 0));
        m.next(&row, lit(counter, 0));
    })
    .otherwise(|m| {
        m.when(reads, |m| {
            m.next(&column, mux(&last, lit(counter, 0), column.add(&one)));
            m.next(&row, mux(&last, row.add(&one), &row));
        });
    });
    let first = part("bias_start");
    let bits = first.width();
    // The start counts 4 bytes, a tile's bias takes 2 n.
    let tile = mux(part("row_bias"), &row, &column).widen(bits - (g.lane - 1));
    let tile = if g.lane == 1 { tile } else { concat(&[tile, lit(g.lane - 1, 0)]) };
    let read = m.output("bias_read", 1, "auxiliary buffer: the bias of a tile is read");
    m.assign(read, reads.and(part("has_bias")));
    let place = m.output("bias_address", bits, "auxiliary buffer: where, in units of 4 bytes");
    m.assign(place, first.add(tile));
}

/// The bias of each lane, for vector `row` of the output tile.
fn bias(m: &mut Module, g: Geometry, word: &Expr, row: &Expr) -> Expr {
    let value = m.input("bias", g.lanes * BIAS_BITS, "auxiliary buffer: bias of the tile, element 0 lowest");
    let of_row = m.signal("bias_of_row", BIAS_BITS);
    let target = &of_row;
    let arms = (0..g.lanes).map(|at| {
        let element = value.bits(at * BIAS_BITS, BIAS_BITS);
        arm(at as u64, move |m: &mut Module| m.assign(target, element))
    });
    m.case(row, arms.collect(), |m| m.assign(target, lit(BIAS_BITS, 0)));
    let chosen = mux(field(word, "matmul", "row_bias"), of_row.repeat(g.lanes), value);
    let on = field(word, "matmul", "has_bias").repeat(g.lanes * BIAS_BITS);
    m.wire("bias_now", chosen.and(on))
}
