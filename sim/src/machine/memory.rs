//! External memory and NVM in cycles of the accelerator clock.
//!
//! External memory: a burst's first beat comes `read_latency` cycles after its request, then a beat every `beat_cycles`; the
//! data phases of all bursts, reads and writes, share one port in the order in which they are ready (ties: load first). A
//! write is acknowledged `write_latency` cycles after its last beat. NVM: a row takes its latency, then one word a cycle.
//!
//! Not modelled: refresh, rows and banks of the DRAM, other masters on the bus.

use models::design::Design;
use models::record::Error;
use models::technology::Technology;

/// Timing of the memories at one frequency, in cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryTiming {
    /// From a request to the first beat.
    pub read_latency: u64,
    /// From the last beat of a write to its acknowledgement.
    pub write_latency: u64,
    /// Bytes of a beat.
    pub beat_bytes: u64,
    /// Cycles from one beat to the next: the slower of the memory and the buffer's write port (one row of `n` codes a
    /// cycle).
    pub beat_cycles: u64,
    /// Longest burst, in beats.
    pub burst_beats: u64,
    /// Bursts that an engine may have under way.
    pub outstanding: u64,
    /// From an NVM row address to its first word.
    pub nvm_latency: u64,
    /// Bits of an NVM word.
    pub nvm_word_bits: u64,
}

impl MemoryTiming {
    /// The timing of `design`'s memories made in `technology` at `frequency_hz`.
    ///
    /// # Errors
    /// The technology has no memory of that name, or its NVM no such cell.
    pub fn new(design: &Design, technology: &Technology, frequency_hz: f64) -> Result<Self, Error> {
        let memory = technology.memory(&design.external.memory)?;
        let cycles = |ns: f64| ((ns * 1e-9 * frequency_hz).ceil() as u64).max(1);
        let beat_bytes = design.axi.beat_bytes();
        let rate = memory.bandwidth_gb_s.value * 1e9 / frequency_hz;
        let memory_cycles = (beat_bytes as f64 / rate).ceil() as u64;
        Ok(MemoryTiming {
            read_latency: cycles(memory.latency_ns.value),
            write_latency: cycles(memory.latency_ns.value),
            beat_bytes,
            beat_cycles: memory_cycles.max(beat_bytes.div_ceil(design.pu.n.into())),
            burst_beats: design.axi.burst_beats.into(),
            outstanding: design.axi.outstanding.into(),
            nvm_latency: cycles(technology.nvm.built_of(design.nvm.cell)?.read_latency_ns.value),
            nvm_word_bits: design.nvm.width_bits.into(),
        })
    }

    /// Words that a row of `bytes` bytes of the NVM can at most touch: it begins anywhere within a word.
    pub fn nvm_words(&self, bytes: u64) -> u64 {
        let word = self.nvm_word_bits / 8;
        (bytes + 2 * (word - 1)) / word
    }
}

/// Runs of bytes on the bus: `count` runs of `bytes` from `start` on, `stride` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Runs {
    /// First byte.
    pub start: u64,
    /// Runs.
    pub count: u64,
    /// Bytes between the starts of two runs.
    pub stride: u64,
    /// Bytes of a run.
    pub bytes: u64,
}

impl Runs {
    /// Runs that touch are one.
    pub fn merged(self) -> Self {
        if self.count > 1 && self.stride == self.bytes {
            Runs { count: 1, bytes: self.bytes * self.count, ..self }
        } else {
            self
        }
    }

    /// Beats of all runs, partly used ones included.
    pub fn beats(&self, beat_bytes: u64) -> u64 {
        (0..self.count)
            .map(|run| {
                let start = self.start + run * self.stride;
                (start + self.bytes).div_ceil(beat_bytes) - start / beat_bytes
            })
            .sum()
    }
}
