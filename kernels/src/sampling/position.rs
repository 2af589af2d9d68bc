//! Which masked positions a step lays.

use super::logarithm::ln;

/// How positions are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The largest `ln p + temperature·Gumbel` (the official name is `mmada`).
    Confidence,
    /// The same, and with the last of them all that are no smaller: what stays masked is strictly below the cut.
    ConfidenceWithTies,
    /// Without replacement in proportion to `softmax(p / temperature)` (`mask_git`).
    Proportional,
    /// The next masked ones of a given order.
    Ordered,
}

/// The `count` masked positions to lay, the first choice first; all of them where fewer are masked.
///
/// `confidence`, `masked` and `noise`, which is Gumbel's, have a number for each position; `order` is used by
/// [`Policy::Ordered`] alone, and `noise` by the others where the temperature is above 0. Among equals the first position
/// wins.
///
/// Source: NLD-Image, sampler; with ties MaskGIT (arXiv 2202.04200) and aMUSEd (arXiv 2401.01808).
pub fn choose_positions(
    policy: Policy,
    confidence: &[f32],
    masked: &[bool],
    count: usize,
    temperature: f32,
    noise: &[f32],
    order: &[usize],
) -> Vec<usize> {
    if policy == Policy::Ordered {
        return order
            .iter()
            .copied()
            .filter(|position| masked[*position])
            .take(count)
            .collect();
    }
    let chance = |position: usize| {
        if temperature > 0.0 {
            noise[position]
        } else {
            0.0
        }
    };
    let score = |position: usize| {
        let p = confidence[position];
        match policy {
            Policy::Confidence | Policy::ConfidenceWithTies => {
                ln(p.max(1e-20)) + temperature * chance(position)
            }
            // Gumbel's top n draws without replacement.
            Policy::Proportional if temperature > 0.0 => p / temperature + chance(position),
            Policy::Proportional | Policy::Ordered => p,
        }
    };
    let mut scored: Vec<(usize, f32)> = (0..masked.len())
        .filter(|position| masked[*position])
        .map(|position| (position, score(position)))
        .collect();
    scored.sort_by(|left, right| right.1.total_cmp(&left.1));
    let cut = count
        .checked_sub(1)
        .and_then(|last| scored.get(last))
        .map(|(_, score)| *score);
    let is_tied = |score: f32| policy == Policy::ConfidenceWithTies && Some(score) == cut;
    scored
        .into_iter()
        .enumerate()
        .take_while(|(rank, (_, score))| *rank < count || is_tied(*score))
        .map(|(_, (position, _))| position)
        .collect()
}
