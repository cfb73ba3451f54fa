//! A wave read again: what a few signals of one module were in each cycle.
//!
//! A cycle ends with the rising edge of the clock; a signal's value in it is the one ahead of the edge, as registers take it. Cycles count
//! from the start of the model, resets included.
//!
//! **Not modelled.** Signals of more than 64 bits; unknown and high-impedance bits, which Verilator does not write.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

/// Where the waves of failures lie, if no folder is named.
pub fn folder() -> PathBuf {
    std::env::temp_dir().join("offramp-cosim/waves")
}

/// A cycle of a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// Its number.
    pub number: u64,
    /// The time in the file of the edge that ends it, as a viewer shows it.
    pub time: u64,
}

/// Calls `see` with each cycle of a VCD file and the values of `signals` in it; they and `clock` are those of the instance `scope`,
/// wherever it stands.
///
/// # Errors
/// The file cannot be read, or has no such signal.
pub fn read(
    path: &Path,
    scope: &str,
    signals: &[&str],
    mut see: impl FnMut(Cycle, &[u64]),
) -> io::Result<()> {
    let mut lines = BufReader::with_capacity(1 << 20, File::open(path)?);
    let names: Vec<&str> = signals.iter().copied().chain(["clock"]).collect();
    let codes = header(&mut lines, scope, &names)?;
    let clock = signals.len();
    let (mut values, mut changes) = (vec![0; names.len()], vec![]);
    let (mut cycle, mut line) = (Cycle { number: 0, time: 0 }, Vec::new());
    loop {
        line.clear();
        let more = lines.read_until(b'\n', &mut line)? > 0;
        // A time ends the changes of the one before it, and so does the end of the file.
        if !more || line.starts_with(b"#") {
            if values[clock] == 0 && changes.contains(&(clock, 1)) {
                see(cycle, &values[..clock]);
                cycle.number += 1;
            }
            changes.drain(..).for_each(|(at, value): (usize, u64)| values[at] = value);
        }
        if !more {
            return Ok(());
        }
        if let Some(time) = line.strip_prefix(b"#") {
            cycle.time =
                std::str::from_utf8(time.trim_ascii()).ok().and_then(|t| t.parse().ok()).unwrap_or(0);
        }
        if let Some((code, value)) = change(&line) {
            changes.extend(codes.get(code).into_iter().flatten().map(|at| (*at, value)));
        }
    }
}

/// The codes of the signals in the file, each with the numbers of those that it stands for.
fn header(
    lines: &mut impl BufRead,
    scope: &str,
    names: &[&str],
) -> io::Result<BTreeMap<Vec<u8>, Vec<usize>>> {
    let (mut codes, mut scopes): (BTreeMap<Vec<u8>, Vec<usize>>, Vec<String>) = Default::default();
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 && !line.contains("$enddefinitions") {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["$scope", _, name, ..] => scopes.push(name.to_owned()),
            ["$upscope", ..] => drop(scopes.pop()),
            ["$var", _, _, code, name, ..] if scopes.last().is_some_and(|last| last == scope) => {
                let at = names.iter().position(|wanted| *wanted == name);
                at.into_iter().for_each(|at| codes.entry(code.into()).or_default().push(at));
            }
            _ => {}
        }
        line.clear();
    }
    let missing = (0..names.len()).find(|at| !codes.values().flatten().any(|found| found == at));
    match missing {
        None => Ok(codes),
        Some(at) => Err(io::Error::other(format!("the wave has no signal {scope}.{}", names[at]))),
    }
}

/// A change of a value: the signal's code, and the low 64 bits.
fn change(line: &[u8]) -> Option<(&[u8], u64)> {
    let line = line.trim_ascii_end();
    match line.split_first()? {
        (b'b', rest) => {
            let space = rest.iter().position(|byte| *byte == b' ')?;
            let (bits, code) = (&rest[..space], &rest[space + 1..]);
            Some((code, bits.iter().fold(0, |value, bit| value << 1 | u64::from(*bit == b'1'))))
        }
        (bit @ (b'0' | b'1'), code) => Some((code, u64::from(bit - b'0'))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use std::fs;

    /// Two cycles, with a change at each edge: in a cycle stands what was there before its edge. The top's count is another.
    const WAVE: &str = "$scope module TOP $end\n$var wire 1 $ clock $end\n$var wire 4 & count [3:0] $end\n\
        $scope module unit $end\n\
        $var wire 1 $ clock $end\n$var wire 4 % count [3:0] $end\n$upscope $end\n$upscope $end\n\
        $enddefinitions $end\n#0\n0$\nb0101 %\nb1001 &\n#1\n1$\nb0110 %\n#2\n0$\n#3\nb1111 %\n1$\n";

    #[test]
    fn a_value_is_that_ahead_of_the_edge() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("wave.vcd");
        fs::write(&path, WAVE).expect("it can be written");
        let mut seen = vec![];
        read(&path, "unit", &["count"], |cycle, values| seen.push((cycle.number, cycle.time, values[0])))
            .expect("it is read");
        assert_eq!(seen, [(0, 1, 5), (1, 3, 6)]);
        let error = read(&path, "unit", &["counts"], |_, _| {}).expect_err("there is none");
        assert_eq!(error.to_string(), "the wave has no signal unit.counts");
    }
}
