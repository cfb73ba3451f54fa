//! Logits of sentences at every off-ramp, and, where they are known, the right answers.
//!
//! CSV without quotes. The first line names the columns: `label`, if there are labels, then `LAYER:CLASS` for each class of each layer in
//! order, layers from 1 and classes from 0, e.g. `label,1:0,1:1,2:0,2:1`. Then a line for each sentence: its label, which is a class, and its
//! logits.
//!
//! Entropy: H = ln(sum exp(x - m)) - sum((x - m) exp(x - m)) / sum(exp(x - m)) with m the largest logit, in nats.

use std::fmt::Write;

use crate::record::{Error, Kind, read_text};
use crate::trace::Trace;
use crate::trace::parse::{self, Numbers};

/// Most bytes of a file of logits.
const LIMIT: u64 = 1 << 30;

const LOGITS: Numbers = Numbers {
    file: "file",
    one: "logit",
    many: "numbers",
    least: f64::NEG_INFINITY,
    expected: "must be a finite number",
    headed: true,
};

/// Logits of sentences.
#[derive(Clone, Debug, PartialEq)]
pub struct Logits {
    layers: usize,
    classes: usize,
    /// Sentence after sentence, layer after layer.
    values: Vec<f64>,
    labels: Option<Vec<usize>>,
}

impl Logits {
    /// Those of sentences of so many layers and classes; none where there is no sentence or their number does not fit.
    pub fn of(layers: usize, classes: usize, values: Vec<f64>, labels: Option<Vec<usize>>) -> Option<Self> {
        let logits = Logits { layers, classes, values, labels };
        let sentences = logits.sentences();
        let whole = sentences > 0 && logits.values.len() == sentences * layers * classes;
        let labelled = logits.labels.as_ref().is_none_or(|labels| labels.len() == sentences);
        (whole && labelled).then_some(logits)
    }

    /// Whether the first line of a text names columns as those of logits.
    pub fn named(text: &str) -> bool {
        let head = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
        head.split(',').any(|name| name.trim() == "1:0")
    }

    /// The logits in a file.
    ///
    /// # Errors
    /// The file cannot be read, or as [`Logits::parse`].
    pub fn read(path: &str) -> Result<Self, Error> {
        Self::parse(path, &read_text(path, LIMIT, "check the path of the logits")?)
    }

    /// The logits that a text holds; `source` is what a person calls the text.
    ///
    /// # Errors
    /// The first line does not name the columns, rows of other lengths, what is no number, a label that is no class.
    pub fn parse(source: &str, text: &str) -> Result<Self, Error> {
        let refuse = |message: String, remedy: &str| {
            Error::new(Kind::Input, source, format!("{source}: {message}"), remedy)
        };
        let head = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
        let names: Vec<&str> = head.split(',').map(str::trim).collect();
        let labelled = names.first() == Some(&"label");
        let (layers, classes) = columns(&names[usize::from(labelled)..]).map_err(|wrong| {
            refuse(
                wrong,
                "name the columns in the first line: label,1:0,1:1,2:0,2:1 for two layers of two classes",
            )
        })?;
        let (width, numbers) = parse::parse(source, text, LOGITS)?;
        let expected = layers * classes + usize::from(labelled);
        if width != expected {
            let message = format!("rows have {width} numbers, the first line names {expected}");
            return Err(refuse(message, "give each sentence a number for each column"));
        }
        let mut labels = Vec::new();
        let mut values = Vec::with_capacity(numbers.len());
        for (at, row) in numbers.chunks_exact(width).enumerate() {
            if labelled {
                labels.push(label(row[0], classes).ok_or_else(|| {
                    let message = format!(
                        "label {} of sentence {} must be a class from 0 to {}",
                        row[0],
                        at + 1,
                        classes - 1
                    );
                    refuse(message, "labels count classes from 0")
                })?);
            }
            values.extend_from_slice(&row[usize::from(labelled)..]);
        }
        Ok(Logits { layers, classes, values, labels: labelled.then_some(labels) })
    }

