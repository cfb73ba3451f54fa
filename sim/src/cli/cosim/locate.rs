//! Where a whole program first differs: the command and the cycle, from a second run that leaves a wave.
//!
//! Two questions, each answered by the earliest difference. **When**: the wave shows the cycle in which each unit starts and ends each of its
//! commands, and the simulator says when it should. **What**: the bus sees every byte that is stored, with its cycle, and the golden kernels
//! say which byte the store in turn should write where.
//!
//! **Not modelled.** Values within the buffers: a wrong one shows in the first store that depends on it.

use super::case::Case;
use crate::cli::program::describe;
use crate::machine::Span;
use models::program::{Command, Unit};
use rtl::cosim::Trace;
use rtl::cosim::wave::{self, Cycle};
use rtl::emit::Emitted;
use rtl::run::{Written, watch};
use std::path::Path;

/// The instance of which the wave shows starts and ends of commands, and its signals.
const SCOPE: &str = "control";
const SIGNALS: [&str; 3] = ["start", "unit_start", "unit_done"];

/// When a unit ran a command, as the wave shows it: the first cycle and the last.
#[derive(Clone, Copy, Debug)]
struct Seen {
    start: Cycle,
    end: Option<Cycle>,
}

/// A program as the wave shows it.
struct Course {
    /// The cycle of the model that is cycle 0 of the program.
    begins: u64,
    /// Commands of each unit, in order.
    units: [Vec<Seen>; 4],
}

/// Cycles of the longest program whose wave is made without being asked for: it takes some GB.
const WAVE_CYCLES: u64 = 500_000;

/// What can be said of a case that differs: when and what first, and where its wave lies.
///
/// # Errors
/// The machine cannot be built, or the wave not be written.
pub fn located(case: &Case, machine: &Emitted, path: &Path) -> Result<Vec<String>, String> {
    if case.run.cycles > WAVE_CYCLES {
        return Ok(vec![format!("no wave: the program takes more than {WAVE_CYCLES} cycles")]);
    }
    let mut lines = locate(case, machine, path)?;
    lines.push(format!("wave: {}", path.display()));
    Ok(lines)
}

/// Runs a case again, leaves a wave at `path`, and says in lines for people when and what it first does otherwise than expected.
fn locate(case: &Case, machine: &Emitted, path: &Path) -> Result<Vec<String>, String> {
    let said = |what: &dyn std::fmt::Display| format!("{}: {what}", case.name);
    let (_, watched) = watch(machine, &case.job, &case.timings, case.limit(), Trace::Vcd(path))
        .map_err(|error| said(&error))?;
    let course = course(path).map_err(|error| said(&error))?;
    Ok([when(case, &course), what(case, &course, &watched.written)].into_iter().flatten().collect())
}

fn course(path: &Path) -> std::io::Result<Course> {
    let mut course = Course { begins: 0, units: Default::default() };
    wave::read(path, SCOPE, &SIGNALS, |cycle, values| {
        let [start, starts, ends] = [values[0], values[1], values[2]];
        if start == 1 {
            course = Course { begins: cycle.number, units: Default::default() };
        }
        for (at, unit) in course.units.iter_mut().enumerate() {
            if starts >> at & 1 == 1 {
                unit.push(Seen { start: cycle, end: None });
            }
            if ends >> at & 1 == 1
                && let Some(last) = unit.last_mut().filter(|last| last.end.is_none())
            {
                last.end = Some(cycle);
            }
        }
    })?;
    Ok(course)
}

/// The first start or end of a command in another cycle than the simulator's.
fn when(case: &Case, course: &Course) -> Option<String> {
    let mut first: Option<(u64, String)> = None;
    for unit in Unit::ALL {
        let spans = spans(case, unit);
        let seen = &course.units[unit as usize];
        let differs =
            (0..spans.len().max(seen.len())).find_map(|at| moved(case, course, spans.get(at), seen.get(at)));
        first = [first, differs].into_iter().flatten().min_by_key(|(cycle, _)| *cycle);
    }
    first.map(|(_, text)| format!("when: {text}"))
}

/// What a unit should run, in order.
fn spans(case: &Case, unit: Unit) -> Vec<Span> {
    let of = |span: &&Span| case.program.commands[span.command as usize].operation.unit() == Some(unit);
    let mut spans: Vec<Span> = case.run.spans.iter().filter(of).copied().collect();
    spans.sort_by_key(|span| span.start);
    spans
}

/// Whether a command ran otherwise than expected: the first cycle that differs, and what to say.
fn moved(case: &Case, course: &Course, span: Option<&Span>, seen: Option<&Seen>) -> Option<(u64, String)> {
    let cycle = |cycle: Cycle| cycle.number - course.begins;
    let Some(span) = span else {
        let start = seen?.start;
        let text = format!("a command that none expects started in cycle {}{}", cycle(start), time(start));
        return Some((cycle(start), text));
    };
    let name = label(case, span.command, span.layer);
    let differs = |event: &str, expected: u64, found: Option<Cycle>| match found {
        None => Some((expected, format!("{name} {event} never, expected in cycle {expected}"))),
        Some(at) if cycle(at) == expected => None,
        Some(at) => Some((
            expected.min(cycle(at)),
            format!("{name} {event} in cycle {}{}, expected in cycle {expected}", cycle(at), time(at)),
        )),
    };
    differs("started", span.start, seen.map(|seen| seen.start))
        .or_else(|| differs("ended", span.end - 1, seen.and_then(|seen| seen.end)))
}

/// The first byte stored that is not the one that should be stored then.
fn what(case: &Case, course: &Course, written: &[Written]) -> Option<String> {
    let mut found = written.iter();
    let spans = spans(case, Unit::Store);
    for (at, store) in case.outcome.stores.iter().enumerate() {
        let bytes = store.runs.iter().flat_map(|(start, bytes)| (*start..).zip(bytes));
        let differs = bytes.map(|(at, byte)| (at, *byte, found.next())).find(|(address, byte, found)| {
            found.is_none_or(|found| (found.address, found.byte) != (*address, *byte))
        });
        let Some((address, byte, found)) = differs else { continue };
        let name = label(case, store.command, spans.get(at).map_or(0, |span| span.layer));
        let expected = format!("{byte:#04x} at {address:#x} ({})", section(case, address));
        return Some(match found {
            None => format!("what: {name} never wrote {expected}"),
            Some(Written { cycle, address, byte }) => {
                let cycle = cycle.saturating_sub(course.begins);
                format!(
                    "what: {name} wrote {byte:#04x} at {address:#x} in cycle {cycle}, expected {expected}"
                )
            }
        });
    }
    let more = found.next()?;
    Some(format!("what: {:#04x} at {:#x} was written after all that was expected", more.byte, more.address))
}

fn section(case: &Case, address: u64) -> &str {
    let sections = &case.program.memory.external;
    let within = sections.iter().find(|s| (s.start..s.start + s.bytes).contains(&address));
    within.map_or("no section", |section| &section.name)
}

/// A command as the listing of `offramp program` names it.
fn label(case: &Case, command: u32, layer: u32) -> String {
    let Command { operation, tag, .. } = &case.program.commands[command as usize];
    let head = tag.head.map_or(String::new(), |head| format!(", head {head}"));
    let (stage, part) = (tag.stage.name(), tag.part);
    format!(
        "command {command} ({}, {stage}{head}, part {}.{}, layer {layer})",
        describe(operation).0,
        part.0,
        part.1
    )
}

fn time(cycle: Cycle) -> String {
    format!(" (time {} of the wave)", cycle.time)
}
