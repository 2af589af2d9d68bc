//! `smalto models`: what models there are, and what a checkpoint is.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use nodes::network::denoiser::synthetic::{self, Shape};
use serde::Serialize;

use crate::checkpoint::{Checkpoint, grouped};
use crate::failure::Failure;
use crate::model_folders;
use crate::pipeline::Pipeline;

/// Explains checkpoints.
#[derive(Debug, Subcommand)]
pub enum Models {
    /// Says what a checkpoint is: architecture, sizes, number types, and what is missing from it.
    Inspect(Inspect),
    /// Shows the models that lie in the model folders.
    List(List),
    /// Writes a checkpoint of random numbers in the shape of a published model.
    Synth(Synth),
}

/// Which checkpoint, and how to tell.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The folder of the model with its config.json, that of a pipeline with its model_index.json, or a single
    /// safetensors file.
    path: PathBuf,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

/// Where to look, and how to tell.
///
/// Without folders it looks in those that $SMALTO_MODEL_PATH names, in `models` and `workflows/models` here, and in
/// `smalto/models` of the user's data.
#[derive(Debug, Args)]
pub struct List {
    /// Folders to look in instead.
    folders: Vec<PathBuf>,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

/// What to write, and where.
///
/// It paints noise, but loads and runs like the real one: to try whether a machine has the memory and the speed, before
/// one fetches gigabytes.
#[derive(Debug, Args)]
pub struct Synth {
    /// The folder to write; it must be empty or not there yet.
    folder: PathBuf,
    /// The published model whose shape it has.
    #[arg(long)]
    like: Like,
}

/// Published models whose shape is known.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Like {
    /// NLD-Image, 20 GB.
    #[value(name = "nld-8b")]
    Nld8b,
    /// The same architecture, a few hundred kilobytes.
    NldTiny,
}

/// One model of the list.
#[derive(Debug, Serialize)]
struct Listed {
    path: String,
    /// What it is, or what is wrong with it.
    model: String,
    parameters: u64,
    bytes: u64,
    loads: bool,
}

impl Models {
    /// Writes to standard output; fails where the checkpoint is not whole.
    pub fn execute(self) -> Result<(), Failure> {
        match self {
            Self::Inspect(inspect) => inspect.execute(),
            Self::List(list) => {
                list.execute();
                Ok(())
            }
            Self::Synth(synth) => synth.execute(),
        }
    }
}

impl Inspect {
    fn execute(self) -> Result<(), Failure> {
        let fault = if Pipeline::is_at(&self.path) {
            let pipeline = Pipeline::read(&self.path)?;
            self.tell(&pipeline, Pipeline::describe);
            pipeline.fault()
        } else {
            let checkpoint = Checkpoint::read(&self.path)?;
            self.tell(&checkpoint, Checkpoint::describe);
            checkpoint.fault()
        };
        match fault {
            None => Ok(()),
            Some((problem, hint)) => Err(Failure::invalid(
                format!("`{}`: {problem}", self.path.display()),
                hint,
            )),
        }
    }

    fn tell<T: Serialize>(&self, found: &T, describe: fn(&T) -> String) {
        say(&if self.json {
            serde_json::to_string_pretty(found).unwrap_or_default()
        } else {
            describe(found)
        });
    }
}

impl List {
    fn execute(self) {
        let folders = if self.folders.is_empty() {
            model_folders::standard()
        } else {
            self.folders
        };
        let models = folders
            .iter()
            .flat_map(|folder| model_folders::models(folder));
        let models: Vec<Listed> = models.map(|path| Listed::of(&path)).collect();
        if self.json {
            say(&serde_json::to_string_pretty(&models).unwrap_or_default());
            return;
        }
        if models.is_empty() {
            let looked: Vec<String> = folders
                .iter()
                .map(|folder| folder.display().to_string())
                .collect();
            say(&format!("no models in {}", looked.join(", ")));
        }
        for model in &models {
            say(&format!(
                "{}\n    {}; {} parameters, {} MB",
                model.path,
                model.model,
                grouped(model.parameters),
                grouped(model.bytes.div_ceil(1_000_000)),
            ));
        }
    }
}

impl Synth {
    fn execute(self) -> Result<(), Failure> {
        let shown = self.folder.display();
        let holds_nothing =
            std::fs::read_dir(&self.folder).map_or(true, |mut entries| entries.next().is_none());
        if !holds_nothing || self.folder.is_file() {
            return Err(Failure::invalid(
                format!("there is something in `{shown}` already"),
                "name a folder that is empty or not there yet",
            ));
        }
        let shape = match self.like {
            Like::Nld8b => Shape::Nld8b,
            Like::NldTiny => Shape::NldTiny,
        };
        let numbers =
            synthetic::write(shape, &self.folder).map_err(|error| Failure::Unwritten {
                problem: error.to_string(),
                hint: "the model needs as much room as the one whose shape it has".into(),
            })?;
        say(&format!("{shown}: {} random numbers", grouped(numbers)));
        Ok(())
    }
}

impl Listed {
    fn of(path: &std::path::Path) -> Self {
        let shown = path.display().to_string();
        match Checkpoint::read(path) {
            Err(failure) => Self {
                path: shown,
                model: failure.problem(),
                parameters: 0,
                bytes: 0,
                loads: false,
            },
            Ok(checkpoint) => {
                let fault = checkpoint.fault();
                let known = checkpoint.recognised.as_ref().map(|found| found.model);
                let architecture = checkpoint.architecture.as_deref();
                let model = match (&fault, known, architecture) {
                    (Some((problem, _)), _, _) => problem.clone(),
                    (None, Some(model), _) => model.into(),
                    (None, None, Some(other)) => format!("{other}, which Smalto does not load"),
                    (None, None, None) => "weights without a config.json".into(),
                };
                Self {
                    path: shown,
                    model,
                    parameters: checkpoint.parameters,
                    bytes: checkpoint.bytes,
                    loads: fault.is_none() && known.is_some(),
                }
            }
        }
    }
}

/// Writes a line to standard output.
fn say(text: &str) {
    // A reader that has seen enough closes the pipe: no failure.
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}
