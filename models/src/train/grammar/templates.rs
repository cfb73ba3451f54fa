//! The templates of each difficulty.
//!
//! A word of one capital is a slot: `N` and `A` the pair that is judged, `M` and `B` another one, `D` an adverb of degree or
//! nothing, `T` an ending or nothing, `P` people, `S` a person.

/// A sentence with slots.
pub(super) struct Template {
    /// Words and slots.
    pub(super) text: &'static str,
    /// Whether the sentence says the opposite of its judged adjective.
    pub(super) flips: bool,
    /// What it says of the other pair.
    pub(super) other: Other,
}

/// What binds the polarity of the other pair.
#[derive(Clone, Copy)]
pub(super) enum Other {
    /// There is none, or nothing does.
    Free,
    /// The clause of the other pair says the opposite of the sentence; the flag is whether that clause flips its adjective.
    Contrast(bool),
}

const fn plain(text: &'static str) -> Template {
    Template { text, flips: false, other: Other::Free }
}

const fn flips(text: &'static str) -> Template {
    Template { text, flips: true, other: Other::Free }
}

const fn contrast(text: &'static str, flips: bool, other: bool) -> Template {
    Template { text, flips, other: Other::Contrast(other) }
}

/// Templates by difficulty: polarity; negation and its scope; concession; attribution, denial and comparison.
pub(super) const TEMPLATES: [&[Template]; 4] = [
    &[
        plain("the N is D A T"),
        plain("this N is D A T"),
        plain("i found the N D A T"),
        plain("that was one D A N T"),
        plain("to be fair , the N was D A T"),
        plain("you can call the N D A T"),
    ],
    &[
        flips("the N is not D A T"),
        flips("the N is anything but A T"),
        flips("the N was never D A T"),
        flips("nobody would call the N D A T"),
        flips("i would not call the N D A T"),
        flips("it is not true that the N is D A"),
        plain("the N is not only D A T"),
        plain("the N was never anything but A T"),
        plain("it is not true that the N is not D A"),
        plain("nobody would say that the N is not A"),
        plain("i would not say that the N is anything but A"),
        plain("nobody would call the N anything but A"),
    ],
    &[
        contrast("although the M is D B , the N is D A", false, false),
        contrast("although the M is not B , the N is D A", false, true),
        contrast("although the M is D B , the N is not A", true, false),
        contrast("although the M is not B , the N is anything but A", true, true),
        contrast("the N is D A , although the M is B", false, false),
        contrast("the N is D A , although the M is not B", false, true),
        contrast("the N is not A , although the M is D B", true, false),
        contrast("the N is anything but A , although the M is not B", true, true),
        contrast("the M is D B , but the N is D A", false, false),
        contrast("the M is not D B , but the N is D A", false, true),
        contrast("the M is D B , but nobody would call the N A", true, false),
        contrast("the M is anything but B , but the N is not A", true, true),
        contrast("despite the D B M , the N is D A", false, false),
        contrast("despite the D B M , the N is not A", true, false),
        contrast("the N is not D A , even though nobody would call the M B", true, true),
        contrast("the N is D A , even though nobody would call the M B", false, true),
    ],
    &[
        flips("P who found the M B deny that the N is D A"),
        flips("P who deny that the M is B agree that the N is not A"),
        flips("the S who denies that the M is B doubts that the N is A"),
        flips("nobody who found the M B agrees that the N is D A"),
        flips("nobody who doubts that the M is B denies that the N is not A"),
        flips("every S who found the M B agrees that the N is less A than the rest"),
        flips("P deny that the N is more A than the D B M"),
        flips("P who found the M B agree that the N is anything but A"),
        plain("P who found the M D B admit that the N is A"),
        plain("P who found the M B deny that the N is not A"),
        plain("the S who denies that the M is B admits that the N is D A"),
        plain("nobody who found the M B denies that the N is D A"),
        plain("nobody who denies that the M is B doubts that the N is A"),
        plain("every S who doubts that the M is B denies that the N is anything but A"),
        plain("P deny that the N is less A than the D B M"),
        plain("it is not true that P find the N less A than the B M"),
    ],
];
