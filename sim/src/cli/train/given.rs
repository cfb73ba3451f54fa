//! What `offramp train` is given besides a recipe: a checkpoint, and files of labelled sentences.

use std::collections::BTreeSet;

use models::checkpoint;
use models::record::{Error, Kind};
use models::tokenizer::Tokenizer;
use models::train::{Example, Start};

use crate::infer::text::{self, Columns, Sentence};

/// A checkpoint and labelled sentences.
#[derive(Debug, clap::Args)]
pub(super) struct Given {
    /// Folder of a model to train further
    #[arg(long = "from", value_name = "DIR", requires_all = ["text", "test"])]
    pub(super) model: Option<String>,
    /// Labelled sentences to learn: .tsv, .csv, .jsonl or .parquet
    #[arg(long, value_name = "FILE", requires = "model")]
    text: Option<String>,
    /// Labelled sentences to test the result on
    #[arg(long, value_name = "FILE", requires = "model")]
    test: Option<String>,
    /// Column or key of the sentence; sentence or text if not given
    #[arg(long, value_name = "NAME", requires = "model")]
    column: Option<String>,
    /// Column or key of the label; label if not given
    #[arg(long, value_name = "NAME", requires = "model")]
    label: Option<String>,
}

impl Given {
    /// The model with the sentences; none where none is given.
    pub(super) fn start(&self) -> Result<Option<Start>, Error> {
        let (Some(folder), Some(text), Some(test)) = (&self.model, &self.text, &self.test) else {
            return Ok(None);
        };
        let model = checkpoint::read(folder)?;
        let tokenizer = Tokenizer::read(folder, &model.network)?;
        let (learnt, tested) = (self.sentences(text)?, self.sentences(test)?);
        let labels = labels(&learnt);
        let examples = |path: &str, sentences: &[(String, String)]| -> Result<Vec<Example>, Error> {
            let numbered = (1..).zip(sentences);
            numbered.map(|(number, one)| example(&tokenizer, &labels, (path, number), one)).collect()
        };
        let (training, test) = (examples(text, &learnt)?, examples(test, &tested)?);
        Ok(Some(Start { model, labels, training, test }))
    }

    /// Sentences of a file with their labels.
    fn sentences(&self, path: &str) -> Result<Vec<(String, String)>, Error> {
        let columns = Columns { text: self.column.clone(), label: self.label.clone() };
        let labelled = |(at, sentence): (usize, Result<Sentence, Error>)| {
            let Sentence { text, label } = sentence?;
            let missing = || {
                let message = format!("{path}: sentence {} has no label", at + 1);
                let remedy = "name the column of the labels with --label, or leave the sentence out";
                Error::new(Kind::Input, format!("`{path}`"), message, remedy)
            };
            let label = label.map(|label| label.trim().to_owned()).filter(|label| !label.is_empty());
            Ok((text, label.ok_or_else(missing)?))
        };
        text::open(path, &columns)?.enumerate().map(labelled).collect()
    }

    /// The arguments again, for the command that goes on with a run.
    pub(super) fn arguments(&self) -> String {
        let named = [
            ("from", &self.model),
            ("text", &self.text),
            ("test", &self.test),
            ("column", &self.column),
            ("label", &self.label),
        ];
        let given =
            named.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!(" --{name} {value}")));
        given.collect()
    }
}

/// All labels: numbers in their order, else in alphabetical order.
fn labels(sentences: &[(String, String)]) -> Vec<String> {
    let labels: BTreeSet<&str> = sentences.iter().map(|(_, label)| label.as_str()).collect();
    let mut labels: Vec<String> = labels.into_iter().map(str::to_owned).collect();
    if labels.iter().all(|label| label.parse::<u32>().is_ok()) {
        labels.sort_by_key(|label| label.parse::<u32>().unwrap_or_default());
    }
    labels
}

fn example(
    tokenizer: &Tokenizer,
    labels: &[String],
    (path, number): (&str, usize),
    (text, label): &(String, String),
) -> Result<Example, Error> {
    let unknown = || {
        let message =
            format!("{path}: sentence {number} has the label `{label}`, which no sentence to learn has");
        let remedy = format!("labels to learn are {}", labels.join(", "));
        Error::new(Kind::Input, format!("`{path}`"), message, remedy)
    };
    let class = labels.iter().position(|known| known == label).ok_or_else(unknown)?;
    Ok(Example { words: tokenizer.words(text)?.numbers, text: text.clone(), label: class, difficulty: 0 })
}
