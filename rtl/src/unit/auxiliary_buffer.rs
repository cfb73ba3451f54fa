//! Auxiliary buffer: biases, norm parameters and span masks.
//!
//! **Ports.** `write` of a piece of a load, `address` in pieces; `bias_read` by the PU, `bias` of a tile in the next cycle; `parameter_read` by
//! the SFU, `parameters` [`latency::DECODE`] cycles later, with the vector that it belongs to. What was read stays until the next read.
//!
//! **Function.** A word holds gamma and beta of a tile, 4 n bytes; a tile's bias is half of it, a tile's span weights are a quarter. Two copies
//! of one memory, one for each reader: a macro with one write and one read port is what libraries have.
//!
//! **Not modelled.** Ranges that are no multiple of what is read: the compiler aligns them.

use super::unpack::piece_bytes;
use crate::hdl::{Error, Expr, Module, address_bits, arm, concat, lit, memory_1r1w};
use models::design::Design;
use models::latency;
use std::rc::Rc;

/// Bits of an address in units of four bytes, as commands hold it.
const UNITS_BITS: usize = 18;
/// Bits of an address in bytes.
const BYTES_BITS: usize = UNITS_BITS + 2;

/// The sizes of the buffer, in bytes and bits.
struct Sizes {
    lanes: usize,
    piece: usize,
    words: usize,
}

impl Sizes {
    /// Bytes of a word.
    fn word(&self) -> usize {
        4 * self.lanes
    }
}

/// The auxiliary buffer of a design.
///
/// # Errors
/// Less than two words.
pub fn auxiliary_buffer(design: &Design) -> Result<Rc<Module>, Error> {
    let lanes = design.pu.n as usize;
    let sizes = Sizes { lanes, piece: piece_bytes(design), words: design.aux.bytes as usize / (4 * lanes) };
    let mut m = Module::new("auxiliary_buffer", "biases, norm parameters and span masks")
        .parameter("n", lanes)
        .parameter("bytes", design.aux.bytes)
        .latency("1 cycle to the PU, as much as a vector takes to the SFU");
    let copies = copies(&mut m, &sizes)?;
    bias(&mut m, &sizes, &copies);
    parameter(&mut m, &sizes, &copies);
    m.finish()
}

/// The write port, and a read port for each copy: read, address, value.
struct Copy {
    read: Expr,
    address: Expr,
    value: Expr,
}

fn copies(m: &mut Module, sizes: &Sizes) -> Result<[Copy; 2], Error> {
    let (fields, bits) = (sizes.word() / sizes.piece, address_bits(sizes.words));
    let write = m.input("write", 1, "a piece is written");
    let address = m.input("address", bits + address_bits(fields), "where, in pieces");
    let data = m.input("data", 8 * sizes.piece, "its bytes");
    let select = address_bits(fields);
    let field = address.bits(0, select);
    let here: Vec<Expr> = (0..fields).rev().map(|at| field.eq(lit(select, at as u64)).and(&write)).collect();
    let here = m.wire("fields", concat(&here));
    let word = m.wire("word", address.bits(select, bits));
    let data = m.wire("every_field", data.repeat(fields));
    let shape = memory_1r1w(sizes.words, fields, 8 * sizes.piece)?;
    let mut copy = |name: &str| {
        let (read, from) = (m.signal(&format!("{name}_reads"), 1), m.signal(&format!("{name}_word"), bits));
        let inputs = [
            ("write", &here),
            ("write_address", &word),
            ("data", &data),
            ("read", &read),
            ("address", &from),
        ];
        let value = m.instance(&format!("{name}_copy"), &shape, &inputs).out("value");
        Copy { read, address: from, value }
    };
    Ok([copy("pu"), copy("sfu")])
}

/// The bias of a tile, for the PU.
fn bias(m: &mut Module, sizes: &Sizes, [copy, _]: &[Copy; 2]) {
    let read = m.input("bias_read", 1, "PU: the bias of a tile is read");
    let units =
        m.input("bias_address", UNITS_BITS, "PU: where, in units of four bytes, a multiple of its length");
    let half = sizes.lanes.ilog2() as usize - 1;
    m.assign(&copy.read, &read);
    m.assign(&copy.address, units.bits(half + 1, copy.address.width()));
    let upper = m.register("bias_upper", 1, 0);
    m.when(&read, |m| m.next(&upper, units.bit(half)));
    let width = copy.value.width() / 2;
    let value = crate::hdl::mux(&upper, copy.value.bits(width, width), copy.value.bits(0, width));
    let out = m.output("bias", width, "PU: the bias, element 0 lowest");
    m.assign(out, value);
}

/// A word for the SFU: as it is, and the quarter that is asked for in its lowest bits.
fn parameter(m: &mut Module, sizes: &Sizes, [_, copy]: &[Copy; 2]) {
    let mut read = m.input("parameter_read", 1, "SFU: parameters of a tile are read");
    let mut bytes =
        m.input("parameter_address", BYTES_BITS, "SFU: where, in bytes, a multiple of their length");
    for cycle in 1..latency::DECODE {
        read = m.stage(&format!("read_{cycle}"), read);
        bytes = m.stage(&format!("address_{cycle}"), bytes);
    }
    let low = sizes.lanes.ilog2() as usize;
    m.assign(&copy.read, &read);
    m.assign(&copy.address, bytes.bits(low + 2, copy.address.width()));
    let quarter = m.register("quarter", 2, 0);
    m.when(&read, |m| m.next(&quarter, bytes.bits(low, 2)));
    let width = copy.value.width() / 4;
    let lowest = m.signal("lowest_quarter", width);
    let target = &lowest;
    let arms = (0..4).map(|at| {
        let part = copy.value.bits(at * width, width);
        arm(at as u64, move |m: &mut Module| m.assign(target, part))
    });
    m.case(&quarter, arms.collect(), |m| m.assign(target, lit(width, 0)));
    let out = m.output(
        "parameters",
        4 * width,
        "SFU: gamma and beta of a tile, or its span weights in the lowest quarter",
    );
    m.assign(out, concat(&[copy.value.bits(width, 3 * width), lowest]));
}
