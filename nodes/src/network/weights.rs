//! The parameters of a network as a safetensors file, by the names of the network's fields.

mod checkpoint;
mod file;
mod fill;
mod header;
mod int8;
mod module;
mod name;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::Device;
use graph::error::NodeError;
use graph::prelude::Choice;
use graph::value::Footprint;

pub use checkpoint::{Checkpoint, Stored};
pub use fill::Filled;
pub use int8::rounded;
pub use module::parameter_bytes as bytes;
pub use module::{has_int8, shapes};
pub use name::Name;

/// How the numbers of a file are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Choice)]
pub enum Precision {
    /// Four bytes a number, exact.
    #[default]
    F32,
    /// Two bytes a number, three digits.
    Bf16,
    /// One byte a number and a scale for each row of a matrix; vectors stay exact.
    Int8,
}

/// What type the parameters of a network get that is filled from a checkpoint, but for matrices of one byte a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All are f32.
    Widened,
    /// Those that lie in the file in two bytes a number stay so.
    AsStored,
}

/// How the matrices of a network are kept while it is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Choice)]
pub enum WeightType {
    /// As exactly as the file has them.
    #[default]
    AsStored,
    /// One byte a number and a scale for each row: half the memory of bf16, rounded to 255 steps.
    Int8,
}

/// One parameter, on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its sides.
    pub shape: Vec<usize>,
    /// Its numbers, row by row.
    pub values: Vec<f32>,
}

/// All parameters of a network by name, on the host, in f32.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    arrays: BTreeMap<String, Array>,
}

/// Why weights could not be read, written or put into a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The file cannot be read or written.
    #[error("the file cannot be read or written, {problem}: {}", path.display())]
    Io {
        /// What the system says.
        problem: String,
        /// The file.
        path: PathBuf,
    },
    /// The file is no safetensors file, or a damaged one.
    #[error("the file is no whole safetensors file, {problem}: {}", path.display())]
    Damaged {
        /// What is wrong with it.
        problem: String,
        /// The file.
        path: PathBuf,
    },
    /// A file that the index names is not there.
    #[error("a file of the model is missing, which holds {holds} arrays: {}", path.display())]
    Shard {
        /// How many arrays it holds.
        holds: usize,
        /// The file.
        path: PathBuf,
    },
    /// The folder holds no weights.
    #[error("there are no weights in the folder: {}", folder.display())]
    None {
        /// The folder.
        folder: PathBuf,
    },
    /// The file is pickled: reading it could run code.
    #[error("pickled weights are not read, since reading them can run any code: {}", path.display())]
    Pickle {
        /// The file.
        path: PathBuf,
    },
    /// The names or shapes are not those of the network.
    #[error("the weights do not fit the network: {}", few(problems))]
    Misfit {
        /// One line for each key that is missing, unknown or of another shape.
        problems: Vec<String>,
    },
}

/// The first few of many problems: a wrong size shows in every layer.
fn few(problems: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown = problems[..problems.len().min(SHOWN)].join("; ");
    match problems.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

impl WeightsError {
    /// The error as that of a node that has read the file at `path`, which every message names.
    pub fn at(self, path: &Path) -> NodeError {
        match self {
            Self::Misfit { .. } => NodeError::file(
                path,
                self,
                "use the weights that belong to this configuration",
            ),
            Self::Io { .. }
            | Self::Damaged { .. }
            | Self::Shard { .. }
            | Self::None { .. }
            | Self::Pickle { .. } => self.into(),
        }
    }

    fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::Io {
            problem: error.to_string(),
            path: path.into(),
        }
    }

    fn damaged(path: &Path, problem: impl std::fmt::Display) -> Self {
        Self::Damaged {
            problem: problem.to_string(),
            path: path.into(),
        }
    }
}

