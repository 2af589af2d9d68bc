//! What the settings say of a single step.

use graph::prelude::*;
use kernels::sampling::{Edits, TemperatureCurve};

use super::{Curve, EditSampler, Policy, TokenChoice};
use crate::value::{Guidance, Prompt};

impl EditSampler {
    /// A window of steps must begin before it ends.
    ///
    /// Errors: it does not.
    pub(in crate::sample) fn check_windows(&self) -> Result<(), ParamError> {
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

    /// How guided steps follow the prompt, away from `negative` where there is one.
    pub(crate) fn leading<'a>(&self, negative: Option<&'a Prompt>) -> Guidance<'a> {
        Guidance {
            scale: self.guidance,
            negative,
            plausibility: self.plausibility,
        }
    }

    /// Whether the step `step` of `steps`, counted from 0, is guided.
    pub(crate) fn guides(&self, step: usize, steps: usize) -> bool {
        self.guidance > 0.0 && within(self.guidance_from, self.guidance_to, step, steps)
    }

    /// Whether steps take anything from a cache.
    pub(in crate::sample) fn caches(&self) -> bool {
        self.refresh_interval > 1 && self.cache_ratio > 0.0
    }

    /// Whether the step `step` of a picture with `steps` that lay, counted from 0, is computed whole in any case: those of the
    /// warm-up, the first at least, and every `refresh_interval`-th from the last of them on.
    pub(in crate::sample) fn refreshes(&self, step: usize, steps: usize) -> bool {
        let warm_up = (self.warmup_ratio * steps as f64).ceil() as usize;
        let last = warm_up.max(1) - 1;
        step <= last || (step - last).is_multiple_of(self.refresh_interval as usize)
    }

    /// Whether any step may replace visible tokens.
    pub(in crate::sample) fn revises(&self) -> bool {
        self.edit_threshold > 0.0 || self.swaps > 0
    }

    /// Whether the step `step` of `steps`, counted from 0, may replace visible tokens.
    pub(in crate::sample) fn edits(&self, step: usize, steps: usize) -> bool {
        self.revises() && within(self.edit_from, self.edit_to, step, steps)
    }

    /// Which visible tokens the step `step` of `steps`, counted from 0, replaces for being mistakes.
    pub(in crate::sample) fn corrects(&self, step: usize, steps: usize) -> Option<Edits> {
        self.edits(step, steps).then(|| self.correction()).flatten()
    }

    /// Which visible tokens are mistakes, where any can be.
    pub(in crate::sample) fn correction(&self) -> Option<Edits> {
        (self.edit_threshold > 0.0).then_some(Edits {
            threshold: self.edit_threshold,
            limit: self.edit_limit as usize,
        })
    }

    /// The temperature that the token of a position is drawn with; 0 takes the likeliest.
    pub(in crate::sample) fn token_temperature(&self, is_masked: bool) -> f32 {
        match self.choice {
            TokenChoice::Argmax => 0.0,
            TokenChoice::Multinomial if self.swaps > 0 && !is_masked => self.swap_temperature,
            TokenChoice::Multinomial => self.temperature,
        }
    }

    /// Which positions the step `step` of `steps`, counted from 0, lays first.
    pub(in crate::sample) fn policy_at(&self, step: usize, steps: usize) -> Policy {
        if self.is_cut_off(step, steps) {
            Policy::Mmada
        } else {
            self.policy
        }
    }

    /// Whether every policy has become `mmada` by the step `step` of `steps`, counted from 0.
    pub(in crate::sample) fn is_cut_off(&self, step: usize, steps: usize) -> bool {
        (step + 1) as f64 / steps as f64 > self.order_cutoff
    }

    /// How much chance there is in the choice of positions at the step `step` of `steps`, counted from 0.
    pub(crate) fn choice_temperature_at(&self, step: usize, steps: usize) -> f32 {
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
