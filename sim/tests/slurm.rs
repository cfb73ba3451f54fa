//! A sweep as a job array of a real Slurm, which `scripts/slurm` starts: four tasks whose joined results equal those of one process;
//! with a task killed, the same command completes them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rtl::cosim::tools::required;

/// A space whose shards take a second or more.
const SPACE: &str = include_str!("../presets/space.toml");

/// The configuration of a running Slurm; none where none can be started, after saying so.
fn slurm(state: &Path) -> Option<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/slurm");
    let there = Command::new("sbatch").arg("--version").stdout(Stdio::null()).status().is_ok();
    let started = (there || required()).then(|| Command::new(script).env("OFFRAMP_SLURM", state).output());
    let said = match started {
        Some(Ok(output)) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            return text.lines().find_map(|line| line.strip_prefix("SLURM_CONF=")).map(PathBuf::from);
        }
        Some(Ok(output)) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Some(Err(error)) => error.to_string(),
        None => "sbatch is missing".to_owned(),
    };
    let line = format!("{said} (scripts/slurm starts it): a sweep as a job array was NOT tested");
    assert!(!required(), "{line}, and OFFRAMP_REQUIRE_TOOLS=1");
    // Not `eprintln`, which the test harness keeps to itself where a test passes.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
    None
}

/// A Slurm and a folder to work in; both end with the test.
struct Cluster {
    folder: tempfile::TempDir,
    configuration: PathBuf,
}

impl Cluster {
    fn start() -> Option<Cluster> {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let configuration = slurm(&folder.path().join("slurm"))?;
        fs::write(folder.path().join("space.toml"), SPACE).expect("the space can be written");
        Some(Cluster { folder, configuration })
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        command.args(arguments).env("SLURM_CONF", &self.configuration).current_dir(self.folder.path());
        let output = command.output().expect("it runs");
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {err}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn offramp(&self, arguments: &[&str]) -> String {
        self.run(env!("CARGO_BIN_EXE_offramp"), arguments)
    }

    fn submit(&self, more: &[&str]) -> String {
        let words = ["sweep", "space.toml", "-o", "all", "--slurm", "--tasks", "4", "--threads", "1"];
        self.offramp(&[&words, more].concat())
    }

    /// Waits until no job is left, or none but such as wait for ever.
    fn wait(&self) {
        for _ in 0..600 {
            let jobs = self.run("squeue", &["--noheader", "--format", "%T %r"]);
            if jobs.lines().all(|line| line.contains("DependencyNeverSatisfied")) {
                return;
            }
            sleep(Duration::from_millis(500));
        }
        panic!("the jobs do not end: {}", self.run("squeue", &[]));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/slurm");
        let _ =
            Command::new(script).arg("stop").env("OFFRAMP_SLURM", self.folder.path().join("slurm")).status();
    }
}

#[test]
fn an_array_of_four_tasks_gives_what_one_process_gives() {
    let Some(cluster) = Cluster::start() else { return };
    let shown = cluster.submit(&["--dry-run", "--sbatch=--nice=5"]);
    assert!(shown.contains("#SBATCH --array=1-4\n") && shown.contains("#SBATCH --nice=5\n"), "{shown}");
    assert!(!cluster.folder.path().join("all").exists(), "a dry run writes nothing");
    cluster.offramp(&["sweep", "space.toml", "-o", "one"]);
    let one = cluster.offramp(&["export", "one"]);
    cluster.submit(&[]);
    let third = cluster.folder.path().join("all/shard-3");
    while !third.exists() {
        sleep(Duration::from_millis(5));
    }
    cluster.run("bash", &["-c", "pkill -KILL -f -- '[a]ll/shard-3'"]);
    cluster.wait();
    let merged = cluster.folder.path().join("all/merged");
    assert!(!merged.exists(), "a killed task must keep the parts from being joined");
    cluster.run("scancel", &["--name", "offramp-merge"]);
    cluster.submit(&[]);
    cluster.wait();
    let log = fs::read_to_string(cluster.folder.path().join("all/log/merge.txt")).unwrap_or_default();
    assert_eq!(one, cluster.offramp(&["export", "all/merged"]), "{log}");
    assert!(cluster.submit(&[]).contains("is complete"));
}
