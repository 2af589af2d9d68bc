//! One picture while it is being laid: the algorithm itself, without any network.

mod choose;
mod follow;
mod remask;

use std::sync::Arc;

use graph::error::NodeError;

use crate::value::Tokens;

use super::noise::Chance;
use super::pace::Pace;
use super::settings::{EditSampler, ResultTokens};

pub(super) use choose::Asked;

/// One picture while it is being laid.
pub(super) struct Picture {
    /// The tokens so far.
    codes: Vec<u32>,
    /// Which positions keep their token whatever the denoiser thinks.
    fixed: Vec<bool>,
    /// How probable each token was when it was laid; nothing where none was laid.
    sureness: Vec<Option<f32>>,
    /// Whether anything was masked at the start.
    began_masked: bool,
    /// How many positions each step lays.
    pace: Pace,
    /// The positions in the order of the policy; empty where none asks for it.
    order: Arc<[usize]>,
    /// How many steps lay.
    steps: usize,
    /// How many of them are done.
    done: usize,
    /// What comes next.
    phase: Phase,
    /// What the denoiser chose at the last step.
    choice: Vec<u32>,
    /// What is asked which positions are laid, where that is not the sampler's own policy.
    asked: Option<Asked>,
}

/// What the next step of a picture does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It lays masked positions.
    Laying,
    /// It edits, as do at most so many steps with it.
    Settling(u32),
    /// It fills some positions anew, as do so many steps with it.
    Refining(u32),
    /// There is none.
    Done,
}

/// What a step is about to do, as far as it is known before the denoiser is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Turn {
    /// The positions that the denoiser must be asked for, and no others, in rising order.
    pub wanted: Vec<usize>,
    /// The temperature that the token of each is drawn with; 0 takes the likeliest.
    pub temperatures: Vec<f32>,
    /// How many masked positions are laid.
    count: usize,
    /// The visible positions that are masked again.
    remasked: Vec<usize>,
}

/// What the denoiser said of the positions that were asked for, in their order.
pub(super) struct Answers<'a> {
    /// The token chosen for each.
    pub tokens: &'a [u32],
    /// The probability of each choice, after guidance.
    pub confidence: &'a [f32],
}

/// What a step did.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Advance {
    /// The choice at every position; the token as it was where the denoiser was not asked.
    pub choice: Vec<u32>,
    /// The probability of each choice; 0 where the denoiser was not asked.
    pub confidence: Vec<f32>,
    /// How many masked positions were laid.
    pub committed: u32,
    /// How many visible tokens were replaced.
    pub edited: u32,
}

impl Picture {
    /// A picture that starts from `codes`, masked where nothing is laid yet.
    pub fn new(codes: Vec<u32>, order: Arc<[usize]>, sampler: &EditSampler) -> Self {
        let masked = codes.iter().filter(|code| **code == Tokens::MASK).count();
        let revised = sampler.edit_start && sampler.revises();
        let refined = sampler.edit_start && sampler.refine_rounds > 0;
        let steps = match (masked, revised) {
            (0, true) => sampler.steps as usize,
            (0, false) => 0,
            (masked, _) => masked.min(sampler.steps as usize),
        };
        let fixed = codes
            .iter()
            .map(|code| *code != Tokens::MASK && !revised && !refined)
            .collect();
        let mut picture = Self {
            fixed,
            sureness: vec![None; codes.len()],
            began_masked: masked > 0,
            pace: Pace::new(masked, codes.len(), steps, sampler),
            order,
            steps,
            done: 0,
            phase: Phase::Laying,
            choice: codes.clone(),
            codes,
            asked: None,
        };
        if steps == 0 {
            picture.phase = picture.behind_laying(sampler);
        }
        picture
    }

    /// The same picture, whose positions somebody else chooses.
    pub fn asking(mut self, asked: Option<Asked>) -> Self {
        self.asked = asked;
        self
    }

    /// How many steps the picture takes at most.
    pub fn most_steps(&self, sampler: &EditSampler) -> usize {
        if self.is_done() {
            return 0;
        }
        let settling = if sampler.revises() {
            sampler.post_steps
        } else {
            0
        };
        self.steps + (settling + sampler.refine_rounds) as usize
    }

    /// Whether all steps are done.
    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// Whether the next step is guided; those behind the last that lays are as that one was.
    pub fn is_guided(&self, sampler: &EditSampler) -> bool {
        let steps = self.steps.max(1);
        sampler.guides(self.done.min(steps - 1), steps)
    }

    /// Whether the run's step `step`, counted from 0, computes the picture whole, whatever was kept of it.
    pub fn refreshes(&self, sampler: &EditSampler, step: u32) -> bool {
        sampler.refreshes(step as usize, self.steps)
    }

    /// The tokens so far.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The tokens that come out.
    pub fn result(&self, sampler: &EditSampler) -> &[u32] {
        match sampler.result {
            ResultTokens::Official => &self.choice,
            ResultTokens::Committed => &self.codes,
        }
    }

