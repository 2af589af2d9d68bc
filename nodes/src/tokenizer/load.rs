//! `tokenizer.load`

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
        Ok(Outputs {
            tokenizer: file::open(&run.resolve(&self.path), device)?,
        })
    }
}
