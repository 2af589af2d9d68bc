//! The files of this repository, for the tests that look at them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the repository lies.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files that belong to the repository, relative to its root; those that are not committed yet count too.
pub fn files() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output();
    let mut files: Vec<PathBuf> = match listed {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .split_terminator('\0')
            .map(PathBuf::from)
            .filter(|path| root().join(path).is_file())
            .collect(),
        // A source archive without git: everything in it belongs to the repository.
        _ => walk(root(), &root().join("target")),
    };
    files.sort();
    assert!(files.len() > 50, "only {} files were found", files.len());
    files
}

/// The files whose names end in `.` and `ending`.
pub fn files_ending(ending: &str) -> Vec<PathBuf> {
    let mut files = files();
    files.retain(|path| path.extension().is_some_and(|found| found == ending));
    assert!(!files.is_empty(), "there are no .{ending} files");
    files
}

/// The text of a file.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn walk(folder: &Path, without: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder was listed by its parent");
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("the entry can be read").path();
        if path == without {
            continue;
        }
        if path.is_dir() {
            files.extend(walk(&path, without));
        } else {
            let relative = path.strip_prefix(root()).expect("it lies in the root");
            files.push(relative.to_path_buf());
        }
    }
    files
}
