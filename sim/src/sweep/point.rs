//! A point with everything resolved, and its key: a hash of the configuration and of the model.

use std::collections::HashMap;
use std::sync::Arc;

use models::compiler::Inference;
use models::design::Design;
use models::record::{Error, Kind, Record};
use models::technology::Technology;
use sha2::{Digest, Sha256};
use toml::Value;

use super::MODEL;
use super::axis::{Key, Target};
use super::bases::{Bases, Named};
use super::grid::Grid;
use crate::machine::Mode;
use crate::policy::{Exits, Leaving, Names};
use crate::sentence::Setup;

/// Records that a resolver keeps of each kind before it forgets them.
const KEPT: usize = 256;

/// A configuration.
#[derive(Clone)]
pub struct Point {
    /// The machine.
    pub design: Design,
    /// What it is made of.
    pub technology: Arc<Hashed<Technology>>,
    /// What it infers.
    pub subject: Arc<Hashed<Subject>>,
}

/// What is inferred, and where sentences leave.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Subject {
    /// What is inferred.
    pub job: Inference,
    /// Where sentences leave.
    pub exits: Vec<Leaving>,
}

/// A part of the configuration with its hash.
pub struct Hashed<T> {
    /// The part.
    pub value: T,
    hash: [u8; 32],
}

impl<T: serde::Serialize> Hashed<T> {
    fn new(value: T) -> Arc<Self> {
        let hash = hash(&value);
        Arc::new(Hashed { value, hash })
    }
}

/// The hash of a part: of its JSON, whose numbers are exact and whose keys are in the order of the type.
fn hash(value: &impl serde::Serialize) -> [u8; 32] {
    // Records serialise without fail: no maps with keys that are no strings, and validated numbers.
    let text = serde_json::to_vec(value).unwrap_or_default();
    Sha256::digest(text).into()
}

impl Point {
    /// The key of its results: 32 hexadecimal digits.
    pub fn key(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(MODEL);
        hasher.update(hash(&self.design));
        hasher.update(self.technology.hash);
        hasher.update(self.subject.hash);
        hexadecimal(hasher)
    }

    /// The setup of a run.
    pub fn setup(&self) -> Setup {
        Setup {
            design: self.design.clone(),
            technology: self.technology.value.clone(),
            job: self.subject.value.job.clone(),
            exits: self.subject.value.exits.clone(),
            target: None,
            mode: Mode::Fast,
        }
    }
}

/// The key of a point that no record allows: of its values.
pub(super) fn refused_key<'a>(values: impl Iterator<Item = (&'a Key, &'a Value)>) -> String {
    let mut hasher = Sha256::new();
    hasher.update(MODEL);
    for (key, value) in values {
        hasher.update(format!("{}={value};", key.text));
    }
    hexadecimal(hasher)
}

fn hexadecimal(hasher: Sha256) -> String {
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Digits of the axes that change a part.
type Digits = Vec<u32>;

/// Resolves points; what neighbours share is read once.
pub struct Resolver<'a> {
    bases: &'a Bases,
    grid: &'a Grid,
    technologies: HashMap<Digits, Result<Arc<Hashed<Technology>>, Error>>,
    subjects: HashMap<Digits, Result<Arc<Hashed<Subject>>, Error>>,
}

impl<'a> Resolver<'a> {
    /// A resolver that knows nothing yet.
    pub fn new(bases: &'a Bases, grid: &'a Grid) -> Self {
        Resolver { bases, grid, technologies: HashMap::new(), subjects: HashMap::new() }
    }

    /// The point at these positions.
    ///
    /// # Errors
    /// Its values break a rule of a record, or records do not go together.
    pub fn resolve(&mut self, digits: &[u32]) -> Result<Point, Error> {
        let (bases, grid) = (self.bases, self.grid);
        let values: Vec<(&Key, &Value)> = grid.values(digits).collect();
        let design = read(&bases.design, Target::Design, &values)?;
        let technology = kept(&mut self.technologies, grid, digits, &[Target::Technology], || {
            read(&bases.technology, Target::Technology, &values).map(Hashed::new)
        })?;
        technology.value.memory(&design.external.memory)?;
        let of_subject = [Target::Network, Target::Task, Target::Policy];
        let subject =
            kept(&mut self.subjects, grid, digits, &of_subject, || subject(bases, &values).map(Hashed::new))?;
        Ok(Point { design, technology, subject })
    }
}

