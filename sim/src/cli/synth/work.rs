//! The tools' work on all modules, side by side: cells first, then the longest paths, which need the cells of all below.

use std::io::Write;

use rtl::emit::Emitted;
use rtl::synth::{Failed, Flow, Mapped, Path, Target, is_memory, longest_path, map};

use super::super::parallel::parallel;

/// What came of the modules of an emission, each after those that it uses.
pub(super) struct Synthesised {
    pub(super) top: String,
    pub(super) mapped: Vec<Result<Mapped, Failed>>,
    pub(super) paths: Vec<Result<Option<Path>, Failed>>,
}

/// A module of one of the emissions, by number.
#[derive(Clone, Copy)]
struct Place {
    emission: usize,
    module: usize,
}

/// The modules that are synthesised: all, or where the hierarchy goes, tops and memories.
fn places(emissions: &[Emitted], flow: Flow) -> Vec<Place> {
    let of = |(emission, emitted): (usize, &Emitted)| -> Vec<Place> {
        let last = emitted.files.len() - 1;
        let stays = |module: &usize| !flow.flatten || *module == last || is_memory(&emitted.files[*module]);
        (0..=last).filter(stays).map(|module| Place { emission, module }).collect()
    };
    emissions.iter().enumerate().flat_map(of).collect()
}

/// Cells of all modules, then their longest paths; each is told to `err` as it ends.
pub(super) fn synthesise(
    target: &Target,
    emissions: &[Emitted],
    flow: Flow,
    err: &mut dyn Write,
) -> Vec<Synthesised> {
    let places = places(emissions, flow);
    let name = |at: usize| {
        let place = places[at];
        emissions[place.emission].files[place.module].name.trim_end_matches(".v")
    };
    let mut tell = |what: &str, (at, failed): (usize, Option<&Failed>), done: usize| {
        let said = failed.map_or_else(|| format!("{}: {what}", name(at)), ToString::to_string);
        // Who closed the error stream does not want to know.
        let _ = writeln!(err, "[{done}/{}] {said}", places.len());
    };
    let all: Vec<usize> = (0..places.len()).collect();
    let cells = |&at: &usize| {
        let Place { emission, module } = places[at];
        (at, map(target, &emissions[emission], module, flow))
    };
    let mapped =
        parallel(&all, cells, |(at, result), done| tell("cells", (*at, result.as_ref().err()), done));
    let mapped: Vec<Result<Mapped, Failed>> = mapped.into_iter().map(|(_, result)| result).collect();
    let path = |&at: &usize| {
        let modules = below(&places, &mapped, at);
        (at, modules.and_then(|modules| longest_path(target, &modules, flow.seconds)))
    };
    let paths = parallel(&all, path, |(at, result), done| tell("path", (*at, result.as_ref().err()), done));
    let results = places.iter().zip(mapped.into_iter().zip(paths));
    let mut out: Vec<Synthesised> = emissions
        .iter()
        .map(|emitted| Synthesised { top: emitted.top.clone(), mapped: vec![], paths: vec![] })
        .collect();
    for (place, (mapped, (_, path))) in results {
        out[place.emission].mapped.push(mapped);
        out[place.emission].paths.push(path);
    }
    out
}

/// A module and all below it, each after those that it uses.
///
/// # Errors
/// One of them has no cells.
fn below<'a>(
    places: &[Place],
    mapped: &'a [Result<Mapped, Failed>],
    at: usize,
) -> Result<Vec<&'a Mapped>, Failed> {
    let mut needed = vec![mapped[at].as_ref().map_err(Clone::clone)?];
    for before in (0..at).rev().take_while(|before| places[*before].emission == places[at].emission) {
        let used = |name: &str| needed.iter().any(|module| module.instances.contains_key(name));
        match &mapped[before] {
            Ok(module) if used(&module.module) => needed.push(module),
            Err(failed) if failed.module().is_some_and(used) => return Err(failed.clone()),
            _ => {}
        }
    }
    needed.reverse();
    Ok(needed)
}
