//! The nearest known word to one that is not known, for "did you mean".
//!
//! Distance is the number of insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
//! A word further away than a third of its length, and at least 2, is no suggestion.

/// Longest word that is compared: a name from a file may be of any length, and the distance costs its square.
const LONGEST: usize = 64;

/// The word of `known` closest to `word`; the first of equals. None if none is close.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    if word.len() > LONGEST {
        return None;
    }
    let limit = (word.len() / 3).max(2);
    known
        .into_iter()
        .map(|candidate| (distance(&word, &candidate.to_lowercase().chars().collect::<Vec<_>>()), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut older = vec![0; b.len() + 1];
    let mut old: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (old[j] + 1).min(row[j - 1] + 1).min(old[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(older[j - 2] + 1);
            }
        }
        older = std::mem::replace(&mut old, row);
    }
    old[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_four_edits() {
        let of = |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(of("span", "span"), 0);
        assert_eq!(of("", "span"), 4);
        assert_eq!(of("spna", "span"), 1);
        assert_eq!(of("spin", "span"), 1);
        assert_eq!(of("spans", "span"), 1);
        assert_eq!(of("kitten", "sitting"), 3);
    }

    #[test]
    fn suggests_only_what_is_close() {
        let known = ["offramp", "released", "offramp-n4"];
        assert_eq!(nearest("oframp", known), Some("offramp"));
        assert_eq!(nearest("offramp-n44", known), Some("offramp-n4"));
        assert_eq!(nearest("RELEASED", known), Some("released"));
        assert_eq!(nearest("nonesuch", known), None);
        assert_eq!(nearest("x", ["n"]), None);
        assert_eq!(nearest(&"n".repeat(1000), ["n"]), None);
    }
}
