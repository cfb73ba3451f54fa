//! Writes every kind of figure to a folder, to be looked at: `cargo run --example gallery -- FOLDER`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use sim::figure::{Size, write_png, write_svg};

#[path = "../tests/figures/gallery.rs"]
mod gallery;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: gallery FOLDER [NAME]")?);
    let only = std::env::args().nth(2).unwrap_or_default();
    fs::create_dir_all(&folder)?;
    for (name, figure) in gallery::figures().into_iter().filter(|(name, _)| name.starts_with(&only)) {
        for (size, suffix) in [(Size::Column, "column"), (Size::Slide, "slide")] {
            fs::write(folder.join(format!("{name}-{suffix}.svg")), write_svg(&figure, size)?)?;
            fs::write(folder.join(format!("{name}-{suffix}.png")), write_png(&figure, size)?)?;
        }
    }
    Ok(())
}
