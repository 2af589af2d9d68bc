//! One picture while it is being laid: the algorithm itself, without any network.

use std::sync::Arc;

use graph::error::NodeError;
use graph::policy::{Policy as CustomPolicy, Question};
use kernels::sampling;

use crate::value::{Grid, Tokens};

use super::settings::{EditSampler, Policy, ResultTokens};

/// One picture while it is being laid.
pub(super) struct Picture {
    /// The tokens so far.
    codes: Vec<u32>,
    /// Which positions keep their token whatever the denoiser thinks.
    fixed: Vec<bool>,
    /// How many positions each step lays.
    budget: Vec<usize>,
    /// The positions in stratified order; empty where no policy asks for it.
    order: Arc<[usize]>,
    /// How many steps there are.
    steps: usize,
    /// How many of them are done.
    done: usize,
    /// What the denoiser chose at the last step.
    choice: Vec<u32>,
    /// What is asked which positions are laid, where that is not the sampler's own policy.
    asked: Option<Asked>,
}

/// A policy of somebody else's, and what it must know of the picture.
pub(super) struct Asked {
    /// The policy.
    pub policy: CustomPolicy,
    /// How the positions lie.
    pub grid: Grid,
    /// The number of the picture.
    pub number: u32,
}

/// What says which positions a step lays.
enum Chooser<'a> {
    Own(Policy),
    Asked(&'a Asked),
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
        let editable = sampler.edit_threshold > 0.0 && sampler.edit_start;
        let steps = match (masked, editable) {
            (0, true) => sampler.steps as usize,
            (0, false) => 0,
            (masked, _) => masked.min(sampler.steps as usize),
        };
        let budget = match masked {
            0 => vec![0; steps],
            masked => sampling::budget(masked, steps, sampler.shift),
        };
        let fixed = codes
            .iter()
            .map(|code| *code != Tokens::MASK && !editable)
            .collect();
        Self {
            choice: codes.clone(),
            codes,
            fixed,
            budget,
            order,
            steps,
            done: 0,
            asked: None,
        }
    }

    /// The same picture, whose positions somebody else chooses.
    pub fn asking(mut self, asked: Option<Asked>) -> Self {
        self.asked = asked;
        self
    }

    /// How many steps the picture takes.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Whether all steps are done.
    pub fn is_done(&self) -> bool {
        self.done == self.steps
    }

    /// Whether the next step is guided.
    pub fn is_guided(&self, sampler: &EditSampler) -> bool {
        sampler.guides(self.done, self.steps)
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

    /// The positions that the next step must ask the denoiser for, and no others, in rising order.
    pub fn wanted(&self, sampler: &EditSampler) -> Vec<usize> {
        if sampler.edits(self.done, self.steps) {
            return self.positions(|position| !self.fixed[position]);
        }
        match self.chooser(sampler) {
            Chooser::Own(Policy::Stratified) => {
                let mut next = self.next_in_order();
                next.sort_unstable();
                next
            }
            Chooser::Own(Policy::Mmada | Policy::MaskGit) | Chooser::Asked(_) => {
                self.positions(|position| self.is_masked(position))
            }
        }
    }

    /// Lays and edits what the next step lays and edits.
    ///
    /// `answers` holds one answer for each of [`Picture::wanted`]; `uniforms` one number for every position.
    ///
    /// Errors: a policy of somebody else's cannot choose.
    pub fn advance(
        &mut self,
        sampler: &EditSampler,
        answers: &Answers<'_>,
        uniforms: &[f32],
    ) -> Result<Advance, NodeError> {
        let wanted = self.wanted(sampler);
        let mut choice = self.codes.clone();
        let mut confidence = vec![0.0; self.codes.len()];
        for (at, position) in wanted.iter().enumerate() {
            choice[*position] = answers.tokens[at];
            confidence[*position] = answers.confidence[at];
        }

        let laid = self.chosen(sampler, &confidence, uniforms)?;
        let edited = if sampler.edits(self.done, self.steps) {
            self.mistakes(sampler, &choice, &confidence)
        } else {
            Vec::new()
        };
        for position in laid.iter().chain(&edited) {
            self.codes[*position] = choice[*position];
        }
        self.done += 1;
        self.choice.clone_from(&choice);
        Ok(Advance {
            choice,
            confidence,
            committed: laid.len() as u32,
            edited: edited.len() as u32,
        })
    }

    /// What says which positions this step lays.
    fn chooser(&self, sampler: &EditSampler) -> Chooser<'_> {
        match &self.asked {
            Some(asked) if !sampler.is_cut_off(self.done, self.steps) => Chooser::Asked(asked),
            Some(_) | None => Chooser::Own(sampler.policy_at(self.done, self.steps)),
        }
    }

    /// The masked positions that this step lays.
    ///
    /// Errors: a policy of somebody else's cannot choose.
    fn chosen(
        &self,
        sampler: &EditSampler,
        confidence: &[f32],
        uniforms: &[f32],
    ) -> Result<Vec<usize>, NodeError> {
        let masked: Vec<bool> = (0..self.codes.len())
            .map(|position| self.is_masked(position))
            .collect();
        let policy = match self.chooser(sampler) {
            Chooser::Own(Policy::Stratified) => return Ok(self.next_in_order()),
            Chooser::Own(Policy::Mmada) => sampling::Policy::Confidence,
            Chooser::Own(Policy::MaskGit) => sampling::Policy::Proportional,
            Chooser::Asked(asked) => return self.answer(asked, confidence, &masked, uniforms),
        };
        Ok(sampling::choose_positions(
            policy,
            confidence,
            &masked,
            self.budget[self.done],
            sampler.choice_temperature_at(self.done, self.steps),
            uniforms,
            &self.order,
        ))
    }

    /// What somebody else's policy answers; it is asked only where there is something to lay.
    fn answer(
        &self,
        asked: &Asked,
        confidences: &[f32],
        masked: &[bool],
        random: &[f32],
    ) -> Result<Vec<usize>, NodeError> {
        let open = masked.iter().filter(|masked| **masked).count();
        let count = self.budget[self.done].min(open);
        if count == 0 {
            return Ok(Vec::new());
        }
        asked.policy.choose(&Question {
            step: self.done as u32,
            steps: self.steps as u32,
            sample: asked.number,
            rows: asked.grid.rows as u32,
            columns: asked.grid.columns as u32,
            count: count as u32,
            confidences,
            masked,
            random,
        })
    }

    /// The visible positions whose token this step replaces, the surest first.
    fn mistakes(&self, sampler: &EditSampler, choice: &[u32], confidence: &[f32]) -> Vec<usize> {
        let mut mistakes = self.positions(|position| {
            !self.is_masked(position)
                && !self.fixed[position]
                && confidence[position] > sampler.edit_threshold
                && choice[position] != self.codes[position]
        });
        if sampler.edit_limit > 0 {
            mistakes.sort_by(|left, right| confidence[*right].total_cmp(&confidence[*left]));
            mistakes.truncate(sampler.edit_limit as usize);
        }
        mistakes
    }

    /// The next masked positions of the stratified order.
    fn next_in_order(&self) -> Vec<usize> {
        self.order
            .iter()
            .copied()
            .filter(|position| self.is_masked(*position))
            .take(self.budget[self.done])
            .collect()
    }

    fn is_masked(&self, position: usize) -> bool {
        self.codes[position] == Tokens::MASK
    }

    fn positions(&self, wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.codes.len())
            .filter(|position| wanted(*position))
            .collect()
    }
}
