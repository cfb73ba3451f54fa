//! Software: writes and reads registers through AXI4-Lite, one access at a time.

use super::{Job, Scene};
use crate::register_map::{Register, registers};

/// The host.
pub(super) struct Host {
    map: Vec<Register>,
}

impl Host {
    pub(super) fn new() -> Host {
        Host { map: registers() }
    }

    fn offset(&self, name: &str) -> (u64, usize) {
        let register = self.map.iter().find(|register| register.name == name);
        let register = register.unwrap_or_else(|| panic!("the map has no register {name}"));
        (register.offset as u64, register.words())
    }

    /// Commands, tokens, predictions and settings.
    pub(super) fn load(&mut self, scene: &mut Scene<'_>, job: &Job) {
        for (at, word) in job.commands.iter().enumerate() {
            self.write(scene, "command_index", at as u64);
            self.write_words(scene, "command_word", word);
        }
        for (at, token) in job.tokens.iter().enumerate() {
            self.write(scene, "token_index", at as u64);
            self.write(scene, "token", u64::from(*token));
        }
        for (at, row) in job.predictions.iter().enumerate() {
            self.write(scene, "prediction_index", at as u64);
            self.write(scene, "prediction", u64::from(*row));
        }
        for (name, value) in &job.registers {
            self.write(scene, name, *value);
        }
    }

    /// A register of up to 64 bits.
    pub(super) fn write(&mut self, scene: &mut Scene<'_>, name: &str, value: u64) {
        let words = self.offset(name).1;
        self.write_words(scene, name, &[value as u32, (value >> 32) as u32][..words]);
    }

    fn write_words(&mut self, scene: &mut Scene<'_>, name: &str, words: &[u32]) {
        let (offset, _) = self.offset(name);
        for (at, word) in words.iter().enumerate() {
            write(scene, offset + 4 * at as u64, *word);
        }
    }

    /// A register of up to 64 bits; the low ones of a wider one.
    pub(super) fn read(&mut self, scene: &mut Scene<'_>, register: &Register) -> u64 {
        let words =
            (0..register.words().min(2)).map(|at| read(scene, register.offset as u64 + 4 * at as u64));
        words.enumerate().fold(0, |value, (at, word)| value | u64::from(word) << (32 * at))
    }
}

fn write(scene: &mut Scene<'_>, address: u64, data: u32) {
    for (port, value) in [
        ("lite_awaddr", address),
        ("lite_awvalid", 1),
        ("lite_wdata", data.into()),
        ("lite_wstrb", 15),
        ("lite_wvalid", 1),
    ] {
        scene.dut.set(port, value);
    }
    scene.dut.set("lite_bready", 1);
    // Both are taken in the cycle in which they are offered, since nothing else is under way.
    scene.step();
    scene.dut.set("lite_awvalid", 0);
    scene.dut.set("lite_wvalid", 0);
    while scene.dut.get("lite_bvalid") == 0 {
        scene.step();
    }
    scene.step();
    scene.dut.set("lite_bready", 0);
}

fn read(scene: &mut Scene<'_>, address: u64) -> u32 {
    scene.dut.set("lite_araddr", address);
    scene.dut.set("lite_arvalid", 1);
    scene.dut.set("lite_rready", 1);
    scene.step();
    scene.dut.set("lite_arvalid", 0);
    while scene.dut.get("lite_rvalid") == 0 {
        scene.step();
    }
    let data = scene.dut.get("lite_rdata") as u32;
    scene.step();
    scene.dut.set("lite_rready", 0);
    data
}
