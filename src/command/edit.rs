//! `smalto edit`: starts the editor, which is a program of its own.

use std::env::consts::EXE_SUFFIX;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::failure::Failure;

const PROGRAM: &str = "smalto-editor";

/// Opens workflows in the editor.
#[derive(Debug, Args)]
pub struct Edit {
    /// The workflow files, or pictures that carry one; without any, the editor starts with an empty workflow.
    #[arg(value_name = "WORKFLOW")]
    workflows: Vec<PathBuf>,
    /// Where to run: auto, cpu, cuda, or cuda:I for the card I.
    #[arg(long, default_value = "auto")]
    device: String,
}

impl Edit {
    /// Starts the editor and waits until it is closed.
    pub fn execute(self) -> Result<(), Failure> {
        let program = find();
        let status = Command::new(&program)
            .arg("--device")
            .arg(&self.device)
            .arg("--")
            .args(&self.workflows)
            .status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Failure::invalid(
                format!("the editor ended with an error ({status})"),
                "its own message stands above",
            )),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Failure::invalid(
                format!("there is no `{PROGRAM}` beside this program or on the PATH"),
                "build it with `cargo build --release -p smalto-editor`, which puts it beside `smalto`",
            )),
            Err(error) => Err(Failure::invalid(
                format!("cannot start `{}`: {error}", program.display()),
                "may the file be run, and is it built for this machine?",
            )),
        }
    }
}

/// The editor beside the running program where there is one, else whatever the PATH leads to.
fn find() -> PathBuf {
    let name = format!("{PROGRAM}{EXE_SUFFIX}");
    let here = std::env::current_exe().ok();
    here.as_deref()
        .and_then(Path::parent)
        .map(|folder| folder.join(&name))
        .filter(|beside| beside.is_file())
        .unwrap_or_else(|| name.into())
}
