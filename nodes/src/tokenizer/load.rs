//! `tokenizer.load`

use graph::prelude::*;

use crate::compute::Compute;
use crate::network::tokenizer::TrainedTokenizer;
use crate::value::Tokenizer;

/// Loads a tokenizer from its folder.
#[derive(Clone, Debug, Params)]
pub struct LoadTokenizer {
    /// The folder, with `config.json` and `model.safetensors`.
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
        let tokenizer = TrainedTokenizer::load(&run.resolve(&self.path), device)?;
        Ok(Outputs {
            tokenizer: Tokenizer::new(tokenizer),
        })
    }
}
