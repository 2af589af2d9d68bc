//! The settings that choose one of a few ways.

use graph::prelude::*;

/// How a position's token is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum TokenChoice {
    /// Drawn from the denoiser's distribution.
    Multinomial,
    /// Always the likeliest.
    Argmax,
}

/// How many tokens each step lays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Schedule {
    /// Few early and many late, the more so the larger `shift`.
    Shift,
    /// Few early and many late, the masked share falling as a cosine, and ties of `mmada` laid together (MaskGIT, aMUSEd).
    Cosine,
    /// As many at each step, and ties of `mmada` laid together (aMUSEd).
    Linear,
    /// Few early and very many at the end (Halton-MaskGIT).
    Arccos,
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
    /// Evenly spread over the picture, in the order of a Halton sequence (Halton-MaskGIT, arXiv 2503.17076).
    Halton,
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

/// How the probability that a token is masked again is made of the strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum RemaskRule {
    /// The strength itself, as far as the schedule allows.
    Cap,
    /// The strength times the most that the schedule allows.
    Rescale,
    /// The less sure a token was when it was laid the likelier; the strength is about how many tokens a step masks again.
    Confidence,
}

/// Which tokens come out of the sampler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum ResultTokens {
    /// What the denoiser chose at the last step, at every position that may change: the paper's own result.
    Official,
    /// What was laid and edited.
    Committed,
}