/// What `make` makes for the digits of the axes that change `targets`, made once.
fn kept<T>(
    known: &mut HashMap<Digits, Result<Arc<T>, Error>>,
    grid: &Grid,
    digits: &[u32],
    targets: &[Target],
    make: impl FnOnce() -> Result<Arc<T>, Error>,
) -> Result<Arc<T>, Error> {
    let changes = |axis: &usize| grid.dimensions[*axis].keys.iter().any(|key| targets.contains(&key.target));
    let mine: Digits = (0..digits.len()).filter(changes).map(|axis| digits[axis]).collect();
    if let Some(found) = known.get(&mine) {
        return found.clone();
    }
    if known.len() >= KEPT {
        known.clear();
    }
    let made = make();
    known.insert(mine, made.clone());
    made
}

/// The record of one kind with its values set.
fn read<T: Record>(named: &Named<T>, target: Target, values: &[(&Key, &Value)]) -> Result<T, Error> {
    let mine = values.iter().filter(|(key, _)| key.target == target);
    let name = mine.clone().find(|(key, _)| key.within.is_none()).and_then(|(_, value)| value.as_str());
    let sets: Vec<(&str, &Value)> =
        mine.filter_map(|(key, value)| key.within.as_deref().map(|within| (within, *value))).collect();
    let name = name.unwrap_or(&named.base);
    let template = named.template(name).ok_or_else(|| {
        Error::new(Kind::Input, T::KIND, format!("unknown {} `{name}`", T::KIND), "check the axis")
    })?;
    template.with(&sets)
}

fn policy(values: &[(&Key, &Value)], name: &str) -> Option<Value> {
    let found =
        values.iter().find(|(key, _)| key.target == Target::Policy && key.within.as_deref() == Some(name));
    found.map(|(_, value)| (*value).clone())
}

/// What a space calls what exits depend on.
const NAMES: Names = Names {
    kind: Kind::Fit,
    place: "policy",
    threshold: ("policy.threshold", " = "),
    trace: "base.exit_trace",
};

fn refuse(message: String, remedy: &str) -> Error {
    Error::new(NAMES.kind, NAMES.place, message, remedy)
}

fn subject(bases: &Bases, values: &[(&Key, &Value)]) -> Result<Subject, Error> {
    let network: models::network::Network = read(&bases.network, Target::Network, values)?;
    let workload: models::workload::Workload = read(&bases.task, Target::Task, values)?;
    let positions = network.positions;
    let mut job = Inference::new(network, &workload)?;
    if let Some(tokens) = policy(values, "tokens") {
        job.sequence = length(&tokens, positions)?;
    }
    let threshold = policy(values, "threshold").map(|value| nats(&value)).transpose()?;
    let trace = bases.trace.as_ref().map(|(source, trace)| (source.as_str(), trace));
    let exits = Exits::new(&workload, trace, threshold, job.network.layers as usize, NAMES)?;
    job.exits = exits.threshold.is_some();
    Ok(Subject { job, exits: exits.leaving })
}

/// Tokens of a sentence.
fn length(tokens: &Value, positions: u32) -> Result<u32, Error> {
    let whole = tokens.as_integer().and_then(|tokens| u32::try_from(tokens).ok());
    whole.filter(|tokens| (1..=positions).contains(tokens)).ok_or_else(|| {
        let message =
            format!("policy.tokens = {tokens} must be from 1 to the network's {positions} positions");
        refuse(message, "choose a length in this range")
    })
}

/// An entropy.
fn nats(value: &Value) -> Result<f64, Error> {
    let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    number.ok_or_else(|| {
        refuse(format!("policy.threshold = {value} must be a number"), "give an entropy in nats")
    })
}
