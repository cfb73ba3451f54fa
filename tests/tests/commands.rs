//! Commands that answer: what they write, and that what they write is accepted again.

use std::io::{self, Write};

use offramp_tests::command::{STYLE, answer as run, words};
use offramp_tests::snapshot;
use sim::cli::{self, Exit};

#[test]
fn listings_read_as_committed() {
    for kind in ["designs", "technologies", "networks", "workloads", "zoo-entries"] {
        snapshot::check(&format!("list/{kind}"), &run(&[kind, "list"]));
    }
}

#[test]
fn what_show_prints_is_accepted_by_check() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, word) in [
        ("designs", "design"),
        ("technologies", "technology"),
        ("networks", "network"),
        ("workloads", "workload"),
        ("zoo-entries", "zoo"),
        ("recipes", "recipe"),
    ] {
        for line in run(&[kind, "list"]).lines() {
            let name = line.split_whitespace().next().unwrap();
            let path = folder.path().join(format!("{name}.toml")).to_string_lossy().into_owned();
            std::fs::write(&path, run(&[kind, "show", name])).unwrap();
            let said = run(&["check", &path]);
            assert!(said.contains(&format!("ok, {word} `{name}`: ")), "{said}");
        }
    }
}

#[test]
fn show_prints_the_preset_as_it_is_and_changes_only_what_was_set() {
    let plain = run(&["designs", "show", "offramp"]);
    assert_eq!(plain, include_str!("../../models/presets/designs/offramp.toml"));
    let set = run(&["designs", "show", "offramp", "--set", "pu.n=8", "--set", "axi.outstanding=1"]);
    let (head, body) = set.split_once('\n').unwrap();
    assert_eq!(head, r##"# preset offramp with "pu.n=8", "axi.outstanding=1""##);
    let changed: Vec<(&str, &str)> =
        plain.lines().zip(body.lines()).filter(|(old, new)| old != new).collect();
    assert_eq!(changed.len(), 2, "{changed:?}");
    assert!(
        changed[0].1.starts_with("n = 8 ") && changed[1].1.starts_with("outstanding = 1 "),
        "{changed:?}"
    );
}

/// The sample of the README, down to its dots, is what its first command prints.
#[test]
fn the_readme_shows_what_run_prints() {
    let readme = include_str!("../../README.md");
    let (_, sample) = readme.split_once("```text\n").expect("the README has a sample");
    let (sample, _) = sample.split_once("...").expect("the sample ends in dots");
    let out = run(&["run", "--network", "albert-base", "--task", "sst2"]);
    assert!(out.starts_with(sample), "{out}");
}

#[test]
fn traces_are_checked_by_their_ending() {
    assert_eq!(run(&["check", "data/trace.csv"]), "data/trace.csv: ok, exit trace: 3 sentences, 4 layers\n");
}

#[test]
fn help_shows_examples_for_every_command() {
    assert!(run(&["--help"]).contains("Exit codes: 0 done"));
    for command in [
        "run",
        "op",
        "program",
        "trace",
        "designs",
        "technologies",
        "networks",
        "workloads",
        "zoo-entries",
        "zoo",
        "init",
        "schema",
        "check",
        "emit",
        "cosim",
        "synth",
        "completions",
        "man",
    ] {
        let help = run(&[command, "--help"]);
        assert!(help.contains("Examples:\n  "), "{command}: {help}");
    }
    assert!(run(&["--version"]).starts_with("offramp "));
}

#[test]
fn completions_and_pages_know_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(run(&["completions", shell]).contains("technologies"), "{shell}");
    }
    assert!(run(&["man"]).contains("technologies"));
    assert!(run(&["man", "check"]).contains("offramp\\-check"));
}

/// A stream that breaks after some bytes, as a pipe into `head` does, or a full disk.
struct Broken(usize, io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(self.1.into());
        }
        let written = bytes.len().min(self.0);
        self.0 -= written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_pipe_is_silent_and_a_full_disk_is_an_error() {
    for arguments in [&["designs", "show", "offramp"][..], &["--help"], &["completions", "bash"], &["man"]] {
        let mut err = Vec::new();
        let exit = cli::run(words(arguments), &mut Broken(20, io::ErrorKind::BrokenPipe), &mut err, STYLE);
        assert_eq!((exit, err.as_slice()), (Exit::Done, &b""[..]), "{arguments:?}");
        let exit = cli::run(words(arguments), &mut Broken(20, io::ErrorKind::StorageFull), &mut err, STYLE);
        assert_eq!(exit, Exit::Io, "{arguments:?}");
    }
    let exit = cli::run(words(&["frob"]), &mut Vec::new(), &mut Broken(0, io::ErrorKind::BrokenPipe), STYLE);
    assert_eq!(exit, Exit::Usage, "an error that nobody reads is still an error");
}
