//! `offramp faults`: what wrong cells do to a tensor, in each of some encodings.

mod keep;
mod model;
pub(super) mod report;
pub(super) mod subject;

use std::io::Write;
use std::num::NonZeroU32;
use std::path::PathBuf;

use models::record::{Error, Kind};
use models::storage::Stored;

use super::Failure;
use super::parallel::parallel;
use super::plot::{format, write_figure};
use super::stop;
use crate::cli::Style;
use crate::faults::{Encoding, Model, ModelDamage, Store, Study, Until};
use crate::figure::Size;
use keep::Kept;
use model::ModelArgs;
use subject::{FaultArgs, MemoryArgs, TensorArgs, area_mm2};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp faults                                          an embedding of ALBERT-base in four encodings
  offramp faults --encoding bitmask,codes=2+3+3,mask=slc --encoding bitmask,codes=2+3+3,mask=slc,levels=gray
  offramp faults --faults rram-relaxation-b --after 1e5   cells that were written a day ago
  offramp faults --matrix mlc2=mine.csv --encoding bitmask,codes=mlc2
  offramp faults --model mini --text mini/test.tsv --sentences 200 --encoding bitmask,codes=mlc3,mask=slc
  offramp faults --trials 1000 --within 0.02 --keep trials.jsonl --figure faults.svg

An encoding is LAYOUT,codes=CELLS,mask=CELLS,levels=LEVELS,ecc=PARTS. LAYOUT: dense, bitmask, banks-N (as the operand buffers
lie), csr, runs. CELLS: slc, mlc2, mlc3, or bits of each cell of a symbol, highest first, as 2+3+3. LEVELS: binary, gray.
PARTS with SECDED: none, mask, codes, all. What is not named is slc, binary, none; `mask` stands for columns, runs and starts too.

A trial writes and reads the whole tensor once. Columns: bits and cells of the encoding, its area in the memory; per trial, mean and half of
the 95 % interval of the mean: misread cells, wrong codes and wrong mask bits behind their correction, elements of another value, and the
norm of what changed over the norm of the tensor (relative L2); its largest over all trials.

With --model, the tensor is the word table of a checkpoint, and the first 16 trials also run the sentences of --text on the golden kernels:
change of the logits over their norm, of the entropy at an off-ramp, share of sentences that leave after another layer, whose largest logit
is another, and, where all have labels, that are answered rightly. With --sentences alone, the network has random weights and the sentences
random words; they leave where the entropy is under the median of all.

--keep FILE appends each batch of trials to a file, and goes on from what is there.
Keys of --json: tensor, faults, seed, encodings (of each: encoding, bytes, cells, area_mm2, trials, cells_misread, code_errors,
mask_errors, element_errors, relative_l2: each with mean, half_width, most).";

/// Encodings that are compared where none is named: what the bits of a cell and the levels do.
const DEFAULTS: [&str; 4] = [
    "bitmask,codes=slc,mask=slc",
    "bitmask,codes=mlc2,mask=slc",
    "bitmask,codes=2+3+3,mask=slc",
    "bitmask,codes=2+3+3,mask=slc,levels=gray",
];

/// What is stored, how, and how often.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    tensor: TensorArgs,
    #[command(flatten)]
    memory: MemoryArgs,
    #[command(flatten)]
    faults: FaultArgs,
    /// How it is stored; can be repeated
    #[arg(long = "encoding", value_name = "ENCODING")]
    encodings: Vec<String>,
    /// Trials of each encoding at most
    #[arg(long, default_value_t = 100, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    trials: u64,
    /// Stop when half of the 95 % interval of the mean relative L2 is within this share of the mean
    #[arg(long, value_name = "SHARE")]
    within: Option<f64>,
    #[command(flatten)]
    model: ModelArgs,
    /// Sentences that a model reads, for logits, entropy, exits and predictions: the first of --text, or random ones on random weights;
    /// 0: all of --text, or no model
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    sentences: usize,
    /// Tokens of a sentence of the model
    #[arg(long, default_value_t = 16, value_name = "TOKENS")]
    seq: u32,
    /// Where random numbers begin
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Threads; as many as there are processors if not given
    #[arg(long, value_name = "NUMBER")]
    threads: Option<NonZeroU32>,
    /// File that keeps each trial, and from which the command goes on
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Draw the distribution of the relative L2: .svg or .png
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// An encoding with its trials.
pub(super) struct Tried {
    /// As it is written, and as a figure says it.
    pub(super) name: String,
    pub(super) short: String,
    pub(super) store: Store,
    pub(super) area_mm2: f64,
    pub(super) study: Study,
    /// What the first trials did to the model, if there is one.
    pub(super) model: Vec<ModelDamage>,
}

