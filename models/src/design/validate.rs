//! What a design must hold to be built; every broken rule is reported, each with its reason.

use super::limits::*;
use super::{Buffer, Design, Pipeline, Pu, Sequencer};
use crate::record::Problems;

pub(super) fn validate(design: &Design, problems: &mut Problems) {
    problems.not_empty("name", &design.name);
    problems.not_empty("summary", &design.summary);
    problems.power_of_two("pu.n", design.pu.n.into(), N.0, N.1, "the adder tree and the buffers split by it");
    pipeline(design, problems);
    buffer(design.buffer, design.pu, problems);
    sequencer(design.sequencer, design.buffer, problems);
    let aux = "addressed in vectors, at least one row of norm parameters";
    problems.power_of_two("aux.bytes", design.aux.bytes, AUX_BYTES.0, AUX_BYTES.1, aux);
    let sfu = "a vector of n elements is processed in equal parts";
    let slowest = u64::from(design.pu.n).max(1);
    problems.power_of_two("sfu.cycles_per_vector", design.sfu.cycles_per_vector.into(), 1, slowest, sfu);
    memories(design, problems);
    problems.range(
        "operating.vdd_v",
        design.operating.vdd_v,
        VDD.0,
        VDD.1,
        "logic does not run outside, in volts",
    );
}

fn pipeline(design: &Design, problems: &mut Problems) {
    if design.pu.pipeline == Pipeline::Released && (design.pu.n != 16 || design.sequencer.overlap) {
        problems.push(
            "pu.pipeline",
            format!(
                "pu.pipeline = \"released\" must have pu.n = 16 and sequencer.overlap = false, not {} and {} \
                 (its timing was measured only so)",
                design.pu.n, design.sequencer.overlap
            ),
            "set both, or pu.pipeline = \"overlapped\"",
        );
    }
}

fn buffer(buffer: Buffer, pu: Pu, problems: &mut Problems) {
    let reason = "addresses split into page, vector and bank";
    problems.power_of_two("buffer.bytes", buffer.bytes, BUFFER_BYTES.0, BUFFER_BYTES.1, reason);
    problems.power_of_two("buffer.pages", buffer.pages.into(), BUFFER_PAGES.0, BUFFER_PAGES.1, reason);
    let tile = u64::from(pu.n).pow(2);
    if buffer.page_bytes() < tile {
        problems.push(
            "buffer.pages",
            format!(
                "buffer.pages = {} leaves {} bytes a page, which must be at least {tile} (n vectors of n bytes, a tile)",
                buffer.pages,
                buffer.page_bytes()
            ),
            "take fewer pages or more buffer.bytes",
        );
    }
}

fn sequencer(sequencer: Sequencer, buffer: Buffer, problems: &mut Problems) {
    problems.range(
        "sequencer.commands",
        sequencer.commands,
        COMMANDS.0,
        COMMANDS.1,
        "a program's smallest and its memory's largest",
    );
    problems.range(
        "sequencer.queue",
        sequencer.queue,
        QUEUE.0,
        QUEUE.1,
        "a unit's queue is built of registers",
    );
    if sequencer.overlap && buffer.pages < 4 {
        problems.push(
            "buffer.pages",
            format!(
                "buffer.pages = {} must be at least 4 where sequencer.overlap = true \
                 (a page is filled and one drained while two are read)",
                buffer.pages
            ),
            "set buffer.pages = 4, or sequencer.overlap = false",
        );
    }
}

fn memories(design: &Design, problems: &mut Problems) {
    let lanes = "AXI4 data widths, and masks of n bits pack into beats";
    problems.power_of_two("axi.width_bits", design.axi.width_bits.into(), AXI_WIDTH.0, AXI_WIDTH.1, lanes);
    problems.range(
        "axi.burst_beats",
        design.axi.burst_beats,
        BURST_BEATS.0,
        BURST_BEATS.1,
        "AXI4 counts a burst in eight bits",
    );
    problems.range(
        "axi.outstanding",
        design.axi.outstanding,
        OUTSTANDING.0,
        OUTSTANDING.1,
        "each open burst holds a tag",
    );
    problems.power_of_two("nvm.bytes", design.nvm.bytes, NVM_BYTES.0, NVM_BYTES.1, "addresses count words");
    problems.power_of_two(
        "nvm.width_bits",
        design.nvm.width_bits.into(),
        NVM_WIDTH.0,
        NVM_WIDTH.1,
        "a word is whole bytes",
    );
    problems.not_empty("external.memory", &design.external.memory);
}
