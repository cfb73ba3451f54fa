//! What a trace shows, track by track; `trace` says how it is written.

use std::io::{self, Write};

use models::program::{Program, Unit};
use serde_json::{Map, Value, json};

use super::sequencer::Reason;
use super::trace::Writer;
use super::{Recording, busy, controls, held, layers, off_ramps, pages, queues, waits};

/// Tracks that belong to no unit; those of units follow, two for each.
const LAYERS: u32 = 1;
const SEQUENCER: u32 = 2;
const SEQUENCER_WAITS: u32 = 3;

/// Commands of a unit.
fn commands_of(unit: Unit) -> u32 {
    SEQUENCER_WAITS + 1 + 2 * unit as u32
}

/// Waits of a unit's commands.
fn waits_of(unit: Unit) -> u32 {
    commands_of(unit) + 1
}

/// Writes a recording as a trace whose `otherData` is `about`; the number of events.
///
/// # Errors
/// Nothing can be written.
pub fn write(recording: &Recording, about: &Value, out: &mut dyn Write) -> io::Result<u64> {
    let mut writer = Writer::begin(out, &recording.clock, about)?;
    names(&mut writer, recording)?;
    network(&mut writer, recording)?;
    sequencer(&mut writer, recording)?;
    units(&mut writer, recording)?;
    counters(&mut writer, recording)?;
    writer.end()
}

fn names(writer: &mut Writer, recording: &Recording) -> io::Result<()> {
    writer.process(&format!("offramp {}", recording.design.name))?;
    writer.track(LAYERS, "layers")?;
    writer.track(SEQUENCER, "sequencer")?;
    writer.track(SEQUENCER_WAITS, "sequencer waits")?;
    for unit in Unit::ALL {
        writer.track(commands_of(unit), unit.name())?;
        writer.track(waits_of(unit), &format!("{} waits", unit.name()))?;
    }
    Ok(())
}

/// Layers, and within them off-ramps.
fn network(writer: &mut Writer, recording: &Recording) -> io::Result<()> {
    let Recording { program, run, .. } = recording;
    let layers = layers(program, run);
    for phase in &layers {
        let name = if phase.layer == 0 { "embedding".to_owned() } else { format!("layer {}", phase.layer) };
        writer.complete(LAYERS, &name, (phase.start, phase.end), json!({ "layer": phase.layer }))?;
    }
    let after = layers.last().map_or(0, |phase| phase.end);
    if after < run.cycles {
        writer.complete(LAYERS, "after the layers", (after, run.cycles), json!({}))?;
    }
    for (phase, left) in off_ramps(program, run) {
        let args = json!({ "layer": phase.layer, "leaves": left });
        writer.complete(LAYERS, "off-ramp", (phase.start, phase.end), args)?;
        let decision = if left { "leaves" } else { "goes on" };
        writer.instant(LAYERS, &format!("{decision} after layer {}", phase.layer), phase.end)?;
    }
    supply(writer, recording)
}

/// What is predicted, and the core that stands until its supply has settled.
fn supply(writer: &mut Writer, recording: &Recording) -> io::Result<()> {
    let segments = &recording.run.segments;
    let megahertz: Vec<f64> = recording.clock.megahertz().map(|(_, megahertz)| megahertz).collect();
    for (at, (cycle, from, to)) in recording.clock.changes().enumerate() {
        let [before, after] = [at, at + 1].map(|at| f64::from(segments[at].vdd_mv) / 1e3);
        let foretold =
            recording.plan.map_or(String::new(), |plan| format!(" to leave after layer {}", plan.layer));
        writer.instant(
            LAYERS,
            &format!("predicted{foretold}: {after:.3} V, {:.1} MHz", megahertz[at + 1]),
            cycle,
        )?;
        let args = json!({ "from_v": before, "to_v": after, "from_mhz": megahertz[at], "to_mhz": megahertz[at + 1] });
        writer.stands(LAYERS, &format!("supply {before:.3} V to {after:.3} V"), (from, to), args)?;
    }
    Ok(())
}

fn operation(program: &Program, command: u32) -> &'static str {
    program.commands.get(command as usize).map_or("end", |command| command.operation.name())
}

fn sequencer(writer: &mut Writer, recording: &Recording) -> io::Result<()> {
    let Recording { program, run, .. } = recording;
    for phase in controls(program, run) {
        let args = json!({ "program_counter": phase.command, "layer": phase.layer });
        let name = operation(program, phase.command);
        writer.complete(SEQUENCER, name, (phase.start, phase.end), args)?;
    }
    for held in held(program, run) {
        let name = match held.reason {
            Reason::Room(unit) => format!("waits for room at {}", unit.name()),
            Reason::Idle => "waits for all to be idle".to_owned(),
        };
        let args = json!({ "program_counter": held.command });
        writer.complete(SEQUENCER_WAITS, &name, (held.start, held.end), args)?;
    }
    Ok(())
}

fn units(writer: &mut Writer, recording: &Recording) -> io::Result<()> {
    let Recording { program, run, .. } = recording;
    for busy in busy(program, run) {
        let name = format!("{}, {}", operation(program, busy.command), busy.stage.name());
        let args = command(program, &busy);
        writer.complete(commands_of(busy.unit), &name, (busy.start, busy.end), args)?;
    }
    for wait in waits(program, run) {
        let args = json!({ "program_counter": wait.command, "layer": wait.layer });
        let name = format!("waits for {}", wait.on.name());
        writer.complete(waits_of(wait.unit), &name, (wait.start, wait.end), args)?;
    }
    Ok(())
}

/// What is known of a command that ran.
fn command(program: &Program, busy: &super::Busy) -> Value {
    let mut args = json!({ "program_counter": busy.command, "layer": busy.layer });
    let stalls = Unit::ALL.iter().zip(busy.stalled_on).filter(|(_, cycles)| *cycles > 0);
    let stalls: Map<String, Value> =
        stalls.map(|(on, cycles)| (on.name().to_owned(), json!(cycles))).collect();
    if !stalls.is_empty() {
        args["stalled_on"] = stalls.into();
    }
    let Some(command) = program.commands.get(busy.command as usize) else { return args };
    if let Some(head) = command.tag.head {
        args["head"] = json!(head);
    }
    args["part"] = json!(format!("{}.{}", command.tag.part.0, command.tag.part.1));
    let counts = [("bytes", command.operation.bytes()), ("macs", command.operation.useful_macs())];
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        args[name] = json!(count);
    }
    args
}

fn counters(writer: &mut Writer, recording: &Recording) -> io::Result<()> {
    let Recording { design, program, run, clock, .. } = recording;
    for (buffer, levels) in pages(design, program, run).iter().enumerate() {
        writer.levels(&format!("operand buffer {buffer}, pages in use"), "pages", levels)?;
    }
    for (unit, levels) in Unit::ALL.iter().zip(queues(program, run)) {
        writer.levels(&format!("{} queue", unit.name()), "commands", &levels)?;
    }
    let mut cycle = 0;
    for segment in &run.segments {
        writer.counter("supply", "mV", cycle, json!(segment.vdd_mv))?;
        cycle += segment.cycles;
    }
    clock.megahertz().try_for_each(|(cycle, mhz)| writer.counter("clock", "MHz", cycle, json!(mhz)))
}
