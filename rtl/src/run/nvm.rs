//! The NVM macro as its read port shows it: a latency, then a word a cycle while the machine takes them.

use crate::cosim::Dut;

/// Ports by number.
struct Ports {
    request: usize,
    address: usize,
    words: usize,
    ready: usize,
    valid: usize,
    data: usize,
}

/// Contents and the read under way.
pub(super) struct Nvm {
    ports: Ports,
    memory: Vec<u8>,
    /// Cycles from a request to the first word.
    pub latency: u64,
    /// Cycles until the first word, the word that comes next, and how many are left.
    wait: u64,
    word: u64,
    left: u64,
    bytes: usize,
}

impl Nvm {
    pub(super) fn new(dut: &Dut, memory: Vec<u8>, latency: u64) -> Nvm {
        let port = |name: &str| dut.port(name);
        let ports = Ports {
            request: port("nvm_request"),
            address: port("nvm_address"),
            words: port("nvm_words"),
            ready: port("nvm_ready"),
            valid: port("nvm_valid"),
            data: port("nvm_data"),
        };
        let bytes = dut.ports()[ports.data].width / 8;
        Nvm { ports, memory, latency, wait: 0, word: 0, left: 0, bytes }
    }

    fn offers(&self) -> bool {
        self.left > 0 && self.wait == 0
    }

    /// Sets the inputs of the machine for this cycle.
    pub(super) fn drive(&mut self, dut: &mut Dut) {
        dut.set_words(self.ports.valid, &[u32::from(self.offers()), 0]);
        if self.offers() {
            let start = self.word as usize * self.bytes;
            let byte = |at: usize| u32::from(self.memory.get(start + at).copied().unwrap_or(0));
            let words: Vec<u32> = (0..self.bytes.div_ceil(4))
                .map(|word| (0..4).fold(0, |value, at| value | byte(4 * word + at) << (8 * at)))
                .collect();
            dut.set_words(self.ports.data, &words);
        }
    }

    /// Looks at what the machine says in this cycle.
    pub(super) fn look(&mut self, dut: &Dut) {
        let value = |port: usize| u64::from(dut.get_words(port)[0]);
        if self.offers() && value(self.ports.ready) == 1 {
            self.word += 1;
            self.left -= 1;
        }
        self.wait = self.wait.saturating_sub(1);
        if value(self.ports.request) == 1 {
            self.word = value(self.ports.address);
            self.left = value(self.ports.words);
            self.wait = self.latency - 1;
        }
    }
}
