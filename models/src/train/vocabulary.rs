//! The vocabulary of the grammar, in the order of a `vocab.txt` of BERT: a token's number is its line, from 0.

use std::collections::BTreeMap;

use super::grammar;

/// Number of `[UNK]`, what an unknown word becomes.
const UNKNOWN: u32 = 1;
/// Number of `[CLS]`, the first token of a sentence.
const FIRST: u32 = 2;
/// Number of `[SEP]`, the last token of a sentence.
const LAST: u32 = 3;

/// Words by number and numbers by word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    words: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

impl Vocabulary {
    /// `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]`, then the words of the grammar in alphabetical order.
    pub fn of_grammar() -> Self {
        let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
        let words: Vec<String> = special.into_iter().chain(grammar::words()).map(str::to_owned).collect();
        let numbers = (0..).zip(&words).map(|(number, word)| (word.clone(), number)).collect();
        Vocabulary { words, numbers }
    }

    /// Words by number.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The lines of `vocab.txt`.
    pub fn text(&self) -> String {
        self.words.iter().map(|word| format!("{word}\n")).collect()
    }

    /// `[CLS]`, the words of a text, `[SEP]`. Words end at spaces, and a comma is one of its own.
    pub fn tokenise(&self, text: &str) -> Vec<u32> {
        let spaced = text.replace(',', " , ");
        let number = |word: &str| self.numbers.get(word).copied().unwrap_or(UNKNOWN);
        std::iter::once(FIRST)
            .chain(spaced.split_whitespace().map(number))
            .chain(std::iter::once(LAST))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_tokens_come_first_and_words_are_found() {
        let vocabulary = Vocabulary::of_grammar();
        assert!(vocabulary.text().starts_with("[PAD]\n[UNK]\n[CLS]\n[SEP]\n,\n"));
        assert_eq!(vocabulary.text().lines().count(), vocabulary.words().len());
        let tokens = vocabulary.tokenise("the plot, xyzzy dull");
        let words: Vec<&str> =
            tokens.iter().map(|token| vocabulary.words()[*token as usize].as_str()).collect();
        assert_eq!(words, ["[CLS]", "the", "plot", ",", "[UNK]", "dull", "[SEP]"]);
    }
}
