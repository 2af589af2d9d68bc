//! `tokenizer.encode`

use graph::prelude::*;

use crate::value::{Image, Tokenizer, Tokens};

/// Turns pictures into codes.
#[derive(Clone, Debug, Params)]
pub struct EncodeImage {}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// What turns pictures into codes.
    pub tokenizer: Tokenizer,
    /// The pictures; their sides must be multiples of the tokenizer's stride.
    pub image: Image,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The codes.
    pub tokens: Tokens,
}

impl Node for EncodeImage {
    const ID: &'static str = "tokenizer.encode";
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, _: &mut Run) -> Result<Outputs, NodeError> {
        Ok(Outputs {
            tokens: inputs.tokenizer.codec().encode(&inputs.image)?,
        })
    }
}
