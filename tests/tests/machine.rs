//! Whole programs on the emitted machine: memory, exit layer, cycles and every counter equal those of the golden kernels and the
//! simulator.
//!
//! `OFFRAMP_PROGRAMS` sets how many programs each design runs, `OFFRAMP_SEED` the seed; a failure prints both.

use std::fs;
use std::io::Write;
use std::time::Instant;

use models::compiler::{Inference, Single};
use models::design::{Design, Sparsity};
use models::network::Network;
use models::record::{preset, resolve};
use models::technology::Technology;
use models::workload::Workload;
use offramp_tests::command::answer;
use rtl::emit::emit;
use sim::cli::cosim::case::{Leaves, alone, case, prepare};
use sim::cli::cosim::locate::located;
use sim::cli::cosim::programs::check;
use sim::golden::tiny;
use sim::image::Image;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

fn design(n: u32, sparsity: Sparsity, bytes: u64, width_bits: u32) -> Design {
    let mut design: Design = preset("offramp").expect("the preset is valid");
    design.pu.n = n;
    design.pu.sparsity = sparsity;
    design.buffer.bytes = bytes;
    design.buffer.pages = 8;
    design.axi.width_bits = width_bits;
    design
}

/// Runs so many programs that fit; their cycles.
fn programs(design: &Design, count: u64) -> u64 {
    let (technology, seed): (Technology, _) =
        (preset("edgebert-12nm").expect("it is shipped"), number("OFFRAMP_SEED", 1));
    let machine = rtl::machine::machine(design).and_then(|module| emit(&module)).expect("it can be emitted");
    let (mut ran, mut cycles) = (0, 0);
    for index in 0..1000 {
        let Some(case) = case(index, seed, design, &technology).unwrap_or_else(|error| panic!("{error}"))
        else {
            continue;
        };
        let checked = check(&case, &machine, None).unwrap_or_else(|error| panic!("{error}"));
        assert!(checked.differences.is_empty(), "{}:\n{}", case.name, checked.differences.join("\n"));
        cycles += checked.cycles;
        ran += 1;
        if ran == count {
            return cycles;
        }
    }
    panic!("of 1000 programs {ran} fit")
}

#[test]
fn programs_leave_and_count_what_kernels_and_simulator_say() {
    if let Err(line) = rtl::cosim::tools::have(&["verilator"], "whole programs") {
        // Not `eprintln`, which the test harness keeps to itself where a test passes.
        let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
        return;
    }
    let count = number("OFFRAMP_PROGRAMS", 6);
    let cycles = programs(&design(4, Sparsity::Skip, 1 << 14, 64), count)
        + programs(&design(8, Sparsity::Gate, 1 << 14, 128), count);
    println!("{count} programs on each of two designs, {cycles} cycles");
}

