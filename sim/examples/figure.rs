//! Writes the figure of the README: `cargo run --release --example figure -- docs/energy-by-n.svg`.
//!
//! ALBERT-base on SST-2 at the task's threshold, on the design `offramp` at n = 4, 8, 16, 32: energy of a sentence stacked by
//! component, and its latency with the name of each bar.

use std::error::Error;
use std::fs;

use models::compiler::Inference;
use models::design::Design;
use models::network::Network;
use models::record::preset;
use models::technology::Technology;
use models::workload::Workload;
use sim::figure::{Axis, Figure, Size, breakdown, write_svg};
use sim::machine::Mode;
use sim::sentence::{Setup, simulate};

/// Designs of the figure, n ascending.
const DESIGNS: [&str; 4] = ["offramp-n4", "offramp-n8", "offramp", "offramp-n32"];

/// Groups of components, bottom of the stack first.
const GROUPS: [&str; 4] =
    ["external memory", "processing unit", "buffers, SFU, NVM, standby", "regulator loss"];

/// One bar.
struct Bar {
    n: u32,
    latency_ms: f64,
    /// Millijoules of each group.
    energy_mj: [f64; 4],
}

fn group(item: &str) -> usize {
    match item {
        "external memory" | "external memory standby" | "AXI and DMA" => 0,
        "MAC datapath" | "gated MACs" | "PU fabric" => 1,
        "regulator loss" => 3,
        _ => 2,
    }
}

fn bar(design: &str) -> Result<Bar, Box<dyn Error>> {
    let design: Design = preset(design).map_err(|e| e.render(100, false))?;
    let technology: Technology = preset("edgebert-12nm").map_err(|e| e.render(100, false))?;
    let network: Network = preset("albert-base").map_err(|e| e.render(100, false))?;
    let workload: Workload = preset("sst2").map_err(|e| e.render(100, false))?;
    let job = Inference::new(network, &workload).map_err(|e| e.render(100, false))?;
    let histogram = workload.histogram(None).map_err(|e| e.render(100, false))?;
    let all: f64 = histogram.percent.iter().sum();
    let exits = histogram.percent.iter().map(|p| p / all).collect();
    let n = design.pu.n;
    let outcomes = simulate(&Setup { design, technology, job, exits, mode: Mode::Fast }, |_, _| ())?;
    let mut energy_mj = [0.0; 4];
    for item in outcomes.mean_energy() {
        energy_mj[group(item.name)] += item.energy_j * 1e3;
    }
    Ok(Bar { n, latency_ms: outcomes.mean(|o| o.latency_s) * 1e3, energy_mj })
}

fn draw(bars: &[Bar]) -> Result<String, Box<dyn Error>> {
    let data = breakdown::Data {
        categories_title: "n vector MACs of n lanes, and latency of a sentence".into(),
        categories: bars.iter().map(|bar| format!("n = {}, {:.1} ms", bar.n, bar.latency_ms)).collect(),
        value: Axis::linear("energy of a sentence", "mJ"),
        parts: GROUPS.map(String::from).to_vec(),
        values: bars.iter().map(|bar| bar.energy_mj.to_vec()).collect(),
    };
    Ok(write_svg(&Figure::Breakdown(data), Size::Slide)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: figure FILE.svg")?;
    Ok(fs::write(path, figure()?)?)
}

fn figure() -> Result<String, Box<dyn Error>> {
    let bars = DESIGNS.into_iter().map(bar).collect::<Result<Vec<Bar>, _>>()?;
    draw(&bars)
}

#[test]
fn the_readme_shows_what_the_simulator_says_now() {
    let committed = include_str!("../../docs/energy-by-n.svg");
    assert!(
        committed == figure().unwrap(),
        "draw docs/energy-by-n.svg anew: cargo run --release --example figure -- docs/energy-by-n.svg"
    );
}
