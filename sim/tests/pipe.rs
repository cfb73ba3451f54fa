//! The binary itself, as a shell runs it.

use std::process::{Command, Stdio};

/// `offramp technologies show edgebert-12nm-paper | true`.
#[test]
fn a_reader_that_is_gone_is_no_panic() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_offramp"))
        .args(["technologies", "show", "edgebert-12nm-paper"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn exit_codes_reach_the_shell() {
    let code = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_offramp")).args(arguments).output().unwrap();
        output.status.code()
    };
    assert_eq!(code(&["designs", "list"]), Some(0));
    assert_eq!(code(&["designs", "show", "offramp", "--set", "pu.n=3"]), Some(2));
    assert_eq!(code(&["check", "Cargo.toml"]), Some(3));
    assert_eq!(code(&["check", "nonesuch.toml"]), Some(5));
}
