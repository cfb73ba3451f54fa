//! Every record that a space can draw on, read once: bases and those that an axis names.

use std::collections::BTreeMap;

use models::design::Design;
use models::network::Network;
use models::record::{Error, Kind, Record, Template, is_path, read_file};
use models::technology::Technology;
use models::trace::Trace;
use models::workload::Workload;
use serde::{Deserialize, Serialize};

use super::axis::{Key, Target};
use super::grid::Grid;
use super::space::Space;

/// Texts by kind and name, as a manifest keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// Designs.
    pub design: BTreeMap<String, String>,
    /// Technologies.
    pub technology: BTreeMap<String, String>,
    /// Memories that technologies and axes name as files.
    pub memory: BTreeMap<String, String>,
    /// Networks.
    pub network: BTreeMap<String, String>,
    /// Workloads.
    pub task: BTreeMap<String, String>,
    /// The exit trace, CSV.
    pub exit_trace: Option<String>,
}

/// The records.
pub struct Bases {
    pub(super) design: Named<Design>,
    pub(super) technology: Named<Technology>,
    pub(super) network: Named<Network>,
    pub(super) task: Named<Workload>,
    /// The exit trace and what a person calls it.
    pub(super) trace: Option<(String, Trace)>,
    texts: Texts,
}

/// Records of one kind.
pub(super) struct Named<T> {
    /// The one that is taken where no axis names another.
    pub(super) base: String,
    templates: BTreeMap<String, Template<T>>,
}

impl<T: Record> Named<T> {
    /// Those that a space names; `text` is what is known of them already.
    fn open(
        space: &Space,
        (target, base): (Target, &str),
        grid: &Grid,
        known: Option<&BTreeMap<String, String>>,
    ) -> Result<Self, Error> {
        let mut templates = BTreeMap::new();
        for name in std::iter::once(base.to_owned()).chain(named(grid, target)) {
            if templates.contains_key(&name) {
                continue;
            }
            let template = match known {
                None => Template::open(&name)?,
                Some(texts) => match texts.get(&name) {
                    Some(text) => Template::from_text(&name, text)?,
                    None => return Err(missing(space, T::KIND, &name)),
                },
            };
            templates.insert(name, template);
        }
        Ok(Named { base: base.to_owned(), templates })
    }

    /// The record of that name, if the space names it.
    pub(super) fn template(&self, name: &str) -> Option<&Template<T>> {
        self.templates.get(name)
    }

    fn texts(&self) -> BTreeMap<String, String> {
        self.templates.iter().map(|(name, template)| (name.clone(), template.text().to_owned())).collect()
    }
}

/// Names that axes give for a record as a whole.
fn named(grid: &Grid, target: Target) -> Vec<String> {
    let mut names = Vec::new();
    for dimension in &grid.dimensions {
        for (column, key) in dimension.keys.iter().enumerate() {
            if key.target == target && key.within.is_none() {
                let texts = dimension.positions.iter().filter_map(|row| row[column].as_str());
                names.extend(texts.map(str::to_owned));
            }
        }
    }
    names
}

/// The texts of memories that are files: of each technology, and of axes over its keys.
fn memories(technologies: &Named<Technology>, grid: &Grid) -> Result<BTreeMap<String, String>, Error> {
    let mut names = Vec::new();
    // What does not hold says so where it is read.
    for technology in technologies.templates.values().filter_map(|template| template.with(&[]).ok()) {
        names.push(technology.nvm.written().to_owned());
        names.extend(technology.memories.iter().map(|memory| memory.written().to_owned()));
    }
    for dimension in &grid.dimensions {
        let within = |key: &Key| key.target == Target::Technology && key.within.is_some();
        for (column, _) in dimension.keys.iter().enumerate().filter(|(_, key)| within(key)) {
            let texts = dimension.positions.iter().filter_map(|row| row[column].as_str());
            names.extend(texts.map(str::to_owned));
        }
    }
    let files = names.into_iter().filter(|name| is_path(name));
    files.map(|name| read_file(&name).map(|text| (name, text))).collect()
}

fn missing(space: &Space, kind: &str, name: &str) -> Error {
    Error::new(
        Kind::Input,
        format!("space `{}`", space.name),
        format!("the manifest has no {kind} `{name}`"),
        "the folder is damaged: sweep into another",
    )
}

