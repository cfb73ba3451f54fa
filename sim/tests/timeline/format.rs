//! The trace against the Trace Event Format, and its sums against the run's.

use std::collections::BTreeMap;

use models::program::Unit;
use serde_json::{Value, json};
use sim::timeline::{Recording, write};

use super::{recording, recordings};

/// Tracks by name, each event of the trace once.
struct Trace {
    events: Vec<Value>,
    tracks: BTreeMap<u64, String>,
}

fn text(recording: &Recording) -> String {
    let mut out = Vec::new();
    let events = write(recording, &json!({ "design": "x" }), &mut out).expect("memory takes everything");
    let text = String::from_utf8(out).expect("JSON is UTF-8");
    let lines = text.lines().filter(|line| line.contains("\"ph\":")).count();
    assert_eq!(lines as u64, events, "one event a line");
    text
}

fn trace(recording: &Recording) -> Trace {
    let whole: Value = serde_json::from_str(&text(recording)).expect("a trace is JSON");
    assert!(whole["otherData"].is_object() && whole["displayTimeUnit"] == "ns");
    let events = whole["traceEvents"].as_array().expect("a list of events").clone();
    let named = events.iter().filter(|event| event["name"] == "thread_name");
    let name =
        |event: &Value| (count(&event["tid"]), event["args"]["name"].as_str().expect("a name").to_owned());
    let tracks: BTreeMap<u64, String> = named.map(name).collect();
    Trace { events, tracks }
}

fn count(value: &Value) -> u64 {
    value.as_u64().expect("a count")
}

/// A time in whole nanoseconds; the format counts microseconds.
fn nanoseconds(value: &Value) -> u64 {
    let exact = value.as_f64().expect("a time is a number") * 1000.0;
    assert!((exact - exact.round()).abs() < 1e-3 && exact >= 0.0, "{value} is a whole number of nanoseconds");
    exact.round() as u64
}

#[test]
fn every_event_has_what_its_phase_asks_for() {
    for recording in recordings() {
        for event in trace(&recording).events {
            assert!(event["name"].as_str().is_some_and(|name| !name.is_empty()), "{event}");
            assert!(event["pid"].is_u64() && event["tid"].is_u64() && event["args"].is_object(), "{event}");
            nanoseconds(&event["ts"]);
            match event["ph"].as_str() {
                Some("X") => _ = nanoseconds(&event["dur"]),
                Some("i") => assert_eq!(event["s"], "t", "{event}"),
                Some("C") => {
                    let series = event["args"].as_object().unwrap();
                    assert!(series.len() == 1 && series.values().all(Value::is_number), "{event}");
                }
                Some("M") => {
                    let key = if event["name"] == "thread_sort_index" { "sort_index" } else { "name" };
                    assert!(!event["args"][key].is_null(), "{event}");
                }
                _ => panic!("{event} has a phase that no trace of ours has"),
            }
        }
    }
}

/// First and next cycle of each range of a track, in the order of the file.
fn ranges(trace: &Trace, track: &str) -> Vec<(u64, u64)> {
    let of = |event: &&Value| {
        let tid = count(&event["tid"]);
        event["ph"] == "X" && trace.tracks.get(&tid).is_some_and(|name| name == track)
    };
    let range = |event: &Value| {
        let start = count(&event["args"]["start_cycle"]);
        (start, start + count(&event["args"]["cycles"]))
    };
    trace.events.iter().filter(of).map(range).collect()
}

#[test]
fn events_of_a_track_nest_or_are_disjoint_in_time_and_in_cycles() {
    for recording in recordings() {
        let trace = trace(&recording);
        for (tid, track) in &trace.tracks {
            let own = trace.events.iter().filter(|e| e["ph"] == "X" && e["tid"] == *tid);
            let time = |event: &Value| {
                let start = nanoseconds(&event["ts"]);
                (start, start + nanoseconds(&event["dur"]))
            };
            nested(track, own.map(time).collect());
            nested(track, ranges(&trace, track));
        }
    }
}

fn nested(track: &str, mut ranges: Vec<(u64, u64)>) {
    ranges.sort_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)));
    let mut open: Vec<(u64, u64)> = Vec::new();
    for (start, end) in ranges {
        while open.pop_if(|outer| outer.1 <= start).is_some() {}
        if let Some(outer) = open.last() {
            assert!(end <= outer.1, "{track}: {start}..{end} crosses {outer:?}");
        }
        open.push((start, end));
    }
}

fn sum(ranges: &[(u64, u64)]) -> u64 {
    ranges.iter().map(|(start, end)| end - start).sum()
}

#[test]
fn tracks_add_up_to_what_the_units_counted() {
    for recording in recordings() {
        let trace = trace(&recording);
        for unit in Unit::ALL {
            let counted = recording.run.units[unit as usize];
            assert_eq!(sum(&ranges(&trace, unit.name())), counted.busy, "{unit:?}");
            let waits = format!("{} waits", unit.name());
            assert_eq!(sum(&ranges(&trace, &waits)), counted.stalled(), "{unit:?}");
            let mut by_unit = [0; 4];
            for event in &trace.events {
                let name = trace.tracks.get(&count(&event["tid"]));
                if event["ph"] == "X" && name == Some(&waits) {
                    let on =
                        Unit::ALL.iter().position(|on| event["name"] == format!("waits for {}", on.name()));
                    by_unit[on.unwrap()] += count(&event["args"]["cycles"]);
                }
            }
            assert_eq!(by_unit, counted.stalled_on, "{unit:?}");
        }
    }
}

#[test]
fn counters_stay_within_what_there_is_and_end_empty() {
    for recording in recordings() {
        let trace = trace(&recording);
        let mut last: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for event in trace.events.iter().filter(|event| event["ph"] == "C") {
            let (name, args) = (event["name"].as_str().unwrap().to_owned(), &event["args"]);
            let limit = match name.as_str() {
                "supply" | "clock" => continue,
                queue if queue.ends_with("queue") => recording.design.sequencer.queue,
                _ => recording.design.buffer.pages,
            };
            let count = args.as_object().unwrap().values().next().unwrap().as_u64();
            let count = count.unwrap_or_else(|| panic!("{event}: a count is not negative"));
            assert!(count <= u64::from(limit), "{event}: at most {limit}");
            let time = nanoseconds(&event["ts"]);
            let before = last.insert(name, (time, count));
            assert!(before.is_none_or(|(then, _)| then <= time), "{event}: time goes on");
        }
        assert_eq!(last.len(), 6, "two buffers, four queues");
        assert!(last.values().all(|(_, count)| *count == 0), "{last:?}");
    }
}

#[test]
fn set_points_are_those_of_the_run() {
    let low = recording("tinybert-4", "dense", &["operating.vdd_v=0.65"], 4);
    let events = trace(&low).events;
    let value = |name: &str| events.iter().find(|e| e["name"] == name).unwrap()["args"].clone();
    assert_eq!(value("supply"), json!({ "mV": 650 }));
    let mhz = low.clock.megahertz().next().unwrap().1;
    assert_eq!(value("clock"), json!({ "MHz": mhz }));
    // The last event ends when the run does, at the clock of that voltage.
    let ends =
        events.iter().filter(|e| e["ph"] == "X").map(|e| nanoseconds(&e["ts"]) + nanoseconds(&e["dur"]));
    let last = ends.max().unwrap() as f64;
    assert!((last - low.run.cycles as f64 * 1000.0 / mhz).abs() < 1.0, "{last} ns at {mhz} MHz");
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let once = || text(&recording("tinybert-4", "dense", &[], 4));
    assert_eq!(once(), once());
}
