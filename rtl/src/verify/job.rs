//! Random commands of the special function unit, each with what it should do.

use super::command::word;
use super::walk::{Place, field};
use super::{Draw, Failure};
use crate::hdl::Error;
use crate::unit::Walk;
use crate::unit::word::opcode;
use kernels::adaptivfloat::{Format, Tensor};
use kernels::add::CHANNEL_BITS;
use kernels::layernorm::{GAMMA_BITS, Parameters, gamma_word};
use models::latency;
use models::program::word::OPCODE_BITS;

/// Where a matrix lies, in tiles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lies {
    pub(super) buffer: u64,
    pub(super) base: u64,
    pub(super) stride: u64,
}

/// A word of parameters: address in bytes, and contents.
pub(super) type Parameter = (u64, Vec<u8>);

/// A command with all that it should do.
pub(super) struct Job {
    pub(super) name: &'static str,
    pub(super) walk: Walk,
    /// Cycles from a read of the last pass to its write.
    pub(super) depth: u64,
    /// Rows and tiles.
    pub(super) shape: (u64, u64),
    pub(super) word: Vec<u32>,
    /// What it reads, at a and b.
    pub(super) reads: Vec<(Lies, Tensor)>,
    /// What it writes.
    pub(super) writes: Option<(Lies, Tensor)>,
    pub(super) parameter: Box<dyn Fn(Place) -> Option<Parameter>>,
    /// The entropy that it gives.
    pub(super) entropy: Option<u32>,
}

/// What commands are made from.
pub(super) struct Jobs {
    pub(super) format: Format,
    pub(super) n: u32,
    pub(super) draw: Draw,
}

/// What the kernels refuse would be a mistake of ours.
fn fits<T, E>(result: Result<T, E>) -> Result<T, Failure> {
    Ok(result.map_err(|_| Error::size("sfu", "command", "one whose operands agree"))?)
}

/// Fields of a region.
fn region(name: &str, lies: Lies) -> [(String, u64); 3] {
    [("buffer", lies.buffer), ("base", lies.base), ("stride", lies.stride)]
        .map(|(part, value)| (format!("{name}.{part}"), value))
}

impl Jobs {
    fn lies(&mut self) -> Lies {
        // Far enough from the ends that no place wraps.
        let [buffer, base, stride] = [1, 18, 16].map(|bits| self.draw.bits(bits));
        Lies { buffer, base, stride }
    }

    /// Any codes under a bias near -6.
    fn tensor(&mut self, tiles: u64, rows: u64) -> Tensor {
        let bias = -(self.draw.below(8) as i32) - 3;
        let length = (tiles * u64::from(self.n)) as usize;
        let mut tensor = Tensor::zeros(self.format, bias, length, rows as usize);
        for code in &mut tensor.codes {
            *code = self.draw.bits(self.format.width().into()) as u8;
        }
        tensor
    }

    /// A command word with these fields; what the unit does not look at is random. A layer norm names no stride.
    fn word(&mut self, name: &str, values: &[(&str, u64)], regions: &[(&str, Lies)]) -> Vec<u32> {
        let parts = if name == "layernorm" { 2 } else { 3 };
        let regions: Vec<_> =
            regions.iter().flat_map(|(name, lies)| region(name, *lies).into_iter().take(parts)).collect();
        let regions = regions.iter().map(|(name, value)| (name.as_str(), *value));
        let fields: Vec<_> = values.iter().copied().chain(regions).collect();
        let mut all = word(&mut self.draw, name, &fields);
        all[0] = all[0] >> OPCODE_BITS << OPCODE_BITS | opcode(name) as u32;
        all
    }

    /// A random command of a kind, on up to three row blocks of up to four tiles.
    pub(super) fn job(&mut self, name: &'static str) -> Result<Job, Failure> {
        let shape = [3 * u64::from(self.n), 4].map(|bound| 1 + self.draw.below(bound));
        self.sized(name, shape)
    }

    /// A random command of a kind, on so many rows and tiles.
    pub(super) fn sized(&mut self, name: &'static str, [rows, tiles]: [u64; 2]) -> Result<Job, Failure> {
        match name {
            "softmax" => self.softmax(rows, tiles),
            "layernorm" => self.layernorm(rows, tiles),
            _ => self.entropy(tiles),
        }
    }

