//! Which masked positions a step lays.

use super::token::gumbel;

/// How positions are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The largest `ln p + temperature·Gumbel` (the official name is `mmada`).
    Confidence,
    /// Without replacement in proportion to `softmax(p / temperature)` (`mask_git`).
    Proportional,
    /// The next masked ones of a given order.
    Stratified,
}

/// The `count` masked positions to lay, the first choice first; all of them where fewer are masked.
///
/// `confidence`, `masked` and `uniforms` have a number for each position; `order` is used by [`Policy::Stratified`]
/// alone, and `uniforms` by the others where the temperature is above 0. Among equals the first position wins.
///
/// Source: NLD-Image, sampler.
pub fn choose_positions(
    policy: Policy,
    confidence: &[f32],
    masked: &[bool],
    count: usize,
    temperature: f32,
    uniforms: &[f32],
    order: &[usize],
) -> Vec<usize> {
    let noise = |position: usize| {
        if temperature > 0.0 {
            gumbel(uniforms[position])
        } else {
            0.0
        }
    };
    let score = |position: usize| {
        let p = confidence[position];
        match policy {
            Policy::Confidence => p.max(1e-20).ln() + temperature * noise(position),
            // Gumbel's top n draws without replacement.
            Policy::Proportional if temperature > 0.0 => p / temperature + noise(position),
            Policy::Proportional | Policy::Stratified => p,
        }
    };
    if policy == Policy::Stratified {
        return order
            .iter()
            .copied()
            .filter(|position| masked[*position])
            .take(count)
            .collect();
    }
    let mut scored: Vec<(usize, f32)> = (0..masked.len())
        .filter(|position| masked[*position])
        .map(|position| (position, score(position)))
        .collect();
    scored.sort_by(|left, right| right.1.total_cmp(&left.1));
    scored
        .into_iter()
        .take(count)
        .map(|(position, _)| position)
        .collect()
}
