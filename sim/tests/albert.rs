//! ALBERT-base, 128 tokens, on the default design (n = 16): how close to ideal, and what must hold whatever the numbers.

use models::compiler::{Inference, Single, compile, compile_single};
use models::design::{Design, Sparsity};
use models::network::Network;
use models::program::{Program, Stage, Unit};
use models::record::preset;
use models::technology::Technology;
use models::workload::Workload;
use sim::machine::{MemoryTiming, Mode, Options, Run, run};

/// Multiply-accumulates of a layer: 128 x 768 x (4 x 768 + 2 x 3072) + 2 x 128 x 128 x 768.
const LAYER_MACS: u64 = 931_135_488;
/// Cycles of a layer if every one of the 256 multipliers worked in every cycle.
const IDEAL: u64 = LAYER_MACS / 256;

/// Why a preset can be read.
const PRESET: &str = "presets are valid";

fn design() -> Design {
    preset("offramp").expect(PRESET)
}

fn job(workload: &str) -> Inference {
    let network: Network = preset("albert-base").expect(PRESET);
    let workload: Workload = preset(workload).expect(PRESET);
    let mut job = Inference::new(network, &workload).expect("the workload belongs to the network");
    job.sequence = 128;
    job
}

/// The preset's memory at 0.8 V.
fn memory(design: &Design) -> MemoryTiming {
    let technology: Technology = preset("edgebert-12nm").expect(PRESET);
    let frequency_hz = technology.frequency_hz(0.8).expect("the table covers 0.8 V");
    MemoryTiming::new(design, &technology, frequency_hz).expect("the technology has the memory")
}

fn simulate(design: &Design, program: &Program, memory: MemoryTiming, exit_layer: u32) -> Run {
    let options = Options { exit_layer, predicted_mv: None, mode: Mode::Fast, spans: false };
    run(design, program, |_| memory, options).expect("a compiled program ends")
}

#[test]
fn a_layer_has_the_macs_of_the_mathematics() {
    let program = compile(&design(), &job("dense")).unwrap();
    assert_eq!(program.useful_macs(2) - program.useful_macs(1), LAYER_MACS);
    assert_eq!(IDEAL, 3_637_248);
}

#[test]
fn a_layer_is_close_to_ideal() {
    let design = design();
    let program = compile(&design, &job("dense")).unwrap();
    let run = simulate(&design, &program, memory(&design), u32::MAX);
    let embeddings_and_off_ramps = [Stage::Embedding, Stage::OffRamp];
    let products = run
        .stages
        .iter()
        .filter(|((stage, unit), _)| *unit == Unit::Pu && !embeddings_and_off_ramps.contains(stage));
    let products = products.map(|(_, cycles)| cycles).sum::<u64>() / u64::from(run.layers);
    // Fill and pipeline of each chunk's product: 16 + 14 cycles on some 2000 each, and on 58 to 512 in the attention.
    assert!(products * 100 <= IDEAL * 103, "matrix products of a layer: {products} cycles, ideal {IDEAL}");
    // What the SFU and the memory leave exposed: the last softmax and norm, the first loads of each stage.
    for (layer, ends) in run.layer_ends.windows(2).enumerate() {
        let cycles = ends[1] - ends[0];
        assert!(cycles * 100 <= IDEAL * 110, "layer {}: {cycles} cycles, ideal {IDEAL}", layer + 2);
    }
}

#[test]
fn a_streamed_product_keeps_the_pu_busy() {
    let design = design();
    let program = compile_single(&design, Single::Matmul(128, 768, 768)).unwrap();
    let run = simulate(&design, &program, memory(&design), 1);
    let busy = run.units[Unit::Pu as usize].busy;
    assert!(busy * 100 >= run.cycles * 97, "PU busy {busy} of {} cycles", run.cycles);
    // 8 x 48 x 48 tiles of 16 cycles and nothing less.
    assert!(busy >= 8 * 48 * 48 * 16);
}

/// The timings of `values`, worst first, give cycles that never rise.
fn never_rises(what: &str, timings: impl Iterator<Item = MemoryTiming>) {
    let design = design();
    let program = compile(&design, &job("mnli")).expect("ALBERT-base fits");
    let cycles: Vec<u64> = timings.map(|memory| simulate(&design, &program, memory, 2).cycles).collect();
    assert!(cycles.is_sorted_by(|worse, better| worse >= better), "{what}: {cycles:?}");
    assert!(cycles.first() > cycles.last(), "{what} makes no difference: {cycles:?}");
}

#[test]
fn a_better_memory_never_costs_cycles() {
    let memory = memory(&design());
    let beat = |beat_cycles| MemoryTiming { beat_cycles, ..memory };
    never_rises("fewer cycles a beat", [16, 8, 6, 4, 3, 2, 1].map(beat).into_iter());
    let width = |beat_bytes| MemoryTiming { beat_bytes, ..memory };
    never_rises("wider beats", [4, 8, 16, 32, 64, 128].map(width).into_iter());
    let latency = |latency| MemoryTiming { read_latency: latency, write_latency: latency, ..memory };
    never_rises("less latency", [800, 400, 200, 100, 50, 1].map(latency).into_iter());
    let outstanding = |outstanding| MemoryTiming { outstanding, burst_beats: 16, ..memory };
    never_rises("more outstanding bursts", [1, 2, 3, 4, 8, 16].map(outstanding).into_iter());
}

/// A run under each policy, dense first.
fn policies(n: u32, job: &Inference) -> [Run; 3] {
    [Sparsity::Dense, Sparsity::Gate, Sparsity::Skip].map(|sparsity| {
        let mut design = design();
        (design.pu.n, design.pu.sparsity) = (n, sparsity);
        design.sequencer.commands = 65536;
        let program = compile(&design, job).expect("ALBERT-base fits");
        simulate(&design, &program, memory(&design), 1)
    })
}

#[test]
fn gate_costs_what_dense_costs_and_skip_less() {
    let [dense, gate, skip] = policies(16, &job("mnli")).map(|run| run.cycles);
    assert_eq!(dense, gate);
    assert!(skip < gate, "heads that are switched off and null tiles of spans: {skip} against {gate}");
}

#[test]
fn policies_differ_in_what_becomes_of_a_mac_and_not_in_how_many_there_are() {
    // Every head on, so that all policies run the same products; a twentieth of the weights, so that vectors of 4 are null.
    let mut job = job("dense");
    job.layers[0].spans = (1..=12).map(|head| 10 * head).collect();
    job.layers[0].encoder_density = 0.05;
    let runs = policies(4, &job);
    let total = |run: &Run| run.events.macs_run + run.events.macs_gated + run.events.macs_skipped;
    assert_eq!(total(&runs[0]), total(&runs[1]));
    assert_eq!(total(&runs[1]), total(&runs[2]));
    let [dense, gate, skip] = runs.map(|run| run.events);
    assert_eq!((dense.macs_gated, dense.macs_skipped, gate.macs_skipped), (0, 0, 0));
    assert_eq!(gate.macs_run, skip.macs_run);
    assert!(gate.macs_gated > skip.macs_gated && skip.macs_skipped > 0);
}