impl Bases {
    /// Reads what a space names from presets and files, or, where it is known, from the texts of a manifest.
    ///
    /// # Errors
    /// As the records' own.
    pub fn open(space: &Space, grid: &Grid, known: Option<&Texts>) -> Result<Bases, Error> {
        let base = &space.base;
        let design = Named::open(space, (Target::Design, &base.design), grid, known.map(|t| &t.design))?;
        let technology =
            Named::open(space, (Target::Technology, &base.technology), grid, known.map(|t| &t.technology))?;
        let memory = memories(&technology, grid)?;
        if let Some(known) = known.filter(|known| known.memory != memory) {
            let changed = memory.iter().find(|(name, text)| known.memory.get(*name) != Some(*text));
            let name = changed.map_or("one of them", |(name, _)| name.as_str());
            return Err(Error::new(
                Kind::Input,
                format!("space `{}`", space.name),
                format!("memory `{name}` is another than the one that the results were made with"),
                "put the file back as it was, or sweep into another folder",
            ));
        }
        let network = Named::open(space, (Target::Network, &base.network), grid, known.map(|t| &t.network))?;
        let task = Named::open(space, (Target::Task, &base.task), grid, known.map(|t| &t.task))?;
        let text = match (&base.exit_trace, known) {
            (None, _) => None,
            (Some(path), None) => Some((path.clone(), Trace::text(path)?)),
            (Some(path), Some(texts)) => {
                let text = texts.exit_trace.clone();
                Some((path.clone(), text.ok_or_else(|| missing(space, "exit trace", path))?))
            }
        };
        let texts = Texts {
            design: design.texts(),
            technology: technology.texts(),
            memory,
            network: network.texts(),
            task: task.texts(),
            exit_trace: text.as_ref().map(|(_, text)| text.clone()),
        };
        let trace =
            text.map(|(path, text)| Trace::parse(&path, &text).map(|trace| (path, trace))).transpose()?;
        let bases = Bases { design, technology, network, task, trace, texts };
        bases.check(space, grid)?;
        Ok(bases)
    }

    /// Base design and base technology.
    ///
    /// # Errors
    /// A base does not hold.
    pub fn machine(&self) -> Result<(Design, Technology), Error> {
        let read = |kind: &str| Error::new(Kind::Input, kind, format!("no base {kind}"), "check the space");
        let design = self.design.template(&self.design.base).ok_or_else(|| read("design"))?.with(&[])?;
        let technology = self.technology.template(&self.technology.base).ok_or_else(|| read("technology"))?;
        Ok((design, technology.with(&[])?))
    }

    /// The texts, for a manifest.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Refuses values that no record takes, whatever the others are.
    fn check(&self, space: &Space, grid: &Grid) -> Result<(), Error> {
        for (index, dimension) in grid.dimensions.iter().enumerate() {
            for (column, key) in dimension.keys.iter().enumerate() {
                if let (Some(within), Some(row)) = (&key.within, dimension.positions.first()) {
                    let sets = [(within.as_str(), &row[column])];
                    let known = match key.target {
                        Target::Design => knows(&self.design, &sets),
                        Target::Technology => knows(&self.technology, &sets),
                        Target::Network => knows(&self.network, &sets),
                        Target::Task => knows(&self.task, &sets),
                        Target::Policy => Ok(()),
                    };
                    known.map_err(|error| at_axis(space, index, &error))?;
                }
                if key.within.is_none() && dimension.positions.iter().any(|row| !row[column].is_str()) {
                    let message = format!("the values of `{}` are names of presets or files", key.text);
                    return Err(Error::new(
                        Kind::Input,
                        format!("space `{}`", space.name),
                        message,
                        "write them in \"double quotes\"",
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Whether a record knows the keys; that a value breaks a rule is for each point to say.
fn knows<T: Record>(named: &Named<T>, sets: &[(&str, &toml::Value)]) -> Result<(), Error> {
    let Some(template) = named.template(&named.base) else { return Ok(()) };
    template.takes(sets)
}

fn at_axis(space: &Space, index: usize, error: &Error) -> Error {
    let problem = error.problems.first();
    let message = problem.map_or_else(String::new, |problem| problem.message.clone());
    let remedy = problem.and_then(|problem| problem.remedy.clone()).unwrap_or_default();
    Error::new(
        Kind::Input,
        format!("space `{}`", space.name),
        format!("axis {}: {message}", index + 1),
        remedy,
    )
}
