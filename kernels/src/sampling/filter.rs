//! Leaving out unlikely tokens before one is chosen.

use super::token::softmax;

/// Keeps the `k` largest logits, and those equal to the last of them; the others become −∞.
///
/// `k` of 0, or of at least all, keeps everything.
pub fn keep_top_k(logits: &mut [f32], k: usize) {
    if k == 0 || k >= logits.len() {
        return;
    }
    let mut ranked = logits.to_vec();
    let (_, last, _) = ranked.select_nth_unstable_by(k - 1, |left, right| right.total_cmp(left));
    let last = *last;
    for logit in logits.iter_mut().filter(|logit| **logit < last) {
        *logit = f32::NEG_INFINITY;
    }
}

/// Keeps the likeliest logits until their probabilities sum up to more than `p`; the others become −∞.
///
/// The likeliest is always kept; among equals the first come first.
pub fn keep_top_p(logits: &mut [f32], p: f32) {
    if p >= 1.0 {
        return;
    }
    let mut probabilities = vec![0.0; logits.len()];
    softmax(logits, &mut probabilities);
    let mut ranked: Vec<usize> = (0..logits.len()).collect();
    ranked.sort_by(|left, right| probabilities[*right].total_cmp(&probabilities[*left]));

    let mut sum = 0.0;
    for (rank, token) in ranked.into_iter().enumerate() {
        if rank > 0 && sum > p {
            logits[token] = f32::NEG_INFINITY;
        }
        sum += probabilities[token];
    }
}
