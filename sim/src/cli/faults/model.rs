//! Arguments that say which model reads a damaged word table.

use models::checkpoint;
use models::design::Design;
use models::record::{self, Error, Kind};
use models::tokenizer::Tokenizer;

use super::refuse;
use crate::faults::{Model, Sentence};
use crate::infer::text::{self, Columns};

/// A checkpoint with sentences.
#[derive(Debug, clap::Args)]
pub(super) struct ModelArgs {
    /// Folder of a model whose word table is stored
    #[arg(long, requires = "text", conflicts_with_all = ["network", "task", "weights", "seq", "rows", "length", "density", "numbers"], value_name = "DIR")]
    model: Option<String>,
    /// Its sentences: plain text, .tsv, .csv, .jsonl or .parquet
    #[arg(long, requires = "model", value_name = "FILE")]
    text: Option<String>,
    /// Column or key of the sentence; sentence or text if not given
    #[arg(long, requires = "model", value_name = "NAME")]
    column: Option<String>,
    /// Column or key of the label; label if not given
    #[arg(long, requires = "model", value_name = "NAME")]
    label: Option<String>,
    /// Entropy below which a sentence of the model leaves, nats
    #[arg(long, requires = "model", default_value_t = 0.3, value_name = "NATS")]
    threshold: f64,
}

impl ModelArgs {
    /// The model on the preset design with its first `most` sentences, all if that is 0; none if none is asked for.
    pub(super) fn read(&self, most: usize) -> Result<Option<Model>, Error> {
        let Some((folder, path)) = self.model.as_ref().zip(self.text.as_ref()) else { return Ok(None) };
        if !(0.0..=16.0).contains(&self.threshold) {
            let message = format!("--threshold {} must be from 0 to 16 nat", self.threshold);
            return Err(refuse(message, "choose one in this range"));
        }
        let model = checkpoint::read(folder)?;
        let tokenizer = Tokenizer::read(folder, &model.network)?;
        if !model.classifies() {
            let message = format!("{folder} has no classifier, so no answers that can be wrong");
            return Err(Error::new(Kind::Input, "model", message, "name a model with a classifier"));
        }
        let columns = Columns { text: self.column.clone(), label: self.label.clone() };
        let most = if most == 0 { usize::MAX } else { most };
        let mut sentences = Vec::new();
        for sentence in text::open(path, &columns)?.take(most) {
            let sentence = sentence?;
            let label = sentence.label.as_deref().and_then(|label| model.class(label));
            sentences.push(Sentence { words: tokenizer.words(&sentence.text)?.numbers, label });
        }
        Model::trained(record::preset::<Design>("offramp")?, model, sentences, self.threshold).map(Some)
    }
}
