//! How often a level of a cell is read as another one: fault models of memories.
//!
//! A model gives a [`Confusion`] for each cell that it knows, by one of three descriptions:
//!
//! - `gaussian`: levels as normal distributions of the read current. A cell is read by thresholds where the densities of two
//!   neighbours cross; what lies beyond a threshold is misread.
//! - `adjacent`: the share of cells that are misread, spread evenly over all steps to a neighbouring level.
//! - `relaxed`: counted cells of 16 levels some time after they were written. A cell of fewer levels uses some of the 16, is read as the
//!   nearest one of those, and half of what lies midway goes to each side. Between two times the shares are interpolated over the
//!   logarithm of time.
//!
//! A user's own is a matrix as CSV ([`Confusion::parse`]). Cells that are stuck come on top ([`Confusion::stuck`]).
//!
//! Not modelled: faults that depend on a neighbour's, on an address or on earlier reads; a temperature other than that of the data.

mod confusion;
mod gaussian;
mod relaxed;

pub use confusion::Confusion;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::design::Cell;
use crate::record::{Error, Kind, Problems, Record, Standing};

/// A fault model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultModel {
    /// What it is called.
    pub name: String,
    /// One line for listings.
    pub summary: String,
    /// How far its shares can be trusted.
    pub standing: Standing,
    /// Where they come from.
    pub source: String,
    /// Levels as normal distributions, for each cell.
    pub gaussian: Option<Vec<Gaussian>>,
    /// Shares of misread cells, for each cell.
    pub adjacent: Option<Vec<Adjacent>>,
    /// Counted cells, by ascending time.
    pub relaxed: Option<Vec<Relaxed>>,
}

/// Levels of a cell as normal distributions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gaussian {
    /// The cell.
    pub cell: Cell,
    /// Mean of each level, ascending; any unit, the same as of the sigmas.
    pub means: Vec<f64>,
    /// Standard deviation of each level.
    pub sigmas: Vec<f64>,
}

/// The share of a kind of cells that is misread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjacent {
    /// The cell.
    pub cell: Cell,
    /// Mean over all levels.
    pub share: f64,
}

/// Cells of 16 levels, counted some time after they were written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relaxed {
    /// Seconds since they were written.
    pub after_s: f64,
    /// Row by written level, column by level read.
    pub counts: Vec<Vec<u32>>,
}

impl FaultModel {
    /// What a cell's levels are read as, `after_s` seconds after writing where the model knows of time; without one, at its last time.
    ///
    /// # Errors
    /// The model does not know the cell, knows nothing of time, or the time is outside what was counted.
    pub fn confusion(&self, cell: Cell, after_s: Option<f64>) -> Result<Confusion, Error> {
        if let Some(relaxed) = &self.relaxed {
            return relaxed::confusion(relaxed, cell, after_s).map_err(|message| {
                self.misfit(&message, "choose a time within the counts, or none for the last")
            });
        }
        if let Some(time) = after_s {
            let message = format!("it knows nothing of time, and {time} s after writing was asked for");
            return Err(self.misfit(&message, "leave the time out, or take a model with [[relaxed]] counts"));
        }
        let gaussian = self.gaussian.iter().flatten().find(|levels| levels.cell == cell);
        let adjacent = self.adjacent.iter().flatten().find(|share| share.cell == cell);
        match (gaussian, adjacent) {
            (Some(levels), _) => Ok(gaussian::confusion(levels)),
            (None, Some(share)) => Ok(Confusion::adjacent(cell.bits(), share.share)),
            (None, None) => Err(self.misfit(
                &format!("it knows no cell `{}`", cell.name()),
                "take another fault model, or give a matrix as CSV",
            )),
        }
    }

    /// Times at which cells were counted, s.
    pub fn times(&self) -> Vec<f64> {
        self.relaxed.iter().flatten().map(|counted| counted.after_s).collect()
    }

    fn misfit(&self, message: &str, remedy: &str) -> Error {
        let subject = format!("fault model `{}`", self.name);
        Error::new(Kind::Fit, &subject, format!("{subject}: {message}"), remedy)
    }
}

/// The presets, a file each.
macro_rules! presets {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../presets/faults/", $name, ".toml")))),*]
    };
}

impl Record for FaultModel {
    const KIND: &'static str = "fault-model";
    const PRESETS: &'static [(&'static str, &'static str)] = presets![
        "rram-gaussian",
        "rram-radar",
        "rram-relaxation-a",
        "rram-relaxation-b",
        "rram-relaxation-c",
        "stt-raw",
        "ctt-gaussian",
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn summary(&self) -> &str {
        &self.summary
    }

    fn validate(&self, problems: &mut Problems) {
        for (key, text) in [("name", &self.name), ("summary", &self.summary), ("source", &self.source)] {
            problems.not_empty(key, text);
        }
        if self.gaussian.is_none() && self.adjacent.is_none() && self.relaxed.is_none() {
            let message = "the model has neither gaussian, adjacent nor relaxed (it would know no cell)";
            problems.push("name", message, "describe at least one cell");
        }
        for (at, levels) in self.gaussian.iter().flatten().enumerate() {
            gaussian::validate(levels, &format!("gaussian.{at}"), problems);
        }
        for (at, share) in self.adjacent.iter().flatten().enumerate() {
            let reason = "a share of cells; more than half is no memory";
            problems.range(&format!("adjacent.{at}.share"), share.share, 0.0, 0.5, reason);
        }
        relaxed::validate(self.relaxed.as_deref().unwrap_or_default(), problems);
    }
}
