//! The memories in front of the load engine, and the contracts of its two sides towards them: what it asks for and when it is ready.

use super::command::Case;
use super::layout::Write;
use crate::cosim::Bench;
use crate::verify::Draw;
use crate::verify::burst::bursts;
use models::design::Axi;
use models::latency;
use std::collections::VecDeque;

/// The bus: bursts to be asked for, bursts under way, and how the memory takes its time.
pub(super) struct Bus {
    axi: Axi,
    pieces: u64,
    /// Cycle of the first request, if any.
    first: u64,
    /// First byte, byte after the last and beats of each burst, and whether it is the last of its run; how many have been asked for.
    bursts: Vec<([u64; 3], bool)>,
    asked: usize,
    /// Bursts that have been asked for: which, and the cycle from which the memory may answer.
    waiting: VecDeque<(usize, u64)>,
    under_way: u64,
    latency: u64,
    /// Beats that have come of the burst at the front; cycle of the last beat, and whether it ended its burst.
    beats: u64,
    last: Option<(u64, bool)>,
}

/// A beat that is taken: first byte of it, first byte that counts, the byte after the last.
pub(super) type Beat = [u64; 3];

impl Bus {
    pub(super) fn new(case: &Case, axi: Axi, pieces: u64, first: u64, draw: &mut Draw) -> Bus {
        let of_run = |run: &[u64; 2]| {
            let end = run[1];
            bursts(axi, *run).into_iter().map(move |burst| (burst, burst[1] == end))
        };
        let bursts = case.runs.iter().flat_map(of_run).collect();
        let (waiting, latency) = (VecDeque::new(), draw.below(12));
        Bus { axi, pieces, first, bursts, asked: 0, waiting, under_way: 0, latency, beats: 0, last: None }
    }

    /// Whether the pieces of the last beat still go in.
    fn held(&self, now: u64) -> bool {
        self.last.is_some_and(|(cycle, _)| now < cycle + self.pieces)
    }

    /// Whether all has come, and the cycle of the last piece.
    pub(super) fn ended(&self) -> Option<u64> {
        let all = self.asked == self.bursts.len() && self.waiting.is_empty();
        self.last.filter(|_| all).map(|(cycle, _)| cycle + self.pieces - 1)
    }

    /// A cycle of it: inputs, expectations; the beat that is taken, and whether the last burst of a run is.
    pub(super) fn cycle(
        &mut self,
        bench: &mut Bench,
        case: &Case,
        now: u64,
        draw: &mut Draw,
    ) -> (Option<Beat>, bool) {
        if let Some((cycle, true)) = self.last.filter(|(cycle, _)| now == cycle + self.pieces) {
            self.under_way -= 1;
            self.last = Some((cycle, false));
        }
        let more = now >= self.first && self.asked < self.bursts.len();
        let asks = more && self.under_way < u64::from(self.axi.outstanding);
        let ready = !draw.stalls();
        let offers = self.waiting.front().is_some_and(|(_, from)| now >= *from) && !draw.stalls();
        let free = self.under_way > 0 && !self.held(now);
        let taken = offers && free;
        bench.set("axi_arready", ready.into());
        bench.set("axi_rvalid", offers.into());
        bench.expect("axi_arvalid", asks.into());
        if asks {
            let [first, _, beats] = self.bursts[self.asked].0;
            bench.expect("axi_araddr", first);
            bench.expect("axi_arlen", beats - 1);
        }
        bench.expect("axi_rready", free.into());
        bench.expect("beat", taken.into());
        bench.expect("bus_waits", u64::from(more || self.under_way > 0));
        bench.expect("bus_moves", u64::from(taken || asks && ready));
        bench.expect("error", 0);
        let beat = if offers { Some(self.offer(bench, case)) } else { None };
        let run_taken = asks && ready && self.bursts[self.asked].1;
        if asks && ready {
            self.waiting.push_back((self.asked, now + 1 + self.latency));
            self.asked += 1;
            self.under_way += 1;
        }
        (beat.filter(|_| taken).map(|beat| self.take(now, beat)), run_taken)
    }

    fn take(&mut self, now: u64, (beat, last): (Beat, bool)) -> Beat {
        self.beats = if last { 0 } else { self.beats + 1 };
        if last {
            self.waiting.pop_front();
        }
        self.last = Some((now, last));
        beat
    }

