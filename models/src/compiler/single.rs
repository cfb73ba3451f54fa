//! One operation alone, for a quick question: how long does the machine take for this shape?
//!
//! Operands are taken to lie in the buffers already. A matrix product whose stationary operand does not fit is streamed
//! through weight slots as in a layer; then its loads count.

use super::builder::{Builder, dense};
use super::frame::{Frame, Slots, choose};
use super::{CompileError, Inference, LayerShape, Shape, commands_fit};
use crate::design::Design;
use crate::network::{Family, Network};
use crate::program::command::{AuxRange, Base};
use crate::program::{
    Entropy, Epilogue, LayerNorm, Matmul, MemoryMap, Occupancy, Operation, Parameter, Program, Softmax, Stage,
};
use kernels::activation::Activation;

/// An operation and its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Single {
    /// Rows, columns and reduction length of a product.
    Matmul(u32, u32, u32),
    /// Rows and columns.
    Softmax(u32, u32),
    /// Rows and columns.
    LayerNorm(u32, u32),
    /// Classes.
    Entropy(u32),
}

impl Single {
    /// Its name, as the command that it becomes.
    pub fn name(self) -> &'static str {
        match self {
            Single::Matmul(..) => "matmul",
            Single::Softmax(..) => "softmax",
            Single::LayerNorm(..) => "layernorm",
            Single::Entropy(_) => "entropy",
        }
    }
}

/// A program of one operation.
///
/// # Errors
/// It does not fit the design's buffers.
pub fn compile_single(design: &Design, single: Single) -> Result<Program, CompileError> {
    let job = carrier();
    let mut b = Builder::new(design, &job, Shape::new(design, &job, &job.layers[0]), None);
    match single {
        Single::Matmul(rows, columns, length) => matmul(&mut b, rows, columns, length)?,
        Single::Softmax(rows, columns) => {
            special(&mut b, "softmax", rows, columns, Stage::Softmax, |r, _| {
                let (input, out, out_occupancy) = (r[0], r[1], Occupancy::DENSE);
                Operation::Softmax(Softmax { input, out, rows, valid: columns, span: None, out_occupancy })
            })?
        }
        Single::LayerNorm(rows, columns) => {
            special(&mut b, "layer norm", rows, columns, Stage::OutputNorm, |r, tiles| {
                let parameters = AuxRange { start: 0, bytes: 4 * tiles * design.pu.n };
                let [a, out, b] = r;
                Operation::LayerNorm(LayerNorm { a, b, out, rows, valid: columns, parameters })
            })?;
        }
        Single::Entropy(classes) => special(&mut b, "entropy", 1, classes, Stage::OffRamp, |r, _| {
            Operation::Entropy(Entropy { input: r[0], classes })
        })?,
    }
    b.control(Operation::End);
    let (commands, choices) = (b.commands, b.choices);
    Ok(Program { commands, layers: 1, exits: false, memory: MemoryMap::default(), choices })
}

/// The builder's network and statistics where there is no network: one element of everything, no zeros.
pub(super) fn carrier() -> Inference {
    let network = Network {
        name: "one operation".into(),
        summary: String::new(),
        family: Family::Bert,
        layers: 1,
        hidden: 1,
        feed_forward: 1,
        heads: 1,
        embedding: 1,
        vocabulary: 1,
        positions: 1,
        token_types: 0,
        shared_layers: true,
        pooler: false,
        activation: Activation::Identity,
        gelu_tanh: false,
        classes: 1,
        layer_norm_epsilon: 0.0,
    };
    Inference {
        network,
        sequence: 1,
        classes: 1,
        exits: false,
        predict_after: None,
        embedding_density: 1.0,
        layers: vec![LayerShape { spans: vec![1], feed_forward: 1, encoder_density: 1.0 }],
    }
}

/// Room for two operands and a result, and the command on them.
fn special(
    b: &mut Builder,
    what: &str,
    rows: u32,
    columns: u32,
    stage: Stage,
    command: impl Fn([crate::program::Region; 3], u32) -> Operation,
) -> Result<(), CompileError> {
    let (blocks, tiles) = (rows.div_ceil(b.n), columns.div_ceil(b.n));
    let mut frame = Frame::new(b.design);
    let regions = [
        frame.take("input", 0, blocks, tiles),
        frame.take("result", 1, blocks, tiles),
        frame.take("second input", 0, if what == "layer norm" { blocks } else { 0 }, tiles),
    ];
    frame.fits(what)?;
    b.emit(command(regions, tiles), stage, None, (0, 0));
    Ok(())
}

fn matmul(b: &mut Builder, rows: u32, columns: u32, length: u32) -> Result<(), CompileError> {
    let tiles = |x: u32| x.div_ceil(b.n);
    let (blocks, column_tiles, k) = (tiles(rows), tiles(columns), tiles(length));
    let mut frame = Frame::new(b.design);
    let streamed = frame.take("rows", 0, blocks, k);
    let stationary = frame.take("columns", 1, column_tiles, k);
    let out = frame.take("result", 0, blocks, column_tiles);
    if frame.fits("matmul").is_err() {
        return streamed_matmul(b, rows, columns, length);
    }
    b.choices.push("both operands and the result lie in the operand buffers".into());
    let matmul = Matmul {
        rows: dense(streamed),
        columns: dense(stationary),
        out,
        out_occupancy: Occupancy::DENSE,
        epilogue: Epilogue { bias: None, row_bias: false, activation: Activation::Identity, shift: 0 },
        useful_macs: u64::from(rows) * u64::from(columns) * u64::from(length),
    };
    b.emit(Operation::Matmul(matmul), Stage::Output, None, (0, 0));
    Ok(())
}

fn streamed_matmul(b: &mut Builder, rows: u32, columns: u32, length: u32) -> Result<(), CompileError> {
    let tiles = |x: u32| x.div_ceil(b.n);
    let (blocks, column_tiles, k) = (tiles(rows), tiles(columns), tiles(length));
    let (tiling, (x, mut slots, out)) = choose(b.design, "matmul", blocks, column_tiles, |frame, t| {
        let x = frame.take("rows", 0, t.group, k);
        let slots = Slots::take(frame, t.slots, t.chunk, k, t.chunk);
        (x, slots, frame.take("result", 0, t.group, column_tiles))
    })?;
    let groups = blocks.div_ceil(tiling.group);
    // Known before the program is built, which could be larger than the host's memory.
    let pairs = u64::from(groups) * u64::from(column_tiles.div_ceil(tiling.chunk));
    commands_fit(b.design, "a load and a product for each chunk and group of rows", 2 * pairs + 1)?;
    b.choices.push(format!(
        "columns stream from external memory in chunks of {} through {} slot(s), {groups} time(s)",
        tiling.chunk * b.n,
        tiling.slots
    ));
    let matrix = b.weights(columns, length, k * b.n);
    let placed = b.place(Parameter::Output, matrix, tiling.chunk, Base::Layer);
    for (group, first) in (0..blocks).step_by(tiling.group as usize).enumerate() {
        let part = tiling.group.min(blocks - first);
        let count = rows.saturating_sub(first * b.n).min(part * b.n);
        let (x, out) = (x.rows(0, part), out.rows(0, part));
        let tag = (Stage::Output, None, group as u32);
        b.linear(dense(x), count, &placed, &mut slots, out, tag);
    }
    Ok(())
}
