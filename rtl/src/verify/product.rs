//! Random products for the processing unit: operands in buffers, the command, the loop nest written out.

use super::Draw;
use super::command::put;
use crate::hdl::Error;
use kernels::activation::Activation;
use kernels::adaptivfloat::{Format, Tensor};
use kernels::epilogue::{Bias, Epilogue};
use models::design::Sparsity;

/// Tiles of a buffer that a product uses.
pub(super) const TILES: usize = 64;

/// An operand in the first tiles of a buffer: masks of tiles, codes of rows.
pub(super) struct Memory {
    n: usize,
    masks: Vec<Vec<u64>>,
    codes: Vec<Vec<u8>>,
    masks_read: usize,
    pub(super) read: Vec<u8>,
}

impl Memory {
    /// The tensor, blocks `stride` tiles apart from tile `base` on; what lies between is garbage.
    pub(super) fn new(
        draw: &mut Draw,
        n: usize,
        tensor: &Tensor,
        place: (usize, usize),
        packed: bool,
    ) -> Memory {
        let (base, stride) = place;
        let width = tensor.format.width();
        let mut memory = Memory {
            n,
            masks: (0..TILES).map(|_| (0..n).map(|_| draw.bits(n)).collect()).collect(),
            codes: (0..TILES * n).map(|_| draw.codes(n, width)).collect(),
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

    /// What the buffer gives in the next cycle; beyond the operand's tiles, anything.
    pub(super) fn step(&mut self, fetch: Option<usize>, enable: u64, address: &[usize]) {
        self.masks_read = fetch.unwrap_or(self.masks_read) % TILES;
        for bank in (0..self.n).filter(|bank| enable >> bank & 1 == 1) {
            self.read[bank] = self.codes[address[bank] % (TILES * self.n)][bank];
        }
    }

    /// The masks of the tile that was fetched, in 32-bit words.
    pub(super) fn masks(&self) -> Vec<u32> {
        let masks: Vec<i64> = self.masks[self.masks_read].iter().map(|mask| mask.cast_signed()).collect();
        super::packed(&masks, self.n)
    }
}

/// A random product of the loop nest, and where it lies: rows, columns and result.
pub(super) struct Product {
    pub(super) blocks: [usize; 3],
    pub(super) base: [usize; 3],
    pub(super) stride: [usize; 3],
    pub(super) packed: [bool; 2],
    activation: u64,
    bias: u64,
    shift: i32,
    out_bias: i32,
    pub(super) rows: Tensor,
    pub(super) columns: Tensor,
    pub(super) values: Vec<i16>,
    bias_lsb: i32,
}

fn tensor(draw: &mut Draw, format: Format, (length, rows): (usize, usize), n: usize) -> Tensor {
    let mut tensor = Tensor::zeros(format, draw.below(8) as i32 - 14, length, rows);
    let percent = draw.one(&[2, 30, 100]);
    let tiles = length / n;
    let null: Vec<bool> = (0..rows.div_ceil(n) * tiles).map(|_| draw.once_in(5)).collect();
    for (at, code) in tensor.codes.as_mut_slice().iter_mut().enumerate() {
        let (row, tile) = (at / length, at % length / n);
        if draw.below(100) < percent && !null[row / n * tiles + tile] {
            *code = draw.bits(format.width().into()) as u8;
            // Negative zero is no code that a rounding unit makes.
            *code = if *code == format.sign_mask() { 0 } else { *code };
        }
    }
    tensor
}

impl Product {
    pub(super) fn draw(draw: &mut Draw, n: usize, format: Format) -> Product {
        let blocks = [0; 3].map(|_: u8| 1 + draw.below(3) as usize);
        let [p, q, k] = blocks;
        let stride = [k, k, q].map(|tiles| tiles + draw.below(2) as usize);
        let base = [0; 3].map(|_: u8| draw.below(20) as usize);
        let packed = [draw.once_in(2), draw.once_in(2)];
        // A packed region has no gaps.
        let dense = |side: usize| if packed[side] { k } else { stride[side] };
        Product {
            blocks,
            base,
            stride: [dense(0), dense(1), stride[2]],
            packed,
            activation: draw.below(4),
            bias: draw.below(3),
            shift: draw.below(4) as i32 - 3,
            out_bias: draw.below(14) as i32 - 12,
            rows: tensor(draw, format, (k * n, p * n), n),
            columns: tensor(draw, format, (k * n, q * n), n),
            values: (0..3 * n).map(|_| draw.signed(16) as i16).collect(),
            bias_lsb: draw.below(12) as i32 - 24,
        }
    }

    /// The command, with its bias at this place of the auxiliary buffer.
    pub(super) fn word(&self, bias_start: u64) -> Vec<u32> {
        let mut word = vec![0_u32; 8];
        let mut put = |name: &str, value| put(&mut word, "matmul", name, value);
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

    /// What comes of it.
    pub(super) fn golden(&self) -> Result<Tensor, Error> {
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
        let product = kernels::matmul::matmul(&self.rows, &self.columns, &epilogue);
        product.map_err(|_| Error::size("pu", "operands", "as long as each other"))
    }

    /// Cycles of all phases, and counts: dot products, vectors of both operands, codes of both.
    pub(super) fn nest(&self, n: usize, sparsity: Sparsity) -> (u64, [u64; 5]) {
        let [p, q, k] = self.blocks;
        let ones = |tensor: &Tensor, block: usize, tile: usize| -> Vec<u64> {
            let vector = |row: usize| &tensor.row(block * n + row)[tile * n..][..n];
            (0..n).map(|row| vector(row).iter().filter(|code| **code != 0).count() as u64).collect()
        };
        let (mut phases, mut counts, mut streaming) = (0, [0; 5], 0);
        for (p, q, t) in (0..p).flat_map(|p| (0..q).flat_map(move |q| (0..k).map(move |t| (p, q, t)))) {
            let (rows, columns) = (ones(&self.rows, p, t), ones(&self.columns, q, t));
            let some = |v: &[u64]| v.iter().filter(|c| **c > 0).count() as u64;
            let (r, c, last, full) = (some(&rows), some(&columns), t + 1 == k, n as u64);
            let null = r == 0 || c == 0;
            let (fill, stream) = match sparsity {
                Sparsity::Skip if null => (0, if last { full } else { 0 }),
                Sparsity::Skip => (c, if last { full } else { r }),
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
            counts[3] += if stream > 0 { codes(self.packed[0], &rows) } else { 0 };
            counts[4] += if fill > 0 { codes(self.packed[1], &columns) } else { 0 };
        }
        (phases + streaming.max(1), counts)
    }
}
