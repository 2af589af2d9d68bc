//! What can be set on the editor-sampler.

mod choice;
mod moment;

use graph::prelude::*;

pub use choice::{Curve, Policy, RemaskRule, ResultTokens, Schedule, TokenChoice};

/// Fills masked tokens over several steps and revises those already laid when the denoiser is sure they are wrong.
///
/// Each step asks the denoiser for every open position, lays the surest few, and, where editing is on,
/// replaces visible tokens whose better alternative passes the threshold.
/// With `start` tokens and a `mask` it paints the region anew (in-painting);
/// with start tokens alone it fills what is masked in them.
///
/// With `refresh_interval` above 1 not every step computes the whole picture. The cells of 2 × 2 tokens that a step in
/// between computes are, first, those whose tokens have changed since they were computed, then those with masked tokens, then
/// the others, and of each the least certain first. It takes memory for each picture, and a denoiser of Smalto's own
/// architecture.
///
/// The samplers of other papers are settings of this one: MaskGIT and aMUSEd (`schedule` `cosine`), Halton-MaskGIT
/// (`schedule` `arccos`, `policy` `halton`), LLaDA 2.1 (`commit_threshold`, `post_steps`), ReMDM (`remask`), GIDD
/// (`swaps`) and LaViDa-O (`refine_rounds`).
///
/// Source: Nemotron-Labs-Diffusion-Image, arXiv 2606.29814.
#[derive(Clone, Debug, PartialEq, Params)]
pub struct EditSampler {
    /// How many times the denoiser is asked; never more often than there are positions to fill.
    #[param(default = 64, range = 1..=4096)]
    pub steps: u32,
    /// How much of the work the schedule `shift` leaves to the late steps: 1 spreads it evenly, more lays few tokens early and many late.
    #[param(default = 5.0, range = 0.01..=100.0)]
    pub shift: f32,
    /// How strongly the prompt is followed; 0 asks without guidance, in half the time.
    #[param(default = 5.0, range = 0.0..=100.0)]
    pub guidance: f32,
    /// The share of the steps after which guidance begins.
    #[param(default = 0.0, range = 0.0..=1.0)]
    pub guidance_from: f64,
    /// The share of the steps after which guidance ends.
    #[param(default = 1.0, range = 0.0..=1.0)]
    pub guidance_to: f64,
    /// The share of the likeliest token's probability, with the prompt alone, below which guidance chooses no token: large codebooks want about 0.01, and 0 sets no limit (the plausibility constraint of contrastive decoding, arXiv 2210.15097).
    #[param(default = 0.0, range = 0.0..=1.0)]
    pub plausibility: f32,
    /// How many tokens each step lays.
    pub schedule: Schedule,
    /// The share of the picture that the schedules `cosine` and `linear` reckon to be masked at the start, for starts made as aMUSEd makes them; 0 counts what is masked.
    #[param(default = 0.0, range = 0.0..=1.0)]
    pub starting_mask_ratio: f32,
    /// How a position's token is chosen.
    pub choice: TokenChoice,
    /// How adventurous drawn tokens are: 1 is the denoiser's own distribution, less keeps to the likely ones.
    #[param(default = 0.86, range = 0.01..=100.0)]
    pub temperature: f32,
    /// How many of the likeliest tokens of a position may be chosen; 0 allows all.
    #[param(default = 0, range = 0..=1048576)]
    pub top_k: u32,
    /// The share of the probability that the tokens which may be chosen hold together; 1 allows all.
    #[param(default = 1.0, range = 0.0..=1.0)]
    pub top_p: f32,
    /// Which positions are laid first.
    pub policy: Policy,
    /// How much chance there is in the choice of positions (`mmada`, `mask_git`); 0 lays the surest.
    #[param(default = 1.0, range = 0.0..=1000.0)]
    pub choice_temperature: f32,
    /// Whether the choice temperature falls from step to step.
    pub dynamic: bool,
    /// How the choice temperature falls, where it does.
    pub curve: Curve,
    /// The bend of the `shift` curve.
    #[param(default = 3.0, range = 0.01..=100.0)]
    pub curve_shift: f32,
    /// The share of the choice temperature that is left at the last step.
    #[param(default = 0.01, range = 0.0..=1.0)]
    pub minimum: f32,
    /// The share of the steps after which every policy becomes `mmada`; 1 is never.
    #[param(default = 1.0, range = 0.0..=1.0)]
    pub order_cutoff: f64,
    /// Guided confidence above which a masked position is laid whatever the schedule says, for fewer steps where the denoiser is sure (LLaDA 2.1, with `choice` `argmax`); 0 keeps to the schedule.
    #[param(default = 0.0, range = 0.0..=1.0)]
    pub commit_threshold: f32,
    /// Guided confidence above which a visible token is replaced; 0 turns editing off.
    #[param(default = 0.6, range = 0.0..=1.0)]
    pub edit_threshold: f32,
    /// How many tokens of a picture a step may replace, the surest first; 0 sets no limit.
    #[param(default = 0, range = 0..=1048576)]
    pub edit_limit: u32,
    /// The share of the steps after which editing begins.
    #[param(default = 0.0, range = 0.0..=1.0)]
    pub edit_from: f64,
    /// The share of the steps after which editing ends.
    #[param(default = 1.0, range = 0.0..=1.0)]
    pub edit_to: f64,
    /// Whether visible tokens of `start` may be edited, or filled anew by refining, as well.
    pub edit_start: bool,
    /// How many visible tokens of a picture a step replaces by what the denoiser would rather have, the surest first and without a threshold (GIDD, arXiv 2503.04482, with 1); 0 turns this off.
    #[param(default = 0, range = 0..=1048576)]
    pub swaps: u32,
    /// The temperature that visible tokens are drawn with where `swaps` are on.
    #[param(default = 0.1, range = 0.01..=100.0)]
    pub swap_temperature: f32,
    /// How many steps may edit and swap further once nothing is masked; the first that changes nothing is the last (LLaDA 2.1, with 16).
    #[param(default = 0, range = 0..=4096)]
    pub post_steps: u32,
    /// How strongly laid tokens are masked again, so that later steps lay better ones in their place: a probability, or as `remask_rule` says (ReMDM, arXiv 2503.00307); 0 turns this off.
    #[param(default = 0.0, range = 0.0..=1000.0)]
    pub remask: f32,
    /// How the probability that a token is masked again is made of `remask`.
    pub remask_rule: RemaskRule,
    /// How many times, once all else is done, some positions are masked at random and filled with their likeliest tokens (LaViDa-O).
    #[param(default = 0, range = 0..=4096)]
    pub refine_rounds: u32,
    /// The share of the positions that each such round fills anew.
    #[param(default = 0.01, range = 0.0..=1.0)]
    pub refine_share: f64,
    /// After how many steps the whole picture is computed again; the steps in between compute its least certain part and take the rest from a cache, for nearly the same picture in less time (the cache of Lumina-DiMOO, arXiv 2510.06308, with 5); 1 computes every step whole.
    #[param(default = 1, range = 1..=4096)]
    pub refresh_interval: u32,
    /// The share of the picture that the steps in between take from the cache; 0 takes nothing.
    #[param(default = 0.9, range = 0.0..=1.0)]
    pub cache_ratio: f64,
    /// The share of the steps, the first ones, that are computed whole whatever `refresh_interval` says.
    #[param(default = 0.3, range = 0.0..=1.0)]
    pub warmup_ratio: f64,
    /// Which tokens come out.
    pub result: ResultTokens,
    /// Rows of tokens; 0 takes those of `start`, else those that the denoiser was trained on.
    #[param(default = 0, range = 0..=1024)]
    pub rows: u32,
    /// Tokens a row; 0 takes those of `start`, else those that the denoiser was trained on.
    #[param(default = 0, range = 0..=1024)]
    pub columns: u32,
    /// How many pictures are made of each prompt.
    #[param(default = 1, range = 1..=4096)]
    pub pictures: u32,
    /// How many pictures the denoiser works on at once; changes nothing but speed and memory.
    #[param(default = 16, range = 1..=4096)]
    pub at_once: u32,
    /// The number of the first picture: picture 5 of a batch comes again alone with 5.
    #[param(default = 0, range = 0..=1048576)]
    pub first: u32,
    /// The seed of all draws: the same seed gives the same pictures.
    pub seed: Seed,
}
