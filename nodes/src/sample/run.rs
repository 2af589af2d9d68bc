//! A batch of pictures from the first step to the last.

use std::sync::Arc;

use graph::error::NodeError;
use graph::policy::Policy as CustomPolicy;
use graph::preview::{Preview, TokenGrid};
use graph::run::Run;
use kernels::sampling;

use crate::value::{Denoiser, Grid, Opening, Prompt, Query, Step, TokenHistory, Tokens};

use super::cache::Cache;
use super::draw::{Drawn, draw};
use super::noise::Noise;
use super::picture::{Advance, Answers, Asked, Picture, Turn};
use super::queued::Group;
use super::settings::{EditSampler, Policy};

/// The seed of the stratified order, which is the same for all pictures.
const ORDER_SEED: u32 = 42;

/// What a batch starts from: one prompt for each picture, and tokens that may be masked.
#[derive(Clone, Debug)]
pub struct Start {
    /// What the pictures shall show.
    pub prompt: Prompt,
    /// What they shall not show, one prompt for each picture.
    pub negative: Option<Prompt>,
    /// The tokens, masked where nothing is laid yet.
    pub tokens: Tokens,
    /// What says which positions are laid first, where that is not the sampler's own policy.
    pub policy: Option<CustomPolicy>,
}

impl EditSampler {
    /// Lays and edits the pictures of `start`, and tells of every step.
    ///
    /// Errors: the denoiser cannot score them, or the run is cancelled.
    pub fn sample(
        &self,
        denoiser: &Denoiser,
        start: &Start,
        run: &Run,
    ) -> Result<(Tokens, TokenHistory), NodeError> {
        let noise = Noise::seeded(run.random(self.seed));
        self.sample_with(denoiser, start, &noise, run)
    }

    /// The same, with `noise` in place of the draws of the sampler's own seed.
    ///
    /// Errors: the denoiser cannot score them, the noise is too little, or the run is cancelled.
    pub fn sample_with(
        &self,
        denoiser: &Denoiser,
        start: &Start,
        noise: &Noise,
        run: &Run,
    ) -> Result<(Tokens, TokenHistory), NodeError> {
        let batch = Batch::new(self, denoiser, start, noise)?;
        let queues = |opening: &Opening<'_>| denoiser.scorer().step_queue(opening);
        let groups = batch.groups_queued(queues)?;
        batch.run(groups, run)
    }
}

/// The pictures of a batch while they are being laid.
pub(super) struct Batch<'a> {
    pub sampler: &'a EditSampler,
    denoiser: &'a Denoiser,
    pub start: &'a Start,
    pub pictures: Vec<Picture>,
    pub grid: Grid,
    pub noise: &'a Noise,
    /// What steps take from those before, where they do.
    cache: Option<Cache>,
}

impl<'a> Batch<'a> {
    pub fn new(
        sampler: &'a EditSampler,
        denoiser: &'a Denoiser,
        start: &'a Start,
        noise: &'a Noise,
    ) -> Result<Self, NodeError> {
        let tokens = &start.tokens;
        let grid = tokens.grid();
        let codebook = denoiser.scorer().codebook();
        if tokens.codebook() != codebook {
            return Err(NodeError::input(
                "start",
                format!("tokens of the denoiser's codebook of {codebook}"),
                format!("tokens of a codebook of {}", tokens.codebook()),
            ));
        }
        let order: Arc<[usize]> = match sampler.policy {
            Policy::Stratified => {
                sampling::stratified_order(grid.rows, grid.columns, ORDER_SEED).into()
            }
            Policy::Halton => sampling::halton_order(grid.rows, grid.columns).into(),
            Policy::Mmada | Policy::MaskGit => Arc::from([]),
        };
        let pictures = (0..tokens.batch())
            .map(|sample| {
                let asked = start.policy.clone().map(|policy| Asked {
                    policy,
                    grid,
                    number: number(sampler, sample),
                });
                Picture::new(tokens.sample(sample).to_vec(), order.clone(), sampler).asking(asked)
            })
            .collect();
        let cache = Cache::new(sampler, denoiser, tokens.batch(), grid.length())?;
        Ok(Self {
            sampler,
            denoiser,
            start,
            pictures,
            grid,
            noise,
            cache,
        })
    }

