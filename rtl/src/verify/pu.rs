//! The processing unit against `kernels::matmul`, its cycles and counts against the loop nest written out.

use super::product::{Memory, Product, TILES};
use super::{Draw, Failure, Plan, Tally, packed};
use crate::cosim::{Bench, Difference};
use crate::hdl::Error;
use crate::unit;
use kernels::adaptivfloat::{Format, Tensor};
use models::design::{Design, Sparsity};
use models::latency;
use models::record::preset;

/// Outputs that count, in the order of [`Product::nest`].
const COUNTS: [&str; 5] =
    ["dots", "rows_vectors", "columns_vectors", "rows_codes_read", "columns_codes_read"];

/// Random products one after another, dense, gated and skipping.
pub(super) fn pu(plan: &Plan) -> Result<Tally, Failure> {
    let shapes = [
        (2, Format::AF8_4, Sparsity::Skip, 20),
        (4, Format::AF8_3, Sparsity::Gate, 40),
        (4, Format::AF4_3, Sparsity::Skip, 40),
        (4, Format::AF8_4, Sparsity::Dense, 100),
        (16, Format::AF8_4, Sparsity::Skip, 200),
    ];
    let design = preset::<Design>("offramp").map_err(|_| Error::size("pu", "design", "shipped"))?;
    let small = |(n, format, sparsity, share)| {
        let mut design = design.clone();
        (design.pu.n, design.pu.sparsity, design.format) = (n, sparsity, format);
        (design.buffer.bytes, design.buffer.pages) = (0, 4);
        (design, share)
    };
    let mut tally = Tally::default();
    for (mut design, share) in plan.shapes(&shapes.map(small), |design| (design.clone(), 40)) {
        let n = u64::from(design.pu.n);
        design.buffer.bytes = design.buffer.bytes.max(n * n * TILES as u64);
        let (mut bench, mut draw) = (plan.bench(unit::pu(&design))?, plan.draw(share));
        for index in 0..plan.share(share) {
            let product = Product::draw(&mut draw, n as usize, design.format);
            let about = format!("n = {n}, {:?}, product {index}: {:?}", design.pu.sparsity, product.blocks);
            run(&mut bench, &mut draw, &design, &product, &about)?;
        }
        // The gates of many lanes take Yosys minutes.
        let netlist = plan.netlist && n == 2;
        tally += Plan { netlist, ..plan.clone() }.replay(bench)?;
    }
    Ok(tally)
}

/// One product, every cycle of it.
fn run(
    bench: &mut Bench,
    draw: &mut Draw,
    design: &Design,
    product: &Product,
    about: &str,
) -> Result<(), Failure> {
    let lanes = design.pu.n as usize;
    let memories = [(&product.rows, 0), (&product.columns, 1)].map(|(tensor, side)| {
        let place = (product.base[side], product.stride[side]);
        Memory::new(draw, lanes, tensor, place, product.packed[side])
    });
    let (phases, expected) = product.nest(lanes, design.pu.sparsity);
    let bias_start = 4 * draw.below(8) * u64::from(design.pu.n);
    bench.set_words("command", &product.word(bias_start));
    for _ in 0..draw.below(3) {
        bench.step()?;
    }
    let golden = product.golden()?;
    let cycles = phases + latency::pu(design.pu.n);
    let (written, counts, bias) = (0, [0; 5], vec![]);
    let mut unit = Unit { design, product, golden, bias_start, memories, written, counts, bias };
    for cycle in 0..cycles {
        bench.set("start", u64::from(cycle == 0));
        bench.expect("done", u64::from(cycle + 1 == cycles));
        let about = || format!("{about}, cycle {cycle} of {cycles}");
        unit.cycle(bench).map_err(|difference| difference.about(about()))?;
    }
    let all = product.blocks[0] * product.blocks[1] * lanes;
    let Unit { counts, written: found, .. } = unit;
    let right = counts == expected && found == all;
    let rule =
        || format!("{about}: {COUNTS:?} are {counts:?}, not {expected:?}; {found} of {all} vectors written");
    Ok(bench.require(right, rule)?)
}

/// What stands around the unit during a product.
struct Unit<'a> {
    design: &'a Design,
    product: &'a Product,
    golden: Tensor,
    bias_start: u64,
    memories: [Memory; 2],
    written: usize,
    counts: [u64; 5],
    bias: Vec<u32>,
}

impl Unit<'_> {
    fn cycle(&mut self, bench: &mut Bench) -> Result<(), Box<Difference>> {
        let width = self.design.format.width().into();
        for (memory, name) in self.memories.iter().zip(["rows", "columns"]) {
            bench.set_words(&format!("{name}_masks"), &memory.masks());
            bench.set_words(&format!("{name}_codes"), &packed(&memory.read, width));
        }
        bench.set_words("bias", &self.bias);
        for (count, port) in self.counts.iter_mut().zip(COUNTS) {
            *count += bench.peek(port);
        }
        let fetch = bench.peek("fetch") == 1;
        let (lanes, vectors) = (self.design.pu.n as usize, self.design.buffer_vectors());
        for (memory, name) in self.memories.iter_mut().zip(["rows", "columns"]) {
            let tile = bench.peek(&format!("{name}_tile")) as usize;
            let enable = bench.peek(&format!("{name}_enable"));
            let words = bench.peek_words(&format!("{name}_address"));
            memory.step(fetch.then_some(tile), enable, &addresses(&words, lanes, vectors));
        }
        if bench.peek("bias_read") == 1 {
            self.read_bias(bench)?;
        }
        if bench.peek("write_mask_write") == 1 {
            self.write(bench);
        }
        bench.step()
    }

    fn read_bias(&mut self, bench: &mut Bench) -> Result<(), Box<Difference>> {
        let (start, lanes) = (self.bias_start, self.design.pu.n as usize);
        let element = bench.peek("bias_address").wrapping_sub(start).wrapping_mul(2) as usize;
        let values = &self.product.values;
        let within = element.checked_add(lanes).is_some_and(|end| end <= values.len());
        bench.require(within, || format!("bias element {element} of {} is read", values.len()))?;
        self.bias =
            values.get(element..).and_then(|rest| rest.get(..lanes)).map_or(vec![], |v| packed(v, 16));
        Ok(())
    }

    /// A vector of the result is written where it belongs.
    fn write(&mut self, bench: &mut Bench) {
        let lanes = self.design.pu.n as usize;
        let Product { base, stride, blocks, .. } = self.product;
        let (tile, row) = (self.written / lanes, self.written % lanes);
        let (block, column) = (tile / blocks[1], tile % blocks[1]);
        self.written += 1;
        if block >= blocks[0] {
            return;
        }
        let vector = &self.golden.row(block * lanes + row)[column * lanes..][..lanes];
        let (mask, all) = (kernels::bitmask::mask(vector), (1 << lanes) - 1);
        bench.expect_words("write_codes", &packed(vector, self.design.format.width().into()));
        bench.expect("write_enable", if self.design.pu.sparsity == Sparsity::Dense { all } else { mask });
        bench.expect("write_tile", (base[2] + block * stride[2] + column) as u64);
        bench.expect("write_fields", if row == 0 { all } else { 1 << row });
    }
}

/// The address of each bank.
fn addresses(words: &[u32], lanes: usize, vectors: u64) -> Vec<usize> {
    let bits = vectors.ilog2() as usize;
    let bit = |at: usize| (words[at / 32] >> (at % 32) & 1) as usize;
    (0..lanes).map(|bank| (0..bits).fold(0, |value, at| value | bit(bank * bits + at) << at)).collect()
}
