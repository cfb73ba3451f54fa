//! Whole programs: what the hardware leaves in memory and counts, against the golden kernels and the simulator.

use super::case::Case;
use super::locate::located;
use super::source::Source;
use crate::cli::Failure;
use crate::machine::{Events, Run};
use models::design::{Design, Sparsity};
use models::record::preset;
use models::technology::Technology;
use rtl::cosim::coverage::Coverage;
use rtl::cosim::{Trace, wave};
use rtl::emit::{Emitted, emit};
use rtl::run::{Left, RunError, watch};
use rtl::verify::Plan;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What came of all programs.
#[derive(Debug, Default)]
pub(super) struct Programs {
    /// Programs that ran.
    pub(super) count: u64,
    /// Values compared.
    pub(super) compared: u64,
    /// Cycles of all programs.
    pub(super) cycles: u64,
    /// What of the machines' text ran, where that is counted.
    pub(super) coverage: Coverage,
    /// Each that differs: what repeats it, where, and how.
    pub(super) differences: Vec<String>,
}

/// The designs whose machines run programs: that of the plan, or small ones of every kind.
pub(super) fn designs(plan: &Plan) -> Vec<Design> {
    if let Some(design) = &plan.design {
        return vec![design.clone()];
    }
    let kinds = [
        (2, Sparsity::Skip, 1 << 13, 64),
        (4, Sparsity::Gate, 1 << 14, 64),
        (8, Sparsity::Skip, 1 << 14, 64),
        (8, Sparsity::Dense, 1 << 15, 128),
        (16, Sparsity::Skip, 1 << 15, 32),
    ];
    let small = |(n, sparsity, bytes, width_bits)| {
        let mut design: Design = preset("offramp").ok()?;
        design.name =
            format!("offramp, n = {n}, {sparsity:?}, buffers of {bytes} B, AXI of {width_bits} bits");
        design.pu.n = n;
        design.pu.sparsity = sparsity;
        design.buffer.bytes = bytes;
        design.buffer.pages = 8;
        design.axi.width_bits = width_bits;
        Some(design)
    };
    kinds.into_iter().filter_map(small).collect()
}

impl Programs {
    /// Runs the programs of a source on the machine of each design; progress goes to `err`.
    pub(super) fn run(
        designs: &[Design],
        source: &Source,
        plan: &Plan,
        err: &mut dyn Write,
    ) -> Result<Programs, Failure> {
        let mut all = Programs::default();
        for design in designs {
            all.design(design, source, plan, err)?;
        }
        Ok(all)
    }

    fn design(
        &mut self,
        design: &Design,
        source: &Source,
        plan: &Plan,
        err: &mut dyn Write,
    ) -> Result<(), Failure> {
        let technology: Technology = preset("edgebert-12nm")?;
        let machine = rtl::machine::machine(design).and_then(|module| emit(&module));
        let machine = machine.map_err(|error| Failure::Tool(error.to_string()))?;
        let cases = source.cases(design, &technology, plan.seed).map_err(Failure::Tool)?;
        let cases = cases.filter_map(Result::transpose).take(source.count());
        let before = self.count;
        for case in cases {
            let case = case.map_err(Failure::Tool)?;
            let path = self.wave(plan)?;
            let trace = match (plan.wave_always, plan.coverage) {
                (true, _) => Trace::Vcd(&path),
                (false, true) => Trace::Coverage,
                (false, false) => Trace::Off,
            };
            let checked = compare(&case, &machine, trace).map_err(Failure::Tool)?;
            self.count += 1;
            self.compared += checked.compared;
            self.cycles += checked.cycles;
            // Who closed the error stream does not want to know.
            let _ = writeln!(err, "{}: {} cycles, {} values", case.name, checked.cycles, checked.compared);
            if plan.wave_always {
                let _ = writeln!(err, "  wave: {}", path.display());
            }
            self.differs(&case, &machine, (&checked.differences, &path), (source, plan))?;
            self.coverage += checked.coverage;
        }
        if self.count == before {
            return Err(Failure::Tool(format!(
                "design {}: none of the programs fits, nothing was compared",
                design.name
            )));
        }
        Ok(())
    }

    /// Keeps the differences of a case, with what repeats them; for the first case that has any, where it begins to differ.
    fn differs(
        &mut self,
        case: &Case,
        machine: &Emitted,
        (differences, wave): (&[String], &Path),
        (source, plan): (&Source, &Plan),
    ) -> Result<(), Failure> {
        let mut lines = vec![];
        if !differences.is_empty() && self.differences.is_empty() {
            lines = located(case, machine, wave).map_err(Failure::Tool)?;
        }
        for what in differences {
            let place: String = lines.drain(..).map(|line| format!("\n  {line}")).collect();
            self.differences.push(format!(
                "{}: {what}{place}\n  repeat: offramp cosim --unit machine --programs {} --seed {}{}",
                case.name,
                source.count(),
                plan.seed,
                plan.arguments
            ));
        }
        Ok(())
    }

