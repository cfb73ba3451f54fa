//! What a co-simulation compared, as a table and as JSON.

use std::io::Write;

use rtl::cosim::coverage::Coverage;
use rtl::verify::Tally;
use serde_json::{Map, Value, json};

use super::programs::Programs;
use super::units::Outcome;
use super::{Failure, coverage};
use crate::report::json::write;

/// Everything that came of a run.
#[derive(Default)]
pub(super) struct Report {
    pub(super) seed: u64,
    pub(super) design: Option<String>,
    pub(super) units: Vec<Outcome>,
    pub(super) programs: Programs,
    /// What has no tool.
    pub(super) skipped: Vec<String>,
    /// Whether is told what of the Verilog ran.
    pub(super) covers: bool,
}

impl Outcome {
    /// What was compared; nothing where the check failed.
    fn tally(&self) -> Tally {
        self.result.as_ref().map_or_else(|_| Tally::default(), Clone::clone)
    }

    fn differences(&self) -> u64 {
        u64::from(self.result.as_ref().is_err_and(|failed| failed.failure.is_difference()))
    }
}

impl Report {
    fn sum(&self, of: impl Fn(&Tally) -> u64) -> u64 {
        self.units.iter().map(|outcome| of(&outcome.tally())).sum()
    }

    fn differences(&self) -> u64 {
        let units: u64 = self.units.iter().map(Outcome::differences).sum();
        units + self.programs.differences.len() as u64
    }

    /// What of the Verilog the benches ran.
    pub(super) fn covered(&self) -> Coverage {
        let mut all = Coverage::default();
        self.units.iter().for_each(|outcome| all += outcome.tally().coverage);
        all
    }

    pub(super) fn json(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let unit = |outcome: &Outcome| {
            let tally = outcome.tally();
            let failure = outcome.result.as_ref().err().map(ToString::to_string);
            let value = json!({
                "vectors": tally.vectors, "cycles": tally.cycles, "differences": outcome.differences(),
                "icarus": tally.icarus, "netlist": tally.netlist, "parts": outcome.parts, "failure": failure,
            });
            (outcome.unit.to_owned(), value)
        };
        let value = json!({
            "vectors": self.sum(|tally| tally.vectors),
            "programs": self.programs.count,
            "program_cycles": self.programs.cycles,
            "program_values": self.programs.compared,
            "differences": self.differences(),
            "units": Value::Object(self.units.iter().map(unit).collect::<Map<String, Value>>()),
            "coverage": self.covers.then(|| coverage::json(&self.covered(), &self.programs.coverage)),
            "skipped": self.skipped,
            "design": self.design,
            "seed": self.seed,
        });
        Ok(write(&value, out)?)
    }

    pub(super) fn table(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let sizes =
            self.design.as_ref().map_or("several sizes each".to_owned(), |name| format!("design {name}"));
        writeln!(out, "units at {sizes}, seed {}", self.seed)?;
        writeln!(out, "unit               values      cycles  differences   Icarus  netlist")?;
        for outcome in &self.units {
            row(outcome.unit, &outcome.tally(), outcome.differences(), out)?;
        }
        let total = Tally {
            vectors: self.sum(|tally| tally.vectors),
            cycles: self.sum(|tally| tally.cycles),
            icarus: self.sum(|tally| tally.icarus),
            netlist: self.sum(|tally| tally.netlist),
            ..Tally::default()
        };
        row("all", &total, self.units.iter().map(Outcome::differences).sum(), out)?;
        let Programs { count, compared, cycles, differences, .. } = &self.programs;
        writeln!(
            out,
            "{count} whole programs: {compared} values compared after {cycles} cycles, {} differences",
            differences.len()
        )?;
        if self.covers {
            coverage::table(&self.covered(), &self.programs.coverage, out)?;
        }
        Ok(())
    }

    /// An error where something differs or a tool failed.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        let failed = self.units.iter().filter_map(|outcome| outcome.result.as_ref().err());
        let (wrong, broken): (Vec<_>, Vec<_>) = failed.partition(|failed| failed.failure.is_difference());
        let mut findings: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        findings.extend(self.programs.differences.iter().cloned());
        if !findings.is_empty() {
            return Err(Failure::Hardware(findings));
        }
        match broken.first() {
            Some(failed) => Err(Failure::Tool(failed.to_string())),
            None => Ok(()),
        }
    }
}

fn row(name: &str, tally: &Tally, differences: u64, out: &mut dyn Write) -> Result<(), Failure> {
    let Tally { vectors, cycles, icarus, netlist, .. } = tally;
    Ok(writeln!(out, "{name:12} {vectors:>12} {cycles:>11} {differences:>12} {icarus:>8} {netlist:>8}")?)
}
