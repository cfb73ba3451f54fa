//! ALBERT-base on the presets.
use models::compiler::{Inference, compile};
use models::design::Design;
use models::network::Network;
use models::record::{preset, resolve};
use models::technology::Technology;
use models::workload::Workload;
use sim::machine::{MemoryTiming, Mode, Options, Run, run};

fn simulate(sets: &[&str], network: &str, workload: &str, seq: u32, mode: Mode) -> (Run, u64) {
    let design: Design = resolve("offramp", sets).unwrap().0;
    let technology: Technology = preset("edgebert-12nm").unwrap();
    let workload: Workload = preset(workload).unwrap();
    let network: Network = preset(network).unwrap();
    let mut job = Inference::new(network, &workload).unwrap();
    job.sequence = seq;
    let program = compile(&design, &job).unwrap();
    for c in &program.choices { println!("{c}"); }
    println!("{} commands", program.commands.len());
    let timing = |_| MemoryTiming::new(&design, &technology, technology.frequency_hz(0.8).unwrap()).unwrap();
    let r = run(&design, &program, timing, Options { exit_layer: 99, mode, spans: false }).unwrap();
    let ideal = program.useful_macs(program.layers) / design.macs_per_cycle();
    (r, ideal)
}

#[test]
fn albert_layer() {
    let t = std::time::Instant::now();
    let (r, ideal) = simulate(&[], "albert-base", "dense", 128, Mode::Fast);
    println!("{:?} {} {} {}", t.elapsed(), r.cycles, ideal, r.cycles as f64 / ideal as f64);
    println!("{:#?}", r);
}

#[test]
fn step() {
    let (a, _) = simulate(&[], "tinybert-4", "dense", 16, Mode::Fast);
    let (b, _) = simulate(&[], "tinybert-4", "dense", 16, Mode::Step);
    assert_eq!(a, b);
}
