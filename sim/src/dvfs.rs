//! Which supply a sentence gets: sentence-level voltage and frequency scaling against a latency target.
//!
//! **Rules.** `race` takes the highest code and idles afterwards; `slowest` the lowest that meets the target; `thrifty`, of those
//! that meet it, the one of least energy: the lowest is not always it, since what leaks and idles does so for longer.
//!
//! **When.** Where exits are predicted, the sentence starts at the design's own supply and changes it once, after the off-ramp whose entropy
//! is asked, to the code for the layer that it is predicted to leave after at the latest. Elsewhere nothing is known of a sentence
//! ahead: it has one supply, at which one that runs every layer meets the target. Where no code meets it, the fastest is taken, and the
//! sentence is late: that is counted ([`Outcomes::missed`](crate::sentence::Outcomes::missed)).
//!
//! The codes are the technology's; the choice for each predicted layer is the table of predictions that the host writes into the
//! controller ([`kernels::dvfs`]), so simulator and hardware choose alike.
//!
//! Not modelled: targets that differ by sentence; more than one change.

use kernels::dvfs::Prediction;
use models::record::{Error, Kind};
use models::technology::{Code, Technology};
use serde::Serialize;

use crate::energy::{Count, counted};
use crate::policy::Leaving;
use crate::sentence::{Compiled, Outcome, Outcomes, Plan, Setup, SetupError};

/// How a code is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// The highest, and idle afterwards
    Race,
    /// The lowest that meets the latency target
    Slowest,
    /// Of those that meet the latency target, the one of least energy
    Thrifty,
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Rule::Race => "race",
            Rule::Slowest => "slowest",
            Rule::Thrifty => "thrifty",
        })
    }
}

/// What a sentence is held to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Target {
    /// Latency, seconds.
    pub seconds: f64,
    /// How its supply is chosen.
    pub rule: Rule,
    /// What is counted where energy decides.
    pub count: Count,
}

impl Target {
    /// The choice among `candidates`, ascending by voltage, each with what the sentence planned for takes at it.
    pub fn choose<'c>(&self, candidates: impl Iterator<Item = (Code, &'c Outcome)> + Clone) -> Option<Code> {
        let fastest = candidates.clone().min_by(|a, b| a.1.latency_s.total_cmp(&b.1.latency_s));
        let mut meets = candidates.clone().filter(|(_, outcome)| outcome.latency_s <= self.seconds);
        let found = match self.rule {
            Rule::Race => candidates.last(),
            Rule::Slowest => meets.next(),
            Rule::Thrifty => {
                let energy = |outcome: &Outcome| counted(&outcome.energy, self.count);
                meets.min_by(|a, b| energy(a.1).total_cmp(&energy(b.1)))
            }
        };
        found.or(fastest).map(|(code, _)| code)
    }
}

fn codes(technology: &Technology) -> Result<Vec<Code>, Error> {
    let codes = technology.codes();
    if codes.is_empty() {
        let message = format!("technology `{}` has no code that its V/f table covers", technology.name);
        return Err(Error::new(Kind::Fit, "technology", message, "widen vf or set ldo.codes"));
    }
    Ok(codes)
}

/// Sentences held to a target.
pub(crate) fn simulate(
    setup: &Setup,
    target: Target,
    progress: impl FnMut(usize, usize),
) -> Result<Outcomes, SetupError> {
    let surface = Surface::new(setup, target.rule, progress)?;
    let outcomes = surface.outcomes(target, &setup.exits)?;
    let mut chosen = setup.clone();
    if let (Some(deepest), false) = (surface.deepest, surface.codes.is_empty()) {
        let code = surface.plan(target, deepest).unwrap_or_default();
        chosen.design.operating.vdd_v = f64::from(surface.codes[code].vdd_mv) / 1000.0;
    }
    Compiled::new(&chosen)?.finish(outcomes)
}

