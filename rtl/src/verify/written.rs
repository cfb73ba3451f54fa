//! What a memory behind the write channels has seen of a command.

use std::collections::VecDeque;

/// What the memory has seen of a command.
#[derive(Default)]
pub(super) struct Memory {
    /// Address and beats of each burst, and the cycle of its request.
    pub(super) bursts: Vec<(u64, u64, u64)>,
    /// Strobe of each beat, whether it was told to be its burst's last, and its data, where the bench looks at them.
    pub(super) beats: Vec<(u128, bool, Vec<u8>)>,
    /// Bytes that count, of all beats.
    pub(super) bytes: u64,
    /// Bursts whose beats have all come, and beats of the next.
    pub(super) complete: usize,
    begun: u64,
    /// Cycles from which answers may come.
    pub(super) answers: VecDeque<u64>,
}

impl Memory {
    /// Takes a beat; whether it ends a burst.
    pub(super) fn take(&mut self, strobe: u128, last: bool, data: Vec<u8>) -> bool {
        self.beats.push((strobe, last, data));
        self.bytes += u64::from(strobe.count_ones());
        self.begun += 1;
        let ends = self.bursts.get(self.complete).is_some_and(|(_, beats, _)| *beats == self.begun);
        if ends {
            self.complete += 1;
            self.begun = 0;
        }
        ends
    }

    /// Whether every burst has its beats.
    pub(super) fn whole(&self) -> bool {
        self.complete == self.bursts.len()
    }

    /// The bytes that were written, in order, and where; whether the last beat of each burst was told.
    pub(super) fn written(&self, beat_bytes: u64) -> (Vec<(u64, u8)>, bool) {
        let (mut beats, mut list, mut told) = (self.beats.iter(), vec![], true);
        for (address, length, _) in &self.bursts {
            for index in 0..*length {
                let Some((strobe, last, data)) = beats.next() else { return (list, false) };
                told &= *last == (index + 1 == *length);
                let base = address / beat_bytes * beat_bytes + index * beat_bytes;
                let counts = (0..beat_bytes).filter(|byte| strobe >> byte & 1 == 1);
                list.extend(counts.map(|byte| (base + byte, data.get(byte as usize).copied().unwrap_or(0))));
            }
        }
        (list, told)
    }
}