/// Trials that a model sees at most: each runs all its sentences.
const MODEL_TRIALS: u64 = 16;

pub(super) fn run(
    args: &Args,
    out: &mut dyn Write,
    err: &mut dyn Write,
    style: Style,
) -> Result<(), Failure> {
    // Whether the figure can be written by its name shows before hours of trials, not after.
    args.figure.as_deref().map(format).transpose()?;
    if args.within.is_some_and(|within| !(within > 0.0 && within < 1.0)) {
        return Err(
            refuse("--within must be above 0 and below 1".to_owned(), "give a share, e.g. 0.05").into()
        );
    }
    let texts =
        if args.encodings.is_empty() { DEFAULTS.map(str::to_owned).to_vec() } else { args.encodings.clone() };
    let encodings = encodings(&texts)?;
    let memory = args.memory.memory()?;
    let model = match (args.model.read(args.sentences)?, args.sentences) {
        (Some(model), _) => Some(model),
        (None, 0) => None,
        (None, count) => Some(args.tensor.model(args.seq, args.seed, count)?),
    };
    let tensor = model.as_ref().map_or_else(|| args.tensor.coded(), |model| Ok(model.words()))?;
    let mut tried = Vec::new();
    for encoding in &encodings {
        let store = args.faults.store(&memory, &tensor, encoding)?;
        let area_mm2 = area_mm2(&memory, store.cells())?;
        tried.push(Tried {
            name: encoding.to_string(),
            short: encoding.short(),
            store,
            area_mm2,
            study: Study::default(),
            model: vec![],
        });
    }
    let head = keep::head(args, &tensor, &tried);
    let mut kept = args.keep.as_deref().map(|path| Kept::open(path, &head, &mut tried)).transpose()?;
    stop::watch()?;
    let until = Until { trials: args.trials, within: args.within };
    let threads = threads(args.threads);
    for (number, one) in tried.iter_mut().enumerate() {
        let (mut failed, mut first) = (None, one.study.trials.len());
        one.study.run(&one.store, args.seed, until, threads, |batch| {
            if let Some(kept) = &mut kept {
                failed = kept.add(number, first, batch).err();
            }
            first += batch.len();
            if style.terminal {
                // A bar that cannot be drawn stops nothing.
                let _ = write!(err, "\r{}: {first} trials\x1b[K", one.name);
            }
            failed.is_none() && !stop::asked()
        });
        if style.terminal {
            let _ = write!(err, "\r\x1b[K");
        }
        if let Some(error) = failed {
            return Err(error.into());
        }
        if stop::asked() {
            let again = if kept.is_some() { "the same command" } else { "the same command with --keep FILE" };
            return Err(Failure::Interrupted(again.to_owned()));
        }
    }
    if let Some(model) = &model {
        for one in &mut tried {
            let numbers: Vec<u64> = (0..args.trials.min(MODEL_TRIALS)).collect();
            let run = |number: &u64| model.trial(&one.store, args.seed, *number);
            let all = parallel(&numbers, run, |_, _| {});
            one.model = all.into_iter().collect::<Result<_, _>>().map_err(Failure::Tool)?;
        }
    }
    // Figures of hours are said before anything else can fail.
    if args.json {
        report::json(args, (&memory, &tensor), &tried, out)?;
    } else {
        report::table(args, (&memory, &tensor), &tried, out)?;
        report::model(&tried, model.as_ref().and_then(Model::right), out)?;
    }
    args.figure.as_deref().map_or(Ok(()), |path| write_figure(path, &report::figure(&tried), Size::Slide))
}

/// As many as were asked for, or as there are processors.
pub(super) fn threads(asked: Option<NonZeroU32>) -> NonZeroU32 {
    let available = || std::thread::available_parallelism().ok().and_then(|n| NonZeroU32::try_from(n).ok());
    asked.or_else(available).unwrap_or(NonZeroU32::MIN)
}

/// Encodings as they are written in arguments.
pub(super) fn encodings(texts: &[String]) -> Result<Vec<Encoding>, Error> {
    let parse = |text: &String| {
        Encoding::parse(text).map_err(|message| {
            refuse(
                format!("--encoding {text}: {message}"),
                "see offramp faults --help for how one is written",
            )
        })
    };
    texts.iter().map(parse).collect()
}

pub(super) fn refuse(message: String, remedy: &str) -> Error {
    Error::new(Kind::Usage, "arguments", message, remedy)
}

/// The bytes that a tensor takes without check bits.
pub(super) fn bytes(stored: &Stored) -> f64 {
    stored.bits() as f64 / 8.0
}
