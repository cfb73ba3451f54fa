//! Random commands of the special function unit, each with what it should do.

use super::sfu::Place;
use kernels::adaptivfloat::{Format, Tensor};
use kernels::layernorm::Parameters;
use models::latency;
use models::program::word::{LAYOUTS, OPCODE_BITS, Word};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rtl::unit::Walk;

/// Where a matrix lies, in tiles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lies {
    pub(crate) buffer: u64,
    pub(crate) base: u64,
    pub(crate) stride: u64,
}

/// A word of parameters: address in bytes, and contents.
pub(crate) type Parameter = (u64, Vec<u8>);

/// A command with all that it should do.
pub(crate) struct Job {
    pub(crate) name: &'static str,
    pub(crate) walk: Walk,
    /// Cycles from a read of the last pass to its write.
    pub(crate) depth: u64,
    pub(crate) shape: (u64, u64),
    pub(crate) word: Vec<u32>,
    /// What it reads, at a and b.
    pub(crate) reads: Vec<(Lies, Tensor)>,
    /// What it writes.
    pub(crate) writes: Option<(Lies, Tensor)>,
    pub(crate) parameter: Box<dyn Fn(Place) -> Option<Parameter>>,
    /// The entropy that it gives.
    pub(crate) entropy: Option<u32>,
}

/// What commands are made from.
pub(crate) struct Jobs {
    pub(crate) format: Format,
    pub(crate) n: u32,
    pub(crate) rng: ChaCha8Rng,
}

