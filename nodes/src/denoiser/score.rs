//! `denoiser.score`

use graph::prelude::*;

use crate::sample::likeliest;
use crate::value::{Curve, Denoiser, Guidance, Prompt, Query, Tokens};

/// Asks a denoiser once what it would lay at every position, and how sure it is.
#[derive(Clone, Debug, Params)]
pub struct ScoreTokens {
    /// How strongly the prompt is followed; 0 asks once instead of twice.
    #[param(default = 0.0, range = 0.0..=100.0)]
    pub guidance: f32,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The denoiser.
    pub denoiser: Denoiser,
    /// What the pictures shall show.
    pub prompt: Prompt,
    /// The pictures so far; masked positions may be among them.
    pub tokens: Tokens,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The most probable code of every position.
    pub tokens: Tokens,
    /// The probability of that code at each position, one line for each picture.
    pub confidence: Curve,
}

impl Node for ScoreTokens {
    const ID: &'static str = "denoiser.score";
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, _: &mut Run) -> Result<Outputs, NodeError> {
        let tokens = &inputs.tokens;
        let rows: Vec<u32> = (0..tokens.codes().len() as u32).collect();
        let scores = inputs.denoiser.scorer().scores(&Query {
            tokens,
            prompt: &inputs.prompt,
            guidance: (self.guidance > 0.0).then_some(Guidance::plain(self.guidance)),
            rows: &rows,
        })?;
        let (codes, sure) = likeliest(&scores)?;
        let length = tokens.grid().length();
        let tokens = Tokens::new(codes, tokens.grid(), tokens.codebook())
            .map_err(|error| NodeError::failed(error, "please report this mistake"))?;

        let mut confidence = Curve {
            axis: "position".into(),
            lines: Vec::new(),
        };
        for (at, value) in sure.into_iter().enumerate() {
            let name = format!("confidence of picture {}", at / length + 1);
            confidence.push(&name, (at % length) as f64, f64::from(value));
        }
        Ok(Outputs { tokens, confidence })
    }
}
