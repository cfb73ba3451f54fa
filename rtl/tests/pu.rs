//! The processing unit against `kernels::matmul`, its cycles and counts against the loop nest written out.

mod common;

use common::{emitted, netlist_agrees, rng, vectors, words};
use kernels::activation::Activation;
use kernels::adaptivfloat::{Format, Tensor};
use kernels::epilogue::{Bias, Epilogue};
use models::design::{Design, Sparsity};
use models::latency;
use models::program::word::{Field, LAYOUTS};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rtl::cosim::{Bench, lint};
use rtl::unit::pu;

fn design(n: u32, format: Format, sparsity: Sparsity) -> Design {
    let mut design = models::record::preset::<Design>("offramp").expect("it is shipped");
    design.pu.n = n;
    design.pu.sparsity = sparsity;
    design.format = format;
    design.buffer.bytes = u64::from(n * n) * 64;
    design.buffer.pages = 4;
    design
}

/// An operand in a buffer of 64 tiles: masks of tiles, codes of rows.
struct Memory {
    n: usize,
    masks: Vec<Vec<u64>>,
    codes: Vec<Vec<u8>>,
    masks_read: usize,
    read: Vec<u8>,
}

impl Memory {
    /// The tensor, blocks `stride` tiles apart from tile `base` on; what lies between is garbage.
    fn new(
        rng: &mut ChaCha8Rng,
        n: usize,
        tensor: &Tensor,
        (base, stride): (usize, usize),
        packed: bool,
    ) -> Memory {
        let mut memory = Memory {
            n,
            masks: (0..64).map(|_| (0..n).map(|_| rng.random::<u64>() & ((1 << n) - 1)).collect()).collect(),
            codes: (0..64 * n).map(|_| (0..n).map(|_| rng.random()).collect()).collect(),
            masks_read: 0,
            read: vec![0; n],
        };
        let tiles = tensor.length() / n;
        let mut stacks = vec![base * n; n];
        for (block, tile) in
            (0..tensor.rows() / n).flat_map(|block| (0..tiles).map(move |tile| (block, tile)))
        {
            let at = base + block * stride + tile;
            for row in 0..n {
                let vector = &tensor.row(block * n + row)[tile * n..][..n];
                memory.masks[at][row] = kernels::bitmask::mask(vector);
                for (bank, &code) in vector.iter().enumerate() {
                    if packed && code != 0 {
                        memory.codes[stacks[bank]][bank] = code;
                        stacks[bank] += 1;
                    } else if !packed {
                        memory.codes[at * n + row][bank] = code;
                    }
                }
            }
        }
        memory
    }

    /// What the buffer gives in the next cycle.
    fn step(&mut self, fetch: Option<usize>, enable: u64, address: &[usize]) {
        self.masks_read = fetch.unwrap_or(self.masks_read);
        for bank in (0..self.n).filter(|bank| enable >> bank & 1 == 1) {
            self.read[bank] = self.codes[address[bank]][bank];
        }
    }

    fn masks(&self) -> Vec<u32> {
        let mut out = vec![0; (self.n * self.n).div_ceil(32)];
        for (at, word) in self.masks[self.masks_read].iter().enumerate() {
            for bit in (0..self.n).filter(|bit| word >> bit & 1 == 1) {
                out[(at * self.n + bit) / 32] |= 1 << ((at * self.n + bit) % 32);
            }
        }
        out
    }
}

/// A random product of the loop nest, and where it lies.
struct Case {
    blocks: [usize; 3],
    base: [usize; 3],
    stride: [usize; 3],
    packed: [bool; 2],
    activation: u64,
    bias: u64,
    shift: i32,
    out_bias: i32,
    rows: Tensor,
    columns: Tensor,
    values: Vec<i16>,
    bias_lsb: i32,
}

fn tensor(rng: &mut ChaCha8Rng, format: Format, length: usize, rows: usize, n: usize) -> Tensor {
    let mut tensor = Tensor::zeros(format, rng.random_range(-14..-6), length, rows);
    let density = [0.02, 0.3, 1.0][rng.random_range(0..3)];
    let tiles = length / n;
    let null: Vec<bool> = (0..rows.div_ceil(n) * tiles).map(|_| rng.random_bool(0.2)).collect();
    for (at, code) in tensor.codes.as_mut_slice().iter_mut().enumerate() {
        let (row, tile) = (at / length, at % length / n);
        if rng.random_bool(density) && !null[row / n * tiles + tile] {
            *code = rng.random_range(0..=format.code_mask());
            // Negative zero is no code that a rounding unit makes.
            *code = if *code == format.code_mask() / 2 + 1 { 0 } else { *code };
        }
    }
    tensor
}

