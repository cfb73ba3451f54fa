//! `offramp dvfs codes`: what a sentence that runs every layer takes at each voltage that the regulator can be told.

use std::io::Write;

use serde_json::json;

use crate::cli::Failure;
use crate::cli::setup::{self, InferenceArgs, MachineArgs};
use crate::dvfs::{Rule, Surface};
use crate::energy::total;
use crate::machine::Mode;
use crate::report::json::write;
use crate::report::table::engineering;

/// Whose codes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inference: InferenceArgs,
    #[command(flatten)]
    machine: MachineArgs,
    /// As JSON. Keys, for each code: vdd_v, frequency_hz, cycles, latency_s, energy_j
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let resolved = setup::resolve(&args.machine, &args.inference, Mode::Fast)?;
    let setup = &resolved.setup;
    // A rule that heeds no prediction: the whole sentence runs at the code.
    let surface = Surface::new(setup, Rule::Race, |_, _| ())?;
    let layers = setup.job.network.layers;
    if args.json {
        let code = |(code, o): (models::technology::Code, &crate::sentence::Outcome)| {
            json!({
                "vdd_v": f64::from(code.vdd_mv) / 1e3, "frequency_hz": code.hertz, "cycles": o.run.cycles,
                "latency_s": o.latency_s, "energy_j": total(&o.energy),
            })
        };
        return Ok(write(&surface.at(layers).map(code).collect::<Vec<_>>().into(), out)?);
    }
    writeln!(
        out,
        "{layers} layers of {} on task {}, design {} in {}\n",
        setup.job.network.name, resolved.task, setup.design.name, setup.technology.name
    )?;
    writeln!(out, " supply        clock         cycles        latency         energy          power")?;
    for (code, o) in surface.at(layers) {
        let energy_j = total(&o.energy);
        writeln!(
            out,
            "{:.3} V {:>8.1} MHz {:>14} {:>14} {:>14} {:>14}",
            f64::from(code.vdd_mv) / 1e3,
            code.hertz / 1e6,
            o.run.cycles,
            engineering(o.latency_s, "s"),
            engineering(energy_j, "J"),
            engineering(energy_j / o.latency_s, "W")
        )?;
    }
    let least = surface.at(layers).min_by(|a, b| total(&a.1.energy).total_cmp(&total(&b.1.energy)));
    if let Some((code, _)) = least {
        writeln!(
            out,
            "\nleast energy at {:.3} V: what leaks and idles does so for longer below it",
            f64::from(code.vdd_mv) / 1e3
        )?;
    }
    Ok(())
}
