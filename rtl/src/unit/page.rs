//! A page of an operand buffer: its mask memory, its n banks of codes, and the switch that gives each of them to one port.
//!
//! **Ports.** `number`, which page this is. For each [reader](READERS): `fetch` of the masks of a `tile`; for each bank an `enable` and an
//! `address` (one for all banks where the reader is not packed). For each [writer](WRITERS): `mask_write` of the `fields` of a `tile`,
//! and for each bank an `enable` at one `row` with its codes. Out: `masks` and `codes`, in the next cycle; `conflict`.
//!
//! **Function.** Addresses are those of the buffer; their upper bits select the page. A word of the mask memory holds the masks of a
//! tile, vector 0 lowest, so that one read tells a whole tile's null vectors. Every memory has one port: the compiler gives a page
//! to one user at a time, and `conflict` tells where a program breaks that rule.
//!
//! **Not modelled.** Arbitration: what two ports do to a page in one cycle is undefined.

use crate::hdl::{Error, Expr, Instance, Module, concat, lit, memory, memory_lanes};
use models::design::Design;
use std::rc::Rc;

/// A port that reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    /// Prefix of its signals.
    pub name: &'static str,
    /// Whether its banks have addresses of their own.
    pub packed: bool,
}

const fn reader(name: &'static str, packed: bool) -> Reader {
    Reader { name, packed }
}

/// Who reads: the store engine, both operands of the PU, both of the SFU.
pub(crate) const READERS: [Reader; 5] = [
    reader("store", false),
    reader("rows", true),
    reader("columns", true),
    reader("a", false),
    reader("b", false),
];

/// Who writes: the load engine, the PU, the SFU.
pub(crate) const WRITERS: [&str; 3] = ["load", "pu", "sfu"];

/// The sizes of an operand buffer in bits and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// Lanes, which are the banks.
    pub lanes: usize,
    /// Bits of a code.
    pub code: usize,
    /// Bits of a page's number; none for a single page.
    pub page: usize,
    /// Bits of a vector's address within a page.
    pub row: usize,
    /// Bits of a vector's number within a tile.
    pub lane: usize,
    /// Whether zero codes are left unread and unwritten.
    pub gated: bool,
}

impl Geometry {
    pub(crate) fn new(design: &Design) -> Geometry {
        let log = |value: u64| value.ilog2() as usize;
        Geometry {
            lanes: design.pu.n as usize,
            code: design.format.width().into(),
            page: log(design.buffer.pages.into()),
            row: log(design.page_vectors()),
            lane: log(design.pu.n.into()),
            gated: design.pu.sparsity != models::design::Sparsity::Dense,
        }
    }

    /// Bits of a vector's address in the buffer.
    pub(crate) fn address(self) -> usize {
        self.page + self.row
    }

    /// Bits of a tile's address in the buffer.
    pub(crate) fn tile(self) -> usize {
        self.address() - self.lane
    }

    /// A number of tiles, as the fields of commands hold it, as an address in the buffer.
    pub(crate) fn tiles(self, count: Expr) -> Expr {
        let bits = self.tile();
        if count.width() > bits { count.bits(0, bits) } else { count.widen(bits) }
    }

    /// Bits of a reader's addresses.
    pub(crate) fn addresses(self, reader: Reader) -> usize {
        if reader.packed { self.lanes * self.address() } else { self.address() }
    }

    /// The address of a reader for a bank.
    pub(crate) fn of_bank(self, reader: Reader, addresses: &Expr, bank: usize) -> Expr {
        if reader.packed { addresses.bits(bank * self.address(), self.address()) } else { addresses.clone() }
    }