    fn softmax(&mut self, rows: u64, tiles: u64) -> Result<Job, Failure> {
        let (n, pass) = (self.n as usize, latency::softmax_pass(self.n));
        let (x, from, to) = (self.tensor(tiles, rows), self.lies(), self.lies());
        let (valid, start) = (self.draw.below(x.length() as u64 + 1), self.draw.bits(17));
        let span = self.draw.once_in(2).then(|| self.draw.codes(x.length(), 8));
        let bias = -(self.draw.below(24) as i32);
        let out = kernels::softmax::softmax(&x, valid as usize, span.as_deref(), self.format, bias);
        let values = [
            ("rows", rows),
            ("tiles", tiles),
            ("valid", valid),
            ("has_span", span.is_some().into()),
            ("span_start", start),
            ("lsb", field(x.lsb())),
            ("out_bias", field(bias)),
        ];
        let word = self.word("softmax", &values, &[("input", from), ("out", to)]);
        let parameter = move |place: Place| {
            let weights = span.as_ref().filter(|_| place.pass == 2)?;
            let tile = place.tile as usize;
            Some((4 * start + (n * tile) as u64, weights[tile * n..][..n].to_vec()))
        };
        Ok(Job {
            name: "softmax",
            walk: Walk { n: self.n, passes: 3, between: pass, after: pass },
            depth: latency::DECODE + 1 + latency::EXP2 + latency::MULTIPLY + latency::REQUANTISE,
            shape: (rows, tiles),
            word,
            reads: vec![(from, x)],
            writes: Some((to, fits(out)?)),
            parameter: Box::new(parameter),
            entropy: None,
        })
    }

    fn layernorm(&mut self, rows: u64, tiles: u64) -> Result<Job, Failure> {
        let (n, pass) = (self.n as usize, latency::layernorm_pass(self.n));
        let [a, b] = [(); 2].map(|()| self.tensor(tiles, rows));
        let [a_lies, b_lies, to] = [(); 3].map(|()| Lies { stride: tiles, ..self.lies() });
        let (valid, start) = (self.draw.below(a.length() as u64 + 1), self.draw.bits(17));
        let mut values = |bits| (0..a.length()).map(|_| self.draw.signed(bits) as i16).collect::<Vec<i16>>();
        let [gamma, beta] = [values(GAMMA_BITS as usize), values(16)];
        let channels: Vec<u8> = gamma.iter().map(|_| self.draw.bits(CHANNEL_BITS as usize) as u8).collect();
        let [gamma_lsb, beta_lsb, bias] = [20, 20, 14].map(|bound| -(self.draw.below(bound) as i32));
        // From all saturated to hardly a bit.
        let sum_lsb = a.lsb().max(b.lsb()) + self.draw.below(40) as i32 - 24;
        let of = |values, lsb| Parameters { values, lsb };
        let (g, o) = (of(gamma.as_slice(), gamma_lsb), of(beta.as_slice(), beta_lsb));
        let sums = fits(kernels::add::add(&a, &b, &channels, sum_lsb))?;
        let out = kernels::layernorm::layernorm(&sums, valid as usize, g, o, self.format, bias);
        let values = [
            ("rows", rows),
            ("tiles", tiles),
            ("valid", valid),
            ("parameters_start", start),
            ("a_lsb", field(a.lsb())),
            ("b_lsb", field(b.lsb())),
            ("sum_lsb", field(sum_lsb)),
            ("gamma_lsb", field(gamma_lsb)),
            ("beta_lsb", field(beta_lsb)),
            ("out_bias", field(bias)),
        ];
        let word = self.word("layernorm", &values, &[("a", a_lies), ("b", b_lies), ("out", to)]);
        let words: Vec<i16> = gamma.iter().zip(channels).map(|(gamma, k)| gamma_word(*gamma, k)).collect();
        let parameter = move |place: Place| {
            let tile = place.tile as usize;
            let both = [&words, &beta].map(|values| &values[tile * n..][..n]).concat();
            let bytes: Vec<u8> = both.iter().flat_map(|value| value.to_le_bytes()).collect();
            (place.row == 0).then(|| (4 * (start + (n * tile) as u64), bytes))
        };
        Ok(Job {
            name: "layernorm",
            walk: Walk { n: self.n, passes: 2, between: pass, after: pass },
            depth: latency::DECODE + latency::ADD + 4 + latency::REQUANTISE,
            shape: (rows, tiles),
            word,
            reads: vec![(a_lies, a), (b_lies, b)],
            writes: Some((to, fits(out)?)),
            parameter: Box::new(parameter),
            entropy: None,
        })
    }

    fn entropy(&mut self, tiles: u64) -> Result<Job, Failure> {
        let pass = latency::entropy_pass(self.n);
        let (x, from) = (self.tensor(tiles, 1), self.lies());
        let classes = self.draw.below(x.length() as u64 + 1);
        let entropy = fits(kernels::entropy::entropy(&x, classes as usize))?;
        let values = [("tiles", tiles), ("classes", classes), ("lsb", field(x.lsb()))];
        let word = self.word("entropy", &values, &[("input", from)]);
        Ok(Job {
            name: "entropy",
            walk: Walk { n: self.n, passes: 2, between: pass, after: pass + latency::ENTROPY_END },
            depth: 0,
            shape: (1, tiles),
            word,
            reads: vec![(from, x)],
            writes: None,
            parameter: Box::new(|_| None),
            entropy: Some(entropy),
        })
    }
}
