//! Which tokens are masked again.

use super::token::softmax;

/// How the probability that a token is masked again is made of the strength `η`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemaskRule {
    /// `min(η, σmax)` for each.
    Cap,
    /// `η · σmax` for each.
    Rescale,
    /// `η · σmax · softmax(−p)`: the less sure the denoiser was when it laid the token, the likelier.
    Confidence,
}

/// The probability with which each laid token is masked again.
///
/// `σmax = min(1, (1 − α_s) / α_t)`, where `α_t` of the positions are laid before the step and `α_s` after it; no
/// probability is above it. `sureness` is the probability that each laid token had when it was laid.
///
/// Source: Wang et al., "Remasking discrete diffusion models with inference-time scaling", 2025 (arXiv 2503.00307).
pub fn remask_probabilities(
    rule: RemaskRule,
    strength: f32,
    laid_before: f32,
    laid_after: f32,
    sureness: &[f32],
) -> Vec<f32> {
    if laid_before <= 0.0 {
        return vec![0.0; sureness.len()];
    }
    let most = ((1.0 - laid_after) / laid_before).clamp(0.0, 1.0);
    let same = |probability: f32| vec![probability.min(most); sureness.len()];
    match rule {
        RemaskRule::Cap => same(strength),
        RemaskRule::Rescale => same(strength * most),
        RemaskRule::Confidence => {
            let unsure: Vec<f32> = sureness.iter().map(|p| -p).collect();
            let mut weights = vec![0.0; unsure.len()];
            softmax(&unsure, &mut weights);
            let scaled = weights.iter().map(|weight| strength * most * weight);
            scaled.map(|probability| probability.min(most)).collect()
        }
    }
}
