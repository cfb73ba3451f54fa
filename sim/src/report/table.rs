//! Tables that a person reads.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Resolved;
use crate::area;
use crate::energy;
use crate::machine::UnitCycles;
use crate::sentence::{Outcome, Outcomes};
use models::program::Unit;

/// Columns at which sources wrap.
const WIDTH: usize = 110;
/// What the further lines of a source begin with: the width of an input's name.
const INDENT: &str = "                     ";

/// The whole report.
pub fn report(resolved: &Resolved, outcomes: &Outcomes) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = headline(&mut text, resolved, outcomes)
        .and_then(|()| exits(&mut text, outcomes))
        .and_then(|()| stages(&mut text, outcomes))
        .and_then(|()| units(&mut text, outcomes))
        .and_then(|()| bill(&mut text, outcomes))
        .and_then(|()| die(&mut text, resolved))
        .and_then(|()| inputs(&mut text, resolved));
    text
}

/// A number of cycles with thin groups of three digits.
fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A value with the prefix that leaves one to three digits before the point.
pub(crate) fn engineering(value: f64, unit: &str) -> String {
    let prefixes = [(1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"), (1e-12, "p")];
    if value == 0.0 {
        return format!("0 {unit}");
    }
    let (scale, prefix) =
        prefixes.into_iter().find(|(scale, _)| value.abs() >= *scale).unwrap_or((1e-12, "p"));
    format!("{:.3} {prefix}{unit}", value / scale)
}

fn headline(t: &mut String, resolved: &Resolved, outcomes: &Outcomes) -> std::fmt::Result {
    let setup = &resolved.setup;
    let (cycles, ideal) = (outcomes.mean(|o| o.run.cycles as f64), outcomes.mean(|o| o.ideal_cycles as f64));
    let bill = outcomes.mean_energy();
    writeln!(
        t,
        "{} on task {}, {} tokens; design {} (n = {}) in {} at {:.2} V, {:.1} MHz\n",
        setup.job.network.name,
        resolved.task,
        setup.job.sequence,
        setup.design.name,
        setup.design.pu.n,
        setup.technology.name,
        outcomes.vdd_v,
        outcomes.frequency_hz / 1e6
    )?;
    writeln!(t, "latency              {} a sentence", engineering(outcomes.mean(|o| o.latency_s), "s"))?;
    writeln!(t, "energy               {} a sentence", engineering(energy::total(&bill), "J"))?;
    if let Some(wake) = &outcomes.wake {
        let memory = &setup.technology.nvm;
        let how = match memory.kind.keeps() {
            true => format!("until {} is read; it keeps its contents", memory.name),
            false => format!("until {} is loaded from {}", memory.name, setup.design.external.memory),
        };
        writeln!(
            t,
            "wake-up              {}, {} {how}",
            engineering(wake.seconds, "s"),
            engineering(wake.energy_j, "J")
        )?;
    }
    writeln!(t, "utilisation          {:.2} % of the MACs' peak", 100.0 * ideal / cycles)?;
    writeln!(t, "cycles               {} (MAC-bound ideal {})", grouped(cycles), grouped(ideal))?;
    let layer = outcomes.mean(|o| f64::from(o.layer));
    write!(t, "average exit layer   {layer:.3} of {}", setup.job.network.layers)?;
    let exits = &resolved.exits;
    if let (Some(threshold), Some(sentences)) = (exits.threshold, exits.sentences) {
        write!(t, " (threshold {threshold} nat, {sentences} sentences)")?;
    }
    writeln!(t)?;
    planned(t, resolved, outcomes)
}

/// What was planned for sentences, and whether they meet their target.
fn planned(t: &mut String, resolved: &Resolved, outcomes: &Outcomes) -> std::fmt::Result {
    let exits = &resolved.exits;
    if let Some(accuracy) = exits.accuracy {
        writeln!(t, "accuracy             {:.2} %", 100.0 * accuracy)?;
    }
    if let Some(after) = resolved.setup.job.predict_after {
        let mean = exits.planned();
        writeln!(
            t,
            "planned exit layer   {mean:.3} on average, by policy {}, after layer {after}",
            resolved.policy
        )?;
    }
    if let (Some(target), Some(missed)) = (outcomes.target, outcomes.missed()) {
        let limit = engineering(target.seconds, "s");
        writeln!(
            t,
            "latency target       {limit} ({}): missed by {:.3} % of sentences",
            target.rule,
            100.0 * missed
        )?;
    }
    Ok(())
}

fn exits(t: &mut String, outcomes: &Outcomes) -> std::fmt::Result {
    if outcomes.outcomes.len() < 2 {
        return Ok(());
    }
    writeln!(t, "\nexit after layer   sentences         cycles      latency       energy")?;
    grouped_by(t, outcomes, |o| Some((o.layer, format!("{:>16}", o.layer))))?;
    if outcomes.outcomes.iter().any(|o| o.plan.is_some()) {
        writeln!(t, "\nplanned, supply    sentences         cycles      latency       energy")?;
        let plan = |o: &Outcome| {
            o.plan.map(|plan| {
                (plan.layer, format!("{:>5} at {:.3} V", plan.layer, f64::from(plan.vdd_mv) / 1e3))
            })
        };
        grouped_by(t, outcomes, plan)?;
    }
    Ok(())
}

/// A line for each group of outcomes, ascending by key: their share, and means over them.
fn grouped_by(
    t: &mut String,
    outcomes: &Outcomes,
    group: impl Fn(&Outcome) -> Option<(u32, String)>,
) -> std::fmt::Result {
    let mut groups: BTreeMap<(u32, String), Vec<&Outcome>> = BTreeMap::new();
    for outcome in &outcomes.outcomes {
        group(outcome).into_iter().for_each(|key| groups.entry(key).or_default().push(outcome));
    }
    for ((_, name), members) in groups {
        let share: f64 = members.iter().map(|o| o.share).sum();
        let mean =
            |value: &dyn Fn(&Outcome) -> f64| members.iter().map(|o| o.share * value(o)).sum::<f64>() / share;
        writeln!(
            t,
            "{name} {:>9.2} % {:>14} {:>12} {:>12}",
            100.0 * share,
            grouped(mean(&|o| o.run.cycles as f64)),
            engineering(mean(&|o| o.latency_s), "s"),
            engineering(mean(&|o| energy::total(&o.energy)), "J")
        )?;
    }
    Ok(())
}

fn stages(t: &mut String, outcomes: &Outcomes) -> std::fmt::Result {
    let layers = outcomes.mean(|o| f64::from(o.layer));
    writeln!(
        t,
        "\n{:<26} {:>12} {:>12} {:>12} {:>12}",
        "busy cycles a sentence", "load", "store", "pu", "sfu"
    )?;
    for (stage, cycles) in super::stage_cycles(outcomes) {
        write!(t, "{:<26}", stage.name())?;
        for value in cycles {
            write!(t, " {:>12}", grouped(value))?;
        }
        writeln!(t)?;
    }
    let ends = |o: &Outcome| {
        let last = o.run.layer_ends.last().copied().unwrap_or(0);
        let first = o.run.layer_ends.first().copied().unwrap_or(0);
        last.saturating_sub(first) as f64 / f64::from(o.layer.max(2) - 1)
    };
    let deep = outcomes.outcomes.iter().max_by_key(|o| o.layer);
    if let Some(o) = deep.filter(|o| o.layer > 1) {
        writeln!(
            t,
            "a layer takes {} cycles, start to start; {layers:.2} layers a sentence",
            grouped(ends(o))
        )?;
    }
    Ok(())
}

fn units(t: &mut String, outcomes: &Outcomes) -> std::fmt::Result {
    let all = outcomes.mean(|o| o.run.cycles as f64);
    writeln!(t, "\nunit       busy   waits for load   store      pu     sfu    idle   (% of all cycles)")?;
    for (index, unit) in Unit::ALL.iter().enumerate() {
        let share = |count: &dyn Fn(&UnitCycles) -> u64| {
            100.0 * outcomes.mean(|o| count(&o.run.units[index]) as f64) / all
        };
        write!(t, "{:<8} {:>6.2}", unit.name(), share(&|c| c.busy))?;
        write!(t, "         {:>7.2}", share(&|c| c.stalled_on[0]))?;
        for other in 1..4 {
            write!(t, " {:>7.2}", share(&|c| c.stalled_on[other]))?;
        }
        writeln!(t, " {:>7.2}", share(&|c| c.idle))?;
    }
    let contended = outcomes.mean(|o| (o.run.units[0].contended + o.run.units[1].contended) as f64);
    writeln!(t, "load and store wait for each other at the memory port {} cycles", grouped(contended))
}

fn bill(t: &mut String, outcomes: &Outcomes) -> std::fmt::Result {
    let items = outcomes.mean_energy();
    let all = energy::total(&items);
    writeln!(t, "\nenergy a sentence                            share     constants")?;
    for item in items.iter().filter(|i| i.energy_j > 0.0) {
        writeln!(
            t,
            "{:<26} {:>12}   {:>6.2} %   {}",
            item.name,
            engineering(item.energy_j, "J"),
            100.0 * item.energy_j / all,
            item.standing
        )?;
    }
    let shares = energy::shares(&items);
    let shares = shares.iter().map(|(standing, share)| format!("{:.1} % {standing}", 100.0 * share));
    writeln!(t, "the energy rests on constants that are {}", shares.collect::<Vec<_>>().join(", "))
}

fn die(t: &mut String, resolved: &Resolved) -> std::fmt::Result {
    let parts = area::area(&resolved.setup.design, &resolved.setup.technology);
    let all: f64 = parts.iter().map(|p| p.area_mm2).sum();
    writeln!(t, "\narea                       {all:>8.3} mm2   100.00 %   constants")?;
    for part in parts {
        writeln!(
            t,
            "{:<26} {:>8.3} mm2   {:>6.2} %   {}",
            part.name,
            part.area_mm2,
            100.0 * part.area_mm2 / all,
            part.standing
        )?;
    }
    Ok(())
}

fn inputs(t: &mut String, resolved: &Resolved) -> std::fmt::Result {
    writeln!(t, "\ninputs")?;
    let indent = textwrap::Options::new(WIDTH)
        .subsequent_indent(INDENT)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    for input in &resolved.inputs {
        let line = format!("{:<20} {}; {}", input.input, input.value, input.source);
        writeln!(t, "{}", textwrap::fill(&line, &indent))?;
    }
    Ok(())
}