    /// Puts the beat that is next on the bus; whether it is the last of its burst.
    fn offer(&self, bench: &mut Bench, case: &Case) -> (Beat, bool) {
        let [first, end, beats] = self.bursts[self.waiting[0].0].0;
        let size = self.axi.beat_bytes();
        let base = (first / size + self.beats) * size;
        let last = self.beats + 1 == beats;
        bench.set("axi_rlast", last.into());
        bench.set_words("axi_rdata", &words(&case.memory.read(base, size)));
        ([base, first.max(base), end.min(base + size)], last)
    }
}

/// Bytes in words of 32 bits.
fn words(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks(4)
        .map(|four| (0..).zip(four).fold(0, |word, (at, byte)| word | u32::from(*byte) << (8 * at)))
        .collect()
}

/// The NVM's read port and the rows that come through it.
pub(super) struct Nvm {
    word: u64,
    /// Bytes of a vector and its masks, at most.
    room: u64,
    latency: u64,
    /// Row that is read or requested next, and the cycle of its request.
    row: usize,
    request: Option<u64>,
    first: Option<u64>,
    words: u64,
    bytes: u64,
    vectors: usize,
    end: Option<u64>,
}

impl Nvm {
    pub(super) fn new(case: &Case, (word, lanes): (u64, usize), draw: &mut Draw) -> Nvm {
        let room = (lanes + lanes.div_ceil(8)) as u64;
        let request = (!case.rows.is_empty()).then_some(latency::LOOKUP);
        let latency = 1 + draw.below(6);
        Nvm { word, room, latency, row: 0, request, first: None, words: 0, bytes: 0, vectors: 0, end: None }
    }

    /// The last cycle of the last row, if it has been.
    pub(super) fn ended(&self, case: &Case) -> Option<u64> {
        self.end.filter(|_| self.row == case.rows.len())
    }

    /// A cycle of it: inputs, expectations. Whether a row is requested, and what leaves for the encoder, if something does.
    pub(super) fn cycle(
        &mut self,
        bench: &mut Bench,
        case: &Case,
        now: u64,
        draw: &mut Draw,
    ) -> (bool, Option<Write>) {
        let requests = self.request == Some(now);
        bench.expect("nvm_request", requests.into());
        let reads = self.request.is_some_and(|request| now > request);
        let Some(row) = case.rows.get(self.row).filter(|_| requests || reads) else {
            bench.set("nvm_valid", 0);
            bench.expect("nvm_ready", 0);
            bench.expect("nvm_taken", 0);
            return (false, None);
        };
        if requests {
            bench.expect("nvm_address", row.start / self.word);
            bench.expect("nvm_words", case.words);
            (self.first, self.words, self.bytes, self.vectors) = (None, 0, 0, 0);
        }
        let over = self.vectors == row.needs.len();
        let needs = row.needs.get(self.vectors).filter(|[masks, _]| reads && self.bytes >= *masks);
        let needed = needs.map(|[masks, codes]| masks + codes).filter(|needed| self.bytes >= *needed);
        let rest = self.bytes - needed.unwrap_or(0);
        let ready = reads && (over || rest < self.room);
        let answers = self.request.is_some_and(|request| now >= request + self.latency);
        let valid = answers && self.words < case.words && !draw.stalls();
        bench.set("nvm_valid", valid.into());
        let first_word = row.start / self.word;
        bench.set_words(
            "nvm_data",
            &words(&case.memory.read((first_word + self.words) * self.word, self.word)),
        );
        bench.expect("nvm_ready", ready.into());
        let taken = valid && ready;
        bench.expect("nvm_taken", taken.into());
        self.bytes = rest;
        if taken {
            let skipped = if self.words == 0 { row.start % self.word } else { 0 };
            self.bytes += if over { 0 } else { self.word - skipped };
            self.words += 1;
            self.first.get_or_insert(now);
        }
        let leaves = needed.map(|_| row.writes[self.vectors].clone());
        self.vectors += usize::from(leaves.is_some());
        self.finish(case, now);
        (requests, leaves)
    }

    /// Whether the row ends, a cycle for each word and each vector from its first word on, or later.
    fn finish(&mut self, case: &Case, now: u64) {
        let vectors = case.rows[self.row].needs.len();
        let least = self.first.map(|first| first + case.words + vectors as u64 - 1);
        if least.is_some_and(|least| now >= least) && self.words == case.words && self.vectors == vectors {
            self.row += 1;
            self.end = Some(now);
            self.request = (self.row < case.rows.len()).then_some(now + 1);
        }
    }
}
