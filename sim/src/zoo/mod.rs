//! Published networks on one design: what each costs, against its baseline on the same machine and against what its paper claims.
//!
//! An entry's sentence runs to full depth. Bytes are those of the compiled program: weights packed where that is shorter, biases
//! and norms, tables of embeddings where they lie. Why a claim and the machine differ is said from the numbers (`reasons`), and
//! by the entry where its source has a cause of its own.
//!
//! Not modelled: accuracy; activations that are zero; early exits, which no entry has.

mod reasons;
mod switch;

pub use switch::{Load, Switch, switch};

use models::compiler::{compile_bottleneck, compile_words};
use models::design::Design;
use models::program::Program;
use models::record::{Error, Kind};
use models::technology::Technology;
use models::zoo::{Claim, Count, Counts, Entry, Part};
use serde::Serialize;

use crate::energy::{self, Prices, Usage};
use crate::machine::{MemoryTiming, Mode, Options, run as simulate};
use crate::policy::Exits;
use crate::sentence::{self, Setup, SetupError, frequency_hz};

/// What entries run on, and how long their sentences are.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The design.
    pub design: Design,
    /// What it is made of.
    pub technology: Technology,
    /// Tokens of a sentence.
    pub tokens: u32,
}

/// What a sentence costs, and what lies in memory for it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Seconds.
    pub latency_s: f64,
    /// Joules, external memory included.
    pub energy_j: f64,
    /// Useful multiply-accumulates that were not skipped, over what the datapath could do in the time.
    pub utilisation: f64,
    /// Bytes of all parameters.
    pub stored_bytes: u64,
    /// Of those, bytes of the encoder layers.
    pub encoder_bytes: u64,
    /// Bytes that the sentence moves over the bus.
    pub bus_bytes: u64,
}

/// An entry that was run, or why it has no program here.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its counts at the machine's tokens.
    pub counts: Counts,
    /// Its figures, or what does not fit.
    pub figures: Result<Figures, String>,
    /// What a switch of tasks loads, where tasks share parameters.
    pub switch: Option<Switch>,
}

/// An entry beside its baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The entry.
    pub entry: Entry,
    /// Its run.
    pub run: Run,
    /// Its baseline's latency, bytes and energy over its own; none without a baseline, or where one of them does not fit.
    pub ratios: Option<Ratios>,
    /// Why hardware and paper differ, and counts that differ: a sentence each.
    pub reasons: Vec<String>,
}

/// A baseline's figures over an entry's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratios {
    /// Of latency.
    pub speed_up: f64,
    /// Of the bytes of all parameters.
    pub size: f64,
    /// Of the bytes of the encoder layers; none for words, which have none.
    pub encoder_size: Option<f64>,
    /// Of energy.
    pub energy: f64,
    /// Of multiply-accumulates.
    pub macs: f64,
}

impl Machine {
    /// Runs an entry.
    ///
    /// # Errors
    /// The sentence is too long for it, or technology and design do not go together. What does not fit the design is a result.
    pub fn run(&self, entry: &Entry) -> Result<Run, SetupError> {
        let counts = entry.counts(self.tokens);
        let unfit = |why: String| Run { counts, figures: Err(why), switch: None };
        match self.program_and_figures(entry) {
            Ok((program, figures)) => {
                let switch = entry.task_parameters().map(|own| switch(self, own, &program)).transpose()?;
                Ok(Run { counts, figures: Ok(figures), switch })
            }
            Err(SetupError::Mismatch(error)) if error.kind == Kind::Fit => {
                Ok(unfit(error.problems.iter().map(|problem| problem.message.as_str()).collect()))
            }
            Err(error) => Err(error),
        }
    }

    fn program_and_figures(&self, entry: &Entry) -> Result<(Program, Figures), SetupError> {
        let (design, tokens) = (&self.design, self.tokens);
        if let Some(job) = entry.inference(tokens)? {
            let exits = Exits::full_depth(job.network.layers).leaving;
            let (design, technology) = (design.clone(), self.technology.clone());
            let setup = Setup { design, technology, job, exits, target: None, mode: Mode::Fast };
            return self.of_network(&setup);
        }
        if let Some(shape) = &entry.bottleneck {
            return self.of_program(compile_bottleneck(design, shape, tokens)?);
        }
        if let Some(words) = &entry.words {
            return self.of_program(compile_words(design, words, tokens)?);
        }
        // Validation lets no entry without a shape through.
        let message = format!("`{}` has no shape", entry.name);
        Err(Error::new(Kind::Input, "entry", message, "name a network").into())
    }

