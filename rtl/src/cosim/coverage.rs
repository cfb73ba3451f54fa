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

/// Verilator's options for a covered model, with [`MAX_WIDTH`] as its text.
pub(super) const OPTIONS: [&str; 3] = ["--coverage-line", "--coverage-toggle", "--coverage-max-width"];

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
