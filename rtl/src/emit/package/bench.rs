//! Self-checking benches that are handed over: of a unit, the vectors of its check; of the machine, its registers and a program.

use crate::cosim::Recording;
use crate::emit::{Emitted, File};
use crate::register_map::{Access, ID, registers};
use models::latency;
use std::fmt::Write as _;

/// The bench of a recording: module `TOP_tb` and the vectors that it reads.
pub fn unit_bench(recording: &Recording) -> Vec<File> {
    let name = format!("{}_tb", recording.top());
    let vectors = format!("{name}.hex");
    vec![
        File { name: format!("{name}.sv"), text: recording.bench(&name, &vectors) },
        File { name: vectors, text: recording.vectors() },
    ]
}

/// The bench of the machine, over its register port: identity, what can be written is read back, what is not there is refused,
/// and a program of one command runs from start to interrupt. Its other inputs are zero.
pub fn machine_bench(emitted: &Emitted) -> Vec<File> {
    let name = format!("{}_tb", emitted.top);
    let (mut declared, mut bound) = (String::new(), vec![]);
    for port in &emitted.ports {
        let kind = if port.input { "reg" } else { "wire" };
        let start = if port.input { " = 0" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(declared, "    {kind} [{}:0] {}{start};", port.width - 1, port.name);
        bound.push(format!(".{0}({0})", port.name));
    }
    let offset = |name: &str| {
        let found = registers().into_iter().find(|register| register.name == name);
        found.map_or_else(String::new, |register| format!("32'd{}", register.offset))
    };
    let text = include_str!("machine_tb.sv.in")
        .replace("@NAME@", &name)
        .replace("@DECLARED@", &declared)
        .replace("@TOP@", &emitted.top)
        .replace("@BOUND@", &bound.join(", "))
        .replace("@BEYOND@", &crate::register_map::bytes().next_power_of_two().saturating_sub(1).to_string())
        .replace("@IDENTITY@", &format!("32'h{ID:08x}"))
        .replace("@WRITABLE@", &writable())
        .replace("@FETCH@", &latency::FETCH.to_string())
        .replace("@ID@", &offset("id"))
        .replace("@CONTROL@", &offset("control"))
        .replace("@STATUS@", &offset("status"))
        .replace("@INTERRUPT@", &offset("interrupt"))
        .replace("@INTERRUPT_ENABLE@", &offset("interrupt_enable"))
        .replace("@COMMAND_INDEX@", &offset("command_index"))
        .replace("@COMMAND_WORD@", &offset("command_word"))
        .replace("@CYCLES@", &offset("cycles"));
    vec![File { name: format!("{name}.sv"), text }]
}

/// A line for each word that software writes and reads back.
fn writable() -> String {
    let mut text = String::new();
    for register in
        registers().iter().filter(|register| matches!(register.access, Access::Write | Access::Store))
    {
        for word in 0..register.words() {
            let (offset, mask) = (register.offset + 4 * word, u32::MAX >> (32 - register.word_bits(word)));
            let _ = writeln!(
                text,
                "        holds(32'd{offset}, 32'h{mask:08x}); // {} word {word}",
                register.name
            );
        }
    }
    text
}
