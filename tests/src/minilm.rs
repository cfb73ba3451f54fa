//! all-MiniLM-L6-v2, which is not ours and is fetched: without it, a test says so and passes.

use std::io::Write;
use std::path::{Path, PathBuf};

/// Its folder, `target/minilm` or what `OFFRAMP_MINILM` names; none, and a word past the capture of the harness, where it is not there.
///
/// # Panics
/// It is not there and `OFFRAMP_REQUIRE_TOOLS` is 1.
pub fn folder() -> Option<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/minilm");
    let folder = std::env::var_os("OFFRAMP_MINILM").map_or(here, PathBuf::from);
    if folder.join("model.safetensors").is_file() {
        return Some(folder.to_str().expect("paths are UTF-8").to_owned());
    }
    let said = format!("{} is not there: scripts/minilm fetches it", folder.display());
    let required = std::env::var("OFFRAMP_REQUIRE_TOOLS").is_ok_and(|value| value == "1");
    assert!(!required, "{said}");
    // Who closed the error stream does not want to know.
    let _ = writeln!(std::io::stderr(), "skipped: {said}");
    None
}
