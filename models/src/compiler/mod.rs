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
mod ramp;
mod single;
mod weights;
mod words;

pub use bottleneck::compile_bottleneck;
pub use error::{CompileError, Shortage};
pub use single::{Single, compile_single};
pub use weights::Zeros;
pub use words::compile_words;

use crate::design::{Design, Sparsity};
use crate::network::Network;
use crate::program::{MemoryMap, Occupancy, Operation, Program, Section};
use crate::workload::Workload;
use builder::Builder;
use serde::Serialize;

/// What is inferred: one sentence on a network, with what is known of its zeros.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inference {
    /// The network.
    pub network: Network,
    /// Tokens.
    pub sequence: u32,
    /// Classes of the classifier; 0 where there is none and the hidden state is what is asked for.
    pub classes: u32,
    /// Whether each layer ends in an off-ramp that may end the sentence.
    pub exits: bool,
    /// Layer after whose off-ramp the exit is predicted and the supply voltage changed, if any; only with `exits`.
    pub predict_after: Option<u32>,
    /// Tokens that each head sees; 0 is switched off.
    pub spans: Vec<u32>,
    /// Share of embedding elements that are not zero.
    pub embedding_density: f64,
    /// Share of encoder weights that are not zero.
    pub encoder_density: f64,
}

impl Inference {
    /// A workload's statistics on a network.
    ///
    /// # Errors
    /// The workload was measured on another shape of network ([`Workload::fits`]).
    pub fn new(network: Network, workload: &Workload) -> Result<Self, crate::record::Error> {
        workload.fits(&network)?;
        Ok(Inference {
            sequence: workload.sequence_length,
            classes: workload.classes,
            exits: workload.exits.is_some(),
            predict_after: None,
            spans: workload.head_spans(network.heads)?,
            embedding_density: workload.weight_density.embedding.value,
            encoder_density: workload.weight_density.encoder.value,
            network,
        })
    }

    /// The same of a sentence of so many tokens, at most as many as there are.
    pub fn of_tokens(&self, tokens: u32) -> Self {
        let spans = self.spans.iter().map(|span| (*span).min(tokens)).collect();
        Inference { sequence: tokens, spans, ..self.clone() }
    }

    /// Heads that a design computes, in order: all, or, where zeros are skipped, those that are on.
    pub fn heads(&self, design: &Design) -> Vec<u32> {
        let skip = design.pu.sparsity == Sparsity::Skip;
        let heads = self.spans.iter().zip(0..).filter(|(span, _)| !skip || **span > 0);
        heads.map(|(_, index)| index).collect()
    }
}

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
    embedding_tiles: u32,
    head_tiles: u32,
    head_columns: u32,
    context_tiles: u32,
    context_columns: u32,
    class_tiles: u32,
    heads: Vec<Head>,
}

impl Shape {
    fn new(design: &Design, job: &Inference) -> Self {
        let tiles = |x: u32| x.div_ceil(design.pu.n);
        let span = |index: u32| job.spans[index as usize].min(job.sequence);
        let heads = job.heads(design).into_iter().map(|index| Head { index, span: span(index) });
        let heads: Vec<Head> = heads.collect();
        let head_columns = job.network.head_dim();
        let on = heads.len() as u32;
        Shape {
            token_blocks: tiles(job.sequence),
            hidden_tiles: tiles(job.network.hidden),
            wide_tiles: tiles(job.network.feed_forward),
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
    let shape = Shape::new(design, job);
    if shape.heads.is_empty() {
        return Err(CompileError::Empty { stage: "attention".into() });
    }
    let mut b = Builder::new(design, job, shape, zeros);
    let mut map = MemoryMap::default();
    let (blocks, hidden) = (b.shape.token_blocks, b.shape.hidden_tiles);
    let tokens = b.tensor(blocks, hidden);
    let context = b.tensor(blocks, b.shape.context_tiles);
    let attended = b.tensor(blocks, hidden);
    let logits = b.tensor(1, b.shape.class_tiles);
    let activations = b.fixed_bytes;
    (map.tokens, map.logits) = (tokens, logits);
    b.control(Operation::SetPoint { vdd_mv: (design.operating.vdd_v * 1000.0).round() as u32 });
    embedding::embedding(&mut b, tokens, &mut map)?;
    b.control(Operation::Barrier);
    let body = b.commands.len() as u32;
    attention::attention(&mut b, tokens, context)?;
    dense::output(&mut b, context, tokens, attended)?;
    dense::feed_forward(&mut b, attended, tokens)?;
    if job.exits {
        ramp::off_ramp(&mut b, tokens, logits)?;
        b.control(Operation::Exit);
        if let Some(layer) = job.predict_after {
            b.control(Operation::Predict { layer });
        }
    }
    // A whole number of pages apart, the bursts of all layers are cut alike.
    b.layer_bytes = b.layer_bytes.next_multiple_of(PAGE);
    b.ramp_bytes = b.ramp_bytes.next_multiple_of(PAGE);
    let layer_stride = if job.network.shared_layers { 0 } else { b.layer_bytes };
    let ramp_stride = b.ramp_bytes;
    b.control(Operation::Repeat { to: body, layer_stride, ramp_stride });
    if !job.exits && job.classes > 0 {
        ramp::off_ramp(&mut b, tokens, logits)?;
    }
    b.control(Operation::End);
    finish(b, map, activations)
}

/// Lays the sections out behind each other and checks that the command memory holds the program.
fn finish(b: Builder, mut map: MemoryMap, activations: u64) -> Result<Program, CompileError> {
    commands_fit(b.design, "one layer and what surrounds it", b.commands.len() as u64)?;
    let network = &b.job.network;
    let ramps = if b.job.exits { network.layers } else { 1 };
    let layers = b.layer_bytes * u64::from(network.weight_sets());
    map.layer_base = b.fixed_bytes.next_multiple_of(PAGE);
    map.ramp_base = (map.layer_base + layers).next_multiple_of(PAGE);
    let section = |name: &str, start, bytes| Section { name: name.into(), start, bytes };
    map.external = vec![
        section("activations", 0, activations),
        section("embedding map, norms and tables", activations, b.fixed_bytes - activations),
        section("encoder weights", map.layer_base, layers),
        section("off-ramp weights", map.ramp_base, b.ramp_bytes * u64::from(ramps)),
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
