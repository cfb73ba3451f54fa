//! The values of an axis: lists, ranges, zipped keys.
//!
//! `linear`: `from + i (to - from) / (points - 1)`; `log`: `from (to / from)^(i / (points - 1))`; `pow2`: doubling. Ranges between
//! whole numbers are rounded to whole numbers; what then is there twice is taken once.

use models::record::{Problems, nearest};
use toml::Value;

use super::space::{Axis, Range, Series, Step};

/// The record that a key changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The design.
    Design,
    /// The technology.
    Technology,
    /// The network.
    Network,
    /// The workload.
    Task,
    /// How sentences are run: threshold and tokens.
    Policy,
}

/// The words that a key may begin with.
const TARGETS: [(&str, Target); 5] = [
    ("design", Target::Design),
    ("technology", Target::Technology),
    ("network", Target::Network),
    ("task", Target::Task),
    ("policy", Target::Policy),
];

/// The keys of the policy: entropy threshold in nats; tokens of a sentence.
pub const POLICY: [&str; 2] = ["threshold", "tokens"];

/// Most values of an axis.
const MOST_VALUES: u32 = 1 << 20;

/// A key: a record, and what of it; none is the record as a whole, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The record.
    pub target: Target,
    /// The dotted key within it.
    pub within: Option<String>,
    /// As written.
    pub text: String,
}

impl Key {
    /// The key that a text names.
    ///
    /// # Errors
    /// It begins with no record: what to write.
    pub fn parse(text: &str) -> Result<Key, String> {
        let (first, within) = text.split_once('.').map_or((text, None), |(first, rest)| (first, Some(rest)));
        let known = TARGETS.map(|(name, _)| name);
        let found = TARGETS.iter().find(|(name, _)| *name == first);
        let Some((_, target)) = found else {
            let hint = nearest(first, known).map_or(String::new(), |near| format!("did you mean `{near}`? "));
            return Err(format!("{hint}a key begins with {}, e.g. design.pu.n", known.join(", ")));
        };
        if *target == Target::Policy && !within.is_some_and(|key| POLICY.contains(&key)) {
            return Err(format!("the keys of policy are policy.{}", POLICY.join(", policy.")));
        }
        Ok(Key { target: *target, within: within.map(str::to_owned), text: text.to_owned() })
    }
}

/// What varies together: at each position a value for every key.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// The keys.
    pub keys: Vec<Key>,
    /// Their values, position by position.
    pub positions: Vec<Vec<Value>>,
}

impl Axis {
    /// The axis counted out. Only for one that [`validate`] let pass.
    pub(super) fn dimension(&self) -> Result<Dimension, String> {
        let zip: &[Series] = self.zip.as_deref().unwrap_or_default();
        let (keys, columns): (Vec<&String>, Vec<Vec<Value>>) = match &self.key {
            Some(key) => (vec![key], vec![self.single()?]),
            None => zip.iter().map(|series| (&series.key, series.values.clone())).unzip(),
        };
        let length = columns.first().map_or(0, Vec::len);
        let positions = (0..length).map(|at| columns.iter().filter_map(|c| c.get(at).cloned()).collect());
        let keys = keys.into_iter().map(|key| Key::parse(key)).collect::<Result<_, String>>()?;
        Ok(Dimension { keys, positions: positions.collect() })
    }

    fn single(&self) -> Result<Vec<Value>, String> {
        match (&self.values, &self.range) {
            (Some(values), None) => Ok(values.clone()),
            (None, Some(range)) => range.values(),
            _ => Err("an axis has either `values` or a `range`".to_owned()),
        }
    }
}

impl Range {
    /// The values.
    ///
    /// # Errors
    /// The range makes no sense: why.
    pub fn values(&self) -> Result<Vec<Value>, String> {
        let (from, to) = (number(&self.from)?, number(&self.to)?);
        if from >= to {
            return Err(format!("from = {from} must be less than to = {to}"));
        }
        let whole = self.from.is_integer() && self.to.is_integer();
        match self.step {
            Step::Pow2 => doubling(&self.from, &self.to, self.points),
            Step::Log if from <= 0.0 => Err(format!("from = {from} must be more than 0 for equal ratios")),
            step => {
                let points = self.points.ok_or("`points` says how many values there are")?;
                if !(2..=MOST_VALUES).contains(&points) {
                    return Err(format!("points = {points} must be from 2 to {MOST_VALUES}"));
                }
                Ok(spaced(from, to, step, points, whole))
            }
        }
    }
}

fn number(value: &Value) -> Result<f64, String> {
    let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    number.filter(|n| n.is_finite()).ok_or_else(|| format!("{value} must be a finite number"))
}

