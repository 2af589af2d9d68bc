//! Why a call into a plugin did not do what it should.

use graph::error::NodeError;
use serde::{Deserialize, Serialize};
use smalto_abi::Status;

/// Why a call into a plugin did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Fault {
    /// The run was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// It failed.
    #[error("{problem}; {hint}")]
    Failed {
        /// What is wrong, and where.
        problem: String,
        /// How to mend it.
        hint: String,
    },
    /// The plugin panicked, and caught it.
    #[error("the plugin panicked: {0}")]
    Panicked(String),
    /// There is not enough memory.
    #[error("out of memory: {0}")]
    OutOfMemory(String),
    /// The process of the plugin died.
    #[error("the plugin crashed: {problem}")]
    Crashed {
        /// How it died.
        problem: String,
        /// The end of what it wrote to standard error.
        output: String,
    },
}

/// What a plugin said of its failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The port or parameter at fault, or nothing.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// How to mend it.
    pub hint: String,
}

const REPORT: &str = "this is a mistake of the plugin, please report it to whoever wrote it";

impl Fault {
    /// It failed.
    pub fn failed(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Failed {
            problem: problem.into(),
            hint: hint.into(),
        }
    }

    /// The plugin did what the header forbids.
    pub fn mistake(problem: impl Into<String>) -> Self {
        Self::failed(problem, REPORT)
    }

    /// What a status other than success means, given what the plugin said before.
    pub fn of(status: Status, told: Option<Told>, function: &str) -> Self {
        let said = told.map(|told| {
            let problem = if told.place.is_empty() {
                told.problem
            } else {
                format!("`{}`: {}", told.place, told.problem)
            };
            (problem, told.hint)
        });
        match status {
            Status::CANCELLED => Self::Cancelled,
            Status::PANIC => Self::Panicked(
                said.map_or_else(|| "it said no more".into(), |(problem, _)| problem),
            ),
            Status::OUT_OF_HOST_MEMORY | Status::OUT_OF_DEVICE_MEMORY => Self::OutOfMemory(
                said.map_or_else(|| format!("`{function}` says so"), |(problem, _)| problem),
            ),
            _ => match said {
                Some((problem, hint)) if hint.is_empty() => Self::failed(problem, REPORT),
                Some((problem, hint)) => Self::failed(problem, hint),
                None => Self::mistake(format!(
                    "`{function}` answered with the status {} and did not say why",
                    status.0
                )),
            },
        }
    }
}

impl From<Fault> for NodeError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Cancelled => Self::Cancelled,
            Fault::Failed { problem, hint } => Self::Failed { problem, hint },
            Fault::Panicked(message) => Self::Panicked(message),
            Fault::OutOfMemory(message) => Self::OutOfMemory(message),
            Fault::Crashed { problem, output } => Self::Crashed { problem, output },
        }
    }
}