    /// Begins the next step: decides what the denoiser must be asked for.
    pub fn turn(&mut self, sampler: &EditSampler, chance: Chance<'_>) -> Turn {
        let mut turn = match self.phase {
            Phase::Laying => self.laying(sampler, chance),
            Phase::Settling(_) => Turn {
                wanted: self.free(),
                ..Turn::default()
            },
            Phase::Refining(_) => {
                let wanted = self.unlaid(sampler, chance);
                Turn {
                    count: wanted.len(),
                    wanted,
                    ..Turn::default()
                }
            }
            Phase::Done => Turn::default(),
        };
        turn.temperatures = match self.phase {
            Phase::Refining(_) => vec![0.0; turn.wanted.len()],
            Phase::Laying | Phase::Settling(_) | Phase::Done => turn
                .wanted
                .iter()
                .map(|position| sampler.token_temperature(self.is_masked(*position)))
                .collect(),
        };
        turn
    }

    /// Lays, edits and masks again what the step does, and ends it.
    ///
    /// `answers` holds one answer for each position that the turn wanted.
    ///
    /// Errors: a policy of somebody else's cannot choose, or recorded noise ends too early.
    pub fn advance(
        &mut self,
        sampler: &EditSampler,
        turn: &Turn,
        answers: &Answers<'_>,
        chance: Chance<'_>,
    ) -> Result<Advance, NodeError> {
        let mut choice = self.codes.clone();
        let mut confidence = vec![0.0; self.codes.len()];
        for (at, position) in turn.wanted.iter().enumerate() {
            choice[*position] = answers.tokens[at];
            confidence[*position] = answers.confidence[at];
        }

        let (laid, edited) = match self.phase {
            Phase::Laying => {
                let edited = if sampler.edits(self.done, self.steps) {
                    self.mistakes(sampler, turn, &choice, &confidence)
                } else {
                    Vec::new()
                };
                (self.chosen(sampler, turn, &confidence, chance)?, edited)
            }
            Phase::Settling(_) => (
                Vec::new(),
                self.mistakes(sampler, turn, &choice, &confidence),
            ),
            Phase::Refining(_) | Phase::Done => (turn.wanted.clone(), Vec::new()),
        };
        for position in &edited {
            self.codes[*position] = choice[*position];
            if let Some(sureness) = &mut self.sureness[*position] {
                *sureness = confidence[*position];
            }
        }
        for position in &laid {
            self.codes[*position] = choice[*position];
            self.sureness[*position] = Some(confidence[*position]);
        }
        for position in &turn.remasked {
            self.codes[*position] = Tokens::MASK;
            self.sureness[*position] = None;
        }
        Ok(self.ended(sampler, choice, confidence, [laid.len(), edited.len()]))
    }

    /// Ends a step that laid and edited so many tokens.
    fn ended(
        &mut self,
        sampler: &EditSampler,
        choice: Vec<u32>,
        confidence: Vec<f32>,
        [laid, edited]: [usize; 2],
    ) -> Advance {
        self.choice.clone_from(&choice);
        self.end_step(sampler, edited);
        Advance {
            choice,
            confidence,
            committed: laid as u32,
            edited: edited as u32,
        }
    }

    /// Decides what comes behind a step that replaced `edited` tokens.
    fn end_step(&mut self, sampler: &EditSampler, edited: usize) {
        self.phase = match self.phase {
            Phase::Laying => {
                self.done += 1;
                let is_filled = self.began_masked && !self.codes.contains(&Tokens::MASK);
                if self.done < self.steps && !is_filled {
                    Phase::Laying
                } else {
                    self.behind_laying(sampler)
                }
            }
            Phase::Settling(left) if left > 1 && edited > 0 => Phase::Settling(left - 1),
            Phase::Settling(_) => self.behind_settling(sampler),
            Phase::Refining(left) if left > 1 => Phase::Refining(left - 1),
            Phase::Refining(_) | Phase::Done => Phase::Done,
        };
    }

    /// What follows the steps that lay.
    fn behind_laying(&mut self, sampler: &EditSampler) -> Phase {
        if sampler.revises() && sampler.post_steps > 0 && self.fixed.contains(&false) {
            Phase::Settling(sampler.post_steps)
        } else {
            self.behind_settling(sampler)
        }
    }

    /// What follows the steps that only edit; a refinement goes on from what came out so far.
    fn behind_settling(&mut self, sampler: &EditSampler) -> Phase {
        if sampler.refine_rounds == 0 || !self.fixed.contains(&false) {
            return Phase::Done;
        }
        self.codes = self.result(sampler).to_vec();
        Phase::Refining(sampler.refine_rounds)
    }

    fn is_masked(&self, position: usize) -> bool {
        self.codes[position] == Tokens::MASK
    }

    /// The positions whose token may change.
    fn free(&self) -> Vec<usize> {
        self.positions(|position| !self.fixed[position])
    }

    fn positions(&self, wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.codes.len())
            .filter(|position| wanted(*position))
            .collect()
    }
}
