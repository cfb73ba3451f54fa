//! The register file under random AXI4-Lite traffic with stalls on every handshake, against the map.

mod common;

use common::{emitted, netlist_agrees, rng, vectors};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::cosim::{Bench, lint};
use rtl::register_map::{Access, Register, bytes, header, markdown, registers};
use rtl::unit::register_file;
use std::collections::BTreeMap;

const SLVERR: u32 = 2;

fn below(rng: &mut ChaCha8Rng, limit: u32) -> u32 {
    rng.next_u32() % limit
}

/// A register and its word at a byte address.
fn at(address: u32) -> Option<(Register, usize)> {
    let found = registers()
        .into_iter()
        .find(|r| (r.offset..r.offset + 4 * r.words()).contains(&(address as usize)))?;
    let index = (address as usize - found.offset) / 4;
    address.is_multiple_of(4).then_some((found, index))
}

fn mask(bits: usize) -> u32 {
    u32::MAX >> (32 - bits)
}

/// What software sees: the words that it wrote, the flags that are raised.
#[derive(Default)]
struct Model {
    words: BTreeMap<u32, u32>,
    flags: u32,
}

impl Model {
    fn write(&mut self, address: u32, data: u32, strobe: u32) -> u32 {
        let Some((register, index)) = at(address) else { return SLVERR };
        let bytes =
            (0..4).filter(|byte| strobe >> byte & 1 == 1).fold(0, |mask, byte| mask | 0xff << (8 * byte));
        match register.access {
            Access::Read => return SLVERR,
            Access::Write | Access::Store => {
                let word = self.words.entry(address).or_default();
                *word = (*word & !bytes | data & bytes) & mask(register.word_bits(index));
            }
            Access::Clear => self.flags &= !(data & bytes),
            Access::Pulse => {}
        }
        0
    }

    /// The answer and the data of a read, given what the machine says.
    fn read(&self, address: u32, said: &BTreeMap<&str, Vec<u32>>) -> (u32, u32) {
        let Some((register, index)) = at(address) else { return (SLVERR, 0) };
        let word = match register.access {
            Access::Read => said[register.name][index],
            Access::Write | Access::Store => self.words.get(&address).copied().unwrap_or(0),
            Access::Clear => self.flags,
            Access::Pulse => 0,
        };
        (0, word)
    }
}

/// Sometimes an address of a register, sometimes any.
fn address(rng: &mut ChaCha8Rng) -> u32 {
    let any = below(rng, bytes().next_power_of_two() as u32);
    if below(rng, 8) == 0 { any } else { any / 4 * 4 }
}

/// Drives one channel: once valid, it stays so with the same payload until it is taken.
struct Offer<T> {
    waiting: Option<T>,
}

