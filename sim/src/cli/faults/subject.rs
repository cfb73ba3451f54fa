//! Arguments that say which tensor is stored, and how its cells err.

use models::compiler::Inference;
use models::design::{Cell, Design};
use models::fault::{Confusion, FaultModel};
use models::memory::Memory;
use models::network::Network;
use models::record::{self, Error, Kind};
use models::storage::Stored;
use models::technology::Technology;
use models::workload::Workload;

use super::refuse;
use crate::area::MEGABYTE;
use crate::cli::Failure;
use crate::faults::{Coded, Encoding, Model, Numbers, Store, pruned};

/// Most elements of a tensor.
const MOST: u64 = 1 << 28;

/// The tensor: random weights of an embedding's shape.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct TensorArgs {
    /// Network whose word embedding is stored
    #[arg(long, default_value = "albert-base", value_name = "NAME")]
    network: String,
    /// Task whose embedding density it has
    #[arg(long, default_value = "sst2", value_name = "NAME")]
    task: String,
    /// Rows, in place of the network's words
    #[arg(long, value_name = "NUMBER")]
    rows: Option<u32>,
    /// Elements of a row, in place of the width of the network's embedding
    #[arg(long, value_name = "NUMBER")]
    length: Option<u32>,
    /// Share of elements that are not zero, in place of the task's
    #[arg(long, value_name = "SHARE")]
    density: Option<f64>,
    /// Numbers: adaptivfloat-WIDTH-EXPONENT, int8, fp4; the format of the preset design if not given
    #[arg(long, value_name = "NUMBERS")]
    numbers: Option<String>,
    /// Where the random weights begin
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    weights: u64,
}

impl TensorArgs {
    /// The task by its name.
    pub(in crate::cli) fn task(&self) -> &str {
        &self.task
    }

    /// The network with random weights and random sentences of `tokens` tokens.
    pub(in crate::cli) fn model(&self, tokens: u32, seed: u64, sentences: usize) -> Result<Model, Failure> {
        let own = [self.rows.map(f64::from), self.length.map(f64::from), self.density];
        if own.iter().any(Option::is_some) || self.numbers.is_some() {
            let message = "--rows, --length, --density and --numbers do not go with --sentences".to_owned();
            return Err(
                refuse(message, "name a --network and a --task: the model's own table is stored").into()
            );
        }
        let none: [&str; 0] = [];
        let (network, _) = record::resolve::<Network>(&self.network, &none)?;
        let (task, _) = record::resolve::<Workload>(&self.task, &none)?;
        if tokens == 0 || tokens > network.positions {
            let message =
                format!("--seq {tokens} must be from 1 to the network's {} positions", network.positions);
            return Err(refuse(message, "choose a length in this range").into());
        }
        let mut job = Inference::new(network, &task)?;
        job.exits = true;
        let job = job.of_tokens(tokens);
        Model::random(&record::preset::<Design>("offramp")?, &job, seed, sentences).map_err(Failure::Tool)
    }

    /// The tensor in codes.
    pub(in crate::cli) fn coded(&self) -> Result<Coded, Error> {
        let none: [&str; 0] = [];
        let (network, _) = record::resolve::<Network>(&self.network, &none)?;
        let (task, _) = record::resolve::<Workload>(&self.task, &none)?;
        let (rows, length) =
            (self.rows.unwrap_or(network.vocabulary), self.length.unwrap_or(network.embedding));
        let count = u64::from(rows) * u64::from(length);
        if rows == 0 || length == 0 || count > MOST {
            let message = format!("--rows {rows} x --length {length} must be from 1 to {MOST} elements");
            return Err(refuse(message, "store a smaller tensor: shares do not depend on its size"));
        }
        let density = self.density.unwrap_or(task.weight_density.embedding.value);
        if !(0.0..=1.0).contains(&density) {
            return Err(refuse(format!("--density {density} must be from 0 to 1"), "give a share"));
        }
        let numbers = match &self.numbers {
            Some(name) => Numbers::named(name)
                .map_err(|message| refuse(format!("--numbers {message}"), "e.g. adaptivfloat-8-4"))?,
            None => Numbers::AdaptivFloat(record::preset::<Design>("offramp")?.format),
        };
        Ok(numbers.coded(&pruned(self.weights, count as usize, density), length as usize))
    }
}

/// The memory that holds the tensor.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct MemoryArgs {
    /// Technology whose memory holds the tensor
    #[arg(long, default_value = "edgebert-12nm", value_name = "NAME")]
    technology: String,
    /// Memory that holds it, in place of the technology's
    #[arg(long, value_name = "NAME")]
    nvm: Option<String>,
}

impl MemoryArgs {
    /// The memory.
    pub(in crate::cli) fn memory(&self) -> Result<Memory, Error> {
        let none: [&str; 0] = [];
        match &self.nvm {
            Some(name) => Ok(record::resolve::<Memory>(name, &none)?.0),
            None => Ok((*record::resolve::<Technology>(&self.technology, &none)?.0.nvm).clone()),
        }
    }
}

