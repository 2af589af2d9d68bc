//! The schedules of other samplers: how many positions stay masked, or are laid, from step to step.

use std::f32::consts::PI;
use std::f64::consts::FRAC_PI_2;

/// The share of the positions that stays masked, as a function of the share of the steps that are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskRatio {
    /// `cos(π/2 · t)`.
    Cosine,
    /// `1 − t`.
    Linear,
}

/// How many positions are still masked after each step, as far as the schedule alone decides.
///
/// `⌊N · (share · ratio((k + 1) / T))⌋`, and none after the last step; in f32, for a floor shows the last bit. A step that finds `u` masked positions leaves
/// `max(1, min(u − 1, that))`, and the last none.
///
/// Source: MaskGIT, arXiv 2202.04200, where `share` is 1 and `N` counts what is masked at the start; aMUSEd, arXiv
/// 2401.01808, where `N` counts all positions and `share` is the starting mask ratio.
pub fn masked_after(ratio: MaskRatio, positions: usize, share: f32, steps: usize) -> Vec<usize> {
    (1..=steps)
        .map(|step| {
            let time = step as f32 / steps as f32;
            let ratio = match ratio {
                _ if step == steps => return 0,
                MaskRatio::Cosine => (time * PI / 2.0).cos(),
                MaskRatio::Linear => 1.0 - time,
            };
            (positions as f32 * (share * ratio)) as usize
        })
        .collect()
}

/// Positions laid at each step: few early, many late, all together `positions`. `T = min(steps, N)`.
///
/// After step `k`, counted from 0, `max(k + 1, ⌊N · r⌋)` are laid, `r = 1 − arccos((k + 1) / T) / (π/2)`, in f64.
///
/// Source: Halton-MaskGIT, arXiv 2503.17076.
pub fn arccos_budget(positions: usize, steps: usize) -> Vec<usize> {
    let steps = steps.min(positions);
    let laid = |step: usize| {
        let share = 1.0 - (step as f64 / steps as f64).acos() / FRAC_PI_2;
        step.max((positions as f64 * share) as usize).min(positions)
    };
    (0..steps)
        .map(|step| laid(step + 1) - if step == 0 { 0 } else { laid(step) })
        .collect()
}