    /// Where the wave of the next program lies, if it gets one.
    fn wave(&self, plan: &Plan) -> Result<PathBuf, Failure> {
        let folder = plan.waves.clone().unwrap_or_else(wave::folder);
        std::fs::create_dir_all(&folder)?;
        Ok(folder.join(format!("program-{}-{}.vcd", plan.seed, self.count)))
    }
}

/// What came of a program.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Cycles of the program.
    pub cycles: u64,
    /// Values compared: bytes of memory and counters.
    pub compared: u64,
    /// What of the text ran, where that is counted.
    pub coverage: Coverage,
    /// What differs, in words.
    pub differences: Vec<String>,
}

/// Runs a case on the emitted machine, with a wave where a path is given, and compares everything.
///
/// # Errors
/// The machine cannot be built.
pub fn check(case: &Case, machine: &Emitted, wave: Option<&Path>) -> Result<Checked, String> {
    compare(case, machine, wave.map_or(Trace::Off, Trace::Vcd))
}

/// The same, with what is to be recorded.
fn compare(case: &Case, machine: &Emitted, trace: Trace<'_>) -> Result<Checked, String> {
    let mut checked = Checked { cycles: case.run.cycles, ..Checked::default() };
    let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", case.name);
    let (left, watched) =
        watch(machine, &case.job, &case.timings, case.limit(), trace).map_err(|error| wrong(&error))?;
    checked.coverage = watched.coverage;
    let left = match left {
        Ok(left) => left,
        Err(error @ RunError::Hangs(_)) => {
            checked.differences.push(format!("{error}, expected one after {} cycles", case.run.cycles));
            return Ok(checked);
        }
        Err(error) => return Err(wrong(&error)),
    };
    memory(case, &left, &mut checked);
    for (name, value) in expected(case) {
        checked.compared += 1;
        let found = left.registers.get(name).copied().unwrap_or_default();
        if found != value {
            checked.differences.push(format!("{name}: expected {value}, found {found}"));
        }
    }
    Ok(checked)
}

/// What the registers hold after a case.
pub fn expected(case: &Case) -> Vec<(&'static str, u64)> {
    let entropy = case.outcome.entropies.last().copied().unwrap_or_default();
    let mut all = vec![
        ("interrupt", 1),
        ("status", 0),
        ("conflicts", 0),
        ("exit_layer", case.outcome.exit_layer.into()),
        ("entropy", entropy.into()),
        ("predicted_layer", case.outcome.predicted.map_or(0, |predicted| predicted.exit_layer.into())),
        ("vdd_mv", case.run.segments.last().map_or(0, |segment| segment.vdd_mv.into())),
        ("cycles", case.run.cycles),
    ];
    all.extend(counters(&case.run));
    all
}

/// The events of a run under the names of their registers.
fn counters(run: &Run) -> Vec<(&'static str, u64)> {
    let Events {
        macs_run,
        macs_gated,
        macs_skipped,
        pu_active_cycles,
        softmax_elements,
        layernorm_elements,
        entropy_elements,
        code_reads,
        code_writes,
        mask_reads,
        mask_writes,
        aux_read_bytes,
        aux_write_bytes,
        axi_beats,
        external_read_bytes,
        external_write_bytes,
        nvm_read_bits,
        commands,
    } = run.events;
    vec![
        ("macs_run", macs_run),
        ("macs_gated", macs_gated),
        ("macs_skipped", macs_skipped),
        ("pu_active_cycles", pu_active_cycles),
        ("softmax_elements", softmax_elements),
        ("layernorm_elements", layernorm_elements),
        ("entropy_elements", entropy_elements),
        ("code_reads_0", code_reads[0]),
        ("code_reads_1", code_reads[1]),
        ("code_writes_0", code_writes[0]),
        ("code_writes_1", code_writes[1]),
        ("mask_reads_0", mask_reads[0]),
        ("mask_reads_1", mask_reads[1]),
        ("mask_writes_0", mask_writes[0]),
        ("mask_writes_1", mask_writes[1]),
        ("aux_read_bytes", aux_read_bytes),
        ("aux_write_bytes", aux_write_bytes),
        ("axi_beats", axi_beats),
        ("external_read_bytes", external_read_bytes),
        ("external_write_bytes", external_write_bytes),
        ("nvm_read_bits", nvm_read_bits),
        ("commands", commands),
    ]
}

/// Every byte of external memory.
fn memory(case: &Case, left: &Left, checked: &mut Checked) {
    let expected = &case.outcome.memory.external;
    checked.compared += expected.len() as u64;
    let differs = |at: &usize| expected[*at] != left.external[*at];
    let wrong: Vec<usize> = (0..expected.len()).filter(differs).collect();
    if let Some(first) = wrong.first() {
        let sections = &case.program.memory.external;
        let within = sections.iter().find(|s| (s.start..s.start + s.bytes).contains(&(*first as u64)));
        let within = within.map_or("no section", |section| &section.name);
        checked.differences.push(format!(
            "external memory: {} bytes differ, the first at {first:#x} ({within}): expected {:#04x}, found {:#04x}",
            wrong.len(),
            expected[*first],
            left.external[*first]
        ));
    }
}