    fn of_network(&self, setup: &Setup) -> Result<(Program, Figures), SetupError> {
        let outcomes = sentence::simulate(setup, |_, _| {})?;
        let ideal = outcomes.mean(|outcome| outcome.ideal_cycles as f64);
        let figures = Figures {
            latency_s: outcomes.mean(|outcome| outcome.latency_s),
            energy_j: energy::total(&outcomes.mean_energy()),
            utilisation: ideal / outcomes.mean(|outcome| outcome.run.cycles as f64),
            bus_bytes: outcomes.mean_count(|events| events.external_read_bytes + events.external_write_bytes)
                as u64,
            ..stored(&outcomes.program)
        };
        Ok((outcomes.program, figures))
    }

    /// A program that no network describes; every layer runs.
    fn of_program(&self, program: Program) -> Result<(Program, Figures), SetupError> {
        let hertz = frequency_hz(&self.design, &self.technology)?;
        let timing = MemoryTiming::new(&self.design, &self.technology, hertz)?;
        let options =
            Options { exit_layer: program.layers, predicted_mv: None, mode: Mode::Fast, spans: false };
        let run = simulate(&self.design, &program, |_| timing, options)?;
        let latency_s = run.cycles as f64 / hertz;
        let prices = Prices::new(&self.design, &self.technology, self.design.operating.vdd_v)?;
        let bill = prices.bill(&Usage { events: &run.events, seconds: latency_s });
        let ideal = sentence::ideal_cycles(&self.design, &program, program.layers, &run.events);
        let figures = Figures {
            latency_s,
            energy_j: energy::total(&bill),
            utilisation: ideal as f64 / run.cycles as f64,
            bus_bytes: run.events.external_read_bytes + run.events.external_write_bytes,
            ..stored(&program)
        };
        Ok((program, figures))
    }

    /// The entry beside its baseline's run.
    pub fn row(&self, entry: &Entry, run: Run, baseline: Option<&Run>) -> Row {
        let ratios = baseline.and_then(|baseline| ratios(&run, baseline));
        let reasons = reasons::reasons(self, entry, &run, ratios.zip(baseline));
        Row { entry: entry.clone(), run, ratios, reasons }
    }
}

/// Figures that say only what lies in memory: of external memory all but activations, and what is in the NVM.
fn stored(program: &Program) -> Figures {
    let map = &program.memory;
    let bytes = |name: &str| map.external.iter().filter(|s| s.name == name).map(|s| s.bytes).sum::<u64>();
    let all: u64 = map.external.iter().chain(&map.nvm).map(|section| section.bytes).sum();
    Figures {
        latency_s: 0.0,
        energy_j: 0.0,
        utilisation: 0.0,
        stored_bytes: all - bytes("activations"),
        encoder_bytes: bytes("encoder weights"),
        bus_bytes: 0,
    }
}

fn ratios(run: &Run, baseline: &Run) -> Option<Ratios> {
    let (ours, theirs) = (run.figures.as_ref().ok()?, baseline.figures.as_ref().ok()?);
    let over = |theirs: u64, ours: u64| theirs as f64 / ours as f64;
    Some(Ratios {
        speed_up: theirs.latency_s / ours.latency_s,
        size: over(theirs.stored_bytes, ours.stored_bytes),
        encoder_size: (ours.encoder_bytes > 0).then(|| over(theirs.encoder_bytes, ours.encoder_bytes)),
        energy: theirs.energy_j / ours.energy_j,
        macs: over(baseline.counts.macs(), run.counts.macs()),
    })
}

impl Ratios {
    /// The size ratio of what a claim is about.
    pub fn size_of(&self, part: Part) -> Option<f64> {
        match part {
            Part::Model => Some(self.size),
            Part::Encoder => self.encoder_size,
        }
    }
}

impl Row {
    /// The claimed speed-up.
    pub fn claimed_speed_up(&self) -> Option<&Claim> {
        self.entry.claims.as_ref()?.speed_up.as_ref()
    }

    /// The claimed size ratio.
    pub fn claimed_size(&self) -> Option<&Claim> {
        self.entry.claims.as_ref()?.size.as_ref()
    }

    /// The published count of parameters.
    pub fn published_parameters(&self) -> Option<&Count> {
        self.entry.published.as_ref()?.parameters.as_ref()
    }
}
