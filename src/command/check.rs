//! `smalto check`: what is wrong with workflow files, without running them.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use graph::problem::{Problem, Problems};
use graph::registry::Registry;
use graph::workflow::Workflow;

use crate::failure::Failure;

/// Finds everything that is wrong with workflow files, and runs nothing.
#[derive(Debug, Args)]
pub struct Check {
    /// The workflow files.
    #[arg(required = true, value_name = "WORKFLOW")]
    workflows: Vec<PathBuf>,
    /// Write the problems as one JSON list on standard output.
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Checks every file, then fails where one has problems.
    pub fn execute(self, registry: &Registry) -> Result<(), Failure> {
        let checked = self.workflows.iter();
        let mut found: Vec<Problems> = checked
            .map(|path| Workflow::check(path, registry))
            .collect();
        found.retain(|problems| !problems.is_empty());
        if self.json {
            let found: Vec<&Problem> = found.iter().flat_map(Problems::iter).collect();
            let text = serde_json::to_string_pretty(&found).unwrap_or_default();
            let _ = writeln!(std::io::stdout(), "{text}");
        }
        if found.is_empty() {
            return Ok(());
        }
        Err(Failure::Problems(found))
    }
}
