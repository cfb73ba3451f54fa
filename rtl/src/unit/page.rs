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

mod memories;

use crate::hdl::{Error, Expr, Module, lit};
use memories::{banks, claim, conflict, masks};
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
