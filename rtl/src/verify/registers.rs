//! The register file under random AXI4-Lite traffic with stalls on every handshake, against the map.

use super::{Draw, Failure, Plan, Tally};
use crate::cosim::Bench;
use crate::register_map::{Access, Register, bytes, registers as map};
use crate::unit;
use std::collections::BTreeMap;

const SLVERR: u32 = 2;

/// Random reads and writes, with the machine saying something else every cycle.
pub(super) fn registers(plan: &Plan) -> Result<Tally, Failure> {
    let mut bench = plan.bench(unit::register_file())?;
    let (mut draw, mut software, mut model) = (plan.draw(0), Software::default(), Model::default());
    while model.transactions < plan.vectors {
        software.offer(&mut draw);
        let handshakes = Handshakes::new(&software, &mut draw);
        model.machine(&mut bench, &mut draw);
        handshakes.set(&mut bench);
        model.expect(&mut bench);
        let about = format!("after {} transactions", model.transactions);
        bench.step().map_err(|difference| difference.about(about))?;
        model.edge(&mut software, handshakes);
    }
    plan.replay(bench)
}

/// A register and the number of its word at a byte address.
fn at(address: u32) -> Option<(Register, usize)> {
    let found =
        map().into_iter().find(|r| (r.offset..r.offset + 4 * r.words()).contains(&(address as usize)))?;
    let index = (address as usize - found.offset) / 4;
    address.is_multiple_of(4).then_some((found, index))
}

fn mask(bits: usize) -> u32 {
    u32::MAX >> (32 - bits)
}

/// What software offers on the three channels that it drives; an offer stays until it is taken.
#[derive(Clone, Copy, Default)]
struct Software {
    write: Option<u32>,
    data: Option<(u32, u32)>,
    read: Option<u32>,
}

impl Software {
    fn offer(&mut self, draw: &mut Draw) {
        let [write, data, read] = [(); 3].map(|()| !draw.stalls());
        if write && self.write.is_none() {
            self.write = Some(address(draw));
        }
        if data && self.data.is_none() {
            self.data = Some((draw.bits(32) as u32, draw.bits(4) as u32));
        }
        if read && self.read.is_none() {
            self.read = Some(address(draw));
        }
    }
}

/// Mostly an address of a register, sometimes any.
fn address(draw: &mut Draw) -> u32 {
    let any = draw.below(bytes().next_power_of_two() as u64) as u32;
    if draw.once_in(8) { any } else { any / 4 * 4 }
}

/// What software drives in a cycle.
struct Handshakes {
    offers: Software,
    bready: bool,
    rready: bool,
}

impl Handshakes {
    fn new(software: &Software, draw: &mut Draw) -> Handshakes {
        Handshakes { offers: *software, bready: !draw.stalls(), rready: !draw.stalls() }
    }

    fn set(&self, bench: &mut Bench) {
        let Software { write, data, read } = self.offers;
        for (name, value) in [
            ("lite_awvalid", u64::from(write.is_some())),
            ("lite_awaddr", write.unwrap_or(0).into()),
            ("lite_wvalid", u64::from(data.is_some())),
            ("lite_wdata", data.map_or(0, |(data, _)| data).into()),
            ("lite_wstrb", data.map_or(0, |(_, strobe)| strobe).into()),
            ("lite_bready", self.bready.into()),
            ("lite_arvalid", u64::from(read.is_some())),
            ("lite_araddr", read.unwrap_or(0).into()),
            ("lite_rready", self.rready.into()),
        ] {
            bench.set(name, value);
        }
    }
}

/// The register file as the map and the module head say.
#[derive(Default)]
struct Model {
    words: BTreeMap<u32, u32>,
    flags: u32,
    /// Registers whose bits hold for this cycle, and those whose highest word was written in the cycle before.
    pulses: BTreeMap<&'static str, u32>,
    stored: Option<&'static str>,
    /// What the machine says in this cycle.
    said: BTreeMap<&'static str, Vec<u32>>,
    raised: u32,
    address: Option<u32>,
    data: Option<(u32, u32)>,
    answer: Option<u32>,
    reading: Option<(u32, u32)>,
    transactions: u64,
}

impl Model {
    fn word(&self, register: &Register, index: usize) -> u32 {
        self.words.get(&((register.offset + 4 * index) as u32)).copied().unwrap_or(0)
    }

