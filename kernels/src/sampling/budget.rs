//! How many positions each step lays.

/// Positions laid at each step: few early, many late; at least one at each, all together `positions`.
///
/// `σ(t) = s·t / (1 + (s − 1)·t)`, `c_k = ⌊N·σ(k·(1/T))⌋` in f32, `n_k = max(1, c_{k+1} − c_k)`; what is too much is taken
/// from the first steps that have more than one, round after round, and the whole is reversed. `T = min(steps, N)`.
///
/// Source: NLD-Image, sampler.
pub fn budget(positions: usize, steps: usize, shift: f32) -> Vec<usize> {
    let steps = steps.min(positions);
    if steps == 0 {
        return Vec::new();
    }
    let laid = |step: usize| {
        if step == steps {
            return positions;
        }
        // Rounded twice on purpose: published budgets are made so, and a floor shows the last bit.
        let time = step as f32 * (1.0 / steps as f32);
        let share = shift * time / (1.0 + (shift - 1.0) * time);
        ((positions as f32 * share) as usize).min(positions)
    };
    let mut counts: Vec<usize> = (0..steps)
        .map(|step| laid(step + 1).saturating_sub(laid(step)).max(1))
        .collect();

    // With at least one position for every step this ends: some step has more than one while the sum is too large.
    let mut surplus = counts.iter().sum::<usize>() - positions;
    while surplus > 0 {
        for count in counts.iter_mut().filter(|count| **count > 1) {
            if surplus == 0 {
                break;
            }
            *count -= 1;
            surplus -= 1;
        }
    }
    counts.reverse();
    counts
}