/// How cells err.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct FaultArgs {
    /// How its cells are misread, in place of the memory's own fault model: see `offramp fault-models list`
    #[arg(long, value_name = "NAME")]
    faults: Option<String>,
    /// Matrix of a cell: CSV, a line for each level written, a share for each level read; can be repeated
    #[arg(long = "matrix", value_name = "CELL=FILE")]
    matrices: Vec<String>,
    /// Seconds since the cells were written, for a fault model that knows of time; its last time if not given
    #[arg(long, value_name = "SECONDS")]
    after: Option<f64>,
    /// Shares of cells that are stuck at the lowest and at the highest level
    #[arg(long, value_name = "LOW,HIGH", value_delimiter = ',', num_args = 1)]
    stuck: Vec<f64>,
}

impl FaultArgs {
    /// What the cells' shares are called.
    pub(in crate::cli) fn said(&self, memory: &Memory) -> Result<String, Error> {
        let mut said =
            if self.matrices.is_empty() { self.model(memory)?.name } else { self.matrices.join(", ") };
        if let Some(after) = self.after {
            said.push_str(&format!(", {after} s after writing"));
        }
        if let [low, high] = self.stuck[..] {
            said.push_str(&format!(", {low} of the cells stuck low, {high} high"));
        }
        Ok(said)
    }

    fn model(&self, memory: &Memory) -> Result<FaultModel, Error> {
        let none: [&str; 0] = [];
        if let Some(name) = &self.faults {
            return Ok(record::resolve::<FaultModel>(name, &none)?.0);
        }
        memory.faults.as_deref().cloned().ok_or_else(|| {
            let known: Vec<&str> = record::names::<FaultModel>().collect();
            let message = format!("memory `{}` names no fault model", memory.name);
            refuse(message, &format!("add --faults with one of {}, or --matrix CELL=FILE", known.join(", ")))
        })
    }

    /// What the levels of a cell are read as.
    fn confusion(&self, memory: &Memory, cell: Cell) -> Result<Confusion, Error> {
        let own = self.matrices.iter().find_map(|text| text.strip_prefix(cell.name())?.strip_prefix('='));
        let confusion = match own {
            Some(path) => Confusion::read(path)?,
            None if self.matrices.is_empty() => self.model(memory)?.confusion(cell, self.after)?,
            None => {
                let message = format!("no --matrix tells how `{}` is misread", cell.name());
                return Err(refuse(message, &format!("add --matrix {}=FILE", cell.name())));
            }
        };
        if confusion.levels() != 1 << cell.bits() {
            let (found, expected) = (confusion.levels(), 1 << cell.bits());
            let message = format!("--matrix {}: {found} levels, the cell has {expected}", cell.name());
            return Err(Error::new(
                Kind::Input,
                "arguments",
                message,
                "give a line and a column for each level",
            ));
        }
        match self.stuck[..] {
            [] => Ok(confusion),
            [low, high] if low >= 0.0 && high >= 0.0 && low + high <= 1.0 => Ok(confusion.stuck(low, high)),
            _ => Err(refuse(
                "--stuck must be two shares whose sum is at most 1".to_owned(),
                "e.g. --stuck 1e-4,1e-4",
            )),
        }
    }

    /// The tensor in an encoding.
    pub(in crate::cli) fn store(
        &self,
        memory: &Memory,
        tensor: &Coded,
        encoding: &Encoding,
    ) -> Result<Store, Error> {
        for text in &self.matrices {
            if !Cell::ALL.iter().any(|cell| text.starts_with(&format!("{}=", cell.name()))) {
                let message = format!("--matrix {text} must be slc=, mlc2= or mlc3= and a file");
                return Err(refuse(message, "e.g. --matrix mlc2=mine.csv"));
            }
        }
        let stored = Stored::new(encoding.layout, &tensor.codes, tensor.length, tensor.numbers.bits());
        let placements = encoding.placements(&stored).map_err(|message| {
            let remedy = "let each group hold 1 to 3 bits, the symbol's together";
            refuse(format!("--encoding {encoding}: {message}"), remedy)
        })?;
        let (codes, values) = (tensor.codes.clone(), tensor.values.clone());
        Store::new(stored, codes, values, placements, |cell| self.confusion(memory, cell))
    }
}

/// Square millimetres of cells of one, two and three bits.
pub(in crate::cli) fn area_mm2(memory: &Memory, cells: [u64; 3]) -> Result<f64, Error> {
    let mut area = 0.0;
    for (cell, count) in Cell::ALL.into_iter().zip(cells).filter(|(_, count)| *count > 0) {
        let bytes = count as f64 * f64::from(cell.bits()) / 8.0;
        area += bytes / MEGABYTE * memory.built_of(cell)?.area_mm2_per_mb.value;
    }
    Ok(area)
}
