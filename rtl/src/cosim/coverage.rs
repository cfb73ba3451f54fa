//! What of a text has run: Verilator's coverage points, counted by module and merged over models.
//!
//! A **line** point is a branch of an `if`, an arm of a `case` or an `always` block, hit when it is carried out; an `assign` has none, nor
//! has a choice within an expression. A **toggle** point is a bit of a port, wire or register, hit when it changes; instances of a module
//! count together. State begins at zero in a covered model, so that no random start value counts as a change.
//!
//! **Not modelled.** Memories, whose words have no points; signals of more bits than [`MAX_WIDTH`].

use crate::emit::{Emitted, unit_of};
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::ops::AddAssign;

/// Bits of the widest signal that has points.
pub const MAX_WIDTH: usize = 4096;

/// Verilator's options for a covered model.
pub(super) fn options() -> Vec<String> {
    let width = MAX_WIDTH.to_string();
    ["--coverage-line", "--coverage-toggle", "--coverage-max-width", &width].map(str::to_owned).to_vec()
}

/// What a point asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// That a statement is carried out.
    Line,
    /// That a bit changes.
    Toggle,
}

/// A place in a module's file, and what must happen there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Line of the file, from 1.
    pub line: usize,
    /// Column of the line, from 1.
    pub column: usize,
    /// What it asks for.
    pub kind: Kind,
    /// The statement (`if`, `else`, `case`, `block`), or the bit.
    pub what: String,
}

/// A module's text with its points and how often each was hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Name of the module.
    pub module: String,
    /// Its file's text.
    pub text: String,
    /// Hits by point.
    pub points: BTreeMap<Point, u64>,
}

/// Points hit, and points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Points that were hit.
    pub hit: u64,
    /// All points.
    pub points: u64,
}

/// What models have covered, by module; equal texts count together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    modules: BTreeMap<(String, String), BTreeMap<Point, u64>>,
}

impl Coverage {
    /// From the file that Verilator's runtime writes for a model of `emitted`.
    ///
    /// # Errors
    /// A line of it is not as documented, in words.
    pub fn parse(emitted: &Emitted, data: &str) -> Result<Coverage, String> {
        let mut out = Coverage::default();
        for (at, line) in data.lines().enumerate().filter(|(_, line)| line.starts_with("C ")) {
            let wrong = || format!("line {} of the coverage data is no point of the model: {line:?}", at + 1);
            let (line, point, hits) = point(line).ok_or_else(wrong)?;
            let (file, line) = emitted.place(line).ok_or_else(wrong)?;
            let module = file.name.trim_end_matches(".v").to_owned();
            let points = out.modules.entry((module, file.text.clone())).or_default();
            *points.entry(Point { line, ..point }).or_default() += hits;
        }
        Ok(out)
    }

    /// The modules, in order of their names.
    pub fn modules(&self) -> impl Iterator<Item = Covered> {
        self.modules.iter().map(|((module, text), points)| Covered {
            module: module.clone(),
            text: text.clone(),
            points: points.clone(),
        })
    }

    /// Points of each kind by unit: every shape of it counts.
    pub fn shares(&self) -> BTreeMap<String, [Share; 2]> {
        let mut out: BTreeMap<String, [Share; 2]> = BTreeMap::new();
        for ((module, _), points) in &self.modules {
            let unit = out.entry(unit_of(module).to_owned()).or_default();
            for (point, hits) in points {
                unit[point.kind as usize] += Share { hit: u64::from(*hits > 0), points: 1 };
            }
        }
        out
    }

    /// The same in lcov's format: `DA:LINE,HITS`, the fewest of the line's points; `file` names a module's file.
    pub fn lcov(&self, file: impl Fn(usize, &str) -> String) -> String {
        let mut out = String::new();
        for (at, ((module, _), points)) in self.modules.iter().enumerate() {
            let mut lines: BTreeMap<usize, u64> = BTreeMap::new();
            for (point, hits) in points {
                lines.entry(point.line).and_modify(|least| *least = (*hits).min(*least)).or_insert(*hits);
            }
            // Writing to a string cannot fail.
            let _ = writeln!(out, "TN:\nSF:{}", file(at, module));
            lines.iter().for_each(|(line, hits)| {
                let _ = writeln!(out, "DA:{line},{hits}");
            });
            out += "end_of_record\n";
        }
        out
    }
}

impl Covered {
    /// Lines of the text with points that nothing hit: number, text, what was not hit.
    pub fn uncovered(&self) -> Vec<(usize, &str, Vec<&Point>)> {
        let mut lines: BTreeMap<usize, Vec<&Point>> = BTreeMap::new();
        for (point, _) in self.points.iter().filter(|(_, hits)| **hits == 0) {
            lines.entry(point.line).or_default().push(point);
        }
        let text: Vec<&str> = self.text.lines().collect();
        let line = |(at, points): (usize, _)| (at, text.get(at - 1).map_or("", |line| line.trim()), points);
        lines.into_iter().map(line).collect()
    }
}

