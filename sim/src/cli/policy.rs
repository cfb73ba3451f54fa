//! Arguments that say when sentences leave, and what their supply is held to.

use models::logits::Logits;
use models::predictor::Predictor;
use models::record::{Error, Kind};
use models::trace::Trace;
use models::workload::Workload;

use crate::dvfs::{Rule, Target};
use crate::energy::Count;
use crate::policy::{
    Conventional, Exits, FullDepth, Names, Oracle, Patience, Policy, Predicted, Sentence, fits,
};
use crate::report::Input;

/// When sentences leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum When {
    /// Never: every layer runs
    None,
    /// At the first off-ramp under the threshold
    Conventional,
    /// There, and at the latest at the layer that an early entropy predicts
    Predicted,
    /// Once so many off-ramps in a row give the same answer; needs --logits
    Patience,
    /// Known ahead: a bound for predictors
    Oracle,
}

impl When {
    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            When::None => "none",
            When::Conventional => "conventional",
            When::Predicted => "predicted",
            When::Patience => "patience",
            When::Oracle => "oracle",
        }
    }
}

/// When sentences leave.
#[derive(Debug, Default, clap::Args)]
pub(super) struct PolicyArgs {
    /// When sentences leave; if not given, conventional where task or trace have exits, else never
    #[arg(long, value_enum, value_name = "POLICY")]
    pub policy: Option<When>,
    /// Entropy of each sentence at each off-ramp: CSV, a row for each sentence, in place of the task's counts
    #[arg(long, value_name = "FILE")]
    pub exit_trace: Option<String>,
    /// Logits of each sentence at each off-ramp, with labels or without: CSV, see `offramp threshold --help`
    #[arg(long, value_name = "FILE", conflicts_with = "exit_trace")]
    pub logits: Option<String>,
    /// Entropy threshold in nats under which a sentence leaves; if not given the task's own, where exits are predicted the middle of those that
    /// it has for that
    #[arg(long, value_name = "NATS")]
    pub threshold: Option<f64>,
    /// Table that predicts exits of a trace or of logits: see `offramp predictor`
    #[arg(long, value_name = "FILE")]
    pub predictor: Option<String>,
    /// Off-ramp whose entropy the table asks, and after which an oracle speaks; 1 if not given
    #[arg(long, value_name = "LAYER")]
    pub predict_after: Option<u32>,
    /// Off-ramps in a row that must repeat an answer
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub patience: Option<u32>,
}

/// What sentences are held to.
#[derive(Debug, clap::Args)]
pub(super) struct TargetArgs {
    /// Latency that sentences are held to, e.g. 100ms: their supply is scaled to meet it
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub target: Option<f64>,
    /// How the supply is chosen; thrifty if not given
    #[arg(long, value_enum, value_name = "RULE", requires = "target")]
    pub supply: Option<Rule>,
}

impl TargetArgs {
    /// The target, if there is one.
    pub(super) fn target(&self) -> Option<Target> {
        let rule = self.supply.unwrap_or(Rule::Thrifty);
        self.target.map(|seconds| Target { seconds, rule, count: Count::System })
    }
}

/// A time as people write it: 100ms, 2s, 50us.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    let units = [("ms", 1e-3), ("us", 1e-6), ("s", 1.0)];
    let found = units.iter().find_map(|(unit, scale)| Some((text.strip_suffix(unit)?, scale)));
    let (number, scale) = found.ok_or("write a time with its unit: 2s, 100ms, 50us")?;
    let value: f64 = number.trim().parse().map_err(|_| format!("`{number}` is no number"))?;
    let seconds = value * scale;
    if seconds.is_finite() && seconds > 0.0 { Ok(seconds) } else { Err("a time is above 0".to_owned()) }
}

/// What was decided.
pub(super) struct Decided {
    /// Where sentences leave.
    pub exits: Exits,
    /// Whether layers end in off-ramps.
    pub ramps: bool,
    /// Layer after which the supply may change.
    pub predict_after: Option<u32>,
    /// The policy's name.
    pub policy: &'static str,
    /// For each row of the controller's table the predicted layer, where a table predicts.
    pub rows: Vec<u32>,
    /// Where it comes from.
    pub input: Input,
}

