//! Numbers that official implementations computed, and what this program computes in their place.
//!
//! A golden folder holds the weights and the configuration of a small network as its authors publish them, and
//! `case.safetensors`: what went into the authors' program, and what came out of it.
//! Each family below computes everything anew, from the weights and the inputs alone.

mod amused;
pub mod amused_cases;
mod folder;
mod loss;
mod nld_image;
pub mod official_cases;
mod report;
mod tolerance;
mod vq;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use graph::error::NodeError;

use crate::network::denoiser::published;
use crate::network::uvit::UvitConfig;
use crate::network::vq::Origin;

pub use folder::{Folder, Recorded, Values};
pub use report::{Report, Row, Verdict};
pub use tolerance::Tolerances;

/// What a golden folder is about; its `config.json` decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The tokenizer of Emu3.5, which NLD-Image uses.
    Emu35Vq,
    /// The IBQ tokenizers.
    IbqVq,
    /// The tokenizers of LlamaGen and Janus.
    LlamaGenVq,
    /// The tokenizer of aMUSEd and others.
    DiffusersVq,
    /// NLD-Image.
    NldImage,
    /// Cross-entropies over a codebook: there are `cases` of losses.
    Loss,
    /// The denoiser of aMUSEd and its scheduler.
    Amused,
}

/// What came out of a family's computation.
#[derive(Debug, Default)]
pub struct Computed {
    /// The arrays of the case that went in; all others are expected to come out.
    pub inputs: Vec<String>,
    /// What came out, by the names of the case.
    pub found: BTreeMap<String, Found>,
    /// What other files than the case expect to come out.
    pub recorded: BTreeMap<String, Values>,
}

/// One array that came out.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Numbers, which rounding may change a little.
    Numbers {
        /// The numbers, row by row.
        values: Vec<f32>,
        /// What the tolerances of the folder call such numbers, where it is not their own name.
        like: Option<&'static str>,
    },
    /// Numbers that follow from sizes alone and are computed on the processor: right to the last bits of f32.
    Exact(Vec<f32>),
    /// Whole numbers, which must be right.
    Integers(Vec<i64>),
    /// The values of pixels, which may be one off.
    Pixels(Vec<u8>),
}

/// Why a golden folder could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GoldenError {
    /// A file is missing or damaged.
    #[error("{problem}: {}", path.display())]
    File {
        /// What is wrong with it.
        problem: String,
        /// The file.
        path: PathBuf,
    },
    /// The configuration is none that this program knows.
    #[error(
        "`config.json` names no family that is known; they are {}",
        Family::names()
    )]
    Family,
    /// The README says nothing of how exact the numbers are.
    #[error("the README.md states no tolerance, and no f32-against-f64 figure")]
    NoTolerance,
    /// An input that the family needs is not there, or has another shape.
    #[error("the case has no {expected} called `{name}`")]
    Input {
        /// The name of the array.
        name: String,
        /// What it should be.
        expected: String,
    },
    /// The network could not be loaded or run.
    #[error(transparent)]
    Node(#[from] NodeError),
}

impl Family {
    /// All families.
    pub const ALL: [Self; 7] = [
        Self::Emu35Vq,
        Self::IbqVq,
        Self::LlamaGenVq,
        Self::DiffusersVq,
        Self::NldImage,
        Self::Loss,
        Self::Amused,
    ];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Emu35Vq => "emu3_5_vq",
            Self::IbqVq => "ibq_vq",
            Self::LlamaGenVq => "llamagen_vq",
            Self::DiffusersVq => "diffusers_vq",
            Self::NldImage => "nld_image",
            Self::Loss => "loss",
            Self::Amused => "amused",
        }
    }

    /// What all are called, for messages.
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// The family of a configuration.
    fn of(config: &serde_json::Value) -> Option<Self> {
        if published::is_published(config) {
            return Some(Self::NldImage);
        }
        if config.get("_class_name").and_then(|class| class.as_str()) == Some(UvitConfig::CLASS) {
            return Some(Self::Amused);
        }
        match Origin::of(config) {
            Some(Origin::Emu35) => Some(Self::Emu35Vq),
            Some(Origin::Ibq) => Some(Self::IbqVq),
            Some(Origin::LlamaGen) => Some(Self::LlamaGenVq),
            Some(Origin::Diffusers) => Some(Self::DiffusersVq),
            None => config.get("cases").map(|_| Self::Loss),
        }
    }

    fn compute(self, folder: &Folder, device: &Device) -> Result<Computed, GoldenError> {
        match self {
            Self::Emu35Vq | Self::IbqVq | Self::LlamaGenVq | Self::DiffusersVq => {
                vq::compute(folder, device)
            }
            Self::NldImage => nld_image::compute(folder, device),
            Self::Loss => loss::compute(folder, device),
            Self::Amused => amused::compute(folder, device),
        }
    }
}

impl Found {
    /// Numbers whose tolerance goes by their own name.
    pub fn numbers(values: Vec<f32>) -> Self {
        Self::Numbers { values, like: None }
    }

    /// Numbers whose tolerance is that of `like`.
    pub fn numbers_like(values: Vec<f32>, like: &'static str) -> Self {
        Self::Numbers {
            values,
            like: Some(like),
        }
    }
}

impl Computed {
    /// Nothing yet, from these inputs.
    pub fn from_inputs(inputs: &[&str]) -> Self {
        Self {
            inputs: inputs.iter().map(|&name| name.into()).collect(),
            ..Self::default()
        }
    }

    /// Adds an array of another file than the case, which is expected to come out.
    pub fn record(&mut self, name: impl Into<String>, values: Values) {
        let _ = self.recorded.insert(name.into(), values);
    }

    /// Adds an array that came out.
    pub fn add(&mut self, name: impl Into<String>, found: Found) {
        let _ = self.found.insert(name.into(), found);
    }
}

/// Computes everything that the golden folder at `path` holds, on `device`, and compares.
///
/// Errors: the folder is not whole, its family is unknown, or its network cannot be loaded.
pub fn run(path: &Path, device: &Device) -> Result<Report, GoldenError> {
    let folder = Folder::open(path)?;
    let family = Family::of(folder.config()).ok_or(GoldenError::Family)?;
    let tolerances = Tolerances::of(folder.readme()).ok_or(GoldenError::NoTolerance)?;
    let computed = family.compute(&folder, device)?;
    let on_card = *device != Device::flex();
    Ok(Report::new(
        family,
        &folder,
        &computed,
        &tolerances,
        on_card,
    ))
}
