//! What can be set on the editor-sampler.

use graph::prelude::*;
use kernels::sampling::TemperatureCurve;

/// Fills masked tokens over several steps and revises those already laid when the denoiser is sure they are wrong.
///
/// Each step asks the denoiser for every open position, lays the surest few, and, where editing is on,
/// replaces visible tokens whose better alternative passes the threshold.
/// With `start` tokens and a `mask` it paints the region anew (in-painting);
/// with start tokens alone it fills what is masked in them.
///
/// Source: Nemotron-Labs-Diffusion-Image, arXiv 2606.29814.
#[derive(Clone, Debug, PartialEq, Params)]
pub struct EditSampler {
    /// How many times the denoiser is asked; never more often than there are positions to fill.
    #[param(default = 64, range = 1..=4096)]
    pub steps: u32,
    /// How much of the work is left to the late steps: 1 spreads it evenly, more lays few tokens early and many late.
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
    /// Whether visible tokens of `start` may be edited as well.
    pub edit_start: bool,
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

/// How a position's token is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum TokenChoice {
    /// Drawn from the denoiser's distribution.
    Multinomial,
    /// Always the likeliest.
    Argmax,
}

/// Which positions are laid first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Policy {
    /// The surest, with some chance.
    Mmada,
    /// Drawn without replacement, the surer the likelier.
    MaskGit,
    /// Evenly spread over the picture, in a fixed order.
    Stratified,
}

/// How the choice temperature falls from the first step to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Curve {
    /// Evenly.
    Linear,
    /// Slowly at first.
    Cosine,
    /// Slowly at first, the more so the larger `curve_shift`.
    Shift,
    /// Very slowly at first, steeply at the end.
    Exponential,
}

/// Which tokens come out of the sampler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum ResultTokens {
    /// What the denoiser chose at the last step, at every position that may change: the paper's own result.
    Official,
    /// What was laid and edited.
    Committed,
}

impl EditSampler {
    /// A window of steps must begin before it ends.
    ///
    /// Errors: it does not.
    pub(super) fn check_windows(&self) -> Result<(), ParamError> {
        let windows = [
            ("guidance_to", self.guidance_from, self.guidance_to),
            ("edit_to", self.edit_from, self.edit_to),
        ];
        for (param, from, to) in windows {
            if from > to {
                return Err(ParamError::Invalid {
                    param: param.into(),
                    expected: format!("at least {from}, where the window begins"),
                    found: to.to_string(),
                });
            }
        }
        Ok(())
    }

    /// Whether the step `step` of `steps`, counted from 0, is guided.
    pub(super) fn guides(&self, step: usize, steps: usize) -> bool {
        self.guidance > 0.0 && within(self.guidance_from, self.guidance_to, step, steps)
    }

    /// Whether the step `step` of `steps`, counted from 0, may replace visible tokens.
    pub(super) fn edits(&self, step: usize, steps: usize) -> bool {
        self.edit_threshold > 0.0 && within(self.edit_from, self.edit_to, step, steps)
    }

    /// Which positions the step `step` of `steps`, counted from 0, lays first.
    pub(super) fn policy_at(&self, step: usize, steps: usize) -> Policy {
        if self.is_cut_off(step, steps) {
            Policy::Mmada
        } else {
            self.policy
        }
    }

    /// Whether every policy has become `mmada` by the step `step` of `steps`, counted from 0.
    pub(super) fn is_cut_off(&self, step: usize, steps: usize) -> bool {
        (step + 1) as f64 / steps as f64 > self.order_cutoff
    }

    /// How much chance there is in the choice of positions at the step `step` of `steps`, counted from 0.
    pub(super) fn choice_temperature_at(&self, step: usize, steps: usize) -> f32 {
        if !self.dynamic {
            return self.choice_temperature;
        }
        let curve = match self.curve {
            Curve::Linear => TemperatureCurve::Linear,
            Curve::Cosine => TemperatureCurve::Cosine,
            Curve::Shift => TemperatureCurve::Shift(self.curve_shift),
            Curve::Exponential => TemperatureCurve::Exponential,
        };
        let local = kernels::sampling::local_temperature(curve, step, steps, self.minimum);
        self.choice_temperature * local
    }
}

/// Whether `int(from · steps) ≤ k ≤ int(to · steps)`, where `k = step + 1`.
fn within(from: f64, to: f64, step: usize, steps: usize) -> bool {
    let bound = |share: f64| (share * steps as f64) as usize;
    (bound(from)..=bound(to)).contains(&(step + 1))
}