impl Case {
    fn new(rng: &mut ChaCha8Rng, n: usize, format: Format) -> Case {
        let blocks = [0; 3].map(|_| rng.random_range(1..=3));
        let [p, q, k] = blocks;
        let stride = [k, k, q].map(|tiles| tiles + rng.random_range(0..2));
        let base = [0; 3].map(|_| rng.random_range(0..20));
        let packed = [rng.random(), rng.random()];
        // A packed region has no gaps.
        let stride =
            [if packed[0] { k } else { stride[0] }, if packed[1] { k } else { stride[1] }, stride[2]];
        Case {
            blocks,
            base,
            stride,
            packed,
            activation: rng.random_range(0..4),
            bias: rng.random_range(0..3),
            shift: rng.random_range(-3..1),
            out_bias: rng.random_range(-12..2),
            rows: tensor(rng, format, k * n, p * n, n),
            columns: tensor(rng, format, k * n, q * n, n),
            values: (0..3 * n).map(|_| rng.random()).collect(),
            bias_lsb: rng.random_range(-24..-12),
        }
    }

    fn word(&self, bias_start: u64) -> Vec<u32> {
        let mut word = vec![0_u32; 8];
        let fields = LAYOUTS[4].fields();
        let mut put = |name: &str, value: i64| {
            let Field { low, width, .. } = fields.iter().find(|field| field.name == name).expect(name);
            for bit in 0..*width {
                word[(low + bit) as usize / 32] |= ((value >> bit & 1) as u32) << ((low + bit) % 32);
            }
        };
        for (at, name) in ["rows", "columns", "out"].into_iter().enumerate() {
            put(&format!("{name}.base"), self.base[at] as i64);
            put(&format!("{name}.stride"), self.stride[at] as i64);
        }
        for (name, value) in ["row_blocks", "column_blocks", "tiles"].into_iter().zip(self.blocks) {
            put(name, value as i64);
        }
        put("rows_packed", self.packed[0].into());
        put("columns_packed", self.packed[1].into());
        put("has_bias", i64::from(self.bias > 0));
        put("row_bias", i64::from(self.bias > 1));
        put("bias_start", bias_start as i64);
        put("activation", self.activation as i64);
        put("sum_lsb", (self.rows.lsb() + self.columns.lsb() + self.shift).into());
        put("bias_lsb", self.bias_lsb.into());
        put("out_bias", self.out_bias.into());
        word
    }

    fn golden(&self) -> Tensor {
        let n = self.rows.length() / self.blocks[2];
        let values = self.values[..n * self.blocks[if self.bias > 1 { 0 } else { 1 }]].to_vec();
        let bias = match self.bias {
            0 => Bias::None,
            1 => Bias::Column(values, self.bias_lsb),
            _ => Bias::Row(values, self.bias_lsb),
        };
        let activation = [Activation::Identity, Activation::Relu, Activation::Gelu, Activation::Tanh];
        let activation = activation[self.activation as usize];
        let (shift, format, out_bias) = (self.shift, self.rows.format, self.out_bias);
        let epilogue = Epilogue { shift, bias, activation, format, out_bias };
        kernels::matmul::matmul(&self.rows, &self.columns, &epilogue).expect("shapes fit")
    }
}

/// Cycles of all phases, and counts: dot products, vectors of both operands, codes of both.
fn nest(case: &Case, n: usize, sparsity: Sparsity) -> (u64, [u64; 5]) {
    let [p, q, k] = case.blocks;
    let ones = |tensor: &Tensor, block: usize, tile: usize| -> Vec<u64> {
        (0..n)
            .map(|row| {
                tensor.row(block * n + row)[tile * n..][..n].iter().filter(|c| **c != 0).count() as u64
            })
            .collect()
    };
    let (mut phases, mut counts, mut streaming) = (0, [0; 5], 0);
    for (p, q, t) in (0..p).flat_map(|p| (0..q).flat_map(move |q| (0..k).map(move |t| (p, q, t)))) {
        let (rows, columns) = (ones(&case.rows, p, t), ones(&case.columns, q, t));
        let some = |v: &[u64]| v.iter().filter(|c| **c > 0).count() as u64;
        let (r, c, last, full) = (some(&rows), some(&columns), t + 1 == k, n as u64);
        let null = r == 0 || c == 0;
        let (fill, stream) = match sparsity {
            Sparsity::Skip => (
                if null { 0 } else { c },
                if last {
                    full
                } else if null {
                    0
                } else {
                    r
                },
            ),
            _ => (full, full),
        };
        phases += fill.max(streaming).max(1);
        streaming = stream;
        counts[0] += if sparsity == Sparsity::Dense { full * full } else { r * c };
        counts[1] += stream;
        counts[2] += fill;
        let codes = |packed: bool, v: &[u64]| {
            if sparsity == Sparsity::Dense && !packed { full * full } else { v.iter().sum::<u64>() }
        };
        counts[3] += if stream > 0 { codes(case.packed[0], &rows) } else { 0 };
        counts[4] += if fill > 0 { codes(case.packed[1], &columns) } else { 0 };
    }
    (phases + streaming.max(1), counts)
}

fn addresses(bench: &mut Bench, port: &str, n: usize, bits: usize) -> Vec<usize> {
    let words = bench.peek_words(port);
    let bit = |at: usize| (words[at / 32] >> (at % 32) & 1) as usize;
    (0..n).map(|bank| (0..bits).fold(0, |value, at| value | bit(bank * bits + at) << at)).collect()
}

