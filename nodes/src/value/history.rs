//! How a picture came about, step by step.

use std::sync::Arc;

use graph::preview::Preview;
use graph::value::{Footprint, WireValue};

use super::Tokens;

/// One step of a sampler.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The tokens after the step, masked positions included.
    pub after: Tokens,
    /// What the denoiser would lay at every position, `[batch, rows × columns]`;
    /// the token as it was where it was not asked.
    pub choice: Arc<[u32]>,
    /// The probability of each choice, after guidance, from 0 to 1; 0 where the denoiser was not asked.
    pub confidence: Arc<[f32]>,
    /// How many masked positions were laid.
    pub committed: u32,
    /// How many visible tokens were replaced.
    pub edited: u32,
}

/// How pictures came about: every step of a sampler, for scrubbing, animation and resuming.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenHistory {
    /// The tokens that the sampler was given.
    pub start: Tokens,
    /// The steps in order.
    pub steps: Arc<[Step]>,
}

impl WireValue for TokenHistory {
    const KIND: &'static str = "history";

    fn preview(&self) -> Preview {
        self.steps
            .last()
            .map_or(&self.start, |step| &step.after)
            .preview()
    }

    fn footprint(&self) -> Footprint {
        let positions = self.start.codes().len();
        Footprint::host(positions * 4 + self.steps.len() * positions * 12)
    }
}