/// The NVM of a program as `offramp image` writes it: read back from its files, the machine gathers the same codes from it; with one bit of a
/// mask changed, others.
#[test]
fn the_machine_reads_an_image() {
    if let Err(line) = rtl::cosim::tools::have(&["verilator"], "an image in the machine's NVM") {
        let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().to_str().expect("a name");
    let sets = ["pu.n=4", "buffer.bytes=16384", "buffer.pages=8"];
    let words: Vec<&str> = sets.iter().flat_map(|set| ["--set", *set]).collect();
    answer(&[&["image", "--program", "0", "-o", to][..], &words].concat());
    let (design, _) = resolve::<Design>("offramp", &sets).expect("it is valid");
    let technology: Technology = preset("edgebert-12nm").expect("it is shipped");
    let machine = rtl::machine::machine(&design).and_then(|module| emit(&module)).expect("it can be emitted");
    let mut case = case(0, 1, &design, &technology).expect("it can be made").expect("it fits");
    let image = Image::read(folder.path()).expect("it was written");
    assert!(!image.bytes.is_empty() && image.bytes == case.job.nvm);
    // The same text as a bench of an emission loads.
    let emitted = folder.path().join("emitted");
    answer(&[&["emit", "--program", "0", "-o", emitted.to_str().expect("a name")][..], &words].concat());
    let text = |path: &std::path::Path| fs::read(path).expect("it was written");
    assert_eq!(text(&folder.path().join("image.hex")), text(&emitted.join("program_nvm.hex")));
    case.job.nvm = image.bytes;
    let checked = check(&case, &machine, None).unwrap_or_else(|error| panic!("{error}"));
    assert!(checked.differences.is_empty(), "{}:\n{}", case.name, checked.differences.join("\n"));
    // The first mask of every row.
    let pitch = case.program.memory.nvm[0].bytes as usize / 50;
    (0..50).for_each(|row| case.job.nvm[row * pitch] ^= 1);
    let checked = check(&case, &machine, None).unwrap_or_else(|error| panic!("{error}"));
    assert!(!checked.differences.is_empty(), "the machine does not see what its NVM holds");
}

/// A layer of ALBERT-base at its real size: 768 and 3072 wide, 128 tokens, n = 16, the spans and densities of SST-2.
///
/// By hand, since it takes minutes: `cargo test --release -p offramp-tests --test machine albert -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes: run it by hand"]
fn a_layer_of_albert_base_is_the_simulators() {
    let network = Network { layers: 1, ..preset("albert-base").expect("it is shipped") };
    let workload = Workload { exits: None, ..preset("sst2").expect("it is shipped") };
    let inference = Inference::new(network, &workload).expect("the workload is that of the network");
    let mut design: Design = preset("offramp").expect("the preset is valid");
    // Every row of a table takes the room of the longest of 30,000 random ones.
    design.nvm.bytes *= 2;
    let technology: Technology = preset("edgebert-12nm").expect("it is shipped");
    let case =
        prepare("ALBERT-base", inference, (number("OFFRAMP_SEED", 1), Leaves::Never), &design, &technology);
    let case = case.unwrap_or_else(|error| panic!("{error}")).expect("it fits");
    println!("{}: {} cycles expected", case.name, case.run.cycles);
    let machine = rtl::machine::machine(&design).and_then(|module| emit(&module)).expect("it can be emitted");
    let started = Instant::now();
    let checked = check(&case, &machine, None).unwrap_or_else(|error| panic!("{error}"));
    println!("{} cycles, {} values, {:?}", checked.cycles, checked.compared, started.elapsed());
    assert!(checked.differences.is_empty(), "{}:\n{}", case.name, checked.differences.join("\n"));
}

/// The share of cycles in which the PU is busy, by the machine's own counters: a product of 128 x 768 x 768 at n = 16.
#[test]
fn the_pu_of_the_machine_is_busy() {
    if let Err(line) = rtl::cosim::tools::have(&["verilator"], "utilisation of the machine") {
        let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
        return;
    }
    // What a buffer holds before a program is random: null vectors must cost what others do.
    let design = Design {
        buffer: preset::<Design>("offramp").expect("it is shipped").buffer,
        ..design(16, Sparsity::Gate, 1, 64)
    };
    let technology: Technology = preset("edgebert-12nm").expect("it is shipped");
    let machine = rtl::machine::machine(&design).and_then(|module| emit(&module)).expect("it can be emitted");
    let product = alone(&design, &technology, Single::Matmul(128, 768, 768)).expect("it fits");
    let left = rtl::run::run(&machine, &product.job, &product.timings(), 2 * product.run.cycles, None)
        .expect("it ends");
    let [cycles, active, macs] = ["cycles", "pu_active_cycles", "macs_run"].map(|name| left.registers[name]);
    assert_eq!((cycles, active), (product.run.cycles, product.run.events.pu_active_cycles));
    println!("{active} of {cycles} cycles busy, {macs} MACs");
    assert!(active * 100 >= cycles * 97, "{active} of {cycles} cycles");
}

/// Four words on one layer of sixteen, without off-ramps: a program of some thousand cycles.
fn smallest() -> Inference {
    let mut job = tiny::job(18);
    job.network = Network { layers: 1, hidden: 16, heads: 1, feed_forward: 8, embedding: 16, ..job.network };
    job.layers[0].spans = vec![4];
    job.layers[0].feed_forward = 8;
    Inference { sequence: 4, exits: false, predict_after: None, ..job }
}

/// An encoder that takes each vector's last lane for a zero: what is stored is wrong, and what skips zeros is too early.
#[test]
fn where_a_broken_machine_begins_to_differ_is_told() {
    if let Err(line) = rtl::cosim::tools::have(&["verilator"], "the place where a program begins to differ") {
        let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
        return;
    }
    let design = design(2, Sparsity::Skip, 1 << 13, 64);
    let technology: Technology = preset("edgebert-12nm").expect("it is shipped");
    let case =
        prepare("smallest", smallest(), (number("OFFRAMP_SEED", 1), Leaves::Never), &design, &technology);
    let case = case.unwrap_or_else(|error| panic!("{error}")).expect("it fits");
    let machine = rtl::machine::machine(&design).and_then(|module| emit(&module));
    let mut machine = machine.expect("it can be emitted");
    let encoder = machine.files.iter_mut().find(|file| file.name == "bitmask_encoder.v").expect("it has one");
    let broken = encoder.text.replace("assign mask = {|vector[", "assign mask = {1'b0 & |vector[");
    assert_ne!(encoder.text, broken, "the text is another: break it elsewhere");
    encoder.text = broken;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("wave.vcd");
    let lines = located(&case, &machine, &path).unwrap_or_else(|error| panic!("{error}"));
    let text = lines.join("\n");
    let said = |line: usize, parts: &[&str]| parts.iter().all(|part| lines[line].contains(part));
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        said(0, &["when: command ", " of pu (matmul, ", " in cycle ", " of the wave), expected in cycle "]),
        "{text}"
    );
    assert!(
        said(1, &["what: command ", " of store (store, ", " wrote 0x", " in cycle ", ", expected 0x"]),
        "{text}"
    );
    assert_eq!(lines[2], format!("wave: {}", path.display()));
    assert!(fs::metadata(&path).expect("there is a wave").len() > 0);
}
