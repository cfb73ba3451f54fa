//! The runs of one program for several layers at which a sentence leaves.
//!
//! Where all layers take the same cycles, one run tells them all: a sentence that leaves a layer earlier takes one layer less
//! of everything and the same way out. Where a prediction changes the supply that holds for the layers behind it. Elsewhere, and
//! with [`Mode::Step`], each is run.

use super::sequencer::Sequencer;
use super::{Deadlock, Machine, MemoryTiming, Mode, Options, Prepared, Run};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Layers after which sentences leave, 1-based and ascending.
    pub layers: &'a [u32],
    /// Supply voltage that a prediction asks for, mV; none where nothing is predicted.
    pub predicted_mv: Option<u32>,
    /// How time passes.
    pub mode: Mode,
}

/// The run for each of the layers. `timing` gives the memories' timing at a supply voltage in millivolts; `progress` is told before
/// each run how many are done.
///
/// # Errors
/// Commands wait for each other.
pub fn exits(
    prepared: Prepared<'_>,
    timing: impl Fn(u32) -> MemoryTiming,
    asked: Asked<'_>,
    mut progress: impl FnMut(usize),
) -> Result<Vec<Run>, Deadlock> {
    let Asked { layers, predicted_mv, mode } = asked;
    let program = prepared.program;
    let run = |exit_layer: u32| {
        let options = Options { exit_layer, predicted_mv, mode, spans: false };
        Machine::new(prepared, options, timing(0), None).run_layers(&timing)
    };
    let mut runs = Vec::with_capacity(layers.len());
    let last = layers.last().copied().unwrap_or_default();
    let from = Sequencer::new(last, predicted_mv).alike_from(program);
    let together = from.filter(|_| mode == Mode::Fast && program.exits && last <= program.layers);
    let apart = together.map_or(layers.len(), |from| layers.partition_point(|layer| *layer < from));
    for (done, exit_layer) in layers[..apart].iter().enumerate() {
        progress(done);
        runs.push(run(*exit_layer)?.0);
    }
    let Some((&last, earlier)) = layers[apart..].split_last() else { return Ok(runs) };
    progress(apart);
    let (whole, layer) = run(last)?;
    for (done, exit) in earlier.iter().enumerate() {
        runs.push(match &layer {
            Some(layer) => whole.earlier(layer, whole.layers - exit),
            None => {
                progress(apart + 1 + done);
                run(*exit)?.0
            }
        });
    }
    runs.push(whole);
    Ok(runs)
}
