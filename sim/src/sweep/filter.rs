//! Filters: comparisons between keys and numbers, and why a point in which they hold is left out.
//!
//! `SIDE OP SIDE` with OP among `<`, `<=`, `>`, `>=`, `==`, `!=`; a side is a product of numbers and keys of axes, as in
//! `design.buffer.bytes < 64 * design.pu.n`, or one word or key on each side of `==` or `!=`.

use models::record::Problems;
use toml::Value;

use super::space::Space;

/// A comparison, ready to be tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    left: Vec<Factor>,
    operator: Operator,
    right: Vec<Factor>,
}

#[derive(Clone, Debug, PartialEq)]
enum Factor {
    Number(f64),
    Key(String),
    Word(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Unequal,
}

/// Operators as written; those of two characters first.
const OPERATORS: [(&str, Operator); 6] = [
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    ("<", Operator::Less),
    (">", Operator::More),
];

/// A side with its keys replaced by their values.
#[derive(Debug, PartialEq)]
enum Side {
    Number(f64),
    Word(String),
}

impl Comparison {
    /// The comparison that a text says; `keys` are those that vary.
    ///
    /// # Errors
    /// It says none: why.
    pub fn parse(text: &str, keys: &[&str]) -> Result<Comparison, String> {
        let found = OPERATORS
            .iter()
            .find_map(|(sign, operator)| text.split_once(sign).map(|(left, right)| (left, *operator, right)));
        let (left, operator, right) = found.ok_or_else(|| format!("`{text}` has no comparison"))?;
        let (left, right) = (side(left, keys)?, side(right, keys)?);
        let words = [&left, &right].iter().any(|side| matches!(side[..], [Factor::Word(_)]));
        if words && !matches!(operator, Operator::Equal | Operator::Unequal) {
            return Err(format!("`{text}`: words are the same or not, never less"));
        }
        Ok(Comparison { left, operator, right })
    }

    /// Whether it holds where keys have these values.
    pub fn holds(&self, value: impl Fn(&str) -> Option<Value>) -> bool {
        let (left, right) = (evaluate(&self.left, &value), evaluate(&self.right, &value));
        match (left, right) {
            (Side::Number(left), Side::Number(right)) => match self.operator {
                Operator::Less => left < right,
                Operator::AtMost => left <= right,
                Operator::More => left > right,
                Operator::AtLeast => left >= right,
                // Values are written, not computed: 0.5 is 0.5.
                Operator::Equal => left.total_cmp(&right).is_eq(),
                Operator::Unequal => left.total_cmp(&right).is_ne(),
            },
            (left, right) => (left == right) == (self.operator == Operator::Equal),
        }
    }
}

fn side(text: &str, keys: &[&str]) -> Result<Vec<Factor>, String> {
    let parts: Vec<&str> = text.split('*').map(str::trim).collect();
    let factor = |part: &&str| {
        if let Ok(number) = part.parse::<f64>() {
            return Ok(Factor::Number(number));
        }
        if keys.contains(part) {
            return Ok(Factor::Key((*part).to_owned()));
        }
        let word = part.trim_matches('"');
        if parts.len() > 1 || word.is_empty() || word.contains(|c: char| c.is_whitespace() || c == '.') {
            return Err(format!("`{part}` is neither a number nor a key that varies"));
        }
        Ok(Factor::Word(word.to_owned()))
    };
    parts.iter().map(factor).collect()
}

fn evaluate(side: &[Factor], value: &impl Fn(&str) -> Option<Value>) -> Side {
    let mut product = 1.0;
    for factor in side {
        let found = match factor {
            Factor::Number(number) => Value::Float(*number),
            Factor::Word(word) => Value::String(word.clone()),
            Factor::Key(key) => value(key).unwrap_or(Value::Boolean(false)),
        };
        product *= match found {
            Value::Integer(whole) => whole as f64,
            Value::Float(number) => number,
            Value::String(word) => return Side::Word(word),
            other => return Side::Word(other.to_string()),
        };
    }
    Side::Number(product)
}

/// Pushes what is wrong with the filters.
pub(super) fn validate(space: &Space, problems: &mut Problems) {
    let zipped =
        space.axes.iter().flat_map(|axis| axis.zip.iter().flatten()).map(|series| series.key.as_str());
    let keys: Vec<&str> = space.axes.iter().filter_map(|axis| axis.key.as_deref()).chain(zipped).collect();
    for (index, filter) in space.filters.iter().enumerate() {
        let at = format!("filter.{index}");
        problems.not_empty(&format!("{at}.reason"), &filter.reason);
        if filter.drop.is_empty() {
            problems.push(
                format!("{at}.drop"),
                "the filter has no comparison",
                "write drop = [\"design.pu.n > 16\"]",
            );
        }
        for text in &filter.drop {
            if let Err(reason) = Comparison::parse(text, &keys) {
                let remedy = format!(
                    "write KEY < NUMBER, KEY == WORD, or products; the keys that vary are {}",
                    keys.join(", ")
                );
                problems.push(format!("{at}.drop"), reason, remedy);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str) -> bool {
        let comparison = Comparison::parse(text, &["a", "b", "s"]).unwrap();
        comparison.holds(|key| match key {
            "a" => Some(Value::Integer(4)),
            "b" => Some(Value::Float(0.5)),
            "s" => Some(Value::String("gate".to_owned())),
            _ => None,
        })
    }

    #[test]
    fn comparisons_hold_or_not() {
        for text in ["a < 5", "a <= 4", "a * b == 2", "8 * b >= a", "s == gate", "s != \"skip\"", "a != 3"] {
            assert!(holds(text), "{text}");
        }
        for text in ["a < 4", "a > 4", "a * b != 2", "s == skip", "s != gate", "a == b"] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_comparison_is_refused() {
        for text in ["", "a", "c < 3 * d", "s < gate", "a.b == 3", "a < x * 2"] {
            assert!(Comparison::parse(text, &["a", "b", "s"]).is_err(), "{text}");
        }
    }
}
