//! Writes the figure of the README: `cargo run --release --example figure -- docs/energy-by-n.svg`.
//!
//! ALBERT-base on SST-2 at the task's threshold, on the design `offramp` at n = 4, 8, 16, 32: energy of a sentence stacked by
//! component, and latency beside it.

use std::error::Error;
use std::fs;

use models::compiler::Inference;
use models::design::Design;
use models::network::Network;
use models::record::preset;
use models::technology::Technology;
use models::workload::Workload;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use sim::machine::Mode;
use sim::sentence::{Setup, simulate};

/// Designs of the figure, n ascending.
const DESIGNS: [&str; 4] = ["offramp-n4", "offramp-n8", "offramp", "offramp-n32"];

/// Groups of components, bottom of the stack first, with their colour (Okabe and Ito) and whether their label is white.
const GROUPS: [(&str, RGBColor, bool); 4] = [
    ("external memory", RGBColor(0, 114, 178), true),
    ("processing unit", RGBColor(230, 159, 0), false),
    ("buffers, SFU, NVM, standby", RGBColor(0, 158, 115), true),
    ("regulator loss", RGBColor(204, 121, 167), false),
];

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

fn text(size: u32, color: &RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(color)
}

fn draw(bars: &[Bar]) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (1000, 460)).into_drawing_area();
        root.fill(&WHITE)?;
        let (legend, rest) = root.split_vertically(44);
        draw_legend(&legend)?;
        let (left, right) = rest.split_horizontally(600);
        draw_energy(&left, bars)?;
        draw_latency(&right, bars)?;
        root.present()?;
    }
    Ok(svg)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn draw_legend(area: &Area) -> Result<(), Box<dyn Error>> {
    let mut x = 70;
    for (name, color, _) in GROUPS.iter() {
        area.draw(&Rectangle::new([(x, 16), (x + 16, 32)], color.filled()))?;
        area.draw(&Text::new(*name, (x + 22, 17), text(16, &BLACK)))?;
        x += 60 + 8 * name.len() as i32;
    }
    Ok(())
}

fn draw_energy(area: &Area, bars: &[Bar]) -> Result<(), Box<dyn Error>> {
    let highest = bars.iter().map(|b| b.energy_mj.iter().sum::<f64>()).fold(0.0, f64::max) * 1.12;
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .x_label_area_size(50)
        .y_label_area_size(72)
        .build_cartesian_2d(0.0..bars.len() as f64, 0.0..highest)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .light_line_style(TRANSPARENT)
        .y_desc("energy of a sentence (mJ)")
        .x_desc("n: vector MACs of n lanes")
        .y_label_formatter(&|v| format!("{v:.0}"))
        .axis_desc_style(text(17, &BLACK))
        .label_style(text(15, &BLACK))
        .draw()?;
    let centre = Pos::new(HPos::Center, VPos::Center);
    for (index, bar) in bars.iter().enumerate() {
        let (x0, x1, mut y) = (index as f64 + 0.2, index as f64 + 0.8, 0.0);
        for ((_, color, white), energy) in GROUPS.iter().zip(bar.energy_mj) {
            chart.draw_series([Rectangle::new([(x0, y), (x1, y + energy)], color.filled())])?;
            if energy > highest / 25.0 {
                let ink = if *white { WHITE } else { BLACK };
                let label = format!("{energy:.2}");
                let at = (index as f64 + 0.5, y + energy / 2.0);
                chart.draw_series([Text::new(label, at, text(15, &ink).pos(centre))])?;
            }
            y += energy;
        }
        let total = Text::new(
            format!("{y:.2} mJ"),
            (index as f64 + 0.5, y + highest * 0.03),
            text(16, &BLACK).pos(centre),
        );
        chart.draw_series([total])?;
        tick(&mut chart, area, index, bar.n)?;
    }
    Ok(())
}

type Chart<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

/// The name of a bar below the axis.
fn tick(chart: &mut Chart, area: &Area, index: usize, n: u32) -> Result<(), Box<dyn Error>> {
    let (x, y) = chart.backend_coord(&(index as f64 + 0.5, 0.0));
    let (x0, y0) = area.get_base_pixel();
    let style = text(16, &BLACK).pos(Pos::new(HPos::Center, VPos::Top));
    area.draw(&Text::new(n.to_string(), (x - x0, y - y0 + 8), style))?;
    Ok(())
}

fn draw_latency(area: &Area, bars: &[Bar]) -> Result<(), Box<dyn Error>> {
    let highest = bars.iter().map(|b| b.latency_ms).fold(0.0, f64::max) * 1.15;
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .x_label_area_size(50)
        .y_label_area_size(72)
        .build_cartesian_2d(0.0..bars.len() as f64, 0.0..highest)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .light_line_style(TRANSPARENT)
        .y_desc("latency of a sentence (ms)")
        .x_desc("n: vector MACs of n lanes")
        .y_label_formatter(&|v| format!("{v:.0}"))
        .axis_desc_style(text(17, &BLACK))
        .label_style(text(15, &BLACK))
        .draw()?;
    let centre = Pos::new(HPos::Center, VPos::Center);
    for (index, bar) in bars.iter().enumerate() {
        let corners = [(index as f64 + 0.25, 0.0), (index as f64 + 0.75, bar.latency_ms)];
        chart.draw_series([Rectangle::new(corners, RGBColor(86, 180, 233).filled())])?;
        let label = Text::new(
            format!("{:.1} ms", bar.latency_ms),
            (index as f64 + 0.5, bar.latency_ms + highest * 0.03),
            text(16, &BLACK).pos(centre),
        );
        chart.draw_series([label])?;
        tick(&mut chart, area, index, bar.n)?;
    }
    Ok(())
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