impl Jobs {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound
    }

    fn lies(&mut self) -> Lies {
        // Far enough from the ends that no place wraps.
        let [buffer, base, stride] = [2, 1 << 18, 1 << 16].map(|bound| self.below(bound));
        Lies { buffer, base, stride }
    }

    /// Any codes under a bias near -6.
    fn tensor(&mut self, tiles: u64, rows: u64) -> Tensor {
        let bias = -(self.below(8) as i32) - 3;
        let mut tensor =
            Tensor::zeros(self.format, bias, (tiles * u64::from(self.n)) as usize, rows as usize);
        for code in &mut tensor.codes {
            *code = self.rng.next_u32() as u8 & self.format.code_mask();
        }
        tensor
    }

    /// A command word: random waits, and fields by name.
    fn word(&mut self, name: &str, values: &[(&str, u64)], regions: &[(&str, Lies)]) -> Vec<u32> {
        let layout = LAYOUTS.iter().find(|layout| layout.name == name).expect("it is a command");
        let mut bits: Vec<bool> = (0..8 * size_of::<Word>()).map(|_| self.rng.next_u32() & 1 == 1).collect();
        let mut put = |low: u32, width: u32, value: u64| {
            (0..width).for_each(|at| bits[(low + at) as usize] = value >> at & 1 == 1);
        };
        put(0, OPCODE_BITS, layout.opcode.into());
        for field in layout.fields() {
            let in_region = |(region, lies): &(&str, Lies)| {
                [("buffer", lies.buffer), ("base", lies.base), ("stride", lies.stride)]
                    .into_iter()
                    .find_map(|(part, value)| (field.name == format!("{region}.{part}")).then_some(value))
            };
            let plain = values.iter().find(|(name, _)| *name == field.name).map(|(_, value)| *value);
            let value = plain.or_else(|| regions.iter().find_map(in_region));
            put(field.low, field.width, value.unwrap_or_else(|| panic!("{name} lacks {}", field.name)));
        }
        let word = |bits: &[bool]| (0..).zip(bits).fold(0, |word, (at, &bit)| word | u32::from(bit) << at);
        bits.chunks(32).map(word).collect()
    }

    /// A random command of a kind, on up to three row blocks of up to four tiles.
    pub(crate) fn job(&mut self, name: &'static str) -> Job {
        let n = u64::from(self.n);
        let [rows, tiles] = [3 * n, 4].map(|bound| self.below(bound) + 1);
        match name {
            "softmax" => self.softmax(rows, tiles),
            "layernorm" => self.layernorm(rows, tiles),
            "add" => self.add(rows, tiles),
            _ => self.entropy(tiles),
        }
    }

    fn softmax(&mut self, rows: u64, tiles: u64) -> Job {
        let (n, pass) = (self.n as usize, latency::softmax_pass(self.n));
        let (x, from, to) = (self.tensor(tiles, rows), self.lies(), self.lies());
        let [valid, start] = [x.length() as u64 + 1, 1 << 17].map(|bound| self.below(bound));
        let span: Option<Vec<u8>> = (self.below(2) == 1)
            .then(|| x.codes.column(0).iter().map(|_| self.rng.next_u32() as u8).collect());
        let bias = -(self.below(24) as i32);
        let out = kernels::softmax::softmax(&x, valid as usize, span.as_deref(), self.format, bias);
        let values = [
            ("rows", rows),
            ("tiles", tiles),
            ("valid", valid),
            ("has_span", span.is_some().into()),
            ("span_start", start),
            ("lsb", bits(x.lsb())),
            ("out_bias", bits(bias)),
        ];
        let word = self.word("softmax", &values, &[("input", from), ("out", to)]);
        let parameter = move |place: Place| {
            let weights = span.as_ref().filter(|_| place.pass == 2)?;
            let tile = place.tile as usize;
            Some((4 * start + (n * tile) as u64, weights[tile * n..][..n].to_vec()))
        };
        Job {
            name: "softmax",
            walk: Walk { n: self.n, passes: 3, between: pass, after: pass },
            depth: latency::DECODE + 1 + latency::EXP2 + latency::MULTIPLY + latency::REQUANTISE,
            shape: (rows, tiles),
            word,
            reads: vec![(from, x)],
            writes: Some((to, out.expect("the shapes agree"))),
            parameter: Box::new(parameter),
            entropy: None,
        }
    }

    fn layernorm(&mut self, rows: u64, tiles: u64) -> Job {
        let (n, pass) = (self.n as usize, latency::layernorm_pass(self.n));
        let (x, from, to) = (self.tensor(tiles, rows), self.lies(), self.lies());
        let [valid, start] = [x.length() as u64 + 1, 1 << 17].map(|bound| self.below(bound));
        let mut values = || (0..x.length()).map(|_| self.rng.next_u32() as i16).collect::<Vec<i16>>();
        let [gamma, beta] = [values(), values()];
        let [gamma_lsb, beta_lsb, bias] = [20, 20, 14].map(|bound| -(self.below(bound) as i32));
        let parameters = |values, lsb| Parameters { values, lsb };
        let (g, b) = (parameters(gamma.as_slice(), gamma_lsb), parameters(beta.as_slice(), beta_lsb));
        let out = kernels::layernorm::layernorm(&x, valid as usize, g, b, self.format, bias);
        let values = [
            ("rows", rows),
            ("tiles", tiles),
            ("valid", valid),
            ("parameters_start", start),
            ("gamma_lsb", bits(gamma_lsb)),
            ("beta_lsb", bits(beta_lsb)),
            ("out_bias", bits(bias)),
        ];
        let word = self.word("layernorm", &values, &[("input", from), ("out", to)]);
        let parameter = move |place: Place| {
            let tile = place.tile as usize;
            let both = [&gamma, &beta].map(|values| &values[tile * n..][..n]).concat();
            let bytes: Vec<u8> = both.iter().flat_map(|value| value.to_le_bytes()).collect();
            (place.pass == 1 && place.row == 0).then(|| (4 * (start + (n * tile) as u64), bytes))
        };
        Job {
            name: "layernorm",
            walk: Walk { n: self.n, passes: 2, between: pass, after: pass },
            depth: latency::DECODE + 4 + latency::REQUANTISE,
            shape: (rows, tiles),
            word,
            reads: vec![(from, x)],
            writes: Some((to, out.expect("the shapes agree"))),
            parameter: Box::new(parameter),
            entropy: None,
        }
    }

    fn add(&mut self, rows: u64, tiles: u64) -> Job {
        let [a, b] = [(); 2].map(|()| (self.lies(), self.tensor(tiles, rows)));
        let (to, bias) = (self.lies(), -(self.below(8) as i32));
        let out = kernels::add::add(&a.1, &b.1, self.format, bias);
        let values = [
            ("rows", rows),
            ("tiles", tiles),
            ("a_lsb", bits(a.1.lsb())),
            ("b_lsb", bits(b.1.lsb())),
            ("out_bias", bits(bias)),
        ];
        let word = self.word("add", &values, &[("a", a.0), ("b", b.0), ("out", to)]);
        Job {
            name: "add",
            walk: Walk { n: self.n, passes: 1, between: 0, after: latency::ADD },
            depth: latency::DECODE + 2 + latency::REQUANTISE,
            shape: (rows, tiles),
            word,
            reads: vec![a, b],
            writes: Some((to, out.expect("the shapes agree"))),
            parameter: Box::new(|_| None),
            entropy: None,
        }
    }

    fn entropy(&mut self, tiles: u64) -> Job {
        let pass = latency::entropy_pass(self.n);
        let (x, from) = (self.tensor(tiles, 1), self.lies());
        let classes = self.below(x.length() as u64 + 1);
        let entropy = kernels::entropy::entropy(&x, classes as usize).expect("the row is long enough");
        let values = [("tiles", tiles), ("classes", classes), ("lsb", bits(x.lsb()))];
        let word = self.word("entropy", &values, &[("input", from)]);
        Job {
            name: "entropy",
            walk: Walk { n: self.n, passes: 2, between: pass, after: pass + latency::ENTROPY_END },
            depth: 0,
            shape: (1, tiles),
            word,
            reads: vec![(from, x)],
            writes: None,
            parameter: Box::new(|_| None),
            entropy: Some(entropy),
        }
    }
}

/// An exponent as a field.
fn bits(value: i32) -> u64 {
    u64::from(value.cast_unsigned() & 0x3ff)
}
