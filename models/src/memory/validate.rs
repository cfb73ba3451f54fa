//! What a memory must hold to be simulated.

use super::{Kind, Memory};
use crate::design::Cell;
use crate::record::Problems;

pub(super) fn validate(memory: &Memory, problems: &mut Problems) {
    problems.not_empty("name", &memory.name);
    problems.not_empty("summary", &memory.summary);
    memory.visit("", &mut |key, quantity| quantity.validate(&key, problems));
    let arrays = Cell::ALL.into_iter().filter(|cell| memory.array(*cell).is_some()).count();
    if arrays == 0 && memory.channel.is_none() {
        let message =
            "the memory has neither an array (slc, mlc2, mlc3) nor a channel (nothing could be read)";
        problems.push("kind", message, "add a table [slc] for an embedded memory, [channel] for one outside");
    }
    if matches!(memory.kind, Kind::Sram | Kind::Dram) && (memory.mlc2.is_some() || memory.mlc3.is_some()) {
        let message = "a cell of SRAM or DRAM holds one bit (mlc2 and mlc3 are for non-volatile cells)";
        problems.push("kind", message, "leave [mlc2] and [mlc3] out, or name another kind");
    }
    if memory.retention_k.is_some() != memory.retention_s.is_some() {
        let message = "retention_s and retention_k belong together (a time holds at its temperature)";
        problems.push("kind", message, "give both, or neither");
    }
}
