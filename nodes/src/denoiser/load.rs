//! `denoiser.load`

use burn::tensor::FloatDType;
use graph::prelude::*;

use crate::compute::Compute;
use crate::network::weights::WeightType;
use crate::value::Denoiser;

use super::file::{self, Opened};

/// Loads a denoiser from its folder.
///
/// Besides Smalto's own it reads NLD-Image as it is published, and pipelines of aMUSEd, as diffusers lays them; parts
/// that painting does not need are passed over.
/// `guidance` of a sampler means `(1 + g) · conditional − g · unconditional` for every denoiser.
/// The guidance scale that aMUSEd publishes, 10, is `g` plus 1.
#[derive(Clone, Debug, Params)]
pub struct LoadDenoiser {
    /// The folder: with `config.json`, `tokenizer.json` and safetensors in one file or several, or with
    /// `model_index.json`, `transformer`, `text_encoder` and `tokenizer`.
    pub path: FilePath,
    /// What type of numbers the network computes in.
    pub compute: NumberType,
    /// How the matrices of linear layers and the tables of ids are kept in memory; each is turned into the type of
    /// `compute` when its turn comes.
    pub weights: WeightType,
}

/// What type of numbers a network computes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum NumberType {
    /// bf16 on a card, f32 on the processor.
    Auto,
    /// Four bytes a number: what official numbers are compared in.
    F32,
    /// Two bytes a number, and three digits: half the memory.
    Bf16,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The denoiser.
    pub denoiser: Denoiser,
}

impl Node for LoadDenoiser {
    const ID: &'static str = "denoiser.load";
    const EFFECT: Effect = Effect::ReadsFiles;
    type Inputs = ();
    type Outputs = Outputs;

    fn run(&self, (): (), run: &mut Run) -> Result<Outputs, NodeError> {
        let compute = Compute::of(run)?;
        let folder = run.resolve(&self.path);
        let dtype = match self.compute {
            NumberType::Auto => compute.training_type(),
            NumberType::F32 => FloatDType::F32,
            NumberType::Bf16 => FloatDType::BF16,
        };
        let Opened { denoiser, notes } =
            file::open(&folder, compute.device(), dtype, self.weights)?;
        for note in notes {
            run.note(note);
        }
        Ok(Outputs { denoiser })
    }
}
