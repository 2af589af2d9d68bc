//! `sample.rewind`: a step of a history, to go on from.

mod cells;

#[cfg(test)]
mod tests;

use graph::prelude::*;

use crate::value::{Mask, TokenHistory, Tokens};

use cells::Cells;

/// Takes the tokens after a step of a history, with some masked again, so that a sampler behind it resumes from there.
///
/// What is laid and not masked again stays, unless the sampler edits its `start`.
/// The sampler begins a schedule and draws of its own, so that the same seed resumes alike, but not as it went before.
/// A sampler of even pace (`shift` 1) without chance or editing, given as many steps as were left, lays what it laid before.
#[derive(Clone, Debug, Params)]
pub struct RewindHistory {
    /// The step whose tokens come out; 0 is what the sampler started from.
    #[param(default = 0, range = 0..=1048576)]
    pub step: u32,
    /// Cells that are masked again, in every picture: rows and columns counted from 1, such as `3:4, 5:2-9, 6-8:2-9`.
    pub cells: String,
    /// Whether masked positions get what the denoiser would have laid there next, so that the step can be decoded.
    pub fill: bool,
}

/// What comes in.
#[derive(Ports)]
pub struct RewindInputs {
    /// How the pictures came about.
    pub history: TokenHistory,
    /// The region that is masked again.
    pub mask: Option<Mask>,
}

/// What goes out.
#[derive(Ports)]
pub struct RewindOutputs {
    /// The tokens after the step.
    pub tokens: Tokens,
}

impl Node for RewindHistory {
    const ID: &'static str = "sample.rewind";
    type Inputs = RewindInputs;
    type Outputs = RewindOutputs;

    fn check(&self) -> Result<(), ParamError> {
        Cells::read(&self.cells)
            .map(|_| ())
            .map_err(|expected| self.wrong_cells(expected))
    }

    fn run(&self, inputs: RewindInputs, _: &mut Run) -> Result<RewindOutputs, NodeError> {
        let RewindInputs { history, mask } = inputs;
        let after = self.after(&history)?;
        let grid = after.grid();
        let cells = Cells::read(&self.cells).and_then(|cells| cells.over(grid));
        let mut masked = cells.map_err(|expected| self.wrong_cells(expected))?;
        if let Some(mask) = mask {
            let region = mask.over(grid);
            masked
                .iter_mut()
                .zip(region)
                .for_each(|(masked, inside)| *masked |= inside);
        }
        let codes = after.codes().iter().zip(masked.iter().cycle());
        let codes = codes.map(|(code, masked)| if *masked { Tokens::MASK } else { *code });
        let codes = if self.fill {
            let guesses = self.guesses(&history);
            let filled = codes.zip(guesses);
            filled
                .map(|(code, guess)| if code == Tokens::MASK { guess } else { code })
                .collect()
        } else {
            codes.collect::<Vec<u32>>()
        };
        let tokens = Tokens::new(codes, grid, after.codebook()).map_err(|error| {
            NodeError::failed(error, "this is a mistake of the program, please report it")
        })?;
        Ok(RewindOutputs { tokens })
    }
}

impl RewindHistory {
    /// The tokens after the step.
    ///
    /// Errors: there is no such step.
    fn after<'a>(&self, history: &'a TokenHistory) -> Result<&'a Tokens, NodeError> {
        let Some(before) = self.step.checked_sub(1) else {
            return Ok(&history.start);
        };
        let step = history.steps.get(before as usize);
        let step = step.ok_or_else(|| ParamError::Invalid {
            param: "step".into(),
            expected: format!(
                "at most {}, as many as the history has",
                history.steps.len()
            ),
            found: self.step.to_string(),
        })?;
        Ok(&step.after)
    }

    /// What the denoiser would lay at every position after the step: its choice at the next, else at this one, else 0.
    fn guesses(&self, history: &TokenHistory) -> Vec<u32> {
        let at = self.step as usize;
        let asked = [Some(at), at.checked_sub(1)];
        let asked = asked.into_iter().flatten();
        let choices: Vec<&[u32]> = asked
            .filter_map(|step| Some(&*history.steps.get(step)?.choice))
            .collect();
        (0..history.start.codes().len())
            .map(|position| {
                let laid = choices.iter().map(|choice| choice[position]);
                let mut laid = laid.filter(|code| *code != Tokens::MASK);
                laid.next().unwrap_or(0)
            })
            .collect()
    }

    fn wrong_cells(&self, expected: String) -> ParamError {
        ParamError::Invalid {
            param: "cells".into(),
            expected,
            found: format!("{:?}", self.cells),
        }
    }
}