    /// The inputs of a reader: name, width, meaning.
    pub(crate) fn reads(self, reader: Reader) -> [(String, usize, &'static str); 4] {
        let name = |part: &str| format!("{}_{part}", reader.name);
        [
            (name("fetch"), 1, "masks of a tile are read"),
            (name("tile"), self.tile(), "which tile of the buffer"),
            (name("enable"), self.lanes, "banks that are read"),
            (name("address"), self.addresses(reader), "row that is read"),
        ]
    }

    /// The inputs of a writer: name, width, meaning.
    pub(crate) fn writes(self, writer: &str) -> [(String, usize, &'static str); 7] {
        let name = |part: &str| format!("{writer}_{part}");
        [
            (name("mask_write"), 1, "masks of a tile are written"),
            (name("tile"), self.tile(), "which tile of the buffer"),
            (name("fields"), self.lanes, "of which of its vectors"),
            (name("masks"), self.lanes * self.lanes, "masks, vector 0 lowest"),
            (name("enable"), self.lanes, "banks that are written"),
            (name("row"), self.address(), "row that is written"),
            (name("codes"), self.lanes * self.code, "codes, bank 0 lowest"),
        ]
    }
}

/// What a port does in this page: to the masks, and to each bank.
struct Use {
    masks: Expr,
    banks: Vec<Expr>,
}

/// The page of a design's operand buffers.
///
/// # Errors
/// A page of less than a tile.
pub(crate) fn page(design: &Design) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    if g.row < g.lane {
        return Err(Error::size("page", "vectors", "at least the vectors of a tile"));
    }
    let mut m =
        Module::new("page", "a page of an operand buffer: masks, banks and the switch in front of them")
            .parameter("n", g.lanes)
            .parameter("vectors", 1_u64 << g.row)
            .latency("1 cycle from a read to masks and codes");
    let number = (g.page > 0).then(|| m.input("number", g.page, "which page this is"));
    let here = |address: &Expr| match &number {
        Some(number) => address.bits(address.width() - g.page, g.page).eq(number),
        None => lit(1, 1),
    };
    let mut inputs = |ports: &[(String, usize, &'static str)]| -> Vec<Expr> {
        ports.iter().map(|(name, width, meaning)| m.input(name, *width, meaning)).collect()
    };
    let reads: Vec<_> = READERS.iter().map(|reader| inputs(&g.reads(*reader))).collect();
    let writes: Vec<_> = WRITERS.iter().map(|writer| inputs(&g.writes(writer))).collect();
    let mut uses = Vec::new();
    for (reader, ports) in READERS.iter().zip(&reads) {
        let address = |bank| g.of_bank(*reader, &ports[3], bank);
        uses.push(claim(
            &mut m,
            reader.name,
            (&ports[0], here(&ports[1])),
            &ports[2],
            |bank| here(&address(bank)),
            reader.packed,
        ));
    }
    for (writer, ports) in WRITERS.iter().zip(&writes) {
        uses.push(claim(&mut m, writer, (&ports[0], here(&ports[1])), &ports[4], |_| here(&ports[5]), false));
    }
    masks(&mut m, g, &uses, &reads, &writes)?;
    banks(&mut m, g, &uses, &reads, &writes)?;
    conflict(&mut m, &uses);
    m.finish()
}

/// What a port does here: `mask` with whether its tile is, and the banks that it enables with whether their rows are.
fn claim(
    m: &mut Module,
    name: &str,
    mask: (&Expr, Expr),
    enable: &Expr,
    here: impl Fn(usize) -> Expr,
    packed: bool,
) -> Use {
    let masks = m.wire(&format!("{name}_uses_masks"), mask.0.and(mask.1));
    let banks: Vec<Expr> = if packed {
        (0..enable.width())
            .map(|bank| m.wire(&format!("{name}_uses_{bank}"), enable.bit(bank).and(here(bank))))
            .collect()
    } else {
        let all = m.wire(&format!("{name}_uses"), enable.and(here(0).repeat(enable.width())));
        (0..enable.width()).map(|bank| all.bit(bank)).collect()
    };
    Use { masks, banks }
}

/// Values under their conditions, of which at most one holds; zero where none does.
fn either(choices: &[(Expr, Expr)]) -> Expr {
    let gated = choices.iter().map(|(on, value)| value.and(on.repeat(value.width())));
    gated.reduce(|any, one| any.or(one)).unwrap_or_else(|| lit(1, 0))
}

/// Whether any of some conditions holds.
fn any(conditions: impl Iterator<Item = Expr>) -> Expr {
    conditions.reduce(|any, one| any.or(one)).unwrap_or_else(|| lit(1, 0))
}

/// The mask memory: a word for each tile.
fn masks(
    m: &mut Module,
    g: Geometry,
    uses: &[Use],
    reads: &[Vec<Expr>],
    writes: &[Vec<Expr>],
) -> Result<(), Error> {
    let bits = (g.row - g.lane).max(1);
    let within = |tile: &Expr| if g.row == g.lane { lit(1, 0) } else { tile.bits(0, bits) };
    let tiles = reads.iter().chain(writes).map(|ports| within(&ports[1]));
    let address: Vec<_> = uses.iter().map(|port| port.masks.clone()).zip(tiles).collect();
    let writers = &uses[READERS.len()..];
    let chosen = |at: usize| -> Vec<_> {
        writers
            .iter()
            .map(|port| port.masks.clone())
            .zip(writes.iter().map(|ports| ports[at].clone()))
            .collect()
    };
    let enable = m.wire("mask_enable", any(uses.iter().map(|port| port.masks.clone())));
    let fields = m.wire("mask_fields", either(&chosen(2)));
    let data = m.wire("mask_data", either(&chosen(3)));
    let address = m.wire("mask_address", either(&address));
    let shape = memory_lanes(1 << bits, g.lanes, g.lanes)?;
    let inputs = [("enable", &enable), ("write", &fields), ("address", &address), ("data", &data)];
    let value = m.instance("mask_words", &shape, &inputs).out("value");
    let out = m.output("masks", value.width(), "masks of the tile read, vector 0 lowest");
    m.assign(out, value);
    Ok(())
}

/// The banks: one code a row each.
fn banks(
    m: &mut Module,
    g: Geometry,
    uses: &[Use],
    reads: &[Vec<Expr>],
    writes: &[Vec<Expr>],
) -> Result<(), Error> {
    let shape = memory(1 << g.row, g.code)?;
    let mut codes = Vec::new();
    for bank in 0..g.lanes {
        let on: Vec<Expr> = uses.iter().map(|port| port.banks[bank].clone()).collect();
        let readers = READERS.iter().zip(reads).map(|(reader, ports)| g.of_bank(*reader, &ports[3], bank));
        let rows = readers.chain(writes.iter().map(|ports| ports[5].clone())).map(|row| row.bits(0, g.row));
        let address: Vec<_> = on.iter().cloned().zip(rows).collect();
        let writers = &on[READERS.len()..];
        let data = writes.iter().map(|ports| ports[6].bits(bank * g.code, g.code));
        let data: Vec<_> = writers.iter().cloned().zip(data).collect();
        let enable = m.wire(&format!("enable_{bank}"), any(on.iter().cloned()));
        let write = m.wire(&format!("write_{bank}"), any(writers.iter().cloned()));
        let address = m.wire(&format!("address_{bank}"), either(&address));
        let data = m.wire(&format!("data_{bank}"), either(&data));
        let inputs = [("enable", &enable), ("write", &write), ("address", &address), ("data", &data)];
        let bank: Instance = m.instance(&format!("bank_{bank}"), &shape, &inputs);
        codes.push(bank.out("value"));
    }
    codes.reverse();
    let value = concat(&codes);
    let out = m.output("codes", value.width(), "codes of the row read, bank 0 lowest");
    m.assign(out, value);
    Ok(())
}

/// Whether two ports use the page in one cycle.
fn conflict(m: &mut Module, uses: &[Use]) {
    let users: Vec<Expr> = uses
        .iter()
        .enumerate()
        .map(|(at, port)| m.wire(&format!("user_{at}"), any(port.banks.iter().cloned()).or(&port.masks)))
        .collect();
    let pairs = (1..users.len()).map(|at| users[at].and(any(users[..at].iter().cloned())));
    let both = any(pairs);
    let out = m.output("conflict", 1, "two ports use this page in this cycle");
    m.assign(out, both);
}
