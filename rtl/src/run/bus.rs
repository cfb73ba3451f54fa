//! External memory behind the AXI4 master, with the timing that `sim` gives it.
//!
//! A read burst is ready for the port a latency after its request, a write burst [`latency::DMA_READ`] cycles after its own. The port
//! serves one burst at a time, in the order in which they are ready, reads first; each beat takes its cycles. A read beat is offered
//! as late in them as the machine needs the rest for its pieces, a write beat is taken in the last. The answer to a write comes a latency
//! after its last beat.

use super::{Timing, Written};
use crate::cosim::Dut;
use models::latency;
use std::collections::VecDeque;

/// A burst.
#[derive(Clone, Copy, Debug)]
struct Burst {
    ready: u64,
    address: u64,
    beats: u64,
}

/// The burst that the port serves: whether it writes, and how many cycles of the beat have passed.
struct Served {
    writes: bool,
    burst: Burst,
    passed: u64,
}

/// Contents and what is under way.
pub(super) struct Bus {
    /// Bytes of the memory.
    pub memory: Vec<u8>,
    /// How fast it is.
    pub timing: Timing,
    /// Every byte that was written, in order, where that is kept.
    pub written: Option<Vec<Written>>,
    bytes: usize,
    now: u64,
    waiting: [VecDeque<Burst>; 2],
    served: Option<Served>,
    answers: VecDeque<u64>,
    ports: Ports,
}

/// Ports by number.
struct Ports {
    arready: usize,
    arvalid: usize,
    araddr: usize,
    arlen: usize,
    rvalid: usize,
    rlast: usize,
    rdata: usize,
    rready: usize,
    awready: usize,
    awvalid: usize,
    awaddr: usize,
    awlen: usize,
    wready: usize,
    wvalid: usize,
    wdata: usize,
    wstrb: usize,
    bvalid: usize,
}

impl Bus {
    pub(super) fn new(dut: &Dut, memory: Vec<u8>, timing: Timing) -> Bus {
        let port = |name: &str| dut.port(&format!("axi_{name}"));
        let ports = Ports {
            arready: port("arready"),
            arvalid: port("arvalid"),
            araddr: port("araddr"),
            arlen: port("arlen"),
            rvalid: port("rvalid"),
            rlast: port("rlast"),
            rdata: port("rdata"),
            rready: port("rready"),
            awready: port("awready"),
            awvalid: port("awvalid"),
            awaddr: port("awaddr"),
            awlen: port("awlen"),
            wready: port("wready"),
            wvalid: port("wvalid"),
            wdata: port("wdata"),
            wstrb: port("wstrb"),
            bvalid: port("bvalid"),
        };
        let bytes = dut.ports()[ports.rdata].width / 8;
        Bus {
            memory,
            timing,
            written: None,
            bytes,
            now: 0,
            waiting: Default::default(),
            served: None,
            answers: VecDeque::new(),
            ports,
        }
    }

    /// The burst that is ready first, reads before writes, if the port is free.
    fn serve(&mut self) {
        if self.served.is_some() {
            return;
        }
        let ready =
            |queue: &VecDeque<Burst>| queue.front().map(|b| b.ready).filter(|ready| *ready <= self.now);
        let side = match (ready(&self.waiting[0]), ready(&self.waiting[1])) {
            (Some(read), Some(write)) => usize::from(write < read),
            (Some(_), None) => 0,
            (None, Some(_)) => 1,
            (None, None) => return,
        };
        let burst = self.waiting[side].pop_front();
        self.served = burst.map(|burst| Served { writes: side == 1, burst, passed: 0 });
    }

    /// Sets the inputs of the machine for this cycle.
    pub(super) fn drive(&mut self, dut: &mut Dut) {
        self.serve();
        let mut set = |port: usize, value: bool| dut.set_words(port, &[u32::from(value), 0]);
        set(self.ports.arready, true);
        set(self.ports.awready, true);
        let Timing { beat_cycles, pieces, .. } = self.timing;
        let (mut reads, mut last, mut writes) = (false, false, false);
        if let Some(served) = &self.served {
            reads = !served.writes && served.passed == beat_cycles - pieces;
            writes = served.writes && served.passed + 1 == beat_cycles;
            last = served.burst.beats == 1;
        }
        set(self.ports.rvalid, reads);
        set(self.ports.rlast, reads && last);
        set(self.ports.wready, writes);
        set(self.ports.bvalid, self.answers.front().is_some_and(|at| *at <= self.now));
        if let (true, Some(served)) = (reads, &self.served) {
            let start = served.burst.address as usize / self.bytes * self.bytes;
            let byte = |at: usize| u32::from(self.memory.get(start + at).copied().unwrap_or(0));
            let word = |word: usize| (0..4).fold(0, |value, at| value | byte(4 * word + at) << (8 * at));
            let words: Vec<u32> = (0..self.bytes / 4).map(word).collect();
            dut.set_words(self.ports.rdata, &words);
        }
    }

    /// Looks at what the machine says in this cycle.
    pub(super) fn look(&mut self, dut: &Dut) {
        let value = |port: usize| {
            dut.get_words(port).iter().rev().fold(0_u64, |value, word| value << 32 | u64::from(*word))
        };
        if self.answers.front().is_some_and(|at| *at <= self.now) {
            self.answers.pop_front();
        }
        self.beat(dut, value(self.ports.rready) == 1, value(self.ports.wvalid) == 1);
        let asked = [
            (self.ports.arvalid, self.ports.araddr, self.ports.arlen, self.timing.read_latency),
            (self.ports.awvalid, self.ports.awaddr, self.ports.awlen, latency::DMA_READ),
        ];
        for (queue, (valid, address, length, delay)) in self.waiting.iter_mut().zip(asked) {
            if value(valid) == 1 {
                let (address, beats) = (value(address), value(length) + 1);
                queue.push_back(Burst { ready: self.now + delay, address, beats });
            }
        }
        self.now += 1;
    }

    /// The cycle of the burst that is served: nothing moves on where the machine is not ready.
    fn beat(&mut self, dut: &Dut, rready: bool, wvalid: bool) {
        let Timing { beat_cycles, pieces, .. } = self.timing;
        let Some(mut served) = self.served.take() else { return };
        let offered = !served.writes && served.passed == beat_cycles - pieces;
        let wanted = served.writes && served.passed + 1 == beat_cycles;
        if (offered && !rready) || (wanted && !wvalid) {
            self.served = Some(served);
            return;
        }
        if wanted {
            self.write(dut, served.burst.address);
        }
        served.passed += 1;
        if served.passed == beat_cycles {
            served.passed = 0;
            served.burst.beats -= 1;
            served.burst.address = (served.burst.address / self.bytes as u64 + 1) * self.bytes as u64;
            if served.burst.beats == 0 {
                if served.writes {
                    self.answers.push_back(self.now + self.timing.write_latency);
                }
                return;
            }
        }
        self.served = Some(served);
    }

    fn write(&mut self, dut: &Dut, address: u64) {
        let (data, strobe) = (dut.get_words(self.ports.wdata), dut.get_words(self.ports.wstrb));
        let start = address as usize / self.bytes * self.bytes;
        for at in (0..self.bytes).filter(|at| strobe[at / 32] >> (at % 32) & 1 == 1) {
            if let Some(byte) = self.memory.get_mut(start + at) {
                *byte = (data[at / 4] >> (8 * (at % 4))) as u8;
                let (cycle, address, byte) = (dut.ticks(), (start + at) as u64, *byte);
                self.written.iter_mut().for_each(|all| all.push(Written { cycle, address, byte }));
            }
        }
    }
}
