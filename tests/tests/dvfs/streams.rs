//! Streams: what the command prints is what its parts say.

use super::{SST2, json, number};

fn stream(more: &[&str]) -> serde_json::Value {
    json(&[&["stream"], &SST2[..], more].concat())
}

/// Back to back each sentence but the first responds in what a run says it takes.
#[test]
fn back_to_back_the_mean_is_that_of_a_run() {
    let run = json(&[&["run"], &SST2[..]].concat());
    let found = stream(&["--sentences", "200000"]);
    let (mean, expected) = (number(&found["responses_s"]["mean"]), number(&run["latency_s"]));
    // Drawn with the histogram's shares: the spread of a sentence is its mean, over the root of 200,000.
    assert!((mean / expected - 1.0).abs() < 0.01, "{mean} against {expected}");
    assert!(number(&found["utilisation"]) > 0.9999);
    let power = number(&found["total_j"]) / number(&found["seconds"]);
    assert!((power / number(&found["power_w"]) - 1.0).abs() < 1e-12);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let of =
        |seed| stream(&["--arrivals", "poisson=20/s", "--sentences", "5000", "--seed", seed]).to_string();
    assert_eq!(of("5"), of("5"));
    assert_ne!(of("5"), of("6"));
}

/// A periodic stream that never waits: its worst response is the longest sentence with the wake-up, and a longer deadline is never missed more.
#[test]
fn a_slack_stream_never_waits() {
    let found = stream(&["--arrivals", "periodic=1s", "--sentences", "3000", "--deadline", "80ms"]);
    let run = json(&[&["run"], &SST2[..]].concat());
    let longest =
        run["exits"].as_array().unwrap().iter().map(|exit| number(&exit["latency_s"])).fold(0.0, f64::max);
    let worst = number(&found["responses_s"]["max"]);
    assert!(worst > longest && worst < longest + 1e-5, "{worst} against {longest}");
    assert_eq!((found["missed"].as_u64(), found["wakes"].as_u64()), (Some(0), Some(3000)));
    let tight = stream(&["--arrivals", "periodic=1s", "--sentences", "3000", "--deadline", "40ms"]);
    assert!(tight["missed"].as_u64().unwrap() > 0);
}

/// Always on, one sentence in ten seconds: what loses its contents is loaded again each time, and idles for less.
#[test]
fn sram_is_loaded_at_each_wake_up_and_nvm_is_not() {
    let of = |rest: &str, nvm: &str| {
        let more = [
            "--arrivals",
            "periodic=10s",
            "--sentences",
            "1000",
            "--rest",
            rest,
            "--nvm",
            nvm,
            "--battery",
            "1Wh",
        ];
        let slc = ["--set", "nvm.cell=slc"];
        stream(&[&more[..], &slc].concat())
    };
    let [sram, nvm] = ["sram-lstp", "rram-22ffl"].map(|memory| of("off", memory));
    let made_ready = |value: &serde_json::Value| number(&value["energy_j"]["ready"]);
    assert!(made_ready(&sram) > 1000.0 * made_ready(&nvm), "{sram} {nvm}");
    assert!(number(&sram["responses_s"]["p50"]) > number(&nvm["responses_s"]["p50"]) + 5e-4);
    let on = of("on", "rram-22ffl");
    assert!(number(&on["power_w"]) > number(&nvm["power_w"]));
    assert!((number(&nvm["battery_s"]) * number(&nvm["power_w"]) / 3600.0 - 1.0).abs() < 1e-9);
}

/// With a target sentences are changed back to the first supply one after the other.
#[test]
fn a_scaled_stream_meets_its_deadline() {
    let more =
        ["--policy", "predicted", "--target", "60ms", "--arrivals", "periodic=70ms", "--sentences", "10000"];
    let found = stream(&more);
    assert_eq!(found["missed"].as_u64(), Some(0), "{found}");
    assert!((number(&found["deadline_s"]) - 0.06).abs() < 1e-12, "the target is the deadline");
    let free = stream(&["--policy", "predicted", "--arrivals", "periodic=70ms", "--sentences", "10000"]);
    assert!(number(&found["energy_j"]["sentences"]) < number(&free["energy_j"]["sentences"]));
    assert!(number(&found["energy_j"]["ready"]) > 0.0);
}
