//! `tokenizer.load`

use burn::tensor::FloatDType;
use graph::prelude::*;

use crate::compute::Compute;
use crate::value::Tokenizer;

use super::file;

/// Loads a tokenizer from its folder.
///
/// Besides Smalto's own it reads those of Emu3.5 (and the one inside an NLD-Image checkpoint), IBQ, LlamaGen and Janus,
/// and the `VQModel` of diffusers (aMUSEd, Meissonic, Lumina-DiMOO), as they are published.
#[derive(Clone, Debug, Params)]
pub struct LoadTokenizer {
    /// The folder, with `config.json` and safetensors in one file or several.
    pub path: FilePath,
    /// What type of numbers pictures are made of codes in; codes are made of pictures in f32 whatever this says, so that
    /// they do not depend on where they are made.
    pub pictures: PictureType,
}

/// What type of numbers pictures are made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum PictureType {
    /// Four bytes a number: the same pictures everywhere, but for rounding.
    F32,
    /// Two bytes a number, and three digits: several times as fast on a card.
    Bf16,
}

impl PictureType {
    /// The same as tensors know it.
    pub(super) fn dtype(self) -> FloatDType {
        match self {
            Self::F32 => FloatDType::F32,
            Self::Bf16 => FloatDType::BF16,
        }
    }
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The tokenizer.
    pub tokenizer: Tokenizer,
}

impl Node for LoadTokenizer {
    const ID: &'static str = "tokenizer.load";
    const EFFECT: Effect = Effect::ReadsFiles;
    type Inputs = ();
    type Outputs = Outputs;

    fn run(&self, (): (), run: &mut Run) -> Result<Outputs, NodeError> {
        let device = Compute::of(run)?.device();
        let dtype = self.pictures.dtype();
        Ok(Outputs {
            tokenizer: file::open(&run.resolve(&self.path), device, dtype)?,
        })
    }
}
