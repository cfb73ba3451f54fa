//! The runs of one program for several layers at which a sentence leaves.
//!
//! Where all layers take the same cycles, one run tells them all: a sentence that leaves a layer earlier takes one layer less
//! of everything and the same way out. Elsewhere, and with [`Mode::Step`], each is run.

use super::{Deadlock, Machine, MemoryTiming, Mode, Options, Prepared, Run};

/// The run for each of `layers`, 1-based and ascending; `progress` is told before each how many are done.
///
/// # Errors
/// Commands wait for each other.
pub fn exits(
    prepared: Prepared<'_>,
    timing: MemoryTiming,
    (layers, mode): (&[u32], Mode),
    mut progress: impl FnMut(usize),
) -> Result<Vec<Run>, Deadlock> {
    let program = prepared.program;
    let Some((&last, earlier)) = layers.split_last() else { return Ok(Vec::new()) };
    let run = |exit_layer: u32| {
        let options = Options { exit_layer, predicted_mv: None, mode, spans: false };
        Machine::new(prepared, options, timing, None).run_layers(|_| timing)
    };
    if mode == Mode::Fast && program.exits && last <= program.layers {
        progress(0);
        let (whole, layer) = run(last)?;
        if let Some(layer) = layer {
            let mut runs: Vec<Run> =
                earlier.iter().map(|exit| whole.earlier(&layer, whole.layers - exit)).collect();
            runs.push(whole);
            return Ok(runs);
        }
    }
    let one = |(done, exit): (usize, &u32)| {
        progress(done);
        run(*exit).map(|(run, _)| run)
    };
    layers.iter().enumerate().map(one).collect()
}
