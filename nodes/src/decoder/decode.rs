//! `decoder.decode`

use graph::prelude::*;

use super::tiles;
use crate::value::{Image, Tokenizer, Tokens};

/// Turns codes into pictures.
///
/// Large pictures are made tile by tile, so that they need no more memory than one tile does.
#[derive(Clone, Debug, Params)]
pub struct DecodeTokens {
    /// The side of a tile; a picture that is no larger is made in one piece.
    #[param(default = 64, range = 1..=4096, unit = "tokens")]
    pub tile: usize,
    /// How far a tile looks beyond its own edges. Once this is as far as the decoder sees, tiles equal the whole.
    #[param(default = 12, range = 0..=1024, unit = "tokens")]
    pub overlap: usize,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// What turns codes into pictures.
    pub tokenizer: Tokenizer,
    /// The codes, none of them masked.
    pub tokens: Tokens,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The pictures.
    pub image: Image,
}

impl Node for DecodeTokens {
    const ID: &'static str = "decoder.decode";
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let image = self.decode(&inputs.tokenizer, &inputs.tokens, run)?;
        Ok(Outputs { image })
    }
}

impl DecodeTokens {
    /// The pictures of `tokens`.
    ///
    /// Errors: a token is masked, the codebook is another one, or the run is cancelled.
    pub fn decode(
        &self,
        tokenizer: &Tokenizer,
        tokens: &Tokens,
        run: &Run,
    ) -> Result<Image, NodeError> {
        let (codec, grid) = (tokenizer.codec(), tokens.grid());
        if grid.rows.max(grid.columns) <= self.tile {
            return codec.decode(tokens);
        }
        tiles::decode(codec, tokens, self.tile, self.overlap, run)
    }
}
