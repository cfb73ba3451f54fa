//! The entries that the program brings, in the order in which they are listed.

/// The presets, a file each.
macro_rules! presets {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../presets/zoo/", $name, ".toml")))),*]
    };
}

/// Whole networks, then what was taken away: single weights, blocks, layers, attention; then tasks, then words.
pub(super) const PRESETS: &[(&str, &str)] = presets![
    "bert-base",
    "bert-large",
    "albert-base",
    "albert-large",
    "albert-xlarge",
    "albert-xxlarge",
    "distilbert",
    "tinybert-4",
    "tinybert-6",
    "mobilebert",
    "movement-15",
    "movement-10",
    "movement-6",
    "movement-3",
    "block-squad-36",
    "block-squad-31",
    "block-squad-26",
    "block-squad-22",
    "block-squad-20",
    "block-mnli-34",
    "block-mnli-25",
    "block-mnli-18",
    "block-mnli-12",
    "prune-ofa-85",
    "prune-ofa-90",
    "prune-ofa-large-90",
    "prune-ofa-distil-85",
    "prune-ofa-distil-90",
    "sparsebert",
    "cap-97",
    "layer-drop-4",
    "layer-drop-6",
    "axformer",
    "bitfit",
    "bitfit-part",
    "cmow-cbow",
    "cmow-cbow-bidirectional",
];
