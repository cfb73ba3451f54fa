//! The templates of each difficulty and what fills their slots.
//!
//! A word of one capital is a slot. `N` and `A` are the pair that is judged, `M` and `B` another one; `D` is an adverb of degree or
//! nothing, `T` an ending or nothing, `P` people, `S` a person. All others are operators, which keep or flip the polarity of what
//! stands in their scope: the first of a scope flips in half of the cases, which leaves nothing to be guessed from the adjective alone,
//! the others in a quarter, for the parity of many even chances gives a learner nothing to begin with.

use super::words::{DEGREES, PEOPLE, PERSONS, TAILS};

/// Templates by difficulty: polarity; one negation, denial or comparison, or two; contrast; both with what distracts.
pub(super) const TEMPLATES: [&[&str]; 4] = [
    &[
        "the N is D A T",
        "this N is D A T",
        "i found the N D A T",
        "that was one D A N T",
        "to be fair , the N was D A T",
        "you can call the N D A T",
    ],
    &[
        "the N C D A T",
        "this N C A T",
        "it is I that the N is D A T",
        "E would say that the N C A",
        "Q S would call the N D A T",
        "P V that the N is D A T",
        "the S F that the N is D A",
        "the N is H A than the rest",
    ],
    &[
        "although the M K D B , the N C A",
        "the N C D A , although the M K B",
        "the M K B , but the N C D A",
        "despite the D B M , the N C A",
        "even though O would call the M B , the N C A",
        "the N C A , even though O would call the M B",
    ],
    &[
        "P who W that the M K B V that the N is D A",
        "P who W that the M is D B V that the N C A",
        "the S who G that the M K B F that the N is A",
        "Q S who L the M D B F that the N is A",
        "P who L the M B V that the N is H A than the rest",
        "the S F that the N is H A than the D B M",
        "although P W that the M is B , the S F that the N C A",
        "Q S who G that the M is B F that the N C A",
    ],
];

/// What an operator may be.
pub(super) struct Operator {
    pub(super) keeps: &'static [&'static str],
    pub(super) flips: &'static [&'static str],
    /// Whether it speaks of the judged pair or of the other one.
    pub(super) judged: bool,
}

/// The operator of a slot.
pub(super) fn operator(slot: &str) -> Option<Operator> {
    let (keeps, flips, judged): (&[&str], &[&str], bool) = match slot {
        "C" | "K" => (
            &["is", "was", "is not only", "was never anything but"],
            &["is not", "is anything but", "was never", "was not"],
            slot == "C",
        ),
        "V" | "W" => (&["admit", "agree", "say"], &["deny", "doubt"], slot == "V"),
        "F" | "G" => (&["admits", "agrees", "says"], &["denies", "doubts"], slot == "F"),
        "L" => (&["found", "called"], &["never found", "never called"], false),
        "E" | "O" => (&["everybody", "anybody"], &["nobody"], slot == "E"),
        "Q" => (&["every", "the", "one"], &["no"], true),
        "I" => (&["true", "clear"], &["not true", "not clear"], true),
        "H" => (&["more"], &["less"], true),
        _ => return None,
    };
    Some(Operator { keeps, flips, judged })
}

/// The operators' slots.
pub(super) const OPERATORS: [&str; 12] = ["C", "K", "V", "W", "F", "G", "L", "E", "O", "Q", "I", "H"];

/// Words that fill a slot without a meaning for the label, and whether there may be none.
pub(super) fn filler(slot: &str) -> Option<(&'static [&'static str], bool)> {
    match slot {
        "D" => Some((&DEGREES, true)),
        "T" => Some((&TAILS, true)),
        "P" => Some((&PEOPLE, false)),
        "S" => Some((&PERSONS, false)),
        _ => None,
    }
}
