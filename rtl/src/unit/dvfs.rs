//! DVFS controller: predicts the layer after which the sentence leaves, and holds the supply voltage that the program asks for.
//!
//! **Ports.** `start` of a program; `change` of the supply by a command; `predict` with the last entropy; the host's port to the table
//! while no program runs. Out: `supply_mv` for the regulator, `predicted` for the sequencer.
//!
//! **Timing.** `supply_mv` follows `change` by a cycle and `predict` by [`latency::DVFS`]; a prediction is there in the same cycle.
//!
//! **Function.** `row = min(ceil(100 entropy - 1/2), 99)`, the entropy in nats: the table's row nearest to it. The row's lower half is the layer, its
//! upper half the voltage in mV. At the start nothing is predicted; the supply stays as it was.
//!
//! **Not modelled.** The regulator, the clock generator, and the time that both take to settle.

use super::{COUNT_BITS, ENTROPY_BITS};
use crate::hdl::{Error, Expr, Module, address_bits, lit, memory, mux};
use kernels::dvfs::{ROUNDING, ROWS, ROWS_PER_NAT};
use kernels::entropy::ENTROPY_FRACTION;
use models::latency;
use std::rc::Rc;

/// Bits of a supply voltage in mV.
pub const SUPPLY_BITS: usize = 16;

const _: () = assert!(latency::DVFS == 3, "the look-up below has three stages");
const _: () = assert!(latency::DVFS <= latency::FETCH + 1, "nothing starts ahead of the new supply");

/// The controller.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn dvfs() -> Result<Rc<Module>, Error> {
    let mut m = Module::new("dvfs", "predicts the exit of a sentence; holds the supply voltage")
        .parameter("rows", ROWS)
        .latency(format!("1 cycle from a change, {} from a prediction", latency::DVFS));
    let start = m.input("start", 1, "a program begins");
    let change = m.input("change", 1, "a command changes the supply");
    let change_mv = m.input("change_mv", SUPPLY_BITS, "to this voltage, mV");
    let predict = m.input("predict", 1, "a command asks for a prediction");
    let entropy = m.input("entropy", ENTROPY_BITS, "last entropy, nats with 16 fraction bits");
    let nearest = nearest(&mut m, &entropy);
    let row = m.stage("row", nearest);
    let asked = m.stage("asked", &predict);
    let value = table(&mut m, &asked, &row)?;
    let answered = m.stage("answered", &asked);
    let predicted = m.register("predicted_layer", COUNT_BITS, 0);
    let supply = m.register("supply", SUPPLY_BITS, 0);
    m.when(&start, |m| m.next(&predicted, lit(COUNT_BITS, 0))).otherwise(|m| {
        m.when(&answered, |m| m.next(&predicted, value.bits(0, COUNT_BITS)));
    });
    let asked_mv = value.bits(COUNT_BITS, SUPPLY_BITS);
    m.when(change.or(&answered), |m| m.next(&supply, mux(&change, &change_mv, asked_mv)));
    let out =
        m.output("predicted", COUNT_BITS, "layer after which the sentence leaves at the latest; 0 for none");
    m.assign(out, &predicted);
    let out = m.output("supply_mv", SUPPLY_BITS, "supply voltage asked for, mV");
    m.assign(out, &supply);
    m.finish()
}

/// The row nearest to an entropy, the lower one on a tie, the last for all above it.
fn nearest(m: &mut Module, entropy: &Expr) -> Expr {
    let (wide, bits) = (ENTROPY_BITS + address_bits(ROWS), address_bits(ROWS));
    let scaled = entropy.mul(lit(bits, ROWS_PER_NAT.into()));
    let scaled = m.wire("scaled_ends_unused", scaled.add(lit(wide, ROUNDING.into())));
    let fraction = ENTROPY_FRACTION as usize;
    let whole = m.wire("whole", scaled.bits(fraction, wide - fraction));
    let last = ROWS as u64 - 1;
    mux(whole.lt(lit(wide - fraction, last)), whole.bits(0, bits), lit(bits, last))
}

/// The table: the word at `row` a cycle after it was `asked` for.
fn table(m: &mut Module, asked: &Expr, row: &Expr) -> Result<Expr, Error> {
    let write = m.input("host_write", 1, "the host writes a row, while no program runs");
    let host_row = m.input("host_row", row.width(), "which");
    let host_value =
        m.input("host_value", COUNT_BITS + SUPPLY_BITS, "layer in the lower half, mV in the upper");
    let shape = memory(ROWS, COUNT_BITS + SUPPLY_BITS)?;
    let (enable, address) = (asked.or(&write), mux(&write, &host_row, row));
    let inputs = [("enable", &enable), ("write", &write), ("address", &address), ("data", &host_value)];
    Ok(m.instance("predictions", &shape, &inputs).out("value"))
}
