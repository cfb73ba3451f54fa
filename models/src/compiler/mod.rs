//! From a design and an inference to a program.
//!
//! Activations pass from stage to stage through external memory; within a stage they stay in the operand buffers. Each stage
//! chooses its own tiling: how many rows at a time, how wide a chunk of weights, how many slots to load chunks into
//! (`frame`). Commands wait for what they depend on and no more (`hazards`), so that loads and the SFU run ahead of the
//! PU wherever the pages allow.
//!
//! Not modelled: a reduction longer than a buffer holds for one column tile (the accumulators keep no partial sums across
//! loads); such a network does not fit.

mod attention;
mod bottleneck;
mod builder;
mod dense;
mod embedding;
mod error;
mod frame;
mod hazards;
mod inference;
mod ramp;
mod single;
mod weights;
mod words;

pub use bottleneck::compile_bottleneck;
pub use error::{CompileError, Shortage};
pub use inference::{Inference, LayerShape};
pub use single::{Single, compile_single};
pub use weights::Zeros;
pub use words::compile_words;

use crate::design::Design;
use crate::program::{MemoryMap, Occupancy, Operation, Program, Section, Stored};
use builder::Builder;

/// An attention head that the program computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    index: u32,
    span: u32,
}

impl Head {
    /// Zeros of its probabilities: the span mask leaves the last `span` keys.
    fn occupancy(self, n: u32, sequence: u32) -> Occupancy {
        let null_tiles = sequence.saturating_sub(self.span) / n;
        Occupancy { null_tiles, ..Occupancy::DENSE }
    }
}

/// Sizes of the inference in tiles of `n`.
#[derive(Clone, Debug)]
struct Shape {
    token_blocks: u32,
    hidden_tiles: u32,
    wide_tiles: u32,
    wide_columns: u32,
    density: f64,
    embedding_tiles: u32,
    head_tiles: u32,
    head_columns: u32,
    context_tiles: u32,
    context_columns: u32,
    class_tiles: u32,
    heads: Vec<Head>,
}

impl Shape {
    fn new(design: &Design, job: &Inference, layer: &LayerShape) -> Self {
        let tiles = |x: u32| x.div_ceil(design.pu.n);
        let span = |index: u32| layer.spans[index as usize].min(job.sequence);
        let heads = layer.heads(design).into_iter().map(|index| Head { index, span: span(index) });
        let heads: Vec<Head> = heads.collect();
        let head_columns = job.network.head_dim();
        let on = heads.len() as u32;
        Shape {
            token_blocks: tiles(job.sequence),
            hidden_tiles: tiles(job.network.hidden),
            wide_tiles: tiles(layer.feed_forward),
            wide_columns: layer.feed_forward,
            density: layer.encoder_density,
            embedding_tiles: tiles(job.network.embedding),
            head_tiles: tiles(head_columns),
            head_columns,
            context_tiles: on * tiles(head_columns),
            context_columns: on * head_columns,
            class_tiles: tiles(job.classes),
            heads,
        }
    }
}

/// Compiles an inference for a design; weights take the room that their density lets expect.
///
/// # Errors
/// Something does not fit: the error names the stage, the buffer, the need, the size and what to change.
pub fn compile(design: &Design, job: &Inference) -> Result<Program, CompileError> {
    lower(design, job, None)
}

/// Compiles an inference for a design; each chunk of weights takes the room that its own zeros leave.
///
/// # Errors
/// As [`compile`].
pub fn compile_for(design: &Design, job: &Inference, zeros: &dyn Zeros) -> Result<Program, CompileError> {
    lower(design, job, Some(zeros))
}

