//! Steps that are decided elsewhere, and that a picture only follows.

use kernels::sampling::{Left, Turn};

use super::{Advance, Picture};
use crate::sample::settings::EditSampler;
use crate::value::Tokens;

impl Picture {
    /// How many steps lay.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Which positions keep their token whatever the denoiser thinks.
    pub fn fixed(&self) -> &[bool] {
        &self.fixed
    }

    /// The positions in the order of the policy; empty where none asks for it.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// What the step `step` of those that lay does, whatever the steps in front of it do.
    pub fn turn_of(&self, sampler: &EditSampler, step: usize) -> Turn {
        Turn {
            rule: (step < self.steps).then(|| self.rule(sampler, step)),
            began_masked: self.began_masked,
        }
    }

    /// Takes over what a step left of the picture, and ends the step.
    pub fn follow(&mut self, sampler: &EditSampler, left: Left) -> Advance {
        let pairs = || self.codes.iter().zip(&left.codes);
        let is_laid = |(before, after): &(&u32, &u32)| **before == Tokens::MASK && before != after;
        let is_edited =
            |(before, after): &(&u32, &u32)| **before != Tokens::MASK && before != after;
        let counts = [
            pairs().filter(is_laid).count(),
            pairs().filter(is_edited).count(),
        ];
        self.codes = left.codes;
        self.ended(sampler, left.choice, left.confidence, counts)
    }
}
