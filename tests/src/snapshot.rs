//! Texts that are committed and compared: `UPDATE_SNAPSHOTS=1 cargo test` writes them anew, and `git diff` shows what
//! changed.

use std::path::{Path, PathBuf};

/// The file of a snapshot, `tests/snapshots/NAME.txt`.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(format!("{name}.txt"))
}

/// Compares `text` with the committed snapshot, or writes it where `UPDATE_SNAPSHOTS` is set.
///
/// # Panics
/// As [`check_file`].
pub fn check(name: &str, text: &str) {
    check_file(&path(name), text);
}

/// As [`check`], of a file that is committed for itself.
///
/// # Panics
/// The file differs, is not there, or cannot be written.
pub fn check_file(path: &Path, text: &str) {
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        let folder = path.parent().expect("a snapshot is in a folder");
        std::fs::create_dir_all(folder).expect("the folder of snapshots can be made");
        return std::fs::write(path, text).expect("a snapshot can be written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == text,
        "{} differs; run with UPDATE_SNAPSHOTS=1 to accept\n--- committed\n{committed}\n--- now\n{text}",
        path.display()
    );
}
