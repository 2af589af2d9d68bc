//! Why a command could not do what it was asked, and the exit code that says so.

use std::io::IsTerminal;
use std::process::ExitCode;

use graph::document::NodeId;
use graph::error::NodeError;
use graph::problem::Problems;
use kernels::BenchError;
use miette::{GraphicalReportHandler, GraphicalTheme};

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// A comparison came out unequal.
    Unequal(String),
    /// Workflow files are wrong, one or several.
    Problems(Vec<Problems>),
    /// An argument, or a file other than a workflow, is wrong.
    Invalid {
        /// What is wrong.
        problem: String,
        /// How to mend it.
        hint: String,
    },
    /// Nodes failed.
    Nodes(Vec<(NodeId, NodeError)>),
    /// Work failed that no node waited for.
    Device(NodeError),
    /// A measurement came to nothing.
    Unmeasured(BenchError),
    /// A result could not be written.
    Unwritten {
        /// What went wrong, with the path.
        problem: String,
        /// How to mend it.
        hint: String,
    },
    /// The run was told to end, and has ended in good order.
    Stopped,
    /// The user has cancelled the run.
    Cancelled,
}

/// How to get along with little memory.
const LESS_MEMORY: &str = "work on fewer pictures at a time, or let what is loaded take less: `weights: int8` of \
    `denoiser.load` keeps a denoiser in one byte a number; `--device cpu` has the memory of the machine";

impl Failure {
    /// Something wrong with an argument or a file, and how to mend it.
    pub fn invalid(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Invalid {
            problem: problem.into(),
            hint: hint.into(),
        }
    }

    /// What went wrong, in one line.
    pub fn problem(&self) -> String {
        match self {
            Self::Unequal(problem)
            | Self::Invalid { problem, .. }
            | Self::Unwritten { problem, .. } => problem.clone(),
            Self::Problems(files) => format!("{} workflow files are wrong", files.len()),
            Self::Nodes(failed) => format!("{} nodes failed", failed.len()),
            Self::Device(error) => error.to_string(),
            Self::Unmeasured(error) => error.to_string(),
            Self::Stopped => "stopped".into(),
            Self::Cancelled => "cancelled".into(),
        }
    }

    /// Tells the user, on standard error.
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Problems(files) => files.iter().for_each(report_problems),
            Self::Unequal(message) => eprintln!("{message}"),
            Self::Invalid { problem, hint } | Self::Unwritten { problem, hint } => {
                eprintln!("error: {problem}");
                eprintln!("  help: {hint}");
            }
            Self::Nodes(failed) => {
                for (node, error) in failed {
                    eprintln!("error: node `{node}` failed: {error}");
                }
                if failed.iter().any(|(_, error)| out_of_memory(error)) {
                    eprintln!("  help: {LESS_MEMORY}");
                }
            }
            Self::Device(error) => {
                eprintln!("error: the device failed behind the last node: {error}");
            }
            Self::Unmeasured(error) => eprintln!("error: {error}"),
            Self::Stopped => eprintln!("stopped"),
            Self::Cancelled => eprintln!("cancelled"),
        }
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::Unequal(_) => 1,
            Self::Problems(_) | Self::Invalid { .. } => 2,
            Self::Nodes(failed) if failed.iter().any(|(_, error)| out_of_memory(error)) => 4,
            Self::Nodes(failed) if failed.iter().any(|(_, error)| crashed(error)) => 5,
            Self::Device(error) if out_of_memory(error) => 4,
            Self::Unmeasured(BenchError::OutOfMemory(_)) => 4,
            Self::Nodes(_)
            | Self::Device(_)
            | Self::Unwritten { .. }
            | Self::Unmeasured(BenchError::Device(_)) => 3,
            Self::Stopped => 75,
            Self::Cancelled => 130,
        }
    }
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        Self::Unmeasured(error)
    }
}

fn out_of_memory(error: &NodeError) -> bool {
    matches!(error, NodeError::OutOfMemory(_))
}

fn crashed(error: &NodeError) -> bool {
    matches!(error, NodeError::Crashed { .. })
}

/// Draws the lines at fault for people; programs get one line a problem, beginning `file:line:column`.
fn report_problems(problems: &Problems) {
    if !std::io::stderr().is_terminal() {
        eprintln!("{problems}");
        return;
    }
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::default());
    for problem in problems.iter() {
        let mut drawn = String::new();
        match handler.render_report(&mut drawn, problem) {
            Ok(()) => eprint!("{drawn}"),
            Err(_) => eprintln!("{problem}"),
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Problems(vec![problems])
    }
}
