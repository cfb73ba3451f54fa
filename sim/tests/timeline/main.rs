//! What a timeline says of a run, against what the run itself has counted.

mod data;
mod format;
mod hand;

use models::compiler::Inference;
use models::design::Design;
use models::network::Network;
use models::record::resolve;
use models::technology::Technology;
use models::workload::Workload;
use sim::machine::Mode;
use sim::sentence::Setup;
use sim::timeline::{Recording, record};

fn read<T: models::record::Record>(name: &str, sets: &[&str]) -> T {
    resolve(name, sets).expect("a preset with changes that hold").0
}

/// A network and task on a changed design, of a sentence that leaves after `exit_layer`.
fn recording(network: &str, task: &str, sets: &[&str], exit_layer: u32) -> Recording {
    let network: Network = read(network, &[]);
    let task: Workload = read(task, &[]);
    let mut job = Inference::new(network, &task).expect("task and network go together");
    job.sequence = 48;
    let technology: Technology = read("edgebert-12nm", &[]);
    let design: Design = read("offramp", sets);
    let setup = Setup { design, technology, job, exits: Vec::new(), target: None, mode: Mode::Fast };
    record(&setup, exit_layer, None).expect("it fits and runs")
}

/// Runs that leave early, late and in no off-ramp; with full queues and few pages; one command at a time.
fn recordings() -> Vec<Recording> {
    vec![
        recording("albert-base", "sst2", &[], 1),
        recording("albert-base", "sst2", &["sequencer.queue=1"], 2),
        recording("albert-base", "sst2", &["buffer.pages=8", "sfu.cycles_per_vector=8"], 12),
        recording("tinybert-4", "dense", &["sequencer.overlap=false"], 4),
        recording("bert-base", "dense", &["operating.vdd_v=0.65"], 12),
    ]
}
