//! A sweep as a process: killed at any moment, stopped by Ctrl-C, two on one folder, a full disk.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// A space that takes a second or two.
const SPACE: &str = r#"
name = "kill"
summary = "some thousand points"
question = "Is anything lost?"
[base]
design = "offramp"
technology = "edgebert-12nm"
network = "albert-base"
task = "sst2"
[[axis]]
key = "design.pu.n"
values = [8, 16]
[[axis]]
key = "design.buffer.bytes"
values = [131072, 262144]
[[axis]]
key = "design.axi.width_bits"
range = { from = 32, to = 256, step = "pow2" }
[[axis]]
key = "design.axi.outstanding"
range = { from = 1, to = 4, step = "linear", points = 4 }
[[axis]]
key = "policy.threshold"
values = [0.23, 0.28, 0.46]
[[axis]]
key = "design.operating.vdd_v"
range = { from = 0.65, to = 0.8, step = "linear", points = 33 }
[[objective]]
metric = "energy"
goal = "min"
"#;
/// Points of the space.
const POINTS: usize = 2 * 2 * 4 * 4 * 3 * 33;
/// How often the sweep is killed, each time within that share of the time of a whole sweep: about half of the points
/// are there at the last.
const KILLS: u32 = 20;
/// Seed of the moments.
const SEED: u64 = 0x5eed;

fn offramp(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offramp"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The output of a command that succeeds.
fn done(output: Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// A folder with the space, and a sweep of it into `name`.
fn sweep(folder: &Path, name: &str) -> Command {
    let space = folder.join("space.toml");
    fs::write(&space, SPACE).expect("the space can be written");
    offramp(&["sweep", &space.to_string_lossy(), "-o", &folder.join(name).to_string_lossy()])
}

fn export(folder: &Path, name: &str) -> String {
    done(offramp(&["export", &folder.join(name).to_string_lossy()]).output().expect("it runs"))
}

#[test]
fn a_sweep_killed_at_twenty_moments_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let begun = Instant::now();
    done(sweep(folder.path(), "whole").output().expect("it runs"));
    let longest = begun.elapsed() / KILLS;
    let whole = export(folder.path(), "whole");
    assert_eq!(whole.lines().count(), 1 + POINTS);
    println!("seed {SEED:#x}");
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut killed = 0;
    for _ in 0..KILLS {
        let mut child = sweep(folder.path(), "killed").spawn().expect("it runs");
        sleep(longest.mul_f64(rng.random_range(0.1..1.0)));
        child.kill().expect("it can be killed");
        let status = child.wait().expect("it ends");
        killed += u32::from(!status.success());
    }
    assert!(killed > KILLS / 2, "only {killed} sweeps were still running: the space is too small");
    let said = done(sweep(folder.path(), "killed").output().expect("it runs"));
    assert_eq!(whole, export(folder.path(), "killed"), "{said}");
    let lines = fs::read_to_string(folder.path().join("killed/results.jsonl")).expect("it is there");
    assert_eq!(lines.lines().count(), POINTS, "a point ran twice");
}

#[test]
fn ctrl_c_ends_a_sweep_in_order() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let child = sweep(folder.path(), "stopped").spawn().expect("it runs");
    let results = folder.path().join("stopped/results.jsonl");
    // Until it has begun to write: then the handler is there.
    while fs::metadata(&results).map_or(0, |file| file.len()) == 0 {
        sleep(Duration::from_millis(5));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    let err = text(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{err}");
    assert!(err.contains("go on with\n  offramp sweep"), "{err}");
    let lines = fs::read_to_string(&results).expect("it is there");
    assert!(lines.ends_with('\n') && lines.lines().count() < POINTS, "{} lines", lines.lines().count());
    done(sweep(folder.path(), "stopped").output().expect("it runs"));
    assert_eq!(export(folder.path(), "stopped").lines().count(), 1 + POINTS);
}

#[test]
fn two_sweeps_on_one_folder_do_not_meet() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let first = sweep(folder.path(), "both").spawn().expect("it runs");
    while !folder.path().join("both/results.jsonl").exists() {
        sleep(Duration::from_millis(5));
    }
    let second = sweep(folder.path(), "both").output().expect("it runs");
    let err = text(&second.stderr);
    assert!(second.status.success() && err.contains("another sweep works on"), "{err}");
    assert!(text(&second.stdout).contains("\n0 points ran"), "{}", text(&second.stdout));
    done(first.wait_with_output().expect("it ends"));
    assert_eq!(export(folder.path(), "both").lines().count(), 1 + POINTS);
}

/// A file system of a few hundred kilobytes; none where we may not mount one, after saying so.
struct Small<'a>(&'a Path);

impl<'a> Small<'a> {
    fn mount(at: &'a Path) -> Option<Self> {
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=200k", "tmpfs"]).arg(at).output();
        if mount.is_ok_and(|said| said.status.success()) {
            return Some(Small(at));
        }
        // Not `eprintln`, which the test harness keeps to itself where a test passes.
        let _ = std::io::stderr().write_all(b"no tmpfs can be mounted here: a full disk was NOT tested\n");
        None
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let small = folder.path().join("small");
    fs::create_dir(&small).expect("a folder can be made");
    let Some(_mounted) = Small::mount(&small) else { return };
    let output = sweep(folder.path(), "small/results").output().expect("it runs");
    let err = text(&output.stderr);
    assert!(
        output.status.code() == Some(5) && err.contains("make room and run the same command again"),
        "{err}"
    );
    let lines = fs::read_to_string(small.join("results/results.jsonl")).expect("it is there");
    assert!(lines.ends_with('\n') && lines.lines().count() > 10, "{} lines", lines.lines().count());
    let remount = Command::new("mount").args(["-o", "remount,size=64m"]).arg(&small).status();
    assert!(remount.is_ok_and(|status| status.success()));
    done(sweep(folder.path(), "small/results").output().expect("it runs"));
    assert_eq!(export(folder.path(), "small/results").lines().count(), 1 + POINTS);
}