    /// Draws what the machine says.
    fn machine(&mut self, bench: &mut Bench, draw: &mut Draw) {
        for register in map().iter().filter(|r| r.access == Access::Read) {
            let word = |w: usize| draw.bits(32) as u32 & mask(register.word_bits(w));
            let words: Vec<u32> = (0..register.words()).map(word).collect();
            bench.set_words(register.name, &words);
            self.said.insert(register.name, words);
        }
        self.raised = 0;
        for register in map().iter().filter(|r| r.access == Access::Clear) {
            self.raised = if draw.once_in(4) { draw.bits(register.width) as u32 } else { 0 };
            bench.set(&format!("{}_set", register.name), self.raised.into());
        }
    }

    /// A channel is ready exactly while it holds nothing.
    fn expect(&self, bench: &mut Bench) {
        bench.expect("lite_awready", u64::from(self.address.is_none()));
        bench.expect("lite_wready", u64::from(self.data.is_none()));
        bench.expect("lite_bvalid", u64::from(self.answer.is_some()));
        bench.expect("lite_arready", u64::from(self.reading.is_none()));
        bench.expect("lite_rvalid", u64::from(self.reading.is_some()));
        if let Some(answer) = self.answer {
            bench.expect("lite_bresp", answer.into());
        }
        if let Some((response, data)) = self.reading {
            bench.expect("lite_rresp", response.into());
            bench.expect("lite_rdata", data.into());
        }
        let enabled = map().iter().find(|r| r.name == "interrupt_enable").map_or(0, |r| self.word(r, 0));
        bench.expect("interrupt_line", u64::from(self.flags & enabled != 0));
        for register in map() {
            match register.access {
                Access::Write | Access::Store => {
                    let words: Vec<u32> = (0..register.words()).map(|w| self.word(&register, w)).collect();
                    bench.expect_words(register.name, &words);
                    if register.access == Access::Store {
                        let stored = self.stored == Some(register.name);
                        bench.expect(&format!("{}_written", register.name), stored.into());
                    }
                }
                Access::Pulse => {
                    bench.expect(register.name, self.pulses.get(register.name).copied().unwrap_or(0).into());
                }
                Access::Read | Access::Clear => {}
            }
        }
    }

    /// What the rising edge does.
    fn edge(&mut self, software: &mut Software, handshakes: Handshakes) {
        self.pulses.clear();
        self.stored = None;
        let reads = if self.reading.is_none() { software.read.take() } else { None };
        let read = reads.map(|address| self.read(address));
        let takes = self.answer.is_none().then_some(self.address.zip(self.data)).flatten();
        if handshakes.bready {
            self.answer = None;
        }
        match takes {
            Some((address, (data, strobe))) => {
                self.answer = Some(self.write(address, data, strobe));
                (self.address, self.data) = (None, None);
                self.transactions += 1;
            }
            None => {
                self.address = self.address.or_else(|| software.write.take());
                self.data = self.data.or_else(|| software.data.take());
            }
        }
        self.flags |= self.raised;
        if let Some(answer) = read {
            self.reading = Some(answer);
            self.transactions += 1;
        } else if handshakes.rready {
            self.reading = None;
        }
    }

    /// A write takes effect; its answer.
    fn write(&mut self, address: u32, data: u32, strobe: u32) -> u32 {
        let Some((register, index)) = at(address) else { return SLVERR };
        let bytes =
            (0..4).filter(|byte| strobe >> byte & 1 == 1).fold(0, |mask, byte| mask | 0xff << (8 * byte));
        match register.access {
            Access::Read => return SLVERR,
            Access::Write | Access::Store => {
                let word = self.words.entry(address).or_default();
                *word = (*word & !bytes | data & bytes) & mask(register.word_bits(index));
                if index + 1 == register.words() {
                    self.stored = Some(register.name);
                }
            }
            Access::Clear => self.flags &= !(data & bytes),
            Access::Pulse => {
                self.pulses.insert(register.name, data & bytes & mask(register.width));
            }
        }
        0
    }

    /// The answer and the data of a read.
    fn read(&self, address: u32) -> (u32, u32) {
        let Some((register, index)) = at(address) else { return (SLVERR, 0) };
        let word = match register.access {
            Access::Read => self.said.get(register.name).map_or(0, |words| words[index]),
            Access::Write | Access::Store => self.word(&register, index),
            Access::Clear => self.flags,
            Access::Pulse => 0,
        };
        (0, word)
    }
}
