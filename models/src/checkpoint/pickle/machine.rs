//! The machine that a pickle of a state dict is a program for: a stack, marks on it, a memo.
//!
//! Protocol 2, and of it the instructions that `torch.save` writes. What grows is bounded: the stack has a largest height and marks a largest
//! depth, containers hold a largest number of values, and the memo one for each five bytes of the program.

mod objects;

use std::collections::BTreeMap;

use super::SAVE;
use super::value::{Heap, Value};
use crate::checkpoint::cursor::Cursor;
use crate::checkpoint::refusal::Refusal;
use crate::checkpoint::zip::Entries;

/// Most values on the stack. `torch.save` puts a thousand pairs at a time into a dictionary.
const HEIGHT: usize = 1 << 16;
/// Most marks on the stack.
const DEPTH: usize = 100;
/// Most dictionaries, and values in them and in tuples. A tensor takes some twenty, and BERT-large has 400 tensors.
const VALUES: usize = 1 << 20;

struct Machine<'a> {
    code: Cursor<'a>,
    /// Folder of the storages.
    root: &'a str,
    entries: &'a Entries<'a>,
    stack: Vec<Value<'a>>,
    /// Heights of the stack at marks.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Value<'a>>,
    heap: Heap<'a>,
    /// How many values containers may still take.
    left: usize,
}

type Step = Result<(), Refusal>;

/// Runs a program to its end: the heap, and the value left on the stack.
pub(super) fn run<'a>(
    program: &'a [u8],
    root: &'a str,
    entries: &'a Entries<'a>,
) -> Result<(Heap<'a>, Value<'a>), Refusal> {
    let mut machine = Machine {
        code: Cursor::new(program, 0),
        root,
        entries,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: BTreeMap::new(),
        heap: Heap::default(),
        left: VALUES,
    };
    loop {
        let at = machine.code.at();
        let opcode = machine.code.u8()?;
        if opcode == b'.' {
            let value = machine.pop().map_err(|wrong| wrong.at(format!("byte {at}")))?;
            return Ok((machine.heap, value));
        }
        machine.step(opcode).map_err(|wrong| wrong.at(format!("byte {at}")))?;
    }
}

impl<'a> Machine<'a> {
    fn step(&mut self, opcode: u8) -> Step {
        match opcode {
            0x80 => self.protocol(),
            b'N' => self.push(Value::Other("None")),
            0x88 | 0x89 => self.push(Value::Other("a truth value")),
            b'K' => self.code.u8().and_then(|int| self.push(Value::Int(int.into()))),
            b'M' => self.code.u16().and_then(|int| self.push(Value::Int(int.into()))),
            b'J' => self.code.array().and_then(|int| self.push(Value::Int(i32::from_le_bytes(int).into()))),
            0x8a => self.long(),
            b'G' => self.code.u64().and_then(|_| self.push(Value::Other("a number"))),
            b'X' => self.text(),
            b'c' => self.global(),
            b'q' => self.code.u8().and_then(|key| self.remember(key.into())),
            b'r' => self.code.u32().and_then(|key| self.remember(key)),
            b'h' => self.code.u8().and_then(|key| self.recall(key.into())),
            b'j' => self.code.u32().and_then(|key| self.recall(key)),
            b'(' => self.mark(),
            b')' => self.tuple(self.stack.len()),
            0x85..=0x87 => self.short_tuple(usize::from(opcode - 0x84)),
            b't' => self.unmark().and_then(|start| self.tuple(start)),
            b'}' => self.dict(),
            b']' => self.push(Value::List),
            b's' => self.below(2).and_then(|start| self.set_items(start)),
            b'u' => self.unmark().and_then(|start| self.set_items(start)),
            b'a' => self.below(1).and_then(|start| self.append(start)),
            b'e' => self.unmark().and_then(|start| self.append(start)),
            b'Q' => self.storage(),
            b'R' => self.call(),
            b'b' => self.build(),
            _ => {
                Err(Refusal::new(format!("instruction {opcode:#04x} is none that a state dict takes"), SAVE))
            }
        }
    }

    fn protocol(&mut self) -> Step {
        match self.code.u8()? {
            2 => Ok(()),
            other => {
                let message =
                    format!("protocol {other} must be 2, which torch.save takes unless told otherwise");
                Err(Refusal::new(message, "save without `pickle_protocol`"))
            }
        }
    }