    /// All steps, decided by `groups` where there are any.
    ///
    /// Errors: the denoiser cannot score the pictures, or the run is cancelled.
    pub fn run(
        mut self,
        groups: Option<Vec<Group>>,
        run: &Run,
    ) -> Result<(Tokens, TokenHistory), NodeError> {
        let most = self
            .pictures
            .iter()
            .map(|picture| picture.most_steps(self.sampler));
        let total = most.max().unwrap_or_default();
        let shown = self.start.tokens.first();
        let steps = match groups {
            Some(groups) => self.queued(groups, total, shown, run)?,
            None => self.one_by_one(total, shown, run)?,
        };
        run.progress(total as u64, total as u64);
        if let Some(cache) = &self.cache {
            run.note(cache.summary());
        }
        let tokens = self.tokens(|picture| picture.result(self.sampler))?;
        let history = TokenHistory {
            start: self.start.tokens.clone(),
            steps: steps.into(),
        };
        Ok((tokens, history))
    }

    /// All steps, each of which is asked for when the one before it is known.
    fn one_by_one(
        &mut self,
        total: usize,
        mut shown: TokenGrid,
        run: &Run,
    ) -> Result<Vec<Step>, NodeError> {
        let mut steps = Vec::with_capacity(total);
        for step in run.steps(total as u32) {
            let step = step?;
            if self.is_done() {
                break;
            }
            let done = self.advance(step, run)?;
            shown = done.first(&shown);
            run.preview(Preview::TokenGrid(shown.clone()));
            steps.push(done);
        }
        Ok(steps)
    }

    /// Whether all pictures are done.
    pub fn is_done(&self) -> bool {
        self.pictures.iter().all(Picture::is_done)
    }

    /// One step of every picture that is not done yet.
    fn advance(&mut self, step: u32, run: &Run) -> Result<Step, NodeError> {
        let mut advances = Vec::with_capacity(self.pictures.len());
        for group in self.groups(step) {
            run.check()?;
            advances.extend(self.advance_group(&group, step)?);
        }
        self.step(advances)
    }

    /// The step in which pictures did this, and the others nothing.
    pub fn step(&self, advances: Vec<(usize, Advance)>) -> Result<Step, NodeError> {
        let after = self.tokens(Picture::codes)?;
        let mut choice: Vec<u32> = after.codes().to_vec();
        let mut confidence = vec![0.0; choice.len()];
        let (mut committed, mut edited) = (0, 0);
        let length = self.grid.length();
        for (sample, advance) in advances {
            choice[sample * length..][..length].copy_from_slice(&advance.choice);
            confidence[sample * length..][..length].copy_from_slice(&advance.confidence);
            committed += advance.committed;
            edited += advance.edited;
        }
        Ok(Step {
            after,
            choice: choice.into(),
            confidence: confidence.into(),
            committed,
            edited,
        })
    }

    /// The pictures that are not done, in groups that the denoiser is asked about together.
    fn groups(&self, step: u32) -> Vec<Vec<usize>> {
        let mut groups = Vec::new();
        for kind in [(true, true), (true, false), (false, true), (false, false)] {
            let pending: Vec<usize> = (0..self.pictures.len())
                .filter(|sample| {
                    let is_guided = self.pictures[*sample].is_guided(self.sampler);
                    !self.pictures[*sample].is_done()
                        && (is_guided, self.is_whole(*sample, step)) == kind
                })
                .collect();
            let at_once = self.sampler.at_once.max(1) as usize;
            groups.extend(pending.chunks(at_once).map(<[usize]>::to_vec));
        }
        groups
    }

    /// Whether the step computes all of a picture.
    fn is_whole(&self, sample: usize, step: u32) -> bool {
        let picture = &self.pictures[sample];
        let guided = picture.is_guided(self.sampler);
        self.cache.as_ref().is_none_or(|cache| {
            picture.refreshes(self.sampler, step) || !cache.follows(sample, guided)
        })
    }