/// What every exit costs at every supply.
#[derive(Debug)]
pub struct Surface {
    /// Codes, ascending.
    pub codes: Vec<Code>,
    /// For each code the outcome of each layer after which a sentence can leave.
    rows: Vec<Vec<Outcome>>,
    /// The layer that all sentences are planned for, where none is predicted.
    deepest: Option<u32>,
}

impl Surface {
    /// Every exit at every code: from the prediction on where exits are predicted and the rule heeds that, else throughout.
    ///
    /// # Errors
    /// As [`simulate`](crate::sentence::simulate).
    pub fn new(
        setup: &Setup,
        rule: Rule,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Self, SetupError> {
        let codes = codes(&setup.technology)?;
        let predicted = setup.job.predict_after.is_some() && rule != Rule::Race;
        let last = setup.job.network.layers;
        let layers: Vec<u32> = (if setup.job.exits { 1 } else { last }..=last).collect();
        let compiled = Compiled::new(setup)?;
        let mut rows = Vec::with_capacity(codes.len());
        for (done, code) in codes.iter().enumerate() {
            progress(done, codes.len());
            rows.push(if predicted {
                compiled.outcomes(&layers, Some(code.vdd_mv), |_| ())?
            } else {
                let mut same = setup.clone();
                same.design.operating.vdd_v = f64::from(code.vdd_mv) / 1000.0;
                Compiled::new(&same)?.outcomes(&layers, None, |_| ())?
            });
        }
        Ok(Surface { codes, rows, deepest: (!predicted).then_some(last) })
    }

    /// What leaving after `layer` costs at each code, ascending.
    pub fn at(&self, layer: u32) -> impl Iterator<Item = (Code, &Outcome)> + Clone {
        let of = move |row: &'_ Vec<Outcome>| row.iter().position(|outcome| outcome.layer == layer);
        self.codes.iter().copied().zip(&self.rows).filter_map(move |(code, row)| Some((code, &row[of(row)?])))
    }

    /// The code for sentences that are planned to leave after `layer`, by its place.
    fn plan(&self, target: Target, layer: u32) -> Option<usize> {
        let chosen = target.choose(self.at(layer))?;
        self.codes.iter().position(|code| *code == chosen)
    }

    /// What sentences come to that are held to a target.
    ///
    /// # Errors
    /// They leave after layers that the network does not have.
    pub fn outcomes(&self, target: Target, exits: &[Leaving]) -> Result<Vec<Outcome>, Error> {
        exits.iter().map(|leaving| self.outcome(target, leaving).ok_or_else(|| no_layer(leaving))).collect()
    }

    /// What sentences come to that leave like this; none where the network has no such layer.
    pub fn outcome(&self, target: Target, leaving: &Leaving) -> Option<Outcome> {
        let planned = self.deepest.or(leaving.planned);
        // One that has left before anything was predicted is the same at any code.
        let code = planned.map_or(Some(0), |layer| self.plan(target, layer))?;
        let vdd_mv = self.codes.get(code)?.vdd_mv;
        let plan = leaving.planned.filter(|_| self.deepest.is_none()).map(|layer| Plan { layer, vdd_mv });
        let outcome = self.rows.get(code)?.iter().find(|outcome| outcome.layer == leaving.layer)?;
        Some(Outcome { share: leaving.share, plan, ..outcome.clone() })
    }

    /// The table that the host writes into the controller: `layers` says for each of its rows the predicted layer.
    pub fn table(&self, target: Target, layers: &[u32]) -> Vec<Prediction> {
        let row = |layer: &u32| {
            let vdd_mv = self.codes[self.plan(target, *layer)?].vdd_mv;
            Some(Prediction { exit_layer: *layer as u16, vdd_mv: vdd_mv as u16 })
        };
        layers.iter().filter_map(row).collect()
    }
}

fn no_layer(leaving: &Leaving) -> Error {
    let message = format!("no run leaves after layer {}", leaving.layer);
    Error::new(Kind::Fit, "exits", message, "take the exits of this network")
}
