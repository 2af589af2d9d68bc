//! One token from one row of logits.

/// The noise that turns taking the largest into drawing: `−ln(−ln u)`, with `u` kept away from 0 and 1.
pub fn gumbel(uniform: f32) -> f32 {
    // The largest f32 below 1; at either end the logarithm would be infinite.
    const TOP: f32 = 1.0 - f32::EPSILON / 2.0;
    -(-uniform.clamp(f32::MIN_POSITIVE, TOP).ln()).ln()
}

/// The probabilities of a row of logits, written to `out`; −∞ has none.
///
/// Panics: when `out` has another length than `logits`.
pub fn softmax(logits: &[f32], out: &mut [f32]) {
    assert_eq!(
        logits.len(),
        out.len(),
        "softmax: a probability for each logit"
    );
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for (probability, logit) in out.iter_mut().zip(logits) {
        *probability = (logit - largest).exp();
    }
    let sum: f32 = out.iter().sum();
    for probability in out {
        *probability /= sum;
    }
}

/// The token of a row: the largest logit, or with noise one drawn from `softmax(logits / temperature)`.
///
/// Drawing is `argmax(logit / temperature + gumbel(uniform))`, which needs a number for each logit; a temperature of 0
/// takes the largest. Among equals the first wins.
pub fn choose_token(logits: &[f32], temperature: f32, uniforms: Option<&[f32]>) -> usize {
    let Some(uniforms) = uniforms.filter(|_| temperature > 0.0) else {
        return largest(logits.iter().copied());
    };
    let noisy = logits
        .iter()
        .zip(uniforms)
        .map(|(logit, uniform)| logit / temperature + gumbel(*uniform));
    largest(noisy)
}

/// Where the largest number is, the first of equals; 0 in an empty row.
fn largest(numbers: impl Iterator<Item = f32>) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (at, number) in numbers.enumerate() {
        if number > best.1 {
            best = (at, number);
        }
    }
    best.0
}
