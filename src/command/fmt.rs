//! `smalto fmt`: workflow files in their one canonical form.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use graph::registry::Registry;
use graph::workflow::{self, Workflow};

use crate::failure::Failure;

/// Rewrites workflow files in their canonical form.
#[derive(Debug, Args)]
pub struct Fmt {
    /// The workflow files.
    #[arg(required = true, value_name = "WORKFLOW")]
    workflows: Vec<PathBuf>,
    /// Rewrite nothing: name the files that are not canonical, and end with exit code 1 where there are any.
    #[arg(long)]
    check: bool,
}

impl Fmt {
    /// Reads every file before the first is rewritten.
    pub fn execute(self, registry: &Registry) -> Result<(), Failure> {
        let mut changed = Vec::new();
        for path in self.workflows {
            let workflow = Workflow::open(&path, registry)?;
            let canonical = workflow::to_text(&workflow.graph);
            // The file was read a moment ago; one that is gone now counts as changed.
            if std::fs::read_to_string(&path).ok().as_ref() != Some(&canonical) {
                changed.push((path, workflow));
            }
        }
        for (path, workflow) in &changed {
            if self.check {
                let _ = writeln!(std::io::stdout(), "{}", path.display());
                continue;
            }
            workflow::save(&workflow.graph, path).map_err(|error| Failure::Unwritten {
                problem: format!("cannot write `{}`: {error}", path.display()),
                hint: "the file is as it was; check its permissions and the space on the disk"
                    .into(),
            })?;
        }
        if self.check && !changed.is_empty() {
            return Err(Failure::Unequal(
                "not in canonical form: run `smalto fmt` on these files".into(),
            ));
        }
        Ok(())
    }
}
