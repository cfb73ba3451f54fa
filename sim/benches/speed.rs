//! Cycles that the machine simulates in a second of the host, on one core.
//!
//! ALBERT-base, 128 tokens, on the default design: one layer, of which every burst and command is simulated; 12 layers, of which
//! the fast path simulates the first and the last; the compiler; compiler and run, as a sweep pays for a design point. Beside
//! it every cycle of a small network, as `--step` runs it. Criterion reports elements a second: simulated cycles (for the
//! compiler, commands). The aim is the speed of silicon, 10^9 cycles a second and core.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use models::compiler::{Inference, compile};
use models::design::Design;
use models::network::Network;
use models::program::Program;
use models::record::preset;
use models::technology::Technology;
use models::workload::Workload;
use sim::machine::{MemoryTiming, Mode, Options, Run, run};
use std::hint::black_box;

/// A network on the default design, in presets.
struct Case {
    design: Design,
    job: Inference,
    timing: MemoryTiming,
}

impl Case {
    /// Up to `layers` layers of `network` with `sequence` tokens, dense, at 0.8 V.
    fn new(network: &str, layers: u32, sequence: u32) -> Self {
        let design: Design = preset("offramp").expect("a preset is valid");
        let technology: Technology = preset("edgebert-12nm").expect("a preset is valid");
        let network: Network = preset(network).expect("a preset is valid");
        let workload: Workload = preset("dense").expect("a preset is valid");
        let mut job = Inference::new(network, &workload).expect("the workload fits any network");
        job.sequence = sequence;
        job.network.layers = job.network.layers.min(layers);
        let frequency_hz = technology.frequency_hz(0.8).expect("the table covers 0.8 V");
        let timing = MemoryTiming::new(&design, &technology, frequency_hz).expect("the memory is known");
        Case { design, job, timing }
    }

    fn compile(&self) -> Program {
        compile(&self.design, black_box(&self.job)).expect("the network fits the default design")
    }

    fn run(&self, program: &Program, mode: Mode) -> Run {
        let options = Options { exit_layer: u32::MAX, predicted_mv: None, mode, spans: false };
        run(&self.design, black_box(program), |_| self.timing, options).expect("a compiled program ends")
    }
}

fn albert_layer(criterion: &mut Criterion) {
    let case = Case::new("albert-base", 1, 128);
    let program = case.compile();
    let mut group = criterion.benchmark_group("albert-base, 1 layer");
    group.throughput(Throughput::Elements(case.run(&program, Mode::Fast).cycles));
    group.bench_function("run", |b| b.iter(|| case.run(&program, Mode::Fast)));
}

fn albert(criterion: &mut Criterion) {
    let case = Case::new("albert-base", 12, 128);
    let program = case.compile();
    let mut group = criterion.benchmark_group("albert-base, 12 layers");
    group.throughput(Throughput::Elements(case.run(&program, Mode::Fast).cycles));
    group.bench_function("run", |b| b.iter(|| case.run(&program, Mode::Fast)));
    group.bench_function("compile and run", |b| b.iter(|| case.run(&case.compile(), Mode::Fast)));
    group.throughput(Throughput::Elements(program.commands.len() as u64));
    group.bench_function("compile", |b| b.iter(|| case.compile()));
}

fn step(criterion: &mut Criterion) {
    let case = Case::new("tinybert-4", 4, 16);
    let program = case.compile();
    let mut group = criterion.benchmark_group("tinybert-4, 16 tokens");
    group.throughput(Throughput::Elements(case.run(&program, Mode::Fast).cycles));
    group.sample_size(10);
    group.bench_function("run", |b| b.iter(|| case.run(&program, Mode::Fast)));
    group.bench_function("step", |b| b.iter(|| case.run(&program, Mode::Step)));
}

criterion_group!(benches, albert_layer, albert, step);
criterion_main!(benches);
