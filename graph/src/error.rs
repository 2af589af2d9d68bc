//! Why a node could not do its work.

use std::path::PathBuf;

use crate::param::ParamError;
use crate::port::PortError;

/// Why a node could not do its work.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The run was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The node panicked: a bug of the node, caught at the engine's edge.
    #[error("the node panicked: {0}")]
    Panicked(String),
    /// There is not enough memory.
    #[error("out of memory: {0}")]
    OutOfMemory(String),
    /// A parameter is not what it must be.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// An input is not what it must be.
    #[error(transparent)]
    Port(#[from] PortError),
    /// An input is of the right kind and still does not fit.
    #[error("input `{port}` does not fit: expected {expected}, found {found}")]
    Input {
        /// The port.
        port: String,
        /// What the node needs.
        expected: String,
        /// What was wired.
        found: String,
    },
    /// A file could not be read or written, or does not hold what it should.
    #[error("{problem}; {hint}: {}", path.display())]
    File {
        /// What is wrong with it.
        problem: String,
        /// How to mend it.
        hint: String,
        /// The file.
        path: PathBuf,
    },
    /// Anything else.
    #[error("{problem}; {hint}")]
    Failed {
        /// What is wrong.
        problem: String,
        /// How to mend it.
        hint: String,
    },
}

impl NodeError {
    /// A problem with the file at `path`.
    pub fn file(
        path: impl Into<PathBuf>,
        problem: impl std::fmt::Display,
        hint: impl Into<String>,
    ) -> Self {
        Self::File {
            problem: problem.to_string(),
            hint: hint.into(),
            path: path.into(),
        }
    }

    /// A problem with the value at the input `port`.
    pub fn input(
        port: impl Into<String>,
        expected: impl std::fmt::Display,
        found: impl std::fmt::Display,
    ) -> Self {
        Self::Input {
            port: port.into(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// Any other problem.
    pub fn failed(problem: impl std::fmt::Display, hint: impl Into<String>) -> Self {
        Self::Failed {
            problem: problem.to_string(),
            hint: hint.into(),
        }
    }
}
