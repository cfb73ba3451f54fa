//! Arguments of commands that run a checkpoint on sentences.

use models::checkpoint;
use models::model::Model;
use models::record::Error;
use models::tokenizer::Tokenizer;

/// A checkpoint and a file of sentences.
#[derive(Debug, clap::Args)]
pub(super) struct SentenceArgs {
    /// Folder of the model
    #[arg(long, value_name = "DIR")]
    pub model: String,
    /// File of sentences: plain text, .tsv, .csv, .jsonl or .parquet; - is the input stream
    #[arg(long, value_name = "FILE")]
    pub text: String,
    /// Column or key of the sentence; sentence or text if not given
    #[arg(long, value_name = "NAME")]
    pub column: Option<String>,
}

impl SentenceArgs {
    /// The model with its tokenizer.
    pub(super) fn model(&self) -> Result<(Model, Tokenizer), Error> {
        let model = checkpoint::read(&self.model)?;
        let tokenizer = Tokenizer::read(&self.model, &model.network)?;
        Ok((model, tokenizer))
    }
}
