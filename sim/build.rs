//! Gives the model a version: a hash of every source and preset that a result depends on, so that results of different models
//! are never mixed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a result depends on, from this crate's folder.
const SOURCES: [&str; 11] = [
    "../kernels/src",
    "../models/src",
    "src/machine",
    "src/sweep/evaluate.rs",
    "src/sweep/metric.rs",
    "src/area.rs",
    "src/contents.rs",
    "src/energy",
    "src/policy",
    "src/sentence.rs",
    "src/supply.rs",
];

fn main() -> io::Result<()> {
    let mut files = Vec::new();
    for source in SOURCES {
        println!("cargo:rerun-if-changed={source}");
        collect(Path::new(source), &mut files)?;
    }
    files.sort();
    let mut hash = FNV_BASIS;
    for file in &files {
        add(&mut hash, file.to_string_lossy().as_bytes());
        add(&mut hash, &fs::read(file)?);
    }
    println!("cargo:rustc-env=OFFRAMP_MODEL={}+{hash:016x}", env!("CARGO_PKG_VERSION"));
    Ok(())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}

/// FNV-1a, 64 bits.
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

fn add(hash: &mut u64, bytes: &[u8]) {
    for byte in bytes {
        *hash = (*hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME);
    }
}
