//! `output.tensor`: tokens for other programs.

use graph::prelude::*;

use super::{file, token_file};
use crate::value::Tokens;

/// Writes tokens as a safetensors file that `input.tensor` and other programs read.
///
/// Its tensor `tokens [batch, rows, columns]` holds 32-bit whole numbers, −1 where nothing is laid.
#[derive(Clone, Debug, Params)]
pub struct TensorOutput {
    /// The safetensors file.
    #[param(default = "tokens.safetensors", written)]
    pub path: FilePath,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The tokens.
    pub tokens: Tokens,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The file that was written.
    pub files: String,
}

impl Node for TensorOutput {
    const ID: &'static str = "output.tensor";
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        file::check_extension(&self.path, &["safetensors"])
    }

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let path = run.resolve(&self.path);
        let bytes = token_file::bytes(&inputs.tokens)
            .map_err(|error| NodeError::input("tokens", "what safetensors can hold", error))?;
        file::write(&path, &bytes)?;
        Ok(Outputs {
            files: path.display().to_string(),
        })
    }
}
