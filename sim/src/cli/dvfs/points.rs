//! `offramp dvfs points`: every V/f point of a technology, its measured power against the component model, and a fitted law.

use std::io::Write;

use models::technology::{Fit, Technology};
use serde_json::json;

use crate::cli::Failure;
use crate::cli::setup::MachineArgs;
use crate::peak::{Compared, SHAPE, compare};
use crate::report::json::write;

/// Whose points.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    machine: MachineArgs,
    /// Fit the law to points from this voltage on, V
    #[arg(long, value_name = "VOLTS")]
    above: Option<f64>,
    /// As JSON. Keys: points (vdd_v, f_mhz, fit_mhz, measured_mw, model_mw, residual), fit (threshold_v, exponent, factor), worst
    #[arg(long)]
    json: bool,
}

/// What was assumed, which no number of the table shows.
const ASSUMED: &str = "\
assumed: the design is of the size of the chip that was measured (edgebert-12nm: 16 x 16 MACs), every MAC in use, no zeros, the voltage that of the
core behind the regulator; dynamic energy goes as V^2, leakage and clock as the technology says";

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let (design, technology, _) = args.machine.resolve()?;
    let compared = compare(&design, &technology)?;
    let points: Vec<(f64, f64)> = technology.vf.iter().map(|point| (point.vdd_v, point.f_mhz)).collect();
    let above = args.above.unwrap_or(0.0);
    let used: Vec<(f64, f64)> = points.iter().copied().filter(|point| point.0 >= above).collect();
    let fit = Fit::new(&used);
    let worst = compared.iter().filter_map(Compared::residual).map(f64::abs).reduce(f64::max);
    if args.json {
        let point = |c: &Compared| {
            json!({
                "vdd_v": c.point.vdd_v, "f_mhz": c.point.f_mhz, "fit_mhz": fit.as_ref().map(|fit| fit.frequency(c.point.vdd_v)),
                "measured_mw": c.point.power_mw, "model_mw": c.model_w * 1e3, "residual": c.residual(),
            })
        };
        let law = fit.as_ref().map(|fit| {
            json!({ "threshold_v": fit.threshold_v, "exponent": fit.exponent, "factor": fit.factor, "points": used.len() })
        });
        let value = json!({
            "technology": technology.name, "points": compared.iter().map(point).collect::<Vec<_>>(), "fit": law, "worst": worst,
        });
        return Ok(write(&value, out)?);
    }
    let (rows, columns, length) = SHAPE;
    writeln!(
        out,
        "{}, design {} (n = {}), a dense product of {rows}x{columns}x{length}\n",
        technology.name, design.name, design.pu.n
    )?;
    writeln!(out, "  supply        clock    by the law    off      measured     modelled       off")?;
    for c in &compared {
        let (v, f) = (c.point.vdd_v, c.point.f_mhz);
        let law = fit.as_ref().map_or("                   -".to_owned(), |fit| {
            let says = fit.frequency(v);
            format!("{says:>7.1} MHz {:>+6.1} %", 100.0 * (says / f - 1.0))
        });
        let measured = c.point.power_mw.map_or("-".to_owned(), |mw| format!("{mw:.2} mW"));
        let off = c.residual().map_or("-".to_owned(), |off| format!("{:+.1} %", 100.0 * off));
        writeln!(
            out,
            "{v:>6.3} V {f:>8.1} MHz {law:>20} {measured:>12} {:>9.2} mW {off:>9}",
            c.model_w * 1e3
        )?;
    }
    writeln!(out)?;
    said(&technology, fit.as_ref(), &used, out)?;
    if let Some(worst) = worst {
        let fabric = &technology.energy.fabric_pj_per_mac_slot.source;
        writeln!(
            out,
            "model against measured power: at most {:.1} % off\n{ASSUMED}\nfabric_pj_per_mac_slot: {fabric}",
            100.0 * worst
        )?;
    }
    Ok(())
}

/// The law in words, and which one the technology uses.
fn said(
    technology: &Technology,
    fit: Option<&Fit>,
    used: &[(f64, f64)],
    out: &mut dyn Write,
) -> std::io::Result<()> {
    match fit {
        None => writeln!(out, "no law is fitted to {} points: three are needed", used.len())?,
        Some(fit) => {
            let squares: f64 = fit.residuals(used).iter().map(|off| off * off).sum();
            let rms = 100.0 * (squares / used.len() as f64).sqrt();
            writeln!(
                out,
                "law fitted to {} points: f = {:.0} MHz (V - {:.3})^{:.2} / V with V in volts; {rms:.1} % root mean square",
                used.len(),
                fit.factor,
                fit.threshold_v,
                fit.exponent
            )?;
        }
    }
    match &technology.alpha_power {
        Some(law) => writeln!(
            out,
            "the technology uses a law of its own: threshold {:.3} V, exponent {:.2}, through its highest point",
            law.threshold_v.value, law.exponent.value
        ),
        None => writeln!(out, "the technology uses straight lines between its points"),
    }
}