    fn advance_group(
        &mut self,
        group: &[usize],
        step: u32,
    ) -> Result<Vec<(usize, Advance)>, NodeError> {
        let turns: Vec<Turn> = group
            .iter()
            .map(|sample| {
                let chance = self.noise.at(number(self.sampler, *sample), step);
                self.pictures[*sample].turn(self.sampler, chance)
            })
            .collect();
        let drawn = self.ask(group, &turns, step)?;

        let mut advances = Vec::with_capacity(group.len());
        let mut first = 0;
        for (sample, turn) in group.iter().zip(&turns) {
            let rows = first..first + turn.wanted.len();
            first = rows.end;
            let answers = Answers {
                tokens: &drawn.tokens[rows.clone()],
                confidence: &drawn.confidence[rows],
            };
            if let Some(cache) = &mut self.cache {
                cache.note(*sample, &turn.wanted, answers.confidence);
            }
            let chance = self.noise.at(number(self.sampler, *sample), step);
            let picture = &mut self.pictures[*sample];
            advances.push((
                *sample,
                picture.advance(self.sampler, turn, &answers, chance)?,
            ));
        }
        Ok(advances)
    }

    /// Asks the denoiser for what the turns of the pictures of a group want, and chooses the tokens.
    fn ask(&mut self, group: &[usize], turns: &[Turn], step: u32) -> Result<Drawn, NodeError> {
        let length = self.grid.length();
        let (mut rows, mut places) = (Vec::new(), Vec::new());
        let mut temperatures = Vec::new();
        // A picture of which nothing is wanted is left out: what is kept of it must not depend on its company.
        let asked = group.iter().zip(turns);
        let asked = asked.filter(|(_, turn)| !turn.wanted.is_empty());
        let (group, turns): (Vec<usize>, Vec<&Turn>) =
            asked.map(|(sample, turn)| (*sample, turn)).unzip();
        for (at, (sample, turn)) in group.iter().zip(turns).enumerate() {
            let number = number(self.sampler, *sample);
            for position in &turn.wanted {
                rows.push((at * length + position) as u32);
                places.push((number, *position));
            }
            temperatures.extend_from_slice(&turn.temperatures);
        }
        if rows.is_empty() {
            return Ok(Drawn::default());
        }

        let codes: Vec<u32> = group
            .iter()
            .flat_map(|sample| self.pictures[*sample].codes().iter().copied())
            .collect();
        let tokens = self.laid(codes)?;
        let taken = |prompt: &Prompt| prompt.picked(group.iter().copied());
        let negative = self.start.negative.as_ref().map(taken);
        let guidance = self.pictures[group[0]]
            .is_guided(self.sampler)
            .then_some(self.sampler.leading(negative.as_ref()));
        let is_whole = self.is_whole(group[0], step);
        let query = Query {
            tokens: &tokens,
            prompt: &taken(&self.start.prompt),
            guidance,
            rows: &rows,
        };
        let scores = match &mut self.cache {
            None => self.denoiser.scorer().scores(&query)?,
            Some(cache) => cache.scores(&query, &group, is_whole)?,
        };
        let expected = [rows.len(), tokens.codebook() as usize];
        if scores.dims() != expected {
            return Err(NodeError::failed(
                format!(
                    "the denoiser gave scores of shape {:?} where {expected:?} were asked for",
                    scores.dims()
                ),
                "this is a mistake of the denoiser, please report it",
            ));
        }
        let noise = self.noise.tokens(step, &places)?;
        draw(&scores, self.sampler.allowed(), &temperatures, &noise)
    }

    fn tokens<'b>(&'b self, of: impl Fn(&'b Picture) -> &'b [u32]) -> Result<Tokens, NodeError> {
        self.laid(self.pictures.iter().flat_map(of).copied().collect())
    }

    pub fn laid(&self, codes: Vec<u32>) -> Result<Tokens, NodeError> {
        Tokens::new(codes, self.grid, self.start.tokens.codebook()).map_err(|error| {
            NodeError::failed(
                error,
                "this is a mistake of the sampler or the denoiser, please report it",
            )
        })
    }
}

/// The number under which a picture's draws are made.
pub(super) fn number(sampler: &EditSampler, sample: usize) -> u32 {
    sampler.first.wrapping_add(sample as u32)
}
