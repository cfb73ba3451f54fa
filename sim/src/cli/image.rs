//! `offramp image`: a tensor, or the NVM of a program, as the bytes of a memory; and back.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use models::memory::Memory;
use models::record::{Error, Kind};
use models::storage::Stored;
use sha2::{Digest, Sha256};

use super::Failure;
use super::cosim::case::case;
use super::export::whole;
use super::faults::subject::{TensorArgs, area_mm2};
use super::faults::{encodings, refuse};
use super::setup::MachineArgs;
use crate::image::{Image, Lies};

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp image -o embedding                                   the embedding of ALBERT-base, as a bit mask
  offramp image --encoding csr,codes=mlc2,mask=slc -o csr      another layout
  offramp image --program 0 --design offramp-n4 -o program     what the machine's NVM holds for a program of offramp cosim
  offramp image --check embedding                              read it back: is it as it was written?

DIR gets image.bin (bytes from address 0), image.hex (the same for $readmemh) and image.json (what lies where, cells, area,
checksums). How an encoding is written: offramp faults --help.";

/// What is stored, and where.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    tensor: TensorArgs,
    /// How the tensor is stored
    #[arg(long, default_value = "bitmask,codes=mlc2,mask=slc", value_name = "ENCODING")]
    encoding: String,
    /// In place of a tensor: the NVM of this program of the co-simulation
    #[arg(long, value_name = "NUMBER")]
    program: Option<usize>,
    /// Seed of the program
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Folder to write
    #[arg(short, long, value_name = "DIR", required_unless_present = "check")]
    output: Option<PathBuf>,
    /// Read the image of a folder, and say what it is
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    check: Option<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    if let Some(folder) = &args.check {
        let image = Image::read(folder)?;
        return say(&image, "as it was written", out);
    }
    let Some(folder) = &args.output else {
        return Err(refuse("no folder".to_owned(), "name one with -o").into());
    };
    let image = if let Some(index) = args.program { program(args, index)? } else { tensor(args)? };
    write(folder, &image)?;
    // What was written is what is read, or the command has failed.
    let read = Image::read(folder)?;
    if read.bytes != image.bytes {
        let message = format!("`{}` does not read back as it was written", folder.display());
        return Err(Error::new(Kind::Io, "image", message, "is something else writing there?").into());
    }
    say(&read, &format!("written to {}", folder.display()), out)
}

fn tensor(args: &Args) -> Result<Image, Failure> {
    let (_, technology, _) = args.machine.resolve()?;
    let encoding = encodings(std::slice::from_ref(&args.encoding))?.remove(0);
    let tensor = args.tensor.coded()?;
    let stored = Stored::new(encoding.layout, &tensor.codes, tensor.length, tensor.numbers.bits());
    let memory: &Memory = &technology.nvm;
    let area = |cells| area_mm2(memory, cells);
    Ok(Image::tensor(&stored, &encoding, &tensor.numbers.name(), (&memory.name, area))?)
}

/// The tables of a program, as the compiler has laid them out.
fn program(args: &Args, index: usize) -> Result<Image, Failure> {
    let (design, technology, _) = args.machine.resolve()?;
    let case = case(index, args.seed, &design, &technology).map_err(Failure::Tool)?;
    let case = case.filter(|case| !case.job.nvm.is_empty()).ok_or_else(|| {
        let message = format!("--program {index}: nothing of it lies in the NVM of design {}", design.name);
        Error::new(
            Kind::Fit,
            "arguments",
            message,
            "take another program, e.g. an even one below 4, or a larger NVM",
        )
    })?;
    let part = |section: &models::program::Section| Lies {
        name: section.name.clone(),
        start: section.start,
        bytes: section.bytes,
        symbol_bits: 8,
        symbols: section.bytes,
    };
    let parts = case.program.memory.nvm.iter().map(part).collect();
    let bits = case.job.nvm.len() as u64 * 8;
    let mut cells = [0; 3];
    cells[design.nvm.cell.bits() as usize - 1] = bits.div_ceil(design.nvm.cell.bits().into());
    let area = area_mm2(&technology.nvm, cells)?;
    Ok(Image::new(None, parts, &technology.nvm.name, (cells, area), case.job.nvm))
}

/// Writes the files of an image, each whole or not at all; the manifest last.
fn write(folder: &Path, image: &Image) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| {
        let message = format!("cannot make folder `{}`: {error}", folder.display());
        Error::new(Kind::Io, "arguments", message, "name a folder that can be made with -o")
    })?;
    for (name, bytes) in image.files() {
        whole(&folder.join(name), |mut file| file.write_all(&bytes).and_then(|()| file.flush()))?;
    }
    Ok(())
}

/// What an image is, in words.
fn say(image: &Image, done: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let manifest = &image.manifest;
    if let Some(tensor) = &manifest.tensor {
        writeln!(out, "{} x {} {}, {}", tensor.rows, tensor.length, tensor.numbers, tensor.encoding)?;
        let codes = image.stored()?.decode();
        let hash: String = Sha256::digest(&codes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        writeln!(out, "{} codes, SHA-256 {hash}...", codes.len())?;
    }
    for part in &manifest.parts {
        writeln!(
            out,
            "{:<20} {:>10} B from {:>10}: {} symbols of {} bits",
            part.name, part.bytes, part.start, part.symbols, part.symbol_bits
        )?;
    }
    let [one, two, three] = manifest.cells;
    writeln!(
        out,
        "{} B, {one} cells of 1 bit, {two} of 2, {three} of 3: {:.4} mm2 of {}",
        manifest.bytes, manifest.area_mm2, manifest.memory
    )?;
    Ok(writeln!(out, "{done}")?)
}