/// Random products one after another.
fn products(n: u32, format: Format, sparsity: Sparsity, count: u64, seed: u64) {
    let design = design(n, format, sparsity);
    let unit = emitted(pu(&design));
    let mut bench = Bench::new(&unit, seed as u32, 200).expect("Verilator builds it");
    let (mut rng, lanes) = (rng(seed), n as usize);
    let bits = (64 * lanes).ilog2() as usize;
    for index in 0..count {
        let case = Case::new(&mut rng, lanes, format);
        let at = format!("n = {n}, {format}, {sparsity:?}, seed {seed}, product {index}: {:?}", case.blocks);
        let mut memories = [(&case.rows, 0), (&case.columns, 1)].map(|(tensor, side)| {
            Memory::new(&mut rng, lanes, tensor, (case.base[side], case.stride[side]), case.packed[side])
        });
        let (phases, expected) = nest(&case, lanes, sparsity);
        let golden = case.golden();
        let start = 4 * rng.random_range(0..8_u64) * u64::from(n);
        bench.set_words("command", &case.word(start));
        for _ in 0..rng.random_range(0..3) {
            bench.step().expect("nothing is compared yet");
        }
        let cycles = phases + latency::pu(n);
        let (mut counts, mut written, mut bias) = ([0; 5], 0, vec![0_u32; lanes.div_ceil(2)]);
        for cycle in 0..cycles {
            bench.set("start", u64::from(cycle == 0));
            for (memory, name) in memories.iter().zip(["rows", "columns"]) {
                bench.set_words(&format!("{name}_masks"), &memory.masks());
                bench.set_words(&format!("{name}_codes"), &words(&memory.read, format.width()));
            }
            bench.set_words("bias", &bias);
            bench.expect("done", u64::from(cycle + 1 == cycles));
            for (count, port) in counts.iter_mut().zip([
                "dots",
                "rows_vectors",
                "columns_vectors",
                "rows_codes_read",
                "columns_codes_read",
            ]) {
                *count += bench.peek(port);
            }
            let fetch = bench.peek("fetch") == 1;
            for (memory, name) in memories.iter_mut().zip(["rows", "columns"]) {
                let tile = bench.peek(&format!("{name}_tile")) as usize;
                let enable = bench.peek(&format!("{name}_enable"));
                let address = addresses(&mut bench, &format!("{name}_address"), lanes, bits);
                memory.step(fetch.then_some(tile), enable, &address);
            }
            if bench.peek("bias_read") == 1 {
                let element = ((bench.peek("bias_address") - start) * 2) as usize;
                bias = case.values[element..][..lanes]
                    .chunks(2)
                    .map(|pair| u32::from(pair[0].cast_unsigned()) | u32::from(pair[1].cast_unsigned()) << 16)
                    .collect();
            }
            if bench.peek("write_mask_write") == 1 {
                let (tile, row) = (written / lanes, written % lanes);
                let (block, column) = (tile / case.blocks[1], tile % case.blocks[1]);
                let vector = &golden.row(block * lanes + row)[column * lanes..][..lanes];
                bench.expect_words("write_codes", &words(vector, format.width()));
                let mask = kernels::bitmask::mask(vector);
                let all = (1 << lanes) - 1;
                bench.expect("write_enable", if sparsity == Sparsity::Dense { all } else { mask });
                bench.expect("write_tile", ((case.base[2] + block * case.stride[2] + column) % 64) as u64);
                bench.expect("write_fields", if row == 0 { all } else { 1 << row });
                written += 1;
            }
            bench.step().unwrap_or_else(|difference| panic!("{at}, cycle {cycle} of {cycles}: {difference}"));
        }
        assert_eq!(counts, expected, "{at}: dots, vectors, codes");
        assert_eq!(written, case.blocks[0] * case.blocks[1] * lanes, "{at}: vectors written");
    }
    if n == 2 {
        netlist_agrees(&unit, &bench);
    }
}

#[test]
fn products_are_the_kernels_in_the_cycles_of_the_loop_nest() {
    common::tools!("verilator", "pu");
    let count = vectors(10_000);
    products(2, Format::AF8_4, Sparsity::Skip, count / 20, 71);
    products(4, Format::AF8_3, Sparsity::Gate, count / 40, 72);
    products(4, Format::AF4_3, Sparsity::Skip, count / 40, 73);
    products(4, Format::AF8_4, Sparsity::Dense, count / 100, 74);
    products(16, Format::AF8_4, Sparsity::Skip, count / 200, 75);
}

#[test]
fn the_pu_is_clean() {
    common::tools!("verilator", "lint of the pu");
    for sparsity in [Sparsity::Dense, Sparsity::Gate, Sparsity::Skip] {
        let unit = emitted(pu(&design(4, Format::AF8_4, sparsity)));
        let found = lint::lint(&unit).unwrap();
        assert!(found.is_empty(), "{}:\n{}", unit.top, found.join("\n"));
    }
}