fn lower(design: &Design, job: &Inference, zeros: Option<&dyn Zeros>) -> Result<Program, CompileError> {
    job.check()?;
    let shapes: Vec<Shape> = job.layers.iter().map(|layer| Shape::new(design, job, layer)).collect();
    let empty = || CompileError::Empty { stage: "attention".into() };
    if shapes.iter().any(|shape| shape.heads.is_empty()) {
        return Err(empty());
    }
    let widest = shapes.iter().map(|shape| shape.context_tiles).max().unwrap_or(0);
    let mut b = Builder::new(design, job, shapes.first().cloned().ok_or_else(empty)?, zeros);
    let mut map = MemoryMap::default();
    let (blocks, hidden) = (b.shape.token_blocks, b.shape.hidden_tiles);
    let tokens = b.tensor(blocks, hidden);
    let context = b.tensor(blocks, widest);
    let attended = b.tensor(blocks, hidden);
    let logits = b.tensor(1, b.shape.class_tiles);
    let activations = b.fixed_bytes;
    (map.tokens, map.logits) = (tokens, logits);
    b.control(Operation::SetPoint { vdd_mv: (design.operating.vdd_v * 1000.0).round() as u32 });
    embedding::embedding(&mut b, tokens, &mut map)?;
    b.control(Operation::Barrier);
    let mut sections = [0; 2];
    for (layer, shape) in (0..).zip(shapes) {
        b.layer = job.unrolled().then_some(layer);
        let context = Stored { tiles: shape.context_tiles, ..context };
        b.shape = shape;
        let ends = self::layer(&mut b, [tokens, context, attended, logits])?;
        sections.iter_mut().zip(ends).for_each(|(all, end)| *all += end);
    }
    b.layer = None;
    if !job.exits && job.classes > 0 {
        ramp::off_ramp(&mut b, tokens, logits)?;
    }
    b.control(Operation::End);
    finish(b, map, activations, sections)
}

/// One layer with its end; the bytes of its encoder weights and of its off-ramp.
fn layer(
    b: &mut Builder,
    [tokens, context, attended, logits]: [Stored; 4],
) -> Result<[u64; 2], CompileError> {
    let body = b.commands.len() as u32;
    (b.layer_bytes, b.ramp_bytes) = (0, 0);
    attention::attention(b, tokens, context)?;
    dense::output(b, context, tokens, attended)?;
    dense::feed_forward(b, attended, tokens)?;
    if b.job.exits {
        ramp::off_ramp(b, tokens, logits)?;
        b.control(Operation::Exit);
        if let Some(layer) = b.job.predict_after {
            b.control(Operation::Predict { layer });
        }
    }
    // A whole number of pages apart, the bursts of all layers are cut alike.
    let ends = [b.layer_bytes, b.ramp_bytes].map(|bytes| bytes.next_multiple_of(PAGE));
    let to = if b.layer.is_some() { b.commands.len() as u32 + 1 } else { body };
    let layer_stride = if b.job.network.shared_layers { 0 } else { ends[0] };
    b.control(Operation::Repeat { to, layer_stride, ramp_stride: ends[1] });
    (b.layer_bytes, b.ramp_bytes) = (0, 0);
    Ok(ends)
}

/// Lays the sections out behind each other and checks that the command memory holds the program.
///
/// `sections` are the bytes of encoder weights and off-ramps of the layers that have commands of their own.
fn finish(
    b: Builder,
    mut map: MemoryMap,
    activations: u64,
    sections: [u64; 2],
) -> Result<Program, CompileError> {
    let what = if b.job.unrolled() { "every layer" } else { "one layer" };
    commands_fit(b.design, &format!("{what} and what surrounds it"), b.commands.len() as u64)?;
    let network = &b.job.network;
    let times = |each: u32| if b.job.unrolled() { 1 } else { u64::from(each) };
    let layers = sections[0] * times(network.weight_sets());
    // An off-ramp behind the layers is the section's only one.
    let ramps = (sections[1] * times(network.layers)).max(b.ramp_bytes);
    map.layer_base = b.fixed_bytes.next_multiple_of(PAGE);
    map.ramp_base = (map.layer_base + layers).next_multiple_of(PAGE);
    let section = |name: &str, start, bytes| Section { name: name.into(), start, bytes };
    map.external = vec![
        section("activations", 0, activations),
        section("embedding map, norms and tables", activations, b.fixed_bytes - activations),
        section("encoder weights", map.layer_base, layers),
        section("off-ramp weights", map.ramp_base, ramps),
    ];
    map.weights = b.placements;
    Ok(Program {
        layers: network.layers,
        exits: b.job.exits,
        commands: b.commands,
        memory: map,
        choices: b.choices,
    })
}

/// Checks that the command memory holds a program of `need` commands.
fn commands_fit(design: &Design, contents: &str, need: u64) -> Result<(), CompileError> {
    let size = u64::from(design.sequencer.commands);
    if need <= size {
        return Ok(());
    }
    Err(CompileError::DoesNotFit(Box::new(Shortage {
        stage: "the whole program".into(),
        buffer: "command memory".into(),
        need,
        size,
        unit: "commands",
        contents: contents.into(),
        remedy: error::remedy("sequencer.commands", need),
    })))
}

/// Weights start on a page of the memory system, which no AXI burst crosses.
const PAGE: u64 = 4096;