/// Random traffic for `count` transactions.
fn traffic(bench: &mut Bench, rng: &mut ChaCha8Rng, count: u64) {
    let (mut model, mut transactions) = (Model::default(), 0);
    let (mut to_write, mut to_give, mut to_read) =
        (Offer { waiting: None }, Offer { waiting: None }, Offer { waiting: None });
    let (mut address_held, mut data_held, mut answer, mut reading) = (None, None, None, None);
    let mut said: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    while transactions < count {
        for register in registers().iter().filter(|r| r.access == Access::Read) {
            let words: Vec<u32> =
                (0..register.words()).map(|w| rng.next_u32() & mask(register.word_bits(w))).collect();
            bench.set_words(register.name, &words);
            said.insert(register.name, words);
        }
        let raised = if below(rng, 4) == 0 { below(rng, 8) } else { 0 };
        bench.set("interrupt_set", raised.into());
        if to_write.waiting.is_none() && below(rng, 3) == 0 {
            to_write.waiting = Some(address(rng));
        }
        if to_give.waiting.is_none() && below(rng, 3) == 0 {
            to_give.waiting = Some((rng.next_u32(), below(rng, 16)));
        }
        if to_read.waiting.is_none() && below(rng, 3) == 0 {
            to_read.waiting = Some(address(rng));
        }
        let (bready, rready) = (below(rng, 2), below(rng, 2));
        for (name, value) in [
            ("lite_awvalid", u64::from(to_write.waiting.is_some())),
            ("lite_awaddr", to_write.waiting.unwrap_or(0).into()),
            ("lite_wvalid", u64::from(to_give.waiting.is_some())),
            ("lite_wdata", to_give.waiting.map_or(0, |(data, _)| data).into()),
            ("lite_wstrb", to_give.waiting.map_or(0, |(_, strobe)| strobe).into()),
            ("lite_bready", bready.into()),
            ("lite_arvalid", u64::from(to_read.waiting.is_some())),
            ("lite_araddr", to_read.waiting.unwrap_or(0).into()),
            ("lite_rready", rready.into()),
        ] {
            bench.set(name, value);
        }
        // A channel is ready exactly while it holds nothing.
        bench.expect("lite_awready", u64::from(address_held.is_none()));
        bench.expect("lite_wready", u64::from(data_held.is_none()));
        bench.expect("lite_bvalid", u64::from(answer.is_some()));
        bench.expect("lite_arready", u64::from(reading.is_none()));
        bench.expect("lite_rvalid", u64::from(reading.is_some()));
        if let Some(answer) = answer {
            bench.expect("lite_bresp", u64::from(answer));
        }
        if let Some((response, data)) = reading {
            bench.expect("lite_rresp", u64::from(response));
            bench.expect("lite_rdata", u64::from(data));
        }
        let enabled = at_name("interrupt_enable")
            .map_or(0, |r| model.words.get(&(r.offset as u32)).copied().unwrap_or(0));
        bench.expect("interrupt_line", u64::from(model.flags & enabled != 0));
        for register in registers().iter().filter(|r| matches!(r.access, Access::Write | Access::Store)) {
            let word = |w: usize| model.words.get(&((register.offset + 4 * w) as u32)).copied().unwrap_or(0);
            bench.expect_words(register.name, &(0..register.words()).map(word).collect::<Vec<u32>>());
        }
        bench.step().unwrap_or_else(|difference| panic!("after {transactions} transactions: {difference}"));

        // What the edge does.
        let reads = if reading.is_none() { to_read.waiting.take() } else { None };
        let read_answer = reads.map(|address| model.read(address, &said));
        let takes = address_held.is_some() && data_held.is_some() && answer.is_none();
        if answer.is_some() && bready == 1 {
            answer = None;
        }
        if address_held.is_none() {
            address_held = to_write.waiting.take();
        } else if takes {
            let (data, strobe) = data_held.take().expect("it is held");
            answer = Some(model.write(address_held.take().expect("it is held"), data, strobe));
            transactions += 1;
        }
        if data_held.is_none() && !takes {
            data_held = to_give.waiting.take();
        }
        model.flags |= raised;
        if let Some(answer) = read_answer {
            reading = Some(answer);
            transactions += 1;
        } else if rready == 1 {
            reading = None;
        }
    }
}

fn at_name(name: &str) -> Option<Register> {
    registers().into_iter().find(|r| r.name == name)
}

#[test]
fn software_reads_what_it_wrote_and_what_the_machine_says() {
    common::tools!("verilator", "registers");
    let design = emitted(register_file());
    let mut bench = Bench::new(&design, 11, 400).expect("Verilator builds it");
    traffic(&mut bench, &mut rng(11), vectors(10_000));
    netlist_agrees(&design, &bench);
}

#[test]
fn pulses_hold_for_a_cycle_and_a_whole_command_is_told() {
    common::tools!("verilator", "registers");
    let mut bench = Bench::new(&emitted(register_file()), 12, 10).expect("Verilator builds it");
    let mut write = |name: &str, word: usize| {
        let offset = at_name(name).unwrap().offset + 4 * word;
        bench.set("lite_awvalid", 1);
        bench.set("lite_awaddr", offset as u64);
        bench.set("lite_wvalid", 1);
        bench.set("lite_wdata", 1);
        bench.set("lite_wstrb", 0xf);
        bench.set("lite_bready", 1);
        let mut seen = [0, 0];
        for cycle in 0..5 {
            if cycle == 1 {
                bench.set("lite_awvalid", 0);
                bench.set("lite_wvalid", 0);
            }
            seen[0] += bench.peek("control");
            seen[1] += bench.peek("command_word_written");
            bench.step().unwrap();
        }
        seen
    };
    assert_eq!(write("control", 0), [1, 0]);
    assert_eq!(write("command_word", 3), [0, 0]);
    assert_eq!(write("command_word", 7), [0, 1]);
}

#[test]
fn registers_are_clean() {
    common::tools!("verilator", "lint of registers");
    let found = lint::lint(&emitted(register_file())).unwrap();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_two_registers_share_a_word_and_documents_name_all() {
    let (mut used, text, header) = (vec![false; bytes() / 4], markdown(), header());
    for register in registers() {
        for word in 0..register.words() {
            assert!(!std::mem::replace(&mut used[register.offset / 4 + word], true), "{}", register.name);
        }
        assert!(register.words() == 1 || register.offset % 8 == 0);
        assert!(text.contains(&format!("| {:#05x} | `{}` |", register.offset, register.name)));
        assert!(header.contains(&format!(
            "OFFRAMP_{} {:#05x}",
            register.name.to_uppercase(),
            register.offset
        )));
    }
}
