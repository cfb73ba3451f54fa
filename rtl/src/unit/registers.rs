//! Registers behind an AXI4-Lite port: what software writes goes out, what the machine says can be read.
//!
//! **Ports.** An AXI4-Lite subordinate of 32 bits, its signals prefixed `lite_`; for each register of the
//! [map](crate::register_map) a port of its name: an output for what software writes, an input for what it reads. A register that
//! stores has an output `NAME_written`, high in the cycle after its highest word was written. `interrupt_set` raises
//! flags, `interrupt_line` is high while an enabled flag is.
//!
//! **Timing.** A write takes effect in the cycle after both its address and its data have been taken; its response follows in the
//! next. A read's data follow one cycle after its address has been taken. One write and one read at a time. Addresses
//! where nothing is, and writes to what is only read, are answered with SLVERR.
//!
//! **Not modelled.** Bursts and protection bits, which AXI4-Lite has no use for here.

use crate::hdl::{Error, Expr, Module, concat, lit, mux};
use crate::register_map::{Access, Register, bytes, registers};
use std::rc::Rc;

/// Bits of an address.
pub fn register_address_bits() -> usize {
    bytes().next_power_of_two().ilog2() as usize
}

const SLVERR: u64 = 2;

/// A write that takes effect: its address, its data, its bytes.
struct Write {
    takes: Expr,
    address: Expr,
    data: Expr,
    strobe: Expr,
}

/// The register file.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn register_file() -> Result<Rc<Module>, Error> {
    let mut m = Module::new("registers", "registers behind an AXI4-Lite port")
        .parameter("bytes", bytes())
        .latency("a write: 1 cycle after address and data; a read: 1 cycle after its address");
    let write = write_channel(&mut m);
    let mut words = vec![];
    for register in registers() {
        words.extend(stored(&mut m, &register, &write));
    }
    interrupt(&mut m, &words);
    read_channel(&mut m, &words);
    m.finish()
}

/// Takes an address and data in either order, then answers.
fn write_channel(m: &mut Module) -> Write {
    let bits = register_address_bits();
    let address = m.input("lite_awaddr", bits, "byte address of a write");
    let data = m.input("lite_wdata", 32, "data of a write");
    let strobe = m.input("lite_wstrb", 4, "bytes of a write");
    let [awvalid, wvalid, bready] =
        ["lite_awvalid", "lite_wvalid", "lite_bready"].map(|name| m.input(name, 1, "AXI4-Lite"));
    let [awready, wready, bvalid] =
        ["lite_awready", "lite_wready", "lite_bvalid"].map(|name| m.output(name, 1, "AXI4-Lite"));
    let response = m.output("lite_bresp", 2, "0, or 2 where nothing can be written");
    let [has_address, has_data, answers] =
        ["has_address", "has_data", "answers"].map(|name| m.register(name, 1, 0));
    let held = m.register("write_address", bits, 0);
    let (held_data, held_strobe) = (m.register("write_data", 32, 0), m.register("write_strobe", 4, 0));
    let answer = m.register("answer", 2, 0);
    let takes = m.wire("write_takes", has_address.and(&has_data).and(answers.not()));
    m.assign(awready, has_address.not());
    m.assign(wready, has_data.not());
    m.assign(bvalid, &answers);
    m.assign(response, &answer);
    m.next(&has_address, mux(&has_address, takes.not(), &awvalid));
    m.when(has_address.not(), |m| m.next(&held, &address));
    m.next(&has_data, mux(&has_data, takes.not(), &wvalid));
    m.when(has_data.not(), |m| {
        m.next(&held_data, &data);
        m.next(&held_strobe, &strobe);
    });
    m.next(&answers, takes.or(answers.and(bready.not())));
    let writable = words_where(&held, |register| register.access != Access::Read);
    m.when(&takes, |m| m.next(&answer, mux(&writable, lit(2, 0), lit(2, SLVERR))));
    Write { takes, address: held, data: held_data, strobe: held_strobe }
}

/// Whether `address` is that of a word of a register of which `is` holds.
fn words_where(address: &Expr, is: impl Fn(&Register) -> bool) -> Expr {
    let registers = registers();
    let words = registers.iter().filter(|register| is(register));
    let hits = words.flat_map(|register| (0..register.words()).map(|index| at(address, register, index)));
    hits.reduce(|any, one| any.or(one)).unwrap_or_else(|| lit(1, 0))
}

/// Whether `address` is that of word `index` of a register.
fn at(address: &Expr, register: &Register, index: usize) -> Expr {
    address.eq(lit(address.width(), (register.offset + 4 * index) as u64))
}

