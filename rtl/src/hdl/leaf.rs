//! Leaves written in Verilog: the memory and the table.

use super::Error;
use super::control::arm;
use super::expr::lit;
use super::module::Module;
use std::rc::Rc;

/// A memory of `depth` words of `width` bits with one port: a read takes a cycle, a cycle is a read or a write.
///
/// Ports: `enable`, `write`, `address`, `data` in, `value` out; `value` holds while `enable` is low or `write` high.
/// Contents and `value` have no reset. Tools infer a block memory from the text. To use a foundry macro, replace the
/// body of the emitted file of this shape and keep its ports: nothing else in the design knows how it stores.
///
/// # Errors
/// A depth of less than two words, or words without bits.
pub fn memory(depth: usize, width: usize) -> Result<Rc<Module>, Error> {
    if depth < 2 || width == 0 {
        return Err(Error::size("memory", "depth and width", "at least two words of one bit"));
    }
    let purpose = "memory with one port; replace this file's body by a foundry macro with the same ports";
    let mut m = Module::new("memory", purpose)
        .parameter("depth", depth)
        .parameter("width", width)
        .latency("1 cycle from address to value");
    let bits = address_bits(depth);
    m.input("clock", 1, "rising edge");
    m.input("enable", 1, "a read or a write happens");
    m.input("write", 1, "it is a write");
    m.input("address", bits, "word");
    m.input("data", width, "word to be written");
    m.output("value", width, "word read, from the next cycle on");
    let range = if width == 1 { String::new() } else { format!("[{}:0] ", width - 1) };
    m.written(format!(
        "reg {range}words [0:{}];\n\
         always @(posedge clock) begin\n    \
             if (enable) begin\n        \
                 if (write) words[address] <= data;\n        \
                 else value <= words[address];\n    \
             end\n\
         end\n",
        depth - 1
    ))
    .finish()
}

/// A memory like [`memory`] whose words are `lanes` fields of `width` bits, written field by field.
///
/// Ports: `enable`, `write` (a bit for each field, lowest first; none for a read), `address`, `data`, `value`.
///
/// # Errors
/// A depth of less than two words, or words without bits.
pub fn memory_lanes(depth: usize, lanes: usize, width: usize) -> Result<Rc<Module>, Error> {
    let (mut m, words) =
        lane_memory("memory_lanes", "memory with one port and field enables", depth, lanes, width)?;
    m.input("enable", 1, "a read or a write happens");
    m.input("write", lanes, "fields that are written, lowest first; none for a read");
    m.input("address", address_bits(depth), "word");
    m.input("data", lanes * width, "fields to be written");
    m.output("value", lanes * width, "word read, from the next cycle on");
    let writes = field_writes(lanes, width, "enable && ", "address");
    m.written(format!(
        "{words}always @(posedge clock) begin\n    \
             if (enable && !(|write)) value <= words[address];\n\
         {writes}end\n"
    ))
    .finish()
}

/// A memory with one port that writes and one that reads, in the same cycle; fields as in [`memory_lanes`].
///
/// Ports: `write` (a bit for each field), `write_address`, `data`; `read`, `address`, `value`, which holds while `read` is low. What
/// is read while it is written is the old word.
///
/// # Errors
/// A depth of less than two words, or words without bits.
pub fn memory_1r1w(depth: usize, lanes: usize, width: usize) -> Result<Rc<Module>, Error> {
    let (mut m, words) = lane_memory(
        "memory_1r1w",
        "memory with a read and a write port and field enables",
        depth,
        lanes,
        width,
    )?;
    m.input("write", lanes, "fields that are written, lowest first");
    m.input("write_address", address_bits(depth), "word that is written");
    m.input("data", lanes * width, "fields to be written");
    m.input("read", 1, "a word is read");
    m.input("address", address_bits(depth), "word that is read");
    m.output("value", lanes * width, "word read, from the next cycle on");
    let writes = field_writes(lanes, width, "", "write_address");
    m.written(format!(
        "{words}always @(posedge clock) begin\n    \
             if (read) value <= words[address];\n\
         {writes}end\n"
    ))
    .finish()
}

/// A line for each field that is written.
fn field_writes(lanes: usize, width: usize, test: &str, address: &str) -> String {
    let line = |lane: usize| {
        let range = format!("[{}:{}]", (lane + 1) * width - 1, lane * width);
        format!("    if ({test}write[{lane}]) words[{address}]{range} <= data{range};\n")
    };
    (0..lanes).map(line).collect()
}

/// The head of a memory of fields, and the declaration of its words.
fn lane_memory(
    name: &str,
    purpose: &str,
    depth: usize,
    lanes: usize,
    width: usize,
) -> Result<(Module, String), Error> {
    if depth < 2 || width * lanes < 2 {
        return Err(Error::size(name, "depth and width", "at least two words of two bits"));
    }
    let mut m = Module::new(
        name,
        &format!("{purpose}; replace this file's body by a foundry macro with the same ports"),
    )
    .parameter("depth", depth)
    .parameter("lanes", lanes)
    .parameter("width", width)
    .latency("1 cycle from address to value");
    m.input("clock", 1, "rising edge");
    Ok((m, format!("reg [{}:0] words [0:{}];\n", lanes * width - 1, depth - 1)))
}

/// A table of constants: `value` is the word at `address`, in the same cycle; zero beyond the last word.
///
/// # Errors
/// A name that Verilog does not take.
///
/// # Panics
/// If a word does not fit `width` bits, or there is none.
pub fn rom(name: &str, purpose: &str, width: usize, words: &[u64]) -> Result<Rc<Module>, Error> {
    let mut m = Module::new(name, purpose).parameter("words", words.len()).latency("none");
    let address = m.input("address", address_bits(words.len()), "word");
    let value = m.output("value", width, "the word");
    let arms = (0..).zip(words).map(|(at, &word)| {
        let value = &value;
        arm(at, move |m| m.assign(value, lit(width, word)))
    });
    m.case(&address, arms.collect(), |m| m.assign(&value, lit(width, 0)));
    m.finish()
}

/// Bits that number `count` things, at least one.
pub fn address_bits(count: usize) -> usize {
    (count.max(2) - 1).ilog2() as usize + 1
}
