//! `sample.edit`: prompts to tokens.

use graph::policy::Policy as CustomPolicy;
use graph::prelude::*;

use crate::value::{Denoiser, Grid, Mask, Prompt, TokenHistory, Tokens};

use super::run::Start;
use super::settings::EditSampler;

/// What the editor-sampler takes.
#[derive(Ports)]
pub struct EditSamplerInputs {
    /// What scores tokens.
    pub denoiser: Denoiser,
    /// What the pictures shall show.
    pub prompt: Prompt,
    /// What they shall not show: one for all pictures, or one for each prompt.
    pub negative: Option<Prompt>,
    /// Tokens to go on from: one picture for all prompts, or one for each.
    pub start: Option<Tokens>,
    /// The region of `start` that is painted anew.
    pub mask: Option<Mask>,
    /// What says which positions are laid first, in place of `policy`: that of a plugin.
    pub custom_policy: Option<CustomPolicy>,
}

/// What the editor-sampler gives.
#[derive(Ports)]
pub struct EditSamplerOutputs {
    /// The tokens of the pictures.
    pub tokens: Tokens,
    /// How they came about.
    pub history: TokenHistory,
}

impl Node for EditSampler {
    const ID: &'static str = "sample.edit";
    type Inputs = EditSamplerInputs;
    type Outputs = EditSamplerOutputs;

    fn check(&self) -> Result<(), ParamError> {
        self.check_windows()
    }

    fn run(&self, inputs: Self::Inputs, run: &mut Run) -> Result<Self::Outputs, NodeError> {
        let start = self.start(&inputs)?;
        let (tokens, history) = self.sample(&inputs.denoiser, &start, run)?;
        Ok(EditSamplerOutputs { tokens, history })
    }
}

impl EditSampler {
    /// What the inputs say to start from.
    ///
    /// Errors: they do not fit together.
    pub(super) fn start(&self, inputs: &EditSamplerInputs) -> Result<Start, NodeError> {
        let prompts = inputs.prompt.batch();
        let asked = prompts * self.pictures as usize;
        let given = inputs.start.as_ref().map_or(1, Tokens::batch);
        let batch = if asked == 1 { given } else { asked };
        let prompt = spread("prompt", &inputs.prompt, prompts, batch)?;
        let negative = match &inputs.negative {
            Some(negative) => Some(spread("negative", negative, prompts, batch)?),
            None => None,
        };
        let tokens = match &inputs.start {
            Some(start) => self.continued(start, inputs.mask.as_ref(), prompts, batch)?,
            None if inputs.mask.is_some() => {
                return Err(NodeError::input(
                    "mask",
                    "`start` tokens whose region is painted anew",
                    "nothing wired to `start`",
                ));
            }
            None => self.blank(&inputs.denoiser, batch)?,
        };
        Ok(Start {
            prompt,
            negative,
            tokens,
            policy: inputs.custom_policy.clone(),
        })
    }

    /// Pictures of which nothing is laid.
    fn blank(&self, denoiser: &Denoiser, batch: usize) -> Result<Tokens, NodeError> {
        let own = denoiser.scorer().grid();
        let side = |wanted: u32, own: usize| if wanted == 0 { own } else { wanted as usize };
        let grid = Grid {
            rows: side(self.rows, own.rows),
            columns: side(self.columns, own.columns),
        };
        let codes = vec![Tokens::MASK; batch * grid.length()];
        Tokens::new(codes, grid, denoiser.scorer().codebook())
            .map_err(|error| NodeError::failed(error, "give `rows` and `columns` of at least 1"))
    }

    /// `start` for a whole batch, masked where the region says.
    fn continued(
        &self,
        start: &Tokens,
        mask: Option<&Mask>,
        prompts: usize,
        batch: usize,
    ) -> Result<Tokens, NodeError> {
        let grid = start.grid();
        for (param, wanted, found) in [
            ("rows", self.rows, grid.rows),
            ("columns", self.columns, grid.columns),
        ] {
            if wanted != 0 && wanted as usize != found {
                return Err(ParamError::Invalid {
                    param: param.into(),
                    expected: format!("0 or {found}, as the tokens at `start` have"),
                    found: wanted.to_string(),
                }
                .into());
            }
        }
        let given = start.batch();
        if given != 1 && given != prompts && given != batch {
            return Err(NodeError::input(
                "start",
                format!("one picture, or one for each of {batch}"),
                format!("{given} pictures"),
            ));
        }
        let masked = mask.map_or_else(|| vec![false; grid.length()], |mask| mask.over(grid));
        let codes: Vec<u32> = (0..batch)
            .flat_map(|sample| start.sample(sample * given / batch))
            .zip(masked.iter().cycle())
            .map(|(code, masked)| if *masked { Tokens::MASK } else { *code })
            .collect();
        Tokens::new(codes, grid, start.codebook())
            .map_err(|error| NodeError::input("start", "whole pictures", error))
    }
}

/// The prompt at `port` for each of `batch` pictures, those of one prompt side by side.
///
/// Errors: there is neither one prompt nor one for each of `prompts`.
fn spread(port: &str, prompt: &Prompt, prompts: usize, batch: usize) -> Result<Prompt, NodeError> {
    let given = prompt.batch();
    if given == 0 || given != prompt.texts.len() || (given != 1 && given != prompts) {
        return Err(NodeError::input(
            port,
            format!("one prompt, or one for each of {}", prompts.max(1)),
            format!("{given} prompts"),
        ));
    }
    let own = |sample: usize| sample * given / batch;
    Ok(prompt.picked((0..batch).map(own)))
}
