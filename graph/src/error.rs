//! Why a node could not do its work.

use std::path::{Path, PathBuf};

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
    /// The process of a plugin died: nothing but this node is lost.
    #[error("the plugin crashed: {problem}{}", said(output))]
    Crashed {
        /// How it died.
        problem: String,
        /// The end of what it wrote to standard error.
        output: String,
    },
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

/// What a process wrote before it died, indented below the message.
fn said(output: &str) -> String {
    let lines = output.lines();
    lines.map(|line| format!("\n    {line}")).collect()
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

    /// What is wrong, without how to mend it.
    pub fn problem(&self) -> String {
        match self {
            Self::File { problem, path, .. } => format!("{problem}: {}", path.display()),
            Self::Failed { problem, .. } => problem.clone(),
            Self::Cancelled
            | Self::Panicked(_)
            | Self::Crashed { .. }
            | Self::OutOfMemory(_)
            | Self::Param(_)
            | Self::Port(_)
            | Self::Input { .. } => self.to_string(),
        }
    }

    /// The same, with a file below `base` named as it is seen from there: as workflows name theirs.
    pub fn seen_from(self, base: &Path) -> Self {
        match self {
            Self::File {
                problem,
                hint,
                path,
            } => Self::File {
                problem,
                hint,
                path: path.strip_prefix(base).map(Into::into).unwrap_or(path),
            },
            Self::Cancelled
            | Self::Panicked(_)
            | Self::Crashed { .. }
            | Self::OutOfMemory(_)
            | Self::Param(_)
            | Self::Port(_)
            | Self::Failed { .. }
            | Self::Input { .. } => self,
        }
    }

    /// How to mend it, where that is known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::File { hint, .. } | Self::Failed { hint, .. } => Some(hint),
            Self::Panicked(_) => Some("this is a mistake of the node, please report it"),
            Self::Crashed { .. } => Some(
                "this is a mistake of the plugin, please report it to whoever wrote it; it is started anew for the next run",
            ),
            Self::OutOfMemory(_) => Some("work on fewer or smaller pictures at once"),
            Self::Cancelled | Self::Param(_) | Self::Port(_) | Self::Input { .. } => None,
        }
    }

    /// The port or parameter at fault.
    pub fn port(&self) -> Option<&str> {
        match self {
            Self::Param(error) => Some(error.param()),
            Self::Port(PortError::Missing { port, .. } | PortError::WrongKind { port, .. })
            | Self::Input { port, .. } => Some(port),
            Self::Cancelled
            | Self::Panicked(_)
            | Self::Crashed { .. }
            | Self::OutOfMemory(_)
            | Self::File { .. }
            | Self::Failed { .. } => None,
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

#[cfg(test)]
mod tests {
    use super::NodeError;
    use crate::port::PortError;

    #[test]
    fn an_error_says_what_where_and_how_to_mend_it() {
        let check = |error: NodeError, problem: &str, hint: Option<&str>, port: Option<&str>| {
            assert_eq!(error.problem(), problem);
            assert_eq!((error.hint(), error.port()), (hint, port));
        };
        check(
            NodeError::file("a.png", "it is no picture", "give another"),
            "it is no picture: a.png",
            Some("give another"),
            None,
        );
        check(
            NodeError::file("/flows/a.png", "it is no picture", "give another")
                .seen_from("/flows".as_ref()),
            "it is no picture: a.png",
            Some("give another"),
            None,
        );
        check(
            NodeError::failed("it broke", "glue it"),
            "it broke",
            Some("glue it"),
            None,
        );
        check(
            NodeError::input("mask", "one", "two"),
            "input `mask` does not fit: expected one, found two",
            None,
            Some("mask"),
        );
        let missing = PortError::Missing {
            port: "image".into(),
            expected: "image".into(),
        };
        check(
            missing.into(),
            "nothing is wired to input `image`, which takes image",
            None,
            Some("image"),
        );
        check(
            NodeError::Panicked("as it was told".into()),
            "the node panicked: as it was told",
            Some("this is a mistake of the node, please report it"),
            None,
        );
    }
}