/// The ports and the storage of a register; its words as they are read, by byte offset.
fn stored(m: &mut Module, register: &Register, write: &Write) -> Vec<(usize, Expr)> {
    let Register { name, width, access, meaning, .. } = register;
    let value = match access {
        Access::Read => m.input(name, *width, meaning),
        Access::Pulse => {
            let out = m.output(name, *width, meaning);
            let pulse = m.register(&format!("{name}_pulse"), *width, 0);
            let hit = hit(m, register, write, 0);
            m.next(&pulse, hit.and(write.strobe.bit(0)).repeat(*width).and(write.data.bits(0, *width)));
            m.assign(out, pulse);
            lit(*width, 0)
        }
        Access::Clear => flags(m, register, write),
        Access::Write | Access::Store => written(m, register, write),
    };
    (0..register.words())
        .map(|index| {
            let bits = register.word_bits(index);
            (register.offset + 4 * index, value.bits(32 * index, bits).widen(32))
        })
        .collect()
}

/// Whether the write that takes effect is to word `index` of a register.
fn hit(m: &mut Module, register: &Register, write: &Write, index: usize) -> Expr {
    m.wire(&format!("{}_hit_{index}", register.name), write.takes.and(at(&write.address, register, index)))
}

/// Flags that the machine sets and software clears.
fn flags(m: &mut Module, register: &Register, write: &Write) -> Expr {
    let set = m.input(&format!("{}_set", register.name), register.width, "raises the flag of this bit");
    let flags = m.register(&format!("{}_flags", register.name), register.width, 0);
    let hit = hit(m, register, write, 0).and(write.strobe.bit(0));
    let cleared = hit.repeat(register.width).and(write.data.bits(0, register.width));
    m.next(&flags, flags.and(cleared.not()).or(set));
    flags
}

/// Storage that software writes byte by byte.
fn written(m: &mut Module, register: &Register, write: &Write) -> Expr {
    let out = m.output(register.name, register.width, register.meaning);
    let mut words = vec![];
    let mut hits = vec![];
    for index in 0..register.words() {
        let bits = register.word_bits(index);
        let word = m.register(&format!("{}_word_{index}", register.name), bits, 0);
        let hit = hit(m, register, write, index);
        let mask = (0..bits.div_ceil(8)).rev();
        let mask: Vec<Expr> =
            mask.map(|byte| write.strobe.bit(byte).repeat((bits - 8 * byte).min(8))).collect();
        let mask = m.wire(&format!("{}_mask_{index}", register.name), concat(&mask));
        let merged = word.and(mask.not()).or(mask.and(write.data.bits(0, bits)));
        m.when(&hit, |m| m.next(&word, merged));
        words.push(word);
        hits.push(hit);
    }
    words.reverse();
    let value = concat(&words);
    m.assign(out, &value);
    if let (Access::Store, Some(last)) = (register.access, hits.last()) {
        let done = m.output(
            &format!("{}_written", register.name),
            1,
            "its highest word was written in the cycle before",
        );
        let stage = m.stage(&format!("{}_stored", register.name), last);
        m.assign(done, stage);
    }
    m.wire(&format!("{}_value", register.name), value)
}

/// The interrupt line.
fn interrupt(m: &mut Module, words: &[(usize, Expr)]) {
    let line = m.output("interrupt_line", 1, "an enabled flag is raised");
    let word = |name: &str| {
        let at = registers().iter().find(|r| r.name == name).map(|r| r.offset);
        let word = words.iter().find(|(word, _)| Some(*word) == at);
        word.map_or_else(|| lit(32, 0), |(_, value)| value.clone())
    };
    m.assign(line, word("interrupt").and(word("interrupt_enable")).reduce_or());
}

/// Takes an address, then gives the word.
fn read_channel(m: &mut Module, words: &[(usize, Expr)]) {
    let bits = register_address_bits();
    let address = m.input("lite_araddr", bits, "byte address of a read");
    let [arvalid, rready] = ["lite_arvalid", "lite_rready"].map(|name| m.input(name, 1, "AXI4-Lite"));
    let [arready, rvalid] = ["lite_arready", "lite_rvalid"].map(|name| m.output(name, 1, "AXI4-Lite"));
    let data = m.output("lite_rdata", 32, "data of a read");
    let response = m.output("lite_rresp", 2, "0, or 2 where nothing is");
    let gives = m.register("gives", 1, 0);
    let (held, answer) = (m.register("read_data", 32, 0), m.register("read_answer", 2, 0));
    let takes = m.wire("read_takes", arvalid.and(gives.not()));
    let chosen = words.iter().map(|(offset, value)| {
        let here = address.eq(lit(bits, *offset as u64));
        here.repeat(32).and(value)
    });
    let chosen = chosen.reduce(|any, one| any.or(one)).unwrap_or_else(|| lit(32, 0));
    let chosen = m.wire("read_value", chosen);
    let known = words_where(&address, |_| true);
    m.assign(arready, gives.not());
    m.assign(rvalid, &gives);
    m.assign(data, &held);
    m.assign(response, &answer);
    m.next(&gives, takes.or(gives.and(rready.not())));
    m.when(&takes, |m| {
        m.next(&held, &chosen);
        m.next(&answer, mux(&known, lit(2, 0), lit(2, SLVERR)));
    });
}