    /// The file that holds them.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let names = (1..=self.layers)
            .flat_map(|layer| (0..self.classes).map(move |class| format!("{layer}:{class}")));
        let names: Vec<String> = self.labels.iter().map(|_| "label".to_owned()).chain(names).collect();
        text.push_str(&names.join(","));
        for (at, row) in self.values.chunks_exact(self.layers * self.classes).enumerate() {
            let label = self.labels.iter().map(|labels| labels[at].to_string());
            let fields: Vec<String> = label.chain(row.iter().map(f64::to_string)).collect();
            // Writing to a string cannot fail.
            let _ = write!(text, "\n{}", fields.join(","));
        }
        text.push('\n');
        text
    }

    /// Number of sentences.
    pub fn sentences(&self) -> usize {
        self.values.len() / (self.layers * self.classes).max(1)
    }

    /// Off-ramps of a sentence.
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// Logits of each sentence, layer after layer.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.layers * self.classes)
    }

    /// The right answers, sentence after sentence, where they are known.
    pub fn labels(&self) -> Option<&[usize]> {
        self.labels.as_deref()
    }

    /// The answer of each off-ramp, sentence after sentence: the class of the largest logit, the first of several.
    pub fn answers(&self) -> Vec<Vec<usize>> {
        let sentence = |row: &[f64]| row.chunks_exact(self.classes).map(largest).collect();
        self.values.chunks_exact(self.layers * self.classes).map(sentence).collect()
    }

    /// The entropies.
    pub fn trace(&self) -> Option<Trace> {
        let entropies: Vec<f64> = self.values.chunks_exact(self.classes).map(entropy).collect();
        let rows: Vec<&[f64]> = entropies.chunks_exact(self.layers).collect();
        Trace::of(self.layers, &rows)
    }
}

/// The class of the largest logit, the first of several.
pub fn largest(logits: &[f64]) -> usize {
    (0..logits.len()).rev().max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap_or(0)
}

/// Entropy of a softmax of logits, nats; never below zero, which rounding could make it.
pub fn entropy(logits: &[f64]) -> f64 {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (sum, weighed) = logits.iter().fold((0.0, 0.0), |(sum, weighed), x| {
        let (distance, e) = (x - most, (x - most).exp());
        // What is infinitely less likely adds nothing, where it would be infinity times zero.
        if e > 0.0 { (sum + e, weighed + distance * e) } else { (sum, weighed) }
    });
    (sum.ln() - weighed / sum).max(0.0)
}

/// Layers and classes of column names.
fn columns(names: &[&str]) -> Result<(usize, usize), String> {
    let classes = names.iter().take_while(|name| name.starts_with("1:")).count();
    let layers = names.len() / classes.max(1);
    for (at, name) in names.iter().enumerate() {
        let expected = format!("{}:{}", at / classes.max(1) + 1, at % classes.max(1));
        if *name != expected {
            return Err(format!("column `{name}` must be `{expected}`"));
        }
    }
    if classes < 2 || layers < 2 || layers * classes != names.len() {
        return Err(format!(
            "{layers} layers of {classes} classes are named: there must be two of each at least, each layer whole"
        ));
    }
    Ok((layers, classes))
}

fn label(number: f64, classes: usize) -> Option<usize> {
    let whole = number >= 0.0 && number.fract() == 0.0 && number < classes as f64;
    whole.then_some(number as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "label,1:0,1:1,2:0,2:1\n1,0,0,-1,2\n0,3,1,1,1\n";

    #[test]
    fn a_text_is_read_and_written() {
        let logits = Logits::parse("t", TEXT).unwrap();
        assert_eq!((logits.sentences(), logits.layers()), (2, 2));
        assert_eq!(logits.labels(), Some(&[1, 0][..]));
        assert_eq!(logits.answers(), [vec![0, 1], vec![0, 0]], "the first of several");
        assert_eq!(logits.text(), TEXT);
    }

    /// ln 2 where nothing is known; by hand: p = 1/(1 + e^-3).
    #[test]
    fn entropies_are_those_of_the_softmax() {
        let p: f64 = 1.0 / (1.0 + (-3.0_f64).exp());
        let by_hand = -p * p.ln() - (1.0 - p) * (1.0 - p).ln();
        assert!((entropy(&[0.0, 0.0]) - 2.0_f64.ln()).abs() < 1e-15);
        assert!((entropy(&[-1.0, 2.0]) - by_hand).abs() < 1e-14);
        assert!(entropy(&[1e6, -1e6]).abs() < 1e-300);
        assert!((entropy(&[1e308, 1e308, -1e308]) - 2.0_f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, message) in [
            ("1:0,1:1,2:0\n0,0,0\n", "each layer whole"),
            ("1:0,1:1,3:0,3:1\n0,0,0,0\n", "column `3:0` must be `2:0`"),
            ("label,1:0,1:1,2:0,2:1\n2,0,0,0,0\n", "label 2 of sentence 1 must be a class from 0 to 1"),
            ("1:0,1:1,2:0,2:1\n0,0,0\n", "rows have 3 numbers, the first line names 4"),
            ("1:0,1:1,2:0,2:1\n0,0,inf,0\n", "logit inf must be a finite number"),
            ("", "column `` must be `1:0`"),
        ] {
            let error = Logits::parse("t", text).unwrap_err().to_string();
            assert!(error.contains(message), "{text:?}: {error}");
        }
    }
}
