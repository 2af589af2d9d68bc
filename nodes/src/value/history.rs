//! How a picture came about, step by step.

use std::sync::Arc;

use graph::preview::{Preview, TokenGrid};
use graph::value::{Footprint, WireValue};

use super::Tokens;

/// How many tokens the grids of a preview hold together at most; each takes 13 bytes.
const SHOWN_TOKENS: usize = 4 << 20;

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

impl Step {
    /// The first picture after the step, as it is shown, where it was `before` it.
    pub fn first(&self, before: &TokenGrid) -> TokenGrid {
        let mut grid = self.after.first();
        let sure = |(position, code): (usize, &Option<u32>)| match code {
            None => 0.0,
            Some(code) if *code == self.choice[position] && self.confidence[position] > 0.0 => {
                self.confidence[position]
            }
            // It stands since an earlier step, or was given.
            Some(_) => before.confidence.get(position).copied().unwrap_or(0.0),
        };
        grid.confidence = grid.codes.iter().enumerate().map(sure).collect();
        let pairs = grid.codes.iter().zip(&before.codes);
        grid.edited = pairs
            .map(|(after, before)| before.is_some() && after != before)
            .collect();
        grid
    }
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

    /// Every step of the first picture; of a history that is too large to be shown whole, how it ended.
    fn preview(&self) -> Preview {
        let length = self.start.grid().length();
        if (self.steps.len() + 1) * length > SHOWN_TOKENS {
            let last = self.steps.last().map_or(&self.start, |step| &step.after);
            return last.preview();
        }
        let mut grids = vec![self.start.first()];
        for step in self.steps.iter() {
            let before = &grids[grids.len() - 1];
            grids.push(step.first(before));
        }
        Preview::Steps(grids)
    }

    fn footprint(&self) -> Footprint {
        let positions = self.start.codes().len();
        Footprint::host(positions * 4 + self.steps.len() * positions * 12)
    }
}
