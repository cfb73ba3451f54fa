//! Published ladders: what is compared, and the factors that were published.

use super::{Ladder, Limit, Measure, Published, Step};
use crate::energy::Count;

/// Abstracts of arXiv 2011.14203 v1 and v5.
const EDGEBERT: &[Published] = &[
    Published {
        measure: Measure::Energy,
        from: 0,
        to: 6,
        factor: 7.0,
        what: "latency-aware over conventional inference, up to",
        source: "abstract, v5",
    },
    Published {
        measure: Measure::Energy,
        from: 5,
        to: 6,
        factor: 2.5,
        what: "latency-aware over early exit without a target, up to",
        source: "abstract, v5",
    },
    Published {
        measure: Measure::Latency,
        from: 0,
        to: 5,
        factor: 2.4,
        what: "without V/f scaling over the baseline, up to",
        source: "abstract, v1",
    },
    Published {
        measure: Measure::Energy,
        from: 0,
        to: 5,
        factor: 5.2,
        what: "without V/f scaling over the un-optimised accelerator, up to",
        source: "abstract, v1",
    },
    Published {
        measure: Measure::Memory,
        from: 0,
        to: 5,
        factor: 13.4,
        what: "weights over the ALBERT baseline, up to",
        source: "abstract, v1",
    },
];

/// ISSCC 2023 22.9: 4184, 1129, 801, 682, 1155 ms and 464, 125, 88, 77, 65 mJ.
const ISSCC23: &[Published] = &[
    Published {
        measure: Measure::Latency,
        from: 0,
        to: 1,
        factor: 3.71,
        what: "early exit",
        source: "22.9, 4184 / 1129 ms",
    },
    Published {
        measure: Measure::Latency,
        from: 0,
        to: 2,
        factor: 5.22,
        what: "and attention pruning",
        source: "22.9, 4184 / 801 ms",
    },
    Published {
        measure: Measure::Latency,
        from: 0,
        to: 3,
        factor: 6.13,
        what: "and mixed precision",
        source: "22.9, 4184 / 682 ms",
    },
    Published {
        measure: Measure::Latency,
        from: 0,
        to: 4,
        factor: 3.62,
        what: "and V/f scaling",
        source: "22.9, 4184 / 1155 ms",
    },
    Published {
        measure: Measure::Energy,
        from: 0,
        to: 1,
        factor: 3.71,
        what: "early exit",
        source: "22.9, 464 / 125 mJ",
    },
    Published {
        measure: Measure::Energy,
        from: 0,
        to: 2,
        factor: 5.27,
        what: "and attention pruning",
        source: "22.9, 464 / 88 mJ",
    },
    Published {
        measure: Measure::Energy,
        from: 0,
        to: 3,
        factor: 6.03,
        what: "and mixed precision",
        source: "22.9, 464 / 77 mJ",
    },
    Published {
        measure: Measure::Energy,
        from: 0,
        to: 4,
        factor: 7.14,
        what: "and V/f scaling",
        source: "22.9, 464 / 65 mJ",
    },
];

/// Every ladder that is known.
pub const LADDERS: [Ladder; 2] = [
    Ladder {
        name: "edgebert",
        summary: "the paper's optimisations, one by one (MICRO 2021; abstracts of both versions)",
        design: "offramp",
        sets: &[],
        technology: "edgebert-12nm-paper",
        steps: &[Step::EarlyExit, Step::Span, Step::Pruning, Step::Quantisation, Step::Nvm, Step::Scaling],
        always: &[],
        count: Count::Chip,
        target: Limit::Seconds(0.1),
        four_bits: 0.0,
        published: EDGEBERT,
    },
    Ladder {
        name: "isscc23",
        summary: "the follow-up chip's ladder (ISSCC 2023, 22.9), in ratios",
        design: "offramp",
        sets: &["operating.vdd_v=1.0"],
        technology: "edgebert-12nm",
        steps: &[Step::EarlyExit, Step::Span, Step::MixedPrecision, Step::Scaling],
        always: &[Step::Quantisation],
        count: Count::Chip,
        // 2 s where the conventional sentence takes 4184 ms.
        target: Limit::OfConventional(2000.0 / 4184.0),
        // Fitted to the published step of latency, 801 / 682; the step of energy follows.
        four_bits: 0.30,
        published: ISSCC23,
    },
];
