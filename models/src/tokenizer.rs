//! From text to the numbers of words: the tokenizer of a checkpoint.
//!
//! `tokenizer.json` is read as it is, but for its padding and truncation: a sentence is as long as it is, up to the network's
//! positions. Without it, `vocab.txt` (a token a line) makes BERT's WordPiece, in lower case unless `tokenizer_config.json` says
//! `"do_lower_case": false`. A word that the vocabulary lacks is its unknown token.

use std::path::Path;

use serde_json::Value;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{PostProcessor, TruncationDirection};

use crate::network::Network;
use crate::record::{Error, Kind, read_bytes, read_text};

/// Most bytes of a vocabulary; the largest of these families takes 2 MB.
const LIMIT: u64 = 64 << 20;

/// A tokenizer for one network.
#[derive(Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    source: String,
    /// Tokens of the longest sentence, without those that are added.
    room: usize,
    vocabulary: u32,
}

/// The words of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Number of the word at each position, the tokens included that begin and end a sentence.
    pub numbers: Vec<u32>,
    /// Tokens that did not fit and were left out at the end.
    pub dropped: usize,
}

impl Tokenizer {
    /// The tokenizer in a folder, for a network.
    ///
    /// # Errors
    /// There is none, it cannot be read, or it adds more tokens than the network has positions.
    pub fn read(folder: &str, network: &Network) -> Result<Self, Error> {
        let path = |name: &str| Path::new(folder).join(name).to_string_lossy().into_owned();
        let (json, words) = (path("tokenizer.json"), path("vocab.txt"));
        let (source, inner) = if Path::new(&json).is_file() {
            let bytes = read_bytes(&json, LIMIT, "check the path of the model")?;
            let inner = tokenizers::Tokenizer::from_bytes(bytes)
                .map_err(|error| refuse(&json, &error.to_string()))?;
            (json, inner)
        } else if Path::new(&words).is_file() {
            let lower = lower_case(&path("tokenizer_config.json"))?;
            let inner = word_piece(&words, lower)?;
            (words, inner)
        } else {
            let message = format!("{folder} has no tokenizer: there is neither tokenizer.json nor vocab.txt");
            let remedy = "copy it from where the weights are from; for RoBERTa, tokenizer.json is what the library's fast tokenizer saves";
            return Err(Error::new(Kind::Io, format!("`{folder}`"), message, remedy));
        };
        Self::new(source, inner, network)
    }

    fn new(source: String, mut inner: tokenizers::Tokenizer, network: &Network) -> Result<Self, Error> {
        inner.with_padding(None);
        let added = inner.get_post_processor().map_or(0, |processor| processor.added_tokens(false));
        let positions = network.positions as usize;
        if added >= positions {
            let message =
                format!("{source} adds {added} tokens to a sentence, the network has {positions} positions");
            let remedy = "take tokenizer and config.json from the same place";
            return Err(Error::new(Kind::Fit, format!("`{source}`"), message, remedy));
        }
        Ok(Tokenizer { inner, source, room: positions - added, vocabulary: network.vocabulary })
    }

    /// The words of a text.
    ///
    /// # Errors
    /// The vocabulary lacks a word and an unknown token, or has more words than the network; there is not one token.
    pub fn words(&self, text: &str) -> Result<Words, Error> {
        let failed = |error: tokenizers::Error| refuse(&self.source, &error.to_string());
        let mut encoding = self.inner.encode_fast(text, false).map_err(failed)?;
        let dropped = encoding.len().saturating_sub(self.room);
        encoding.truncate(self.room, 0, TruncationDirection::Right);
        let numbers = self.inner.post_process(encoding, None, true).map_err(failed)?.get_ids().to_vec();
        if numbers.is_empty() {
            let message =
                format!("{} gives no token for `{}`", self.source, text.chars().take(20).collect::<String>());
            let remedy = "leave out empty sentences, or take a tokenizer that adds tokens at their ends";
            return Err(Error::new(Kind::Input, "sentence", message, remedy));
        }
        match numbers.iter().find(|number| **number >= self.vocabulary) {
            None => Ok(Words { numbers, dropped }),
            Some(number) => {
                let message = format!(
                    "{} gives a token the number {number}, the network has {} words",
                    self.source, self.vocabulary
                );
                let remedy = "take tokenizer and weights from the same place";
                Err(Error::new(Kind::Fit, format!("`{}`", self.source), message, remedy))
            }
        }
    }
}

fn refuse(source: &str, reason: &str) -> Error {
    let message = format!("{source}: {reason}");
    Error::new(Kind::Input, format!("`{source}`"), message, "download it again, or save the tokenizer anew")
}

/// Whether a tokenizer's configuration, if there is one, wants lower case.
fn lower_case(path: &str) -> Result<bool, Error> {
    if !Path::new(path).is_file() {
        return Ok(true);
    }
    let text = read_text(path, LIMIT, "check the path of the model")?;
    let value: Value = serde_json::from_str(&text).map_err(|error| refuse(path, &error.to_string()))?;
    Ok(value.get("do_lower_case").and_then(Value::as_bool).unwrap_or(true))
}

/// BERT's tokenizer with a vocabulary of a token a line.
fn word_piece(path: &str, lower: bool) -> Result<tokenizers::Tokenizer, Error> {
    let text = read_text(path, LIMIT, "check the path of the model")?;
    let number = |token: &str| text.lines().position(|line| line == token).map(|at| at as u32);
    let special = |token: &str| {
        let missing = || refuse(path, &format!("token {token} is missing, which WordPiece needs"));
        number(token).map(|number| (token.to_owned(), number)).ok_or_else(missing)
    };
    let (separator, class) = (special("[SEP]")?, special("[CLS]")?);
    special("[UNK]")?;
    let failed = |error: tokenizers::Error| refuse(path, &error.to_string());
    let model = WordPiece::from_file(path).unk_token("[UNK]".into()).build().map_err(failed)?;
    let mut inner = tokenizers::Tokenizer::new(model);
    let normalizer = BertNormalizer::new(true, true, None, lower);
    inner.with_normalizer(Some(normalizer)).map_err(failed)?;
    inner.with_pre_tokenizer(Some(BertPreTokenizer));
    inner.with_post_processor(Some(BertProcessing::new(separator, class)));
    Ok(inner)
}
