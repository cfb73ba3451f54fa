//! Sentences packed one after the other, without padding.

/// Tokens of some sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::train) struct Batch {
    /// Words of all sentences.
    pub(super) words: Vec<u32>,
    /// Number of tokens up to the end of each sentence.
    ends: Vec<usize>,
    /// Label of each.
    pub(in crate::train) labels: Vec<usize>,
}

impl Batch {
    pub(in crate::train) fn push(&mut self, words: &[u32], label: usize) {
        self.words.extend_from_slice(words);
        self.ends.push(self.words.len());
        self.labels.push(label);
    }

    pub(in crate::train) fn sentences(&self) -> usize {
        self.ends.len()
    }

    /// First token and number of tokens of each sentence.
    pub(super) fn runs(&self) -> impl Iterator<Item = (usize, usize)> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| (start, end - start))
    }

    /// Each token and its position in its sentence.
    pub(super) fn positions(&self) -> impl Iterator<Item = (usize, usize)> {
        self.runs().flat_map(|(start, n)| (0..n).map(move |position| (start + position, position)))
    }
}
