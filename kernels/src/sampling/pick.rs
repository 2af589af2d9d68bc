//! Tokens for whole batches of logits, which stay on their device.

use burn::tensor::{DType, Int, Tensor};

use crate::rows::{argmax, log_sum_exp};

/// One token for each row, and how sure it is.
#[derive(Clone, Debug)]
pub struct Picked {
    /// The tokens, `[rows]`.
    pub tokens: Tensor<1, Int>,
    /// The probability of each without temperature, `[rows]`, from 0 to 1.
    pub confidence: Tensor<1>,
}

/// Picks a token for each row: the likeliest, or with noise one drawn from `softmax(logits / temperature)`.
///
/// `token = argmax(z / temperature + Gumbel)`, `confidence = e^{z_token − lse z}`: always of the untempered logits. A
/// temperature of 0 takes the likeliest.
///
/// Shapes: `logits [rows, codes]`, `uniforms [rows, codes]` in [0, 1) → `[rows]` each.
pub fn pick(logits: Tensor<2>, temperature: f32, uniforms: Option<Tensor<2>>) -> Picked {
    let logits = logits.without_autodiff().cast(DType::F32);
    let scores = match uniforms.filter(|_| temperature > 0.0) {
        None => logits.clone(),
        Some(uniforms) => {
            let inside = uniforms.clamp(f32::MIN_POSITIVE, 1.0 - f32::EPSILON / 2.0);
            let gumbel = -(-inside.log()).log();
            logits.clone() / temperature + gumbel
        }
    };
    let tokens = argmax(scores);
    let chosen = logits
        .clone()
        .gather(1, tokens.clone().unsqueeze_dim(1))
        .squeeze_dim::<1>(1);
    Picked {
        tokens,
        confidence: (chosen - log_sum_exp(logits)).exp(),
    }
}
