//! `offramp sweep --slurm`: a job array in which each task runs one shard, and a job behind it that joins them.
//!
//! Everything lies in the output folder: `space.toml` as it was submitted, the two scripts, `log`, a folder for each shard, and at the
//! end `merged`. The same command again goes on with what tasks have left undone.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use models::record::{Error, Kind};

use super::Failure;
use crate::sweep::manifest::Manifest;
use crate::sweep::store::failed;

/// How to submit.
#[derive(Debug, clap::Args)]
pub(super) struct Submission {
    /// Submit the sweep to Slurm as a job array, and a job that joins its parts in DIR/merged
    #[arg(long, requires = "tasks")]
    pub(super) slurm: bool,
    /// Tasks of the array
    #[arg(long, value_name = "NUMBER", requires = "slurm", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    tasks: Option<u32>,
    /// Show the scripts and submit nothing
    #[arg(long, requires = "slurm")]
    dry_run: bool,
    /// An option for sbatch, e.g. --sbatch=--partition=long; can be repeated
    #[arg(long, value_name = "OPTION", requires = "slurm", allow_hyphen_values = true)]
    sbatch: Vec<String>,
}

/// The array and the job behind it, as texts.
struct Scripts {
    array: String,
    merge: String,
}

/// Writes the scripts and submits them.
pub(super) fn submit(
    args: &Submission,
    (space, output, threads): (&str, &Path, Option<u32>),
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let folder = std::path::absolute(output).map_err(|error| failed(output, "find", &error))?;
    let scripts = scripts(args, &folder, threads)?;
    if args.dry_run {
        writeln!(out, "# {}", folder.join("array.sbatch").display())?;
        writeln!(out, "{}\n# {}", scripts.array, folder.join("merge.sbatch").display())?;
        return Ok(out.write_all(scripts.merge.as_bytes())?);
    }
    if Manifest::read(&folder.join("merged"))?.is_some() {
        writeln!(out, "{} is complete", folder.join("merged").display())?;
        return Ok(());
    }
    write(&folder, space, &scripts)?;
    let array = sbatch(&[], &folder.join("array.sbatch"))?;
    let merge = sbatch(&[format!("--dependency=afterok:{array}")], &folder.join("merge.sbatch"))?;
    writeln!(out, "array {array} of {} tasks, then {merge}, which joins them", args.tasks.unwrap_or(1))?;
    writeln!(out, "results: {}; logs: {}", folder.join("merged").display(), folder.join("log").display())?;
    Ok(writeln!(out, "where a task fails, the same command runs what is left")?)
}

fn write(folder: &Path, space: &str, scripts: &Scripts) -> Result<(), Error> {
    let log = folder.join("log");
    fs::create_dir_all(&log).map_err(|error| failed(&log, "make", &error))?;
    let copy = folder.join("space.toml");
    if fs::read_to_string(&copy).is_ok_and(|known| known != space) {
        let message = format!("{} holds the shards of another space", folder.display());
        return Err(Error::new(Kind::Input, "arguments", message, "take another folder with -o"));
    }
    for (name, text) in
        [("space.toml", space), ("array.sbatch", &scripts.array), ("merge.sbatch", &scripts.merge)]
    {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| failed(&path, "write", &error))?;
    }
    Ok(())
}

/// Text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn scripts(args: &Submission, folder: &Path, threads: Option<u32>) -> Result<Scripts, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::Tool(format!("cannot name this program: {error}")))?;
    let program = quoted(&program.to_string_lossy());
    let inside = |name: &str| quoted(&folder.join(name).to_string_lossy());
    let tasks = args.tasks.unwrap_or(1);
    let options: String = args.sbatch.iter().map(|option| format!("#SBATCH {option}\n")).collect();
    let head = |name: &str, log: &str, more: &str| {
        let log = PathBuf::from(folder).join("log").join(log);
        format!("#!/bin/bash\n#SBATCH --job-name={name}\n#SBATCH --output={}\n{more}{options}", log.display())
    };
    let cores = format!("#SBATCH --array=1-{tasks}\n#SBATCH --cpus-per-task={}\n", threads.unwrap_or(1));
    let shard = "\"$SLURM_ARRAY_TASK_ID\"";
    let array = head("offramp-sweep", "%a.txt", &cores)
        + &format!(
            "exec {program} sweep {} -o {}{shard} --shard {shard}/{tasks} --threads \"${{SLURM_CPUS_PER_TASK:-1}}\"\n",
            inside("space.toml"),
            inside("shard-")
        );
    let parts: Vec<String> = (1..=tasks).map(|task| inside(&format!("shard-{task}"))).collect();
    let merge = head("offramp-merge", "merge.txt", "")
        + &format!("exec {program} merge {} -o {}\n", parts.join(" "), inside("merged"));
    Ok(Scripts { array, merge })
}

/// Submits a script; the number of its job.
fn sbatch(options: &[String], script: &Path) -> Result<String, Failure> {
    let output = Command::new("sbatch").arg("--parsable").args(options).arg(script).output();
    let output = output.map_err(|error| {
        Failure::Tool(format!("sbatch does not run: {error}; --dry-run shows what it would be given"))
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::Tool(format!("sbatch refuses {}: {}", script.display(), said.trim())));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.trim().split(';').next().unwrap_or_default().to_owned())
}
