//! The plain data against what the machine's contract says of them.

use std::collections::BTreeSet;

use models::latency::FETCH;
use models::program::{Operation, Unit};
use sim::timeline::{Level, Reason, busy, controls, held, layers, off_ramps, pages, queues, waits};

use super::{recording, recordings};

/// A wait ends when the unit that is waited for completes a command, and lies where the waiting unit ran none.
#[test]
fn a_wait_ends_with_a_command_of_the_unit_that_is_waited_for() {
    for recording in recordings() {
        let busy = busy(&recording.program, &recording.run);
        let ends: BTreeSet<(Unit, u64)> = busy.iter().map(|busy| (busy.unit, busy.end)).collect();
        let waits = waits(&recording.program, &recording.run);
        assert!(!waits.is_empty() || !recording.design.sequencer.overlap);
        for wait in waits {
            assert!(ends.contains(&(wait.on, wait.end)), "{wait:?}");
            let own = busy.partition_point(|busy| (busy.unit, busy.start) < (wait.unit, wait.end));
            let before = own.checked_sub(1).map(|at| &busy[at]).filter(|before| before.unit == wait.unit);
            assert!(before.is_none_or(|before| before.end <= wait.start), "{wait:?} while {before:?} runs");
        }
    }
}

/// Fetches, dispatches and what held it are all the sequencer's cycles.
#[test]
fn the_sequencer_accounts_for_every_cycle() {
    for recording in recordings() {
        let (program, run) = (&recording.program, &recording.run);
        let (controls, held) = (controls(program, run), held(program, run));
        let fetches: u64 = controls.iter().map(|control| control.end - control.start).sum();
        let lost: u64 = held.iter().map(|held| held.end - held.start).sum();
        assert_eq!(FETCH + fetches + run.spans.len() as u64 + lost, run.cycles);
        let busy = busy(program, run);
        for held in held {
            let running = |busy: &&sim::timeline::Busy| busy.start < held.end && held.end <= busy.end;
            match held.reason {
                Reason::Idle => assert!(busy.iter().any(|busy| busy.end == held.end), "{held:?}"),
                Reason::Room(unit) if recording.design.sequencer.overlap => {
                    assert!(busy.iter().filter(running).any(|busy| busy.unit == unit), "{held:?}");
                }
                Reason::Room(_) => {}
            }
        }
    }
}

fn at(levels: &[Level], cycle: u64) -> u64 {
    levels[levels.partition_point(|level| level.cycle <= cycle) - 1].count
}

#[test]
fn a_page_is_in_use_while_a_command_touches_it() {
    for recording in recordings() {
        let (design, program, run) = (&recording.design, &recording.program, &recording.run);
        let levels = pages(design, program, run);
        for span in &run.spans {
            let mut touched = [BTreeSet::new(), BTreeSet::new()];
            for (region, _) in program.commands[span.command as usize].operation.regions() {
                for block in 0..region.blocks {
                    let first = u64::from(region.base + block * region.block_stride);
                    let last = first + u64::from(region.tiles * design.pu.n) - 1;
                    let pages = first / design.page_vectors()..=last / design.page_vectors();
                    touched[usize::from(region.buffer)].extend(pages);
                }
            }
            for (levels, touched) in levels.iter().zip(touched) {
                for cycle in [span.start, span.end - 1] {
                    assert!(at(levels, cycle) >= touched.len() as u64, "{span:?} at {cycle}");
                }
            }
        }
    }
}

#[test]
fn queues_fill_where_commands_are_many() {
    let most = |levels: &[Level]| levels.iter().map(|level| level.count).max();
    for recording in recordings() {
        let queues = queues(&recording.program, &recording.run);
        let limit = u64::from(recording.design.sequencer.queue);
        let room = if recording.design.sequencer.overlap { limit } else { 1 };
        assert_eq!(most(&queues[Unit::Load as usize]), Some(room), "the load queue is filled first");
    }
}

#[test]
fn layers_follow_each_other_to_the_end() {
    for recording in recordings() {
        let (program, run) = (&recording.program, &recording.run);
        let layers = layers(program, run);
        let numbers: Vec<u32> = layers.iter().map(|phase| phase.layer).collect();
        assert_eq!(numbers, (0..=run.layers).collect::<Vec<_>>());
        assert_eq!(layers[1..].iter().map(|phase| phase.end).collect::<Vec<_>>(), run.layer_ends);
        assert!(layers[0].start == 0 && layers.windows(2).all(|pair| pair[0].end == pair[1].start));
        for span in run.spans.iter().filter(|span| (span.end) <= run.layer_ends[run.layers as usize - 1]) {
            let phase = layers[span.layer as usize];
            assert!(phase.start <= span.start && span.end <= phase.end, "{span:?} in {phase:?}");
        }
    }
}

#[test]
fn a_sentence_leaves_at_its_last_off_ramp_alone() {
    let run = recording("albert-base", "sst2", &[], 3);
    let decisions: Vec<(u32, bool)> =
        off_ramps(&run.program, &run.run).iter().map(|(phase, left)| (phase.layer, *left)).collect();
    assert_eq!(decisions, [(1, false), (2, false), (3, true)]);
    for (phase, _) in off_ramps(&run.program, &run.run) {
        assert_eq!(run.program.commands[phase.command as usize].operation, Operation::Exit);
        assert!(phase.start < phase.end, "{phase:?} has commands before its decision");
    }
}
