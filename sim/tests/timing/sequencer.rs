//! Sequencer: dispatch, waits, control commands and layers, on tiles of 46 cycles and entropies of 61.

use super::{MEMORY, command, design, run_all, run_commands, tile};
use models::program::{Command, Entropy, Operation, Region, Unit};

fn entropy() -> Operation {
    Operation::Entropy(Entropy { input: Region::new(16, 0, 0, 1, 1), classes: 2 })
}

fn free(operation: Operation) -> Command {
    command(operation, [0; 4])
}

/// First cycle of each command and the cycle after its last, in the order of their ends.
fn spans(run: &sim::machine::Run) -> Vec<(u64, u64)> {
    run.spans.iter().map(|s| (s.start, s.end)).collect()
}

#[test]
fn one_command_is_dispatched_a_cycle() {
    // The tile starts in cycle 3, the entropy in 4.
    let run = run_all(&design(&[]), MEMORY, vec![tile(), entropy()]);
    assert_eq!(spans(&run), [(3, 49), (4, 65)]);
    assert_eq!(run.cycles, 65);
    assert_eq!(run.units[Unit::Sfu as usize].idle, 4);
}

#[test]
fn a_command_waits_for_other_units() {
    // The entropy, in its queue from cycle 3 on, starts when the tile has ended, in cycle 49: 46 cycles stalled on the PU.
    let commands = vec![free(tile()), command(entropy(), [0, 0, 1, 0])];
    let run = run_commands(&design(&[]), MEMORY, commands, 1, 1).unwrap();
    assert_eq!(spans(&run), [(3, 49), (49, 110)]);
    assert_eq!(run.units[Unit::Sfu as usize].stalled_on, [0, 0, 46, 0]);
}

#[test]
fn a_full_queue_holds_back_what_comes_after() {
    // Queue of 1: tile A is dispatched in 2 and starts in 3; B goes in 4 (the queue had room from 4 on). C has room when B
    // has started, in 49, so it goes in 50, and the entropy behind it in 51.
    let run = run_all(&design(&["sequencer.queue=1"]), MEMORY, vec![tile(), tile(), tile(), entropy()]);
    assert_eq!(spans(&run), [(3, 49), (49, 95), (52, 113), (95, 141)]);
}

#[test]
fn without_overlap_each_command_waits_for_the_one_before() {
    // Dispatched in the cycle in which the one before has ended, started one later.
    let run = run_all(&design(&["sequencer.overlap=false"]), MEMORY, vec![tile(), entropy(), tile()]);
    assert_eq!(spans(&run), [(3, 49), (50, 111), (112, 158)]);
}

#[test]
fn a_control_command_drains_and_fetches() {
    // Set point in 2, fetch of 2, tile dispatched in 4: 5..51. Set point in 51, entropy dispatched in 53: 54..115.
    let set = |vdd_mv| free(Operation::SetPoint { vdd_mv });
    let commands = vec![set(800), free(tile()), set(700), free(entropy())];
    let run = run_commands(&design(&[]), MEMORY, commands, 1, 1).unwrap();
    assert_eq!(spans(&run), [(5, 51), (54, 115)]);
    // The cycles before the first set point count to it, so that the segments add up to the run.
    let segments: Vec<_> = run.segments.iter().map(|s| (s.vdd_mv, s.cycles)).collect();
    assert_eq!(segments, [(800, 51), (700, 64)]);
}

#[test]
fn a_prediction_changes_the_supply_after_its_layer() {
    // Set point in 2, barrier in 4, tile 7..53, prediction in 53, of another layer, repeat in 55; each further layer 51 cycles later.
    let (predict, to) = (free(Operation::Predict { layer: 2 }), 2);
    let repeat = Operation::Repeat { to, layer_stride: 0, ramp_stride: 0 };
    let commands = [Operation::SetPoint { vdd_mv: 800 }, Operation::Barrier, tile()].map(free);
    let commands = commands.into_iter().chain([predict, free(repeat)]).collect();
    let run = run_commands(&design(&[]), MEMORY, commands, 3, 9).unwrap();
    let segments: Vec<_> = run.segments.iter().map(|s| (s.vdd_mv, s.cycles)).collect();
    assert_eq!((run.cycles, segments), (159, vec![(800, 104), (650, 55)]));
}

/// A barrier, then a layer of one tile, then perhaps an exit.
fn layers(exit: bool) -> Vec<Command> {
    let mut commands = vec![free(Operation::Barrier), free(tile())];
    commands.extend(exit.then(|| free(Operation::Exit)));
    commands.push(free(Operation::Repeat { to: 1, layer_stride: 0, ramp_stride: 0 }));
    commands
}

#[test]
fn layers_repeat() {
    // Barrier in 2, dispatch in 4, tile 5..51, repeat in 51; each further layer 2 + 1 + 46 = 49 later. The end: 149 + 2.
    let run = run_commands(&design(&[]), MEMORY, layers(false), 3, 9).unwrap();
    assert_eq!((run.layers, run.layer_ends), (3, vec![51, 100, 149]));
    assert_eq!(run.cycles, 151);
}

#[test]
fn a_sentence_leaves_after_its_layer() {
    // The exit in 51 does not leave layer 1: repeat in 53, tile 56..102. The exit in 102 leaves layer 2: the end in 104.
    let run = run_commands(&design(&[]), MEMORY, layers(true), 3, 2).unwrap();
    assert_eq!((run.layers, run.layer_ends), (2, vec![53, 102]));
    assert_eq!(run.cycles, 104);
}

#[test]
fn a_deadlock_says_who_waits_for_whom() {
    // The entropy waits for two tiles of which there is one, which ends in 49.
    let commands = vec![free(tile()), command(entropy(), [0, 0, 2, 0])];
    let deadlock = run_commands(&design(&[]), MEMORY, commands, 1, 1).unwrap_err();
    assert_eq!(deadlock.cycle, 49);
    assert_eq!(deadlock.waiting, "sfu holds command 1, which waits for the pu unit");
}