/// What the command line calls what exits depend on.
const NAMES: Names =
    Names { kind: Kind::Usage, place: "arguments", threshold: ("--threshold", " "), trace: "--exit-trace" };

fn usage(message: impl Into<String>, remedy: &str) -> Error {
    Error::new(Kind::Usage, "arguments", message.into(), remedy)
}

/// Sentences of a file.
struct Read {
    source: String,
    /// The argument that names it.
    option: String,
    trace: Trace,
    /// Class of each off-ramp, and the right one; empty where only entropies are known.
    answers: Vec<Vec<usize>>,
    labels: Option<Vec<usize>>,
}

impl Read {
    fn sentences(&self) -> impl Iterator<Item = Sentence<'_>> {
        let label = |at: usize| self.labels.as_ref().and_then(|labels| labels.get(at).copied());
        self.trace.rows().enumerate().map(move |(at, entropies)| Sentence {
            entropies,
            answers: self.answers.get(at).map_or(&[], Vec::as_slice),
            label: label(at),
        })
    }
}

impl PolicyArgs {
    fn read(&self, layers: usize) -> Result<Option<Read>, Error> {
        if let Some(path) = &self.logits {
            let logits = Logits::read(path)?;
            let trace = logits.trace().ok_or_else(|| usage("no sentences", "give logits of some"))?;
            fits(path, trace.layers(), layers)?;
            let labels = logits.labels().map(<[usize]>::to_vec);
            let (source, option) = (path.clone(), format!("--logits {path}"));
            return Ok(Some(Read { source, option, trace, answers: logits.answers(), labels }));
        }
        let Some(path) = &self.exit_trace else { return Ok(None) };
        let trace = Trace::read(path)?;
        fits(path, trace.layers(), layers)?;
        let (source, option) = (path.clone(), format!("--exit-trace {path}"));
        Ok(Some(Read { source, option, trace, answers: Vec::new(), labels: None }))
    }

    /// When sentences of a task on so many layers leave.
    ///
    /// # Errors
    /// Arguments that do not go together, files that cannot be read, a task without the counts that are asked for.
    pub(super) fn decide(&self, workload: &Workload, layers: usize) -> Result<Decided, Error> {
        let read = self.read(layers)?;
        let known = read.is_some() || workload.exits.is_some() || self.threshold.is_some();
        let policy = self.policy.unwrap_or(if known { When::Conventional } else { When::None });
        self.check(policy)?;
        match policy {
            When::None => Ok(Decided::new(Exits::full_depth(layers as u32), "none", nothing())),
            When::Predicted if self.predictor.is_none() && read.is_none() => {
                let (exits, after) = Exits::foretold(workload, self.threshold, NAMES)?;
                if self.predict_after.is_some_and(|asked| asked != after) {
                    let message = format!(
                        "the counts of task `{}` are of predictions after layer {after}",
                        workload.name
                    );
                    return Err(usage(
                        message,
                        "leave out --predict-after, or add --exit-trace and --predictor",
                    ));
                }
                let known = workload.exits.as_ref().and_then(|exits| exits.predicted.as_ref());
                let source = known.map_or(String::new(), |p| format!("{}: {}", p.standing, p.source));
                let input = input(exits.threshold, source);
                Ok(Decided { predict_after: Some(after), ..Decided::new(exits, "predicted", input) })
            }
            When::Conventional if read.is_none() && self.policy.is_some() && workload.exits.is_none() => {
                let message = format!("task `{}` has no exit statistics", workload.name);
                Err(usage(
                    message,
                    "add --exit-trace FILE and --threshold, or take a task with exits, e.g. sst2",
                ))
            }
            When::Conventional if read.is_none() => {
                let exits = Exits::new(workload, None, self.threshold, layers, NAMES)?;
                let source = workload.exits.as_ref().map_or_else(
                    || format!("task `{}` has no exit statistics: every layer runs", workload.name),
                    |known| format!("{}: {}", known.standing, known.source),
                );
                let input = input(exits.threshold, source);
                Ok(Decided::new(exits, "conventional", input))
            }
            _ => {
                let read = read.ok_or_else(|| {
                    usage("this policy needs to know each sentence", "add --exit-trace FILE or --logits FILE")
                })?;
                self.each(policy, workload, &read)
            }
        }
    }

