//! What a folder of results holds: the space, every record that it draws on, the model, the columns.

use std::fs;
use std::path::Path;

use models::record::{self, Error, Kind};
use serde::{Deserialize, Serialize};

use super::MODEL;
use super::bases::{Bases, Texts};
use super::grid::Grid;
use super::metric::Metric;
use super::space::Space;
use crate::area::area;
use crate::energy::{Prices, Usage};
use crate::machine::Events;

/// Layout of a folder; another number is another layout.
const FORMAT: u32 = 1;
/// Its name in the folder.
pub const FILE: &str = "manifest.json";
/// The words before a standing's share in a column's name.
const STANDINGS: [&str; 4] = ["measured", "modelled", "derived", "assumed"];

/// A manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Layout of the folder.
    pub format: u32,
    /// The model that made the results.
    pub model: String,
    /// The text of the space.
    pub space: String,
    /// The texts of all records.
    pub records: Texts,
    /// Which part of the space, if not all.
    pub shard: Option<Shard>,
    /// Items of the energy bill, in the order of their columns.
    pub energy: Vec<String>,
    /// Parts of the area, in the order of their columns.
    pub area: Vec<String>,
}

/// A part of a space: `index` of `count`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which, from 1.
    pub index: u32,
    /// Of how many.
    pub count: u32,
}

/// What a manifest describes, ready to be evaluated.
pub struct Opened {
    /// The space.
    pub space: Space,
    /// Its points.
    pub grid: Grid,
    /// Its records.
    pub bases: Bases,
}

impl Shard {
    /// This shard's part of `points`.
    pub fn part<T>(self, points: &[T]) -> &[T] {
        let cut = |at: u32| points.len() * at as usize / self.count as usize;
        &points[cut(self.index - 1)..cut(self.index)]
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(index, count)| {
            Some(Shard { index: index.trim().parse().ok()?, count: count.trim().parse().ok()? })
        });
        parsed
            .filter(|shard| 1 <= shard.index && shard.index <= shard.count)
            .ok_or_else(|| format!("`{text}` is no shard: write I/N with I from 1 to N, e.g. 2/3"))
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl Opened {
    /// The space of a text; `known` are the records' texts where they are kept already.
    ///
    /// # Errors
    /// The space or one of its records does not hold.
    pub fn new(source: &str, text: &str, known: Option<&Texts>) -> Result<Self, Error> {
        let space: Space = record::parse(source, text)?;
        let grid = Grid::new(&space)?;
        let bases = Bases::open(&space, &grid, known)?;
        Ok(Opened { space, grid, bases })
    }

    /// The manifest of a sweep of this space.
    ///
    /// # Errors
    /// The base technology has no memory of the base design's.
    pub fn manifest(&self, text: &str, shard: Option<Shard>) -> Result<Manifest, Error> {
        let (design, technology) = self.bases.machine()?;
        let prices = Prices::new(&design, &technology, design.operating.vdd_v)?;
        let bill = prices.bill(&Usage { events: &Events::default(), seconds: 0.0 });
        let parts = area(&design, &technology);
        Ok(Manifest {
            format: FORMAT,
            model: MODEL.to_owned(),
            space: text.to_owned(),
            records: self.bases.texts().clone(),
            shard,
            energy: bill.iter().map(|item| item.name.to_owned()).collect(),
            area: parts.iter().map(|part| part.name.to_owned()).collect(),
        })
    }
}

fn damaged(path: &Path, message: String) -> Error {
    Error::new(
        Kind::Input,
        format!("`{}`", path.display()),
        message,
        "the folder was not written by a sweep of this version, or is damaged: sweep into another",
    )
}

impl Manifest {
    /// The manifest of a folder; none where there is none yet.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn read(folder: &Path) -> Result<Option<Manifest>, Error> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(super::store::failed(&path, "read", &error)),
        };
        let manifest: Manifest = serde_json::from_str(&text)
            .map_err(|error| damaged(&path, format!("{} is no manifest: {error}", path.display())))?;
        if manifest.format == FORMAT {
            return Ok(Some(manifest));
        }
        Err(damaged(
            &path,
            format!("{} has format {}, this version reads {FORMAT}", path.display(), manifest.format),
        ))
    }

    /// The space and records that the folder was made of.
    ///
    /// # Errors
    /// The manifest is damaged, or of a version whose records were others.
    pub fn open(&self, folder: &Path) -> Result<Opened, Error> {
        Opened::new(&format!("{}: space", folder.join(FILE).display()), &self.space, Some(&self.records))
    }

    /// Writes the manifest in one step: it is there whole or not at all.
    ///
    /// # Errors
    /// Nothing can be written.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE);
        let temporary = folder.join(".manifest.json.new");
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        let written = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &path));
        written.map_err(|error| super::store::failed(&path, "write", &error))
    }

    /// What differs from another manifest, for a sweep that would go on with its results.
    pub fn differs(&self, other: &Manifest) -> Option<&'static str> {
        let space = |text: &str| record::parse::<Space>("space", text).ok();
        if self.model != other.model {
            Some("the version of the model")
        } else if space(&self.space) != space(&other.space) {
            Some("the space")
        } else if self.records != other.records {
            Some("a design, technology, memory, network, workload or trace that it names")
        } else if self.shard != other.shard {
            Some("the shard")
        } else {
            None
        }
    }

    /// Names of the columns of a point's figures, units last.
    pub fn columns(&self) -> Vec<String> {
        let slug = |name: &String| name.to_lowercase().replace([' ', '-'], "_");
        let metrics = Metric::all().map(|metric| metric.column().to_owned());
        let energy = self.energy.iter().map(|item| format!("energy_{}_j", slug(item)));
        let area = self.area.iter().map(|part| format!("area_{}_mm2", slug(part)));
        let standing = STANDINGS.map(|standing| format!("energy_{standing}_share"));
        metrics.chain(energy).chain(area).chain(standing).collect()
    }
}
