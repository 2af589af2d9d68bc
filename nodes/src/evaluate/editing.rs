//! `evaluate.editing`: does the sampler repair more than it breaks?

mod figures;
#[cfg(test)]
mod tests;

use graph::prelude::*;

use crate::compute::Compute;
use crate::sample::damage::damaged;
use crate::sample::{EditSampler, Policy, ResultTokens, Start, TokenChoice};
use crate::value::{
    Dataset, Denoiser, Grid, Image, MicroConditions, Pixels, Prompt, Tokenizer, Tokens,
};

use self::figures::{Figures, Report};

/// Damages tokens of true pictures and lets the sampler edit them: tells how many it restores and how many it breaks.
///
/// Every picture loses the same share of its tokens to codes drawn at random; then edit-only steps run.
/// Wire a dataset that the denoiser was not trained on.
#[derive(Clone, Debug, Params)]
pub struct EditingEvaluation {
    /// How many pictures are tried, spread evenly over the dataset.
    #[param(default = 256, range = 1..=16384)]
    pub pictures: u32,
    /// The share of a picture's tokens that is damaged.
    #[param(default = 0.1, range = 0.0..=1.0)]
    pub damage: f64,
    /// How many times the denoiser is asked.
    #[param(default = 8, range = 1..=1024)]
    pub steps: u32,
    /// Confidence above which a token is replaced.
    #[param(default = 0.6, range = 0.000001..=1.0)]
    pub edit_threshold: f32,
    /// How many tokens of a picture a step may replace, the surest first; 0 sets no limit.
    #[param(default = 0, range = 0..=1048576)]
    pub edit_limit: u32,
    /// How strongly the captions are followed; 0 asks without guidance.
    #[param(default = 0.0, range = 0.0..=100.0)]
    pub guidance: f32,
    /// Whether the denoiser is told what the pictures show.
    #[param(default = true)]
    pub captions: bool,
    /// How many pictures the denoiser works on at once; changes nothing but speed and memory.
    #[param(default = 16, range = 1..=4096)]
    pub at_once: u32,
    /// The seed of the damage.
    pub seed: Seed,
}

/// What the evaluation takes.
#[derive(Ports)]
pub struct EditingInputs {
    /// True pictures with captions.
    pub dataset: Dataset,
    /// What turns the pictures into codes; a dataset of codes needs none.
    pub tokenizer: Option<Tokenizer>,
    /// What is tried.
    pub denoiser: Denoiser,
}

/// What the evaluation gives.
#[derive(Ports)]
pub struct EditingOutputs {
    /// All figures, as JSON.
    pub report: String,
    /// The share of damaged tokens restored minus the share of intact tokens broken, with editing on.
    pub score: f64,
}

impl Node for EditingEvaluation {
    const ID: &'static str = "evaluate.editing";
    type Inputs = EditingInputs;
    type Outputs = EditingOutputs;

    fn run(&self, inputs: Self::Inputs, run: &mut Run) -> Result<Self::Outputs, NodeError> {
        let (truth, prompt) = self.truth(&inputs, run)?;
        let damaged = self.damaged(&truth, run)?;
        let edited = |sampler: EditSampler| {
            let start = Start {
                prompt: prompt.clone(),
                negative: None,
                tokens: damaged.clone(),
                policy: None,
            };
            let (tokens, _) = sampler.sample(&inputs.denoiser, &start, run)?;
            Ok::<Figures, NodeError>(Figures::of(&truth, &damaged, &tokens))
        };
        let on = self.sampler()?;
        let off = EditSampler {
            edit_threshold: 0.0,
            ..on.clone()
        };
        let report = Report {
            pictures: truth.batch(),
            tokens: truth.grid().length(),
            damage: self.damage,
            steps: self.steps,
            edit_threshold: self.edit_threshold,
            interval: "95 %, normal approximation over pictures",
            off: edited(off)?,
            on: edited(on)?,
        };
        Ok(EditingOutputs {
            score: report.on.difference.mean,
            report: report.json()?,
        })
    }
}

