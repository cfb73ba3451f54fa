//! Event counters: what the energy model prices, counted where it happens.
//!
//! **Ports.** `clear` at the start of a program; pulses and small counts from the units, for each port of the buffers also which buffer; a
//! register's value for each event of `sim`, under its name in the [register map](crate::register_map).
//!
//! **Timing.** A count is complete a cycle after the last event; the program's last command has ended long before.
//!
//! **Function.** Sums. MACs are counted as dot products that ran, vectors that streamed and tiles that ended: n, n² and n³ MACs each; what
//! streamed and did not run was gated, what neither streamed was skipped.
//!
//! **Not modelled.** Overflow: a counter wraps, and those of the machine, [`COUNTER_BITS`](crate::register_map::COUNTER_BITS) wide, hold days.

use super::page::{Geometry, READERS, WRITERS};
use super::popcount::count_bits;
use super::unpack::piece_bytes;
use crate::hdl::{Error, Expr, Module, lit};
use models::design::Design;
use std::rc::Rc;

/// The counters of a design, each of `width` bits.
///
/// # Errors
/// A fault of the description, which would be ours.
pub fn counters(design: &Design, width: usize) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    let mut m = Module::new("counters", "event counters, as the energy model has them")
        .parameter("n", g.lanes)
        .parameter("width", width)
        .latency("1 cycle");
    let mut c = Counters { width, clear: m.input("clear", 1, "a program begins") };
    c.macs(&mut m, g);
    for unit in ["softmax", "layernorm", "entropy"] {
        let pulse = m.input(&format!("{unit}_vectors"), 1, "a vector passes the lanes of the SFU");
        c.scaled(&mut m, &format!("{unit}_elements"), &pulse, g.lanes as u64);
    }
    c.buffers(&mut m, g);
    c.memories(&mut m, design);
    m.finish()
}

/// What all counters share.
struct Counters {
    width: usize,
    clear: Expr,
}

impl Counters {
    /// A register that adds `value` in every cycle.
    fn sum(&mut self, m: &mut Module, name: &str, value: &Expr) -> Expr {
        let total = m.register(&format!("{name}_total"), self.width, 0);
        let zero = lit(self.width, 0);
        let clear = self.clear.clone();
        m.when(clear, |m| m.next(&total, zero))
            .otherwise(|m| m.next(&total, total.add(value.widen(total.width()))));
        total
    }

    /// A counter of what each unit of `value` stands for.
    fn scaled(&mut self, m: &mut Module, name: &str, value: &Expr, unit: u64) {
        let total = self.sum(m, name, value);
        self.show(m, name, &times(&total, unit));
    }

    fn show(&self, m: &mut Module, name: &str, value: &Expr) {
        let out = m.output(name, self.width, "event counter");
        m.assign(out, value);
    }

    /// Multiply-accumulates.
    fn macs(&mut self, m: &mut Module, g: Geometry) {
        let n = g.lanes as u64;
        let dots = m.input("dots", count_bits(g.lanes), "dot products of n that run");
        let streams = m.input("rows_vectors", 1, "a vector streams");
        let tiles = m.input("tile_ends", 1, "a tile has streamed");
        let active = m.input("active", 1, "the lanes are clocked");
        let run = self.sum(m, "dots", &dots);
        let spent = self.sum(m, "streamed", &streams);
        let slots = self.sum(m, "tiles", &tiles);
        let (run, spent, slots) = (times(&run, n), times(&spent, n * n), times(&slots, n * n * n));
        self.show(m, "macs_run", &run);
        self.show(m, "macs_gated", &spent.sub(&run));
        self.show(m, "macs_skipped", &slots.sub(&spent));
        self.scaled(m, "pu_active_cycles", &active, 1);
    }

    /// Masks and codes, by buffer.
    fn buffers(&mut self, m: &mut Module, g: Geometry) {
        let bits = count_bits(g.lanes);
        let readers: Vec<&str> = READERS.iter().map(|reader| reader.name).collect();
        for (ports, verb) in [(readers.as_slice(), "read"), (&WRITERS, "write")] {
            let mut uses = Vec::new();
            for port in ports {
                let buffer = m.input(&format!("{port}_{verb}_buffer"), 1, "which buffer it uses");
                let masks = m.input(&format!("{port}_{verb}_masks"), bits, "masks in this cycle");
                let codes = m.input(&format!("{port}_{verb}_codes"), bits, "codes in this cycle");
                uses.push((buffer, masks, codes));
            }
            for which in 0..2_u64 {
                let total = |pick: fn(&(Expr, Expr, Expr)) -> &Expr| {
                    let gated = uses.iter().map(|port| {
                        let here = port.0.eq(lit(1, which)).repeat(bits);
                        pick(port).and(here).widen(bits + 3)
                    });
                    gated.reduce(|sum, one| sum.add(one)).unwrap_or_else(|| lit(1, 0))
                };
                let (masks, codes) = (total(|port| &port.1), total(|port| &port.2));
                self.scaled(m, &format!("mask_{verb}s_{which}"), &masks, 1);
                self.scaled(m, &format!("code_{verb}s_{which}"), &codes, 1);
            }
        }
    }

    /// Auxiliary buffer, bus, NVM and sequencer.
    fn memories(&mut self, m: &mut Module, design: &Design) {
        let (n, beat) = (u64::from(design.pu.n), design.axi.beat_bytes());
        let mut pulse = |name: &str, meaning: &str| m.input(name, 1, meaning);
        let bias = pulse("bias_read", "the bias of a tile is read");
        let norm = pulse("norm_read", "gamma and beta of a tile are read");
        let span = pulse("span_read", "span weights of a tile are read");
        let aux = pulse("aux_write", "a piece is written to the auxiliary buffer");
        let (read, write) = (pulse("read_beat", "a beat is read"), pulse("write_beat", "a beat is written"));
        let word = pulse("nvm_word", "a word of the NVM is read");
        let command = pulse("dispatched", "a command is dispatched");
        let bytes = [(&bias, 2 * n), (&norm, 4 * n), (&span, n)]
            .map(|(pulse, unit)| times(&pulse.widen(self.width), unit));
        let bytes = bytes.into_iter().reduce(|sum, one| sum.add(one)).unwrap_or_else(|| lit(self.width, 0));
        self.scaled(m, "aux_read_bytes", &bytes, 1);
        self.scaled(m, "aux_write_bytes", &aux, piece_bytes(design) as u64);
        let reads = self.sum(m, "beats_read", &read);
        let writes = self.sum(m, "beats_written", &write);
        self.show(m, "axi_beats", &reads.add(&writes));
        self.show(m, "external_read_bytes", &times(&reads, beat));
        self.show(m, "external_write_bytes", &times(&writes, beat));
        self.scaled(m, "nvm_read_bits", &word, design.nvm.width_bits.into());
        self.scaled(m, "commands", &command, 1);
    }
}

/// A count times a power of two.
fn times(count: &Expr, unit: u64) -> Expr {
    count.shl(unit.ilog2() as usize)
}
