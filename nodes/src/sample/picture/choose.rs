//! Which positions a step lays and replaces.

use graph::error::NodeError;
use graph::policy::{Policy as CustomPolicy, Question};
use kernels::sampling::{self, Rule};

use super::{Picture, Turn};
use crate::sample::noise::Chance;
use crate::sample::settings::{EditSampler, Policy, Schedule};
use crate::value::Grid;

/// A policy of somebody else's, and what it must know of the picture.
pub(in crate::sample) struct Asked {
    /// The policy.
    pub policy: CustomPolicy,
    /// How the positions lie.
    pub grid: Grid,
    /// The number of the picture.
    pub number: u32,
}

impl Picture {
    /// What the step `step` of those that lay does by schedule and policy alone.
    pub(in crate::sample) fn rule(&self, sampler: &EditSampler, step: usize) -> Rule {
        let policy = match (sampler.policy_at(step, self.steps), sampler.schedule) {
            (Policy::Stratified | Policy::Halton, _) => sampling::Policy::Ordered,
            (Policy::Mmada, Schedule::Cosine | Schedule::Linear) => {
                sampling::Policy::ConfidenceWithTies
            }
            (Policy::Mmada, Schedule::Shift | Schedule::Arccos) => sampling::Policy::Confidence,
            (Policy::MaskGit, _) => sampling::Policy::Proportional,
        };
        Rule {
            policy,
            temperature: sampler.choice_temperature_at(step, self.steps),
            budget: self.pace.budget(step),
            edits: sampler.corrects(step, self.steps),
        }
    }

    /// What the next step does, where it lays.
    pub(super) fn laying(&self, sampler: &EditSampler, chance: Chance<'_>) -> Turn {
        let masked = self.positions(|position| self.is_masked(position));
        let rule = self.rule(sampler, self.done);
        let count = rule.budget.count(masked.len());
        let remasked = self.remasked(sampler, masked.len(), count, chance);
        let count = count + remasked.len();
        let wanted = if sampler.edits(self.done, self.steps) {
            self.free()
        } else {
            let is_known = self.asked(sampler).is_none() && sampler.commit_threshold <= 0.0;
            if is_known && rule.policy == sampling::Policy::Ordered {
                let mut next = self.next_in_order(count);
                next.sort_unstable();
                next
            } else {
                masked
            }
        };
        Turn {
            wanted,
            count,
            remasked,
            ..Turn::default()
        }
    }

    /// The masked positions that this step lays: as many as its turn says, and all that are sure enough.
    ///
    /// Errors: a policy of somebody else's cannot choose, or recorded noise ends too early.
    pub(super) fn chosen(
        &self,
        sampler: &EditSampler,
        turn: &Turn,
        confidence: &[f32],
        chance: Chance<'_>,
    ) -> Result<Vec<usize>, NodeError> {
        let masked: Vec<bool> = (0..self.codes.len())
            .map(|position| self.is_masked(position))
            .collect();
        let mut chosen = self.scheduled(sampler, turn, confidence, &masked, chance)?;
        if sampler.commit_threshold > 0.0 {
            let mut open = masked;
            for position in &chosen {
                open[*position] = false;
            }
            let is_sure = |position: usize| confidence[position] > sampler.commit_threshold;
            chosen.extend(self.positions(|position| open[position] && is_sure(position)));
        }
        Ok(chosen)
    }

    /// The visible positions whose token this step replaces.
    pub(super) fn mistakes(
        &self,
        sampler: &EditSampler,
        turn: &Turn,
        choice: &[u32],
        confidence: &[f32],
    ) -> Vec<usize> {
        let mut other = self.positions(|position| {
            !self.is_masked(position)
                && !self.fixed[position]
                && !turn.remasked.contains(&position)
                && choice[position] != self.codes[position]
        });
        let mut mistakes = sampler
            .correction()
            .map_or_else(Vec::new, |edits| edits.of(&other, confidence));
        if sampler.swaps > 0 {
            other.retain(|position| !mistakes.contains(position));
            sampling::surest_first(&mut other, confidence);
            mistakes.extend(other.into_iter().take(sampler.swaps as usize));
        }
        mistakes
    }

    /// Who is asked which positions this step lays, where that is not the sampler's own policy.
    fn asked(&self, sampler: &EditSampler) -> Option<&Asked> {
        let asked = self.asked.as_ref();
        asked.filter(|_| !sampler.is_cut_off(self.done, self.steps))
    }

    /// The masked positions that schedule and policy lay.
    ///
    /// Errors: a policy of somebody else's cannot choose, or recorded noise ends too early.
    fn scheduled(
        &self,
        sampler: &EditSampler,
        turn: &Turn,
        confidence: &[f32],
        masked: &[bool],
        chance: Chance<'_>,
    ) -> Result<Vec<usize>, NodeError> {
        if let Some(asked) = self.asked(sampler) {
            let random = chance.positions(masked.len())?.uniforms();
            return self.answer(asked, turn.count, confidence, masked, &random);
        }
        let rule = self.rule(sampler, self.done);
        let noise = if rule.takes_noise() {
            chance.positions(masked.len())?.gumbel()
        } else {
            Vec::new()
        };
        Ok(sampling::choose_positions(
            rule.policy,
            confidence,
            masked,
            turn.count,
            rule.temperature,
            &noise,
            &self.order,
        ))
    }

    /// What somebody else's policy answers; it is asked only where there is something to lay.
    fn answer(
        &self,
        asked: &Asked,
        count: usize,
        confidences: &[f32],
        masked: &[bool],
        random: &[f32],
    ) -> Result<Vec<usize>, NodeError> {
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

    /// The next masked positions of the policy's order.
    fn next_in_order(&self, count: usize) -> Vec<usize> {
        self.order
            .iter()
            .copied()
            .filter(|position| self.is_masked(*position))
            .take(count)
            .collect()
    }
}