fn doubling(from: &Value, to: &Value, points: Option<u32>) -> Result<Vec<Value>, String> {
    let power = |value: &Value| {
        let power = value.as_integer().and_then(|v| u64::try_from(v).ok()).filter(|v| v.is_power_of_two());
        power.ok_or_else(|| format!("{value} must be a power of two"))
    };
    if points.is_some() {
        return Err("powers of two are counted by from and to: leave `points` out".to_owned());
    }
    let (from, to) = (power(from)?, power(to)?);
    Ok((from.ilog2()..=to.ilog2()).map(|bit| Value::Integer(1 << bit)).collect())
}

fn spaced(from: f64, to: f64, step: Step, points: u32, whole: bool) -> Vec<Value> {
    let at = |index: u32| {
        let share = f64::from(index) / f64::from(points - 1);
        match (index, step) {
            (0, _) => from,
            (last, _) if last == points - 1 => to,
            (_, Step::Log) => from * (to / from).powf(share),
            _ => from + (to - from) * share,
        }
    };
    // Twelve digits: 0.55, not 0.55000000000000004.
    let tidy = |value: f64| format!("{value:.11e}").parse().unwrap_or(value);
    let value = |v: f64| if whole { Value::Integer(v.round() as i64) } else { Value::Float(tidy(v)) };
    let mut values: Vec<Value> = (0..points).map(|index| value(at(index))).collect();
    values.dedup();
    values
}

/// Pushes what is wrong with the axes.
pub(super) fn validate(axes: &[Axis], problems: &mut Problems) {
    let mut seen: Vec<String> = Vec::new();
    for (index, axis) in axes.iter().enumerate() {
        let at = format!("axis.{index}");
        if axis.key.is_some() == axis.zip.is_some() {
            problems.push(
                &at,
                "an axis has either a `key` or a `zip`",
                "write key = ... with values, or zip = [...]",
            );
            continue;
        }
        match &axis.zip {
            Some(zip) => validate_zip(&at, axis, zip, problems),
            None => validate_single(&at, axis, problems),
        }
        let zipped = axis.zip.iter().flatten().map(|series| &series.key);
        for key in axis.key.iter().chain(zipped) {
            if let Err(remedy) = Key::parse(key) {
                problems.push(format!("{at}.key"), format!("unknown key `{key}`"), remedy);
            }
            if seen.contains(key) {
                problems.push(
                    format!("{at}.key"),
                    format!("`{key}` varies twice"),
                    "keep one of the two axes",
                );
            }
            seen.push(key.clone());
        }
    }
}

fn validate_single(at: &str, axis: &Axis, problems: &mut Problems) {
    match axis.single() {
        Ok(values) => validate_values(&format!("{at}.values"), &values, problems),
        Err(reason) => problems.push(
            format!("{at}.range"),
            reason,
            "e.g. range = { from = 0.5, to = 0.8, step = \"linear\", points = 7 }",
        ),
    }
}

fn validate_zip(at: &str, axis: &Axis, zip: &[Series], problems: &mut Problems) {
    if axis.values.is_some() || axis.range.is_some() {
        problems.push(
            at,
            "a `zip` has its values in its series",
            "move values into zip = [{ key = ..., values = [...] }, ...]",
        );
    }
    let lengths: Vec<usize> = zip.iter().map(|series| series.values.len()).collect();
    if lengths.windows(2).any(|pair| pair[0] != pair[1]) {
        problems.push(
            format!("{at}.zip"),
            format!("the series of a zip have {lengths:?} values (they vary together)"),
            "give each as many values",
        );
    }
    if zip.is_empty() || lengths.contains(&0) {
        problems.push(format!("{at}.zip"), "the zip has no values", "write at least one value for each key");
    }
}

fn validate_values(key: &str, values: &[Value], problems: &mut Problems) {
    if values.is_empty() {
        problems.push(key, "the axis has no values", "write at least one, or leave the axis out");
    }
    if values.len() > MOST_VALUES as usize {
        problems.push(key, format!("the axis has {} values", values.len()), format!("at most {MOST_VALUES}"));
    }
    if let Some(value) = values.iter().find(|value| !plain(value)) {
        problems.push(
            key,
            format!("{value} must be a number, a word or true or false"),
            "set parts of a table by their own keys",
        );
    }
    let mut texts: Vec<String> = values.iter().map(Value::to_string).collect();
    texts.sort_unstable();
    if let Some(pair) = texts.windows(2).find(|pair| pair[0] == pair[1]) {
        problems.push(
            key,
            format!("{} is there twice (each point runs once)", pair[0]),
            "keep one of the two",
        );
    }
}

fn plain(value: &Value) -> bool {
    value.is_integer() || value.is_float() || value.is_str() || value.is_bool()
}
