//! A batch whose steps are decided where the denoiser lies, many of them before the first is looked at.

use std::ops::Range;

use graph::error::NodeError;
use graph::preview::{Preview, TokenGrid};
use graph::run::Run;
use kernels::sampling::Left;

use crate::value::{Opening, Prompt, QueuedStep, QueuedTurn, Step, StepQueue};

use super::draw::{Allowed, check_numbers};
use super::picture::{Advance, Picture};
use super::run::{Batch, number};
use super::settings::EditSampler;

/// How many steps of a group are queued before they are waited for: a run is cancelled, and shows what it has, between so
/// many.
pub(super) const AHEAD: usize = 8;

/// Pictures that are asked for together, and what decides their steps.
pub(super) struct Group {
    /// Which pictures of the batch they are.
    samples: Vec<usize>,
    /// How many steps lay in each of them.
    steps: usize,
    queue: Box<dyn StepQueue>,
}

impl EditSampler {
    /// Whether schedule, policy and threshold decide every step, and nothing must be known of the steps in front of it.
    fn is_foreseen(&self) -> bool {
        let settles = self.revises() && self.post_steps > 0;
        let follows = self.commit_threshold > 0.0 || self.remask > 0.0 || self.refine_rounds > 0;
        let chooses = self.allowed() != Allowed::ALL || self.swaps > 0;
        !settles && !follows && !chooses && !self.caches()
    }
}

impl Batch<'_> {
    /// The pictures in groups whose steps are decided where the denoiser lies; `None` where some are not.
    ///
    /// `open` makes what decides the steps of a group.
    ///
    /// Errors: those of `open`.
    pub(super) fn groups_queued(
        &self,
        open: impl Fn(&Opening<'_>) -> Result<Option<Box<dyn StepQueue>>, NodeError>,
    ) -> Result<Option<Vec<Group>>, NodeError> {
        let has_own_policy = self.start.policy.is_none();
        if !self.sampler.is_foreseen() || !has_own_policy || !self.noise.is_drawn() {
            return Ok(None);
        }
        let mut pending: Vec<usize> = (0..self.pictures.len())
            .filter(|sample| !self.pictures[*sample].is_done())
            .collect();
        pending.sort_by_key(|sample| self.pictures[*sample].steps());
        let of_one_length = pending
            .chunk_by(|left, right| self.pictures[*left].steps() == self.pictures[*right].steps());
        let at_once = self.sampler.at_once.max(1) as usize;
        let mut groups = Vec::new();
        for samples in of_one_length.flat_map(|alike| alike.chunks(at_once)) {
            let Some(queue) = self.opened(samples, &open)? else {
                return Ok(None);
            };
            groups.push(Group {
                samples: samples.to_vec(),
                steps: self.pictures[samples[0]].steps(),
                queue,
            });
        }
        Ok(Some(groups))
    }

    fn opened(
        &self,
        samples: &[usize],
        open: impl Fn(&Opening<'_>) -> Result<Option<Box<dyn StepQueue>>, NodeError>,
    ) -> Result<Option<Box<dyn StepQueue>>, NodeError> {
        let pictures = || samples.iter().map(|sample| &self.pictures[*sample]);
        let steps = self.pictures[samples[0]].steps();
        let is_guided = (0..steps).any(|step| self.sampler.guides(step, steps));
        let taken = |prompt: &Prompt| prompt.picked(samples.iter().copied());
        let negative = self.start.negative.as_ref().map(taken);
        let fixed: Vec<bool> = pictures().flat_map(Picture::fixed).copied().collect();
        open(&Opening {
            tokens: &self.laid(pictures().flat_map(Picture::codes).copied().collect())?,
            prompt: &taken(&self.start.prompt),
            guidance: is_guided.then_some(self.sampler.leading(negative.as_ref())),
            temperature: self.sampler.token_temperature(true),
            fixed: &fixed,
            order: self.pictures[samples[0]].order(),
        })
    }

    /// All steps of the batch, of which there are `total` at most; `shown` is the first picture before them.
    ///
    /// Errors: the denoiser's scores are no numbers, or the run is cancelled.
    pub(super) fn queued(
        &mut self,
        mut groups: Vec<Group>,
        total: usize,
        mut shown: TokenGrid,
        run: &Run,
    ) -> Result<Vec<Step>, NodeError> {
        let mut steps = Vec::with_capacity(total);
        let next = |first: usize| first..(first + AHEAD).min(total);
        let mut planned = self.planned(groups.first(), next(0))?;
        for first in (0..total).step_by(AHEAD) {
            run.progress(first as u64, total as u64);
            let mut left = Vec::with_capacity(groups.len());
            for at in 0..groups.len() {
                run.check()?;
                groups[at].queue.queue(&planned)?;
                // While they are done.
                planned = match groups.get(at + 1) {
                    Some(group) => self.planned(Some(group), next(first))?,
                    None => self.planned(groups.first(), next(first + AHEAD))?,
                };
                left.push(groups[at].queue.read().into_iter());
            }
            for _ in next(first) {
                if self.is_done() {
                    break;
                }
                let lefts = groups.iter().zip(&mut left);
                let lefts: Vec<_> = lefts
                    .filter_map(|(group, left)| Some((&group.samples, left.next()?)))
                    .flat_map(|(samples, left)| samples.iter().copied().zip(left))
                    .collect();
                let step = self.followed(lefts)?;
                shown = step.first(&shown);
                steps.push(step);
            }
            run.preview(Preview::TokenGrid(shown.clone()));
            if self.is_done() {
                break;
            }
        }
        Ok(steps)
    }

    /// What the steps `range` do to the pictures of a group.
    fn planned(
        &self,
        group: Option<&Group>,
        range: Range<usize>,
    ) -> Result<Vec<QueuedStep>, NodeError> {
        let Some(group) = group else {
            return Ok(Vec::new());
        };
        let step = |step| {
            let turns = group.samples.iter().map(|sample| self.turn(*sample, step));
            Ok(QueuedStep {
                is_guided: self.sampler.guides(step, group.steps),
                turns: turns.collect::<Result<_, NodeError>>()?,
            })
        };
        (range.start..range.end.min(group.steps))
            .map(step)
            .collect()
    }

    fn turn(&self, sample: usize, step: usize) -> Result<QueuedTurn, NodeError> {
        let chance = self.noise.at(number(self.sampler, sample), step as u32);
        let turn = self.pictures[sample].turn_of(self.sampler, step);
        let length = self.grid.length();
        let is_drawn = self.sampler.token_temperature(true) > 0.0;
        Ok(QueuedTurn {
            turn,
            uniforms: if is_drawn {
                chance.tokens(length)
            } else {
                Vec::new()
            },
            noise: if turn.rule.is_some_and(|rule| rule.takes_noise()) {
                chance.positions(length)?.gumbel()
            } else {
                Vec::new()
            },
        })
    }

    /// One step of pictures, of which it left so much.
    fn followed(&mut self, lefts: Vec<(usize, Left)>) -> Result<Step, NodeError> {
        let mut advances: Vec<(usize, Advance)> = Vec::with_capacity(lefts.len());
        for (sample, left) in lefts {
            check_numbers(&left.confidence)?;
            let picture = &mut self.pictures[sample];
            if !picture.is_done() {
                advances.push((sample, picture.follow(self.sampler, left)));
            }
        }
        self.step(advances)
    }
}