/// A line `C 'KEYS' HITS` of the data, its keys and values set apart by control characters: line of the text, point, hits.
fn point(line: &str) -> Option<(usize, Point, u64)> {
    let (keys, hits) = line.strip_prefix("C '")?.rsplit_once("' ")?;
    let keys: BTreeMap<&str, &str> =
        keys.split('\u{1}').filter_map(|pair| pair.split_once('\u{2}')).collect();
    let kind = match keys.get("page")?.split_once('/')?.0 {
        "v_line" | "v_branch" => Kind::Line,
        "v_toggle" => Kind::Toggle,
        _ => return None,
    };
    let (line, column) = (keys.get("l")?.parse().ok()?, keys.get("n")?.parse().ok()?);
    let what = (*keys.get("o")?).to_owned();
    Some((line, Point { line, column, kind, what }, hits.trim().parse().ok()?))
}

impl AddAssign for Coverage {
    fn add_assign(&mut self, other: Coverage) {
        for (module, points) in other.modules {
            let mine = self.modules.entry(module).or_default();
            for (point, hits) in points {
                *mine.entry(point).or_default() += hits;
            }
        }
    }
}

impl AddAssign for Share {
    fn add_assign(&mut self, other: Share) {
        self.hit += other.hit;
        self.points += other.points;
    }
}

impl Share {
    /// In percent; none where there is no point.
    pub fn percent(self) -> Option<f64> {
        (self.points > 0).then(|| 100.0 * self.hit as f64 / self.points as f64)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.percent() {
            Some(percent) => f.pad(&format!("{percent:.1} %")),
            None => f.pad("none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Coverage, Share};
    use crate::cosim::Bench;
    use crate::cosim::tools::have;
    use crate::emit::{Emitted, File, emit};
    use crate::unit::fifo;
    use crate::verify::{Plan, check};
    use std::io::Write;

    /// What Verilator 5.006 wrote after two cycles of a counter of two bits that is always enabled, in a module above it.
    const DATA: &str = include_str!("coverage.dat");

    /// The text of that model, as far as its points tell: 14 lines of the counter, an empty one, 7 of its user.
    fn counter() -> Emitted {
        let file = |name: &str, lines| File { name: name.to_owned(), text: "text\n".repeat(lines) };
        Emitted { top: "top".to_owned(), ports: vec![], files: vec![file("count_2.v", 14), file("top.v", 7)] }
    }

    fn share(hit: u64, points: u64) -> Share {
        Share { hit, points }
    }

    #[test]
    fn points_are_counted_by_unit_and_kind_and_those_without_a_hit_are_named() {
        let mut coverage = Coverage::parse(&counter(), DATA).expect("it is Verilator's");
        let shares = coverage.shares();
        assert_eq!(shares.keys().collect::<Vec<_>>(), ["count", "top"], "without parameters");
        assert_eq!(shares["count"], [share(2, 3), share(3, 4)]);
        assert_eq!(shares["top"], [share(0, 0), share(2, 3)]);
        assert_eq!(shares["count"].map(|share| share.to_string()), ["66.7 %", "75.0 %"]);
        assert_eq!(shares["top"][0].to_string(), "none");
        let modules: Vec<_> = coverage.modules().collect();
        let left = modules[0].uncovered();
        let left: Vec<_> = left.iter().map(|(line, _, points)| (*line, points[0].what.as_str())).collect();
        assert_eq!(left, [(5, "value[1]"), (8, "else")]);
        let lcov = coverage.lcov(|at, module| format!("{at}-{module}"));
        assert!(lcov.contains("SF:1-top\nDA:2,4\nDA:3,0\nend_of_record\n"), "{lcov}");
        coverage += coverage.clone();
        assert_eq!(coverage.shares(), shares, "hits add up, points do not");
    }

    #[test]
    fn a_line_that_is_no_point_is_an_error_with_its_number() {
        let beyond = DATA.replace("l\u{2}18\u{1}", "l\u{2}180\u{1}");
        let unknown = DATA.replace("v_toggle/count", "v_user/count");
        for (data, line) in [(beyond, 3), (unknown, 5)] {
            let error = Coverage::parse(&counter(), &data).expect_err("it is none");
            assert!(error.starts_with(&format!("line {line} of the coverage data is no point")), "{error}");
        }
    }

    /// The bench of the FIFO makes all happen that can; one that only waits leaves its data alone.
    #[test]
    fn a_bench_that_does_nothing_covers_less() {
        if let Err(line) = have(&["verilator"], "coverage of a bench") {
            // Not `eprintln`, which the test harness keeps to itself where a test passes.
            let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
            return;
        }
        let mut idle = Bench::covered(&emit(&fifo(3, 8).expect("it is sound")).expect("it has names"), 1, 0)
            .expect("Verilator builds it");
        for _ in 0..100 {
            idle.step().expect("nothing is expected");
        }
        let idle = idle.coverage().expect("it is counted").shares()["fifo"];
        let plan = Plan { vectors: 300, coverage: true, icarus: false, netlist: false, ..Plan::default() };
        let tally = check("fifo").expect("it has a bench").run(&plan).expect("it holds");
        let whole = tally.coverage.shares()["fifo"];
        // Its one branch is the reset, which both see: the bits tell them apart.
        let [idle, whole] = [idle, whole].map(|[_, toggle]| toggle.percent().expect("there are points"));
        assert!(0.0 < idle && idle < 70.0 && idle < whole && whole <= 100.0, "{idle} %, {whole} %");
    }
}
