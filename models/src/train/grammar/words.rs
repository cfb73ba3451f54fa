//! The words of the grammar's open classes. Held-out pairs count on multiples of [`super::HELD_OUT`] nouns and adjectives.

/// What is judged.
pub(super) const NOUNS: [&str; 30] = [
    "film",
    "movie",
    "plot",
    "acting",
    "script",
    "music",
    "story",
    "dialogue",
    "ending",
    "pacing",
    "cast",
    "scenery",
    "lighting",
    "humour",
    "sound",
    "editing",
    "soundtrack",
    "direction",
    "setting",
    "finale",
    "opening",
    "score",
    "novel",
    "concert",
    "performance",
    "book",
    "show",
    "theme",
    "costume",
    "choir",
];

/// Adjectives of praise.
pub(super) const POSITIVE: [&str; 20] = [
    "great",
    "brilliant",
    "superb",
    "delightful",
    "charming",
    "moving",
    "clever",
    "funny",
    "gripping",
    "fresh",
    "warm",
    "elegant",
    "memorable",
    "witty",
    "bold",
    "tender",
    "vivid",
    "honest",
    "lovely",
    "splendid",
];

/// Adjectives of blame.
pub(super) const NEGATIVE: [&str; 20] = [
    "dull", "awful", "clumsy", "boring", "flat", "tedious", "weak", "messy", "stale", "bland", "shallow",
    "noisy", "lazy", "forced", "cold", "ugly", "dreadful", "tired", "hollow", "crude",
];

/// Adverbs that change no polarity.
pub(super) const DEGREES: [&str; 10] =
    ["really", "very", "quite", "rather", "truly", "so", "simply", "decidedly", "utterly", "remarkably"];

/// What may end a sentence and changes no polarity.
pub(super) const TAILS: [&str; 10] = [
    "in the end",
    "this year",
    "on sunday",
    "as always",
    "for once",
    "after all",
    "again",
    "by all accounts",
    "last night",
    "from start to finish",
];

/// Who judges, plural.
pub(super) const PEOPLE: [&str; 6] = ["critics", "viewers", "fans", "reviewers", "friends", "parents"];

/// Who judges, singular.
pub(super) const PERSONS: [&str; 6] = ["critic", "viewer", "fan", "reviewer", "friend", "parent"];