impl EditingEvaluation {
    /// A sampler that edits and does nothing else.
    fn sampler(&self) -> Result<EditSampler, NodeError> {
        let defaults = EditSampler::from_values(&ParamValues::new());
        let defaults = defaults.map_err(|_| {
            NodeError::failed(
                "the sampler has no defaults",
                "this is a mistake of the program, please report it",
            )
        })?;
        Ok(EditSampler {
            steps: self.steps,
            guidance: self.guidance,
            choice: TokenChoice::Argmax,
            policy: Policy::Mmada,
            edit_threshold: self.edit_threshold,
            edit_limit: self.edit_limit,
            edit_start: true,
            result: ResultTokens::Committed,
            at_once: self.at_once,
            seed: self.seed,
            ..defaults
        })
    }

    /// The codes of the pictures that are tried, and what the denoiser is told of them.
    fn truth(&self, inputs: &EditingInputs, run: &Run) -> Result<(Tokens, Prompt), NodeError> {
        let available = inputs.dataset.len();
        let wanted = available.min(self.pictures as usize);
        if wanted == 0 {
            return Err(NodeError::input("dataset", "one picture at least", "none"));
        }
        let scorer = inputs.denoiser.scorer();
        let mut codes = Vec::new();
        let mut grid = None;
        let (mut texts, mut ids) = (Vec::new(), Vec::new());
        for picture in 0..wanted {
            run.check()?;
            let index = picture * available / wanted;
            let example = inputs.dataset.get(index)?;
            let tokens = laid(&example.pixels, inputs.tokenizer.as_ref(), run)?;
            let first = *grid.get_or_insert(tokens.grid());
            if tokens.grid() != first || tokens.codebook() != scorer.codebook() {
                return Err(NodeError::input(
                    "dataset",
                    format!(
                        "pictures of {first} tokens of the denoiser's codebook of {}",
                        scorer.codebook()
                    ),
                    format!(
                        "{} tokens of a codebook of {} at picture {index}",
                        tokens.grid(),
                        tokens.codebook()
                    ),
                ));
            }
            codes.extend_from_slice(tokens.codes());
            let text = if self.captions {
                example.caption
            } else {
                String::new()
            };
            ids.push(scorer.read(&text, &MicroConditions::default())?);
            texts.push(text);
        }
        let grid = grid.unwrap_or_else(|| scorer.grid());
        let prompt = Prompt::new(texts, ids);
        Ok((whole(codes, grid, scorer.codebook())?, prompt))
    }

    /// The same pictures with some tokens replaced by other codes.
    fn damaged(&self, truth: &Tokens, run: &Run) -> Result<Tokens, NodeError> {
        // At least one token, however small the share: else there is nothing to measure.
        let least = 1.0 / truth.grid().length() as f64;
        damaged(truth, self.damage.max(least), run.random(self.seed))
    }
}

/// The codes of one picture.
fn laid(pixels: &Pixels, tokenizer: Option<&Tokenizer>, run: &Run) -> Result<Tokens, NodeError> {
    match pixels {
        Pixels::Codes {
            grid,
            codebook,
            codes,
        } => whole(codes.clone(), *grid, *codebook),
        Pixels::Raw {
            height,
            width,
            bytes,
            ..
        } => {
            let Some(tokenizer) = tokenizer else {
                return Err(NodeError::input(
                    "tokenizer",
                    "what turns the dataset's pictures into codes",
                    "nothing",
                ));
            };
            let device = Compute::of(run)?.device();
            let image = Image::from_bytes(bytes, [1, *height, *width], device)
                .map_err(|error| NodeError::input("dataset", "whole pictures", error))?;
            tokenizer.codec().encode(&image)
        }
    }
}

fn whole(codes: Vec<u32>, grid: Grid, codebook: u32) -> Result<Tokens, NodeError> {
    Tokens::new(codes, grid, codebook)
        .map_err(|error| NodeError::input("dataset", "whole pictures", error))
}
