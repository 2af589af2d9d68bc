//! `smalto models`: what a checkpoint is.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use nodes::compute::Compute;
use nodes::network::denoiser::TrainedDenoiser;
use nodes::network::tokenizer::TrainedTokenizer;

use crate::checkpoint::Checkpoint;
use crate::failure::Failure;

/// Explains checkpoints.
#[derive(Debug, Subcommand)]
pub enum Models {
    /// Says what a checkpoint is: architecture, sizes, number types, and what is missing from it.
    Inspect(Inspect),
}

/// Which checkpoint, and how to tell.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The folder of the model, with its config.json, or a single safetensors file.
    path: PathBuf,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

impl Models {
    /// Writes to standard output; fails where the checkpoint is not whole.
    pub fn execute(self) -> Result<(), Failure> {
        let Self::Inspect(Inspect { path, json }) = self;
        let checkpoint = Checkpoint::read(&path)?;
        let text = if json {
            serde_json::to_string_pretty(&checkpoint).unwrap_or_default()
        } else {
            checkpoint.describe()
        };
        // A reader that has seen enough closes the pipe: no failure.
        let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
        if let Some(problem) = misfit(&path, checkpoint.architecture.as_deref()) {
            return Err(Failure::invalid(
                format!("the model does not load: {problem}"),
                "take weights and configuration from the same place",
            ));
        }
        if checkpoint.missing.is_empty() {
            return Ok(());
        }
        Err(Failure::invalid(
            format!(
                "`{}` is not whole: {} keys are missing",
                path.display(),
                checkpoint.missing.len()
            ),
            "fetch the files that hold them, as named in the index beside the weights",
        ))
    }
}

/// What is wrong with a model of an architecture that the nodes know: it is put together to see.
fn misfit(path: &Path, architecture: Option<&str>) -> Option<String> {
    let cpu = Compute::cpu();
    match architecture? {
        "smalto-tokenizer-1" => {
            let error = TrainedTokenizer::load(path, cpu.device()).err()?;
            Some(error.to_string())
        }
        "smalto-denoiser-1" => {
            let error = TrainedDenoiser::load(path, cpu.device(), cpu.training_type()).err()?;
            Some(error.to_string())
        }
        _ => None,
    }
}