    /// What goes together.
    fn check(&self, policy: When) -> Result<(), Error> {
        if self.predictor.is_some() && policy != When::Predicted {
            return Err(usage("--predictor has no effect", "add --policy predicted"));
        }
        if self.patience.is_some() != (policy == When::Patience) {
            return Err(usage(
                "--policy patience and --patience go together",
                "e.g. --policy patience --patience 3",
            ));
        }
        if self.threshold.is_some() && policy == When::Patience {
            return Err(usage("--threshold has no effect: patience compares answers", "leave it out"));
        }
        if self.predict_after.is_some() && !matches!(policy, When::Predicted | When::Oracle) {
            return Err(usage("--predict-after has no effect", "add --policy predicted or oracle"));
        }
        if policy == When::None
            && (self.threshold.is_some() || self.exit_trace.is_some() || self.logits.is_some())
        {
            return Err(usage("--policy none takes no exits", "leave out the threshold, trace or logits"));
        }
        Ok(())
    }

    /// Each sentence of a file by the policy.
    fn each(&self, when: When, workload: &Workload, read: &Read) -> Result<Decided, Error> {
        let known = workload.exits.as_ref();
        let own = match when {
            When::Predicted => known.and_then(|exits| exits.predicted.as_ref()?.middle()),
            _ => known.map(|exits| exits.threshold.value),
        };
        let asks = !(when == When::Patience || when == When::Oracle && !read.answers.is_empty());
        let threshold = self.threshold.or(own.filter(|_| asks));
        let needed = || match threshold {
            Some(nats) if nats.is_finite() && nats >= 0.0 => Ok(nats),
            Some(nats) => {
                let message = format!("--threshold {nats} must be a finite entropy of at least 0 nat");
                Err(usage(message, "entropies of C classes lie between 0 and ln C"))
            }
            None => Err(usage(format!("{} needs a threshold", read.option), "add --threshold, e.g. 0.28")),
        };
        let after = self.predict_after.unwrap_or(1);
        if after == 0 || after as usize >= read.trace.layers() {
            let message = format!("--predict-after {after} must be from 1 to {}", read.trace.layers() - 1);
            return Err(usage(message, "predict from an earlier layer"));
        }
        let mut rows = Vec::new();
        let policy: Box<dyn Policy> = match when {
            When::None => Box::new(FullDepth),
            When::Conventional => Box::new(Conventional { threshold: needed()? }),
            When::Patience if read.answers.is_empty() => {
                return Err(usage(
                    "patience compares answers, which entropies do not tell",
                    "add --logits FILE",
                ));
            }
            When::Patience => Box::new(Patience { patience: self.patience.unwrap_or(1) as usize }),
            When::Oracle => {
                let threshold = if asks || self.threshold.is_some() { Some(needed()?) } else { None };
                Box::new(Oracle { threshold, after: after as usize })
            }
            When::Predicted => {
                let path = self.predictor.as_ref().ok_or_else(|| {
                    usage(
                        "no table predicts the exits of this trace",
                        "add --predictor FILE: see `offramp predictor fit`",
                    )
                })?;
                let table = Predictor::read(path, after as usize)?;
                fits(path, table.layers(), read.trace.layers())?;
                let policy = Predicted::new(&table, needed()?);
                rows = policy.rows().to_vec();
                Box::new(policy)
            }
        };
        let exits = Exits {
            threshold: if asks { threshold } else { self.threshold },
            ..Exits::by(policy.as_ref(), read.sentences())
        };
        let source = format!("{}: {} sentences, each by itself", read.source, read.trace.sentences());
        let planned = matches!(when, When::Predicted | When::Oracle).then_some(after);
        let input = input(exits.threshold, source);
        Ok(Decided { predict_after: planned, rows, ..Decided::new(exits, when.name(), input) })
    }
}

fn input(threshold: Option<f64>, source: String) -> Input {
    let value = threshold.map_or("none".to_owned(), |nats| format!("threshold {nats} nat"));
    Input { input: "exits", value, source }
}

fn nothing() -> Input {
    input(None, "--policy none: every layer runs".to_owned())
}

impl Decided {
    fn new(exits: Exits, policy: &'static str, input: Input) -> Self {
        let ramps = policy != "none" && exits.sentences.is_some();
        let policy = if ramps { policy } else { "none" };
        Decided { exits, ramps, predict_after: None, policy, rows: Vec::new(), input }
    }
}