impl From<WeightsError> for NodeError {
    fn from(error: WeightsError) -> Self {
        match error {
            WeightsError::Io { problem, path } => Self::file(
                path,
                problem,
                "check that the path is right and may be used",
            ),
            WeightsError::Damaged { problem, path } => Self::file(
                path,
                format!("no whole safetensors file, {problem}"),
                "fetch or save the file again",
            ),
            WeightsError::Shard { holds, path } => Self::file(
                path,
                format!("a file of the model is missing, which holds {holds} arrays"),
                "fetch this file too, from where the others are from",
            ),
            WeightsError::None { folder } => Self::file(
                folder,
                "there are no weights in the folder",
                "a model is a folder with `config.json` and `model.safetensors`",
            ),
            WeightsError::Pickle { path } => Self::file(
                path,
                "pickled weights are not read, since reading them can run any code",
                "convert them once, where they are trusted: in Python, \
                 `safetensors.torch.save_file(torch.load(PATH, weights_only=True), \"model.safetensors\")`",
            ),
            WeightsError::Misfit { .. } => {
                Self::failed(error, "use the weights that belong to this configuration")
            }
        }
    }
}

impl Weights {
    /// The parameters of `module`, read from its device.
    pub fn of<M: Module>(module: &M) -> Self {
        module::read(module)
    }

    /// The parameters that the file at `path` holds; numbers of one or two bytes are widened.
    ///
    /// Errors: the file cannot be read, is damaged, or holds numbers of another type.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        Checkpoint::open(path)?.all()
    }

    /// The same parameters under other names; those for which `by` gives none are left out.
    #[must_use]
    pub fn rename(self, by: impl Fn(&str) -> Option<String>) -> Self {
        let renamed = self.arrays.into_iter();
        Self {
            arrays: renamed
                .filter_map(|(name, array)| Some((by(&name)?, array)))
                .collect(),
        }
    }

    /// The parameter called `name`.
    pub fn get(&self, name: &str) -> Option<&Array> {
        self.arrays.get(name)
    }

    /// Adds a parameter, in place of an earlier one of the same name.
    pub fn insert(&mut self, name: impl Into<String>, array: Array) {
        let _ = self.arrays.insert(name.into(), array);
    }

    /// Adds all parameters of `others`, in place of earlier ones of the same names.
    pub fn extend(&mut self, others: Self) {
        self.arrays.extend(others.arrays);
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.arrays.keys().map(String::as_str)
    }

    /// `module` with these parameters, on the device where it is.
    ///
    /// Errors: every key that is missing, unknown or of another shape.
    pub fn fill<M: Module>(self, module: M) -> Result<M, WeightsError> {
        module::fill(self, module)
    }

    /// Writes a file, under a temporary name first.
    ///
    /// Errors: the file cannot be written.
    pub fn write(&self, path: &Path, precision: Precision) -> Result<(), WeightsError> {
        file::write(self, path, precision)
    }
}

/// Saves the parameters of `module` to `path`.
///
/// Errors: the file cannot be written.
pub fn save<M: Module>(module: &M, path: &Path, precision: Precision) -> Result<(), WeightsError> {
    Weights::of(module).write(path, precision)
}

/// `module` with the parameters of the file at `path`.
///
/// Errors: the file is damaged, or its keys are not those of `module`.
pub fn load<M: Module>(module: M, path: &Path) -> Result<M, WeightsError> {
    let filled = Checkpoint::open(path)?.fill(module, Kept::Widened, |name| Some(name.into()))?;
    Ok(filled.module)
}

/// `bytes` of parameters as the memory that they hold on `device`.
pub fn footprint(bytes: u64, device: &Device) -> Footprint {
    if *device == Device::flex() {
        Footprint {
            host: bytes,
            device: 0,
        }
    } else {
        Footprint {
            host: 0,
            device: bytes,
        }
    }
}

/// A fingerprint of the contents of `paths`, in their order.
///
/// Errors: a file cannot be read.
pub fn hash(paths: &[PathBuf]) -> Result<String, WeightsError> {
    let mut hasher = blake3::Hasher::new();
    for path in paths {
        let mut file = std::fs::File::open(path).map_err(|error| WeightsError::io(path, &error))?;
        let length = file
            .metadata()
            .map_err(|error| WeightsError::io(path, &error))?
            .len();
        // The length keeps two files from being taken for one file that holds both.
        let _ = hasher.update(&length.to_le_bytes());
        let _ = hasher
            .update_reader(&mut file)
            .map_err(|error| WeightsError::io(path, &error))?;
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// Writes `bytes` to a temporary file beside `path`, then renames it.
///
/// Errors: the folder does not exist or may not be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), WeightsError> {
    file::write_whole(path, bytes)
}

#[cfg(test)]
mod checkpoint_tests;
#[cfg(test)]
mod tests;