    fn push(&mut self, value: Value<'a>) -> Step {
        if self.stack.len() == HEIGHT {
            return Err(Refusal::damage(format!("the stack must have at most {HEIGHT} values")));
        }
        self.stack.push(value);
        Ok(())
    }

    /// Takes the uppermost value; never one below a mark.
    fn pop(&mut self) -> Result<Value<'a>, Refusal> {
        self.below(1)?;
        self.stack.pop().ok_or_else(|| Refusal::damage("the stack is empty"))
    }

    /// The height of the stack without so many values.
    fn below(&self, count: usize) -> Result<usize, Refusal> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let start = self.stack.len().checked_sub(count).filter(|start| *start >= floor);
        start.ok_or_else(|| {
            let has = self.stack.len() - floor;
            Refusal::damage(format!("the instruction takes {count} values, the stack has {has}"))
        })
    }

    /// Counts values that go into a container.
    fn grow(&mut self, count: usize) -> Step {
        self.left = self
            .left
            .checked_sub(count)
            .ok_or_else(|| Refusal::new(format!("containers must hold at most {VALUES} values"), SAVE))?;
        Ok(())
    }

    fn mark(&mut self) -> Step {
        if self.marks.len() == DEPTH {
            return Err(Refusal::damage(format!("marks must be at most {DEPTH} deep")));
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    fn unmark(&mut self) -> Result<usize, Refusal> {
        self.marks.pop().ok_or_else(|| Refusal::damage("the instruction takes a mark, there is none"))
    }

    fn remember(&mut self, key: u32) -> Step {
        let value = self.stack[self.below(1)?];
        self.memo.insert(key, value);
        Ok(())
    }

    fn recall(&mut self, key: u32) -> Step {
        let value = self.memo.get(&key).copied();
        self.push(value.ok_or_else(|| Refusal::damage(format!("nothing was remembered as {key}")))?)
    }

    /// An integer of as many bytes as its first says, two's complement.
    fn long(&mut self) -> Step {
        let length = self.code.u8()?;
        let bytes = self.code.take(length.into())?;
        if bytes.len() > 8 {
            return self.push(Value::Other("an integer of more than 64 bits"));
        }
        let sign = if bytes.last().is_some_and(|last| *last >= 0x80) { 0xff } else { 0 };
        let mut wide = [sign; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        self.push(Value::Int(i64::from_le_bytes(wide)))
    }

    fn text(&mut self) -> Step {
        let length = self.code.u32()?;
        let bytes = self.code.take(length.into())?;
        // Python writes halves of surrogate pairs as they are; no name of a tensor has one.
        self.push(str::from_utf8(bytes).map_or(Value::Other("a string that is not UTF-8"), Value::Text))
    }

    /// A tuple of all values from a height.
    fn tuple(&mut self, start: usize) -> Step {
        let (first, length) = (self.heap.items.len(), self.stack.len() - start);
        self.grow(length)?;
        self.heap.items.extend(self.stack.drain(start..));
        self.push(Value::Tuple(first, length))
    }

    fn short_tuple(&mut self, length: usize) -> Step {
        self.below(length).and_then(|start| self.tuple(start))
    }

    fn dict(&mut self) -> Step {
        self.grow(1)?;
        self.heap.dicts.push(Vec::new());
        self.push(Value::Dict(self.heap.dicts.len() - 1))
    }

    /// Puts the pairs from a height into the dictionary below them.
    fn set_items(&mut self, start: usize) -> Step {
        let pairs = self.stack.split_off(start);
        self.grow(pairs.len())?;
        let (Value::Dict(at), true) = (self.stack[self.below(1)?], pairs.len().is_multiple_of(2)) else {
            return Err(Refusal::damage("the instruction takes a dictionary, and keys with a value each"));
        };
        self.heap.dicts[at].extend(pairs.as_chunks().0.iter().map(|[key, value]| (*key, *value)));
        Ok(())
    }

    /// Drops the values from a height, if a list is below them.
    fn append(&mut self, start: usize) -> Step {
        self.stack.truncate(start);
        match self.stack[self.below(1)?] {
            Value::List => Ok(()),
            other => Err(Refusal::damage(format!("the instruction takes a list, not {}", other.what()))),
        }
    }
}
