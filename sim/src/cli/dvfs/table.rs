//! `offramp dvfs table`: the controller's table of predictions, as the host writes it and as the hardware holds it.

use std::io::Write;
use std::path::PathBuf;

use kernels::dvfs::ROWS_PER_NAT;
use models::record::{Error, Kind};
use models::technology::Technology;

use crate::cli::Failure;
use crate::cli::export::whole;
use crate::cli::policy::TargetArgs;
use crate::cli::setup::{self, InferenceArgs, MachineArgs};
use crate::dvfs::Surface;
use crate::machine::Mode;

/// Whose table.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inference: InferenceArgs,
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// File for the rows as hexadecimal words, supply above layer, as `offramp emit` writes them
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn refuse(message: &str, remedy: &str) -> Error {
    Error::new(Kind::Usage, "arguments", message, remedy)
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let resolved = setup::resolve(&args.machine, &args.inference, Mode::Fast)?;
    let target = args.target.target();
    if resolved.rows.is_empty() {
        let remedy = "add --policy predicted with --predictor FILE and --exit-trace FILE";
        return Err(refuse("no table predicts exits", remedy).into());
    }
    let target = target.ok_or_else(|| refuse("no target", "add --target, e.g. --target 100ms"))?;
    let surface = Surface::new(&resolved.setup, target.rule, |_, _| ())?;
    let table = surface.table(target, &resolved.rows);
    if let Some(path) = &args.output {
        let text: String = table.iter().map(|row| format!("{:08x}\n", row.word())).collect();
        whole(path, |mut file| file.write_all(text.as_bytes()).and_then(|()| file.flush()))?;
    }
    writeln!(out, "entropy from   layer    supply        clock")?;
    let mut before = None;
    for (row, entry) in table.iter().enumerate().filter(|(_, entry)| before.replace(**entry) != Some(**entry))
    {
        let megahertz = megahertz(&resolved.setup.technology, entry.vdd_mv);
        let nats = row as f64 / f64::from(ROWS_PER_NAT);
        writeln!(
            out,
            "{nats:>8.2} nat {:>7} {:>7.3} V {megahertz:>8.1} MHz",
            entry.exit_layer,
            f64::from(entry.vdd_mv) / 1e3
        )?;
    }
    Ok(())
}

fn megahertz(technology: &Technology, vdd_mv: u16) -> f64 {
    technology.frequency_hz(f64::from(vdd_mv) / 1e3).unwrap_or(f64::NAN) / 1e6
}
