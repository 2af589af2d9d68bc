//! The workflow file: a graph as text.

mod file;
mod locations;
mod migrate;
mod paths;
mod read;
mod syntax;
mod write;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use crate::document::{Graph, NodeId};
use crate::plan::{Plan, PlanError};
use crate::problem::{Problem, Problems, Source};
use crate::registry::Registry;

pub use file::{save, write_file};
pub use locations::Locations;
pub use migrate::FORMAT;
pub use paths::base_of_picture;
pub use write::to_text;

/// The largest file that is read, in bytes: a thousand times what people write.
pub const LARGEST: u64 = 16 << 20;

/// The most nodes that a file may hold.
pub const MOST_NODES: usize = 10_000;

/// The most wires that a file may hold.
pub const MOST_WIRES: usize = 20_000;

/// A graph, and where everything of it stands in its file.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// The graph; change it freely, for instance to set parameters before a run.
    pub graph: Graph,
    source: Arc<Source>,
    locations: Locations,
}

impl Workflow {
    /// Reads the file at `path`.
    ///
    /// Errors: everything that is wrong with it, but not what a [`Plan`] would say of it.
    pub fn open(path: &Path, registry: &Registry) -> Result<Self, Problems> {
        let text = file::load(path)?;
        Self::read(&path.display().to_string(), &text, registry)
    }

    /// Reads `text`, which came from something called `name`.
    ///
    /// Errors: as of [`Workflow::open`].
    pub fn read(name: &str, text: &str, registry: &Registry) -> Result<Self, Problems> {
        let reading = read::read(name, text, registry);
        if reading.problems.is_empty() {
            Ok(reading.workflow)
        } else {
            Err(Problems::new(reading.problems))
        }
    }

    /// Everything that is wrong with the file at `path`, as far as can be told without running it.
    pub fn check(path: &Path, registry: &Registry) -> Problems {
        match file::load(path) {
            Ok(text) => Self::check_text(&path.display().to_string(), &text, registry),
            Err(problems) => problems,
        }
    }

    /// Everything that is wrong with `text`, which came from something called `name`.
    pub fn check_text(name: &str, text: &str, registry: &Registry) -> Problems {
        let reading = read::read(name, text, registry);
        let mut problems = reading.problems;
        // What reading lost, planning would miss a second time.
        let planned = match Plan::new(&reading.workflow.graph, registry) {
            Ok(_) => Vec::new(),
            Err(errors) => errors,
        };
        problems.extend(
            planned
                .iter()
                .filter(|error| !reading.lost.explains(error))
                .map(|error| reading.workflow.problem(error)),
        );
        Problems::new(problems)
    }

    /// The plan of the whole graph.
    ///
    /// Errors: everything that is wrong, with the place in the file.
    pub fn plan(&self, registry: &Registry) -> Result<Plan, Problems> {
        Plan::new(&self.graph, registry).map_err(|errors| self.locate(&errors))
    }

    /// The plan of what `until` needs, and of itself.
    ///
    /// Errors: everything that is wrong with that part, with the place in the file.
    pub fn plan_until(&self, registry: &Registry, until: &NodeId) -> Result<Plan, Problems> {
        Plan::until(&self.graph, registry, until).map_err(|errors| self.locate(&errors))
    }

    /// `errors`, with the places in the file that they speak of.
    pub fn locate(&self, errors: &[PlanError]) -> Problems {
        Problems::new(errors.iter().map(|error| self.problem(error)).collect())
    }

    /// The comments of the file that [`to_text`] does not write, as they stand there: a graph knows nothing of them.
    pub fn lost_comments(&self) -> Vec<&str> {
        let mut comments = syntax::comments(self.source.text());
        if !comments.is_empty() {
            // Values of kinds that nobody knows are kept as they stand.
            let written = to_text(&self.graph);
            let kept = syntax::comments(&written);
            comments.retain(|comment| !kept.contains(comment));
        }
        comments
    }

    /// The file's text and name.
    pub fn source(&self) -> &Source {
        &self.source
    }

    fn problem(&self, error: &PlanError) -> Problem {
        let mut problem = Problem::new(error.code(), error.to_string());
        if let Some(node) = error.node() {
            problem = problem.node(node);
        }
        if let Some(port) = error.port() {
            problem = problem.port(port);
        }
        if let Some(hint) = error.hint() {
            problem = problem.hint(hint);
        }
        match self.locations.of(&error.subject()) {
            Some(span) => problem.at(&self.source, span),
            None => problem.in_file(self.source.name()),
        }
    }
}
