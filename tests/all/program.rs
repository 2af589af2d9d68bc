//! The program under test, run as its users run it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::repository::root;

/// What a run of the program came to.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: i32,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// The program, to be run in `folder`.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_smalto"));
    let _ = command.args(arguments).current_dir(folder);
    command
}

/// Runs the program in `folder`.
pub fn smalto_in(folder: &Path, arguments: &[&str]) -> Ended {
    let output = command(folder, arguments).output();
    Ended::from(output.expect("the program can be started"))
}

/// Runs the program in the root of the repository.
pub fn smalto(arguments: &[&str]) -> Ended {
    smalto_in(root(), arguments)
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            // A process that a signal has ended has no code: −1 equals none that is expected.
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    /// Fails unless the program ended with `code`.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        assert!(
            !self.stderr.contains("panicked at"),
            "the program panicked: {self:#?}"
        );
        self
    }

    /// Fails unless standard error holds every one of `parts`.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "{part:?} is not said: {self:#?}"
            );
        }
        self
    }

    /// The lines of standard output, each as JSON.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .collect()
    }
}

/// Writes a file into `folder` and returns where it is.
pub fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("the test's folder can be written to");
    path
}

/// The names of what lies in `folder`, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut names: Vec<String> = entries
        .map(|entry| {
            let entry = entry.expect("the entry can be read");
            entry.file_name().to_string_lossy().into_owned()
        })
        .collect();
    names.sort();
    names
}
