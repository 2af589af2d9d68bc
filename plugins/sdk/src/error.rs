//! Why a node could not do its work.

use std::fmt;
use std::path::PathBuf;

use crate::abi::Status;
use crate::param::ParamError;

/// Why a node could not do its work.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NodeError {
    /// The run was cancelled.
    Cancelled,
    /// There is not enough memory.
    OutOfMemory(String),
    /// A parameter is not what it must be.
    Param(ParamError),
    /// An input is missing, or does not fit.
    Input {
        /// The port.
        port: String,
        /// What the node needs.
        expected: String,
        /// What was wired.
        found: String,
    },
    /// A file could not be read or written, or does not hold what it should.
    File {
        /// What is wrong with it.
        problem: String,
        /// How to mend it.
        hint: String,
        /// The file.
        path: PathBuf,
    },
    /// Anything else.
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
        problem: impl fmt::Display,
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
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> Self {
        Self::Input {
            port: port.into(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// Any other problem.
    pub fn failed(problem: impl fmt::Display, hint: impl Into<String>) -> Self {
        Self::Failed {
            problem: problem.to_string(),
            hint: hint.into(),
        }
    }

    /// What is wrong, without how to mend it.
    pub fn problem(&self) -> String {
        match self {
            Self::Cancelled => "cancelled".into(),
            Self::OutOfMemory(what) => format!("out of memory: {what}"),
            Self::Param(error) => error.to_string(),
            Self::Input {
                port,
                expected,
                found,
            } => format!("input `{port}` does not fit: expected {expected}, found {found}"),
            Self::File { problem, path, .. } => format!("{problem}: {}", path.display()),
            Self::Failed { problem, .. } => problem.clone(),
        }
    }

    /// How to mend it, or nothing where that is not known.
    pub fn hint(&self) -> &str {
        match self {
            Self::File { hint, .. } | Self::Failed { hint, .. } => hint,
            Self::OutOfMemory(_) => "work on fewer or smaller pictures at once",
            Self::Cancelled | Self::Param(_) | Self::Input { .. } => "",
        }
    }

    /// The port or parameter at fault, or nothing.
    pub fn place(&self) -> &str {
        match self {
            Self::Param(error) => error.param(),
            Self::Input { port, .. } => port,
            Self::Cancelled | Self::OutOfMemory(_) | Self::File { .. } | Self::Failed { .. } => "",
        }
    }

    /// The status that says the same at the boundary.
    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Cancelled => Status::CANCELLED,
            Self::OutOfMemory(_) => Status::OUT_OF_HOST_MEMORY,
            Self::Param(_) | Self::Input { .. } => Status::INVALID_INPUT,
            Self::File { .. } | Self::Failed { .. } => Status::FAILED,
        }
    }

    /// What a status of the host means, where it is none of [`Status::OK`].
    pub(crate) fn from_host(status: Status, doing: &str) -> Self {
        match status {
            Status::CANCELLED => Self::Cancelled,
            Status::OUT_OF_HOST_MEMORY | Status::OUT_OF_DEVICE_MEMORY => {
                Self::OutOfMemory(doing.into())
            }
            Status(code) => Self::failed(
                format!("{doing}: the host refused it with status {code}"),
                "see the log of the host",
            ),
        }
    }
}

impl fmt::Display for NodeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.problem())?;
        match self.hint() {
            "" => Ok(()),
            hint => write!(out, "; {hint}"),
        }
    }
}

impl std::error::Error for NodeError {}

impl From<ParamError> for NodeError {
    fn from(error: ParamError) -> Self {
        Self::Param(error)
    }
}
