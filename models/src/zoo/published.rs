//! What papers say of an entry: counts, scores, claims, and how much of the paper was seen.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::*;

/// How a published figure is known. Of constants that are priced, see [`Standing`](crate::record::Standing).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ground {
    /// Measured by its authors and read in their tables, files or README.
    Measured,
    /// Reported, by others or as recalled, and not checked against the paper.
    Reported,
    /// Claimed in an abstract; its tables were not seen.
    Claimed,
    /// Arithmetic on published figures; the source says which.
    Derived,
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Measured => "measured",
            Self::Reported => "reported",
            Self::Claimed => "claimed",
            Self::Derived => "derived",
        })
    }
}

/// Published counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Parameters.
    pub parameters: Option<Count>,
    /// Operations of a sentence, two a multiply-accumulate, by what is counted.
    pub operations: Option<Vec<Operations>>,
}

/// A published count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// As published.
    #[schemars(range(min = COUNT.0, max = COUNT.1))]
    pub value: f64,
    /// Unit of its last published digit; 1 where the count is exact.
    #[schemars(range(min = COUNT.0, max = COUNT.1))]
    pub rounded_to: f64,
    /// How it is known.
    pub standing: Ground,
    /// Where it comes from.
    pub source: String,
    /// Why ours differs by more than the rounding; absent where it does not.
    pub differs: Option<String>,
}

/// Published operations of a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operations {
    /// The count.
    pub count: Count,
    /// Tokens of the sentence.
    #[schemars(range(min = TOKENS.0, max = TOKENS.1))]
    pub tokens: u32,
    /// Which products are counted.
    pub products: Products,
}

/// Which products a count of operations holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Products {
    /// Those with weights, and scores and context.
    All,
    /// Those with weights alone.
    Weights,
}

/// A published score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// Task and metric.
    pub task: String,
    /// Per cent.
    #[schemars(range(min = PERCENT.0, max = PERCENT.1))]
    pub percent: f64,
    /// How it is known.
    pub standing: Ground,
    /// Where it comes from.
    pub source: String,
}

/// What a paper claims against the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Times as fast.
    pub speed_up: Option<Claim>,
    /// Times as small.
    pub size: Option<Claim>,
}

/// A claimed factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The baseline's figure over the entry's; 1.6 is 60 % faster, 3.85 is 74 % smaller.
    #[schemars(range(min = FACTOR.0, max = FACTOR.1))]
    pub factor: f64,
    /// In the words of its source, e.g. `60 % faster`.
    pub said: String,
    /// Of what: of a whole model, or of its encoder layers alone.
    pub of: Part,
    /// How it is known.
    pub standing: Ground,
    /// Where it comes from, and on what it was measured.
    pub source: String,
}

/// Of which part something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Embeddings, encoder and classifier.
    Model,
    /// Encoder layers.
    Encoder,
}

impl Count {
    /// Ours over the published count, less one, where rounding does not explain the difference.
    pub fn differs_by(&self, ours: f64) -> Option<f64> {
        let apart = (ours - self.value).abs() > self.rounded_to / 2.0;
        apart.then(|| ours / self.value - 1.0)
    }
}
