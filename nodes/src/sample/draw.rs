//! One token for each row of logits.

use burn::tensor::activation::softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use graph::error::NodeError;
use kernels::sampling;
use rayon::prelude::*;

use super::settings::{EditSampler, TokenChoice};

/// How many bytes of logits are worked on at a time.
const CHUNK_BYTES: usize = 256 << 20;

/// How many codes the two-level search of [`by_uniforms`] looks through at a time.
const BLOCK: usize = 128;

/// The tokens chosen for some rows, and how probable each was.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Drawn {
    /// One code for each row.
    pub tokens: Vec<u32>,
    /// The probability of each, without temperature, from 0 to 1.
    pub confidence: Vec<f32>,
}

/// Chooses a token for each row of `logits [rows, codebook]`, by one number of `uniforms [rows]` each.
///
/// Errors: a row holds no number at all.
pub(super) fn draw(
    logits: Tensor<2>,
    sampler: &EditSampler,
    uniforms: &[f32],
) -> Result<Drawn, NodeError> {
    let [rows, codebook] = logits.dims();
    let at_once = (CHUNK_BYTES / 4 / codebook).clamp(1, rows.max(1));
    let mut drawn = Drawn::default();
    for first in (0..rows).step_by(at_once) {
        let count = at_once.min(rows - first);
        let mut chunk = logits.clone().narrow(0, first, count);
        if sampler.top_k > 0 || sampler.top_p < 1.0 {
            chunk = filtered(chunk, sampler);
        }
        let (tokens, confidence) = match sampler.choice {
            TokenChoice::Argmax => {
                let picked = sampling::pick(chunk, 1.0, None);
                (picked.tokens, picked.confidence)
            }
            TokenChoice::Multinomial => {
                by_uniforms(chunk, sampler.temperature, &uniforms[first..first + count])
            }
        };
        let tokens = tokens.into_data().convert::<i64>();
        let last = codebook as i64 - 1;
        drawn
            .tokens
            .extend(tokens.iter::<i64>().map(|code| code.clamp(0, last) as u32));
        let confidence = confidence.into_data().convert::<f32>();
        drawn.confidence.extend(confidence.iter::<f32>());
    }
    if drawn.confidence.iter().any(|p| p.is_nan()) {
        return Err(NodeError::failed(
            "the denoiser's scores are not numbers",
            "its weights are broken or too large for the type it computes in; train or load it again, or lower `guidance`",
        ));
    }
    Ok(drawn)
}

/// Draws a code for each row from `softmax(logits / temperature)`, by inversion: the first code at which the
/// probabilities summed up reach the row's number.
///
/// One number decides a row, whatever the size of the codebook.
/// Sums go over blocks first and then within one block, which is quick on every device.
///
/// Shapes: `logits [rows, codebook]`, `uniforms [rows]` → tokens `[rows]`, untempered probability of each `[rows]`.
fn by_uniforms(
    logits: Tensor<2>,
    temperature: f32,
    uniforms: &[f32],
) -> (Tensor<1, Int>, Tensor<1>) {
    let [rows, codebook] = logits.dims();
    let device = logits.device();
    let plain = softmax(logits.clone(), 1);
    let tempered = softmax(logits.div_scalar(temperature), 1);

    let blocks = codebook.div_ceil(BLOCK);
    let missing = blocks * BLOCK - codebook;
    let padded = match missing {
        0 => tempered,
        _ => Tensor::cat(vec![tempered, Tensor::zeros([rows, missing], &device)], 1),
    };
    let padded = padded.reshape([rows, blocks, BLOCK]);
    let sums = padded.clone().sum_dim(2).reshape([rows, blocks]).cumsum(1);
    let total = sums.clone().narrow(1, blocks - 1, 1);
    let target = numbers(uniforms, &device) * total;

    let block = below(sums.clone(), target.clone());
    let before = Tensor::cat(vec![Tensor::zeros([rows, 1], &device), sums], 1);
    let rest = target - before.gather(1, block.clone());

    let within = padded
        .gather(
            1,
            block.clone().reshape([rows, 1, 1]).expand([rows, 1, BLOCK]),
        )
        .reshape([rows, BLOCK])
        .cumsum(1);
    // Rounding may leave a rest that the block's own sum does not reach.
    let rest = rest.min_pair(within.clone().narrow(1, BLOCK - 1, 1));
    let token = block.mul_scalar(BLOCK as i64) + below(within, rest);
    let confidence = plain.gather(1, token.clone());
    (token.reshape([rows]), confidence.reshape([rows]))
}

/// How many of the rising numbers of each row are below the row's `target`, and never all of them.
///
/// Shapes: `rising [rows, n]`, `target [rows, 1]` → `[rows, 1]`.
fn below(rising: Tensor<2>, target: Tensor<2>) -> Tensor<2, Int> {
    let [rows, length] = rising.dims();
    rising
        .lower(target.expand([rows, length]))
        .int()
        .sum_dim(1)
        .clamp(0, length as i64 - 1)
}

fn numbers(uniforms: &[f32], device: &Device) -> Tensor<2> {
    let shape = [uniforms.len(), 1];
    Tensor::from_data(TensorData::new(uniforms.to_vec(), shape), device)
}

/// The logits with every token that `top_k` or `top_p` leaves out at −∞.
fn filtered(logits: Tensor<2>, sampler: &EditSampler) -> Tensor<2> {
    let shape = logits.dims();
    let device = logits.device();
    let data = logits.into_data().convert::<f32>();
    let mut values: Vec<f32> = data.iter::<f32>().collect();
    values.par_chunks_mut(shape[1]).for_each(|row| {
        if sampler.top_k > 0 {
            sampling::keep_top_k(row, sampler.top_k as usize);
        }
        if sampler.top_p < 1.0 {
            sampling::keep_top_p(row, sampler.top_p);
        }
    });
    Tensor::from_data(TensorData::new(values, shape), &device)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};

    use super::by_uniforms;

    /// The first code at which the probabilities summed up pass `uniform`.
    fn by_hand(probabilities: &[f64], uniform: f64) -> i64 {
        let mut sum = 0.0;
        let found = probabilities.iter().position(|p| {
            sum += p;
            sum > uniform
        });
        found.expect("the probabilities sum up to one") as i64
    }

    #[test]
    fn drawing_inverts_the_distribution() {
        for (codebook, temperature) in [(5, 1.0), (128, 0.7), (300, 1.3)] {
            // Every third code is impossible, the first and the last among them.
            let logits: Vec<f32> = (0..codebook)
                .map(|code| match (code + codebook) % 3 {
                    _ if code == 0 || code == codebook - 1 => f32::NEG_INFINITY,
                    0 => f32::NEG_INFINITY,
                    _ => ((code * 7919) % 101) as f32 / 25.0,
                })
                .collect();
            let weigh = |temperature: f64| {
                let weights: Vec<f64> = logits
                    .iter()
                    .map(|logit| (f64::from(*logit) / temperature).exp())
                    .collect();
                let total: f64 = weights.iter().sum();
                weights.iter().map(|w| w / total).collect::<Vec<f64>>()
            };
            let tempered = weigh(f64::from(temperature));
            let plain = weigh(1.0);

            let mut uniforms: Vec<f32> = (0..197).map(|at| (at as f32 + 0.37) / 197.0).collect();
            uniforms.extend([1e-9, 1.0 - f32::EPSILON / 2.0]);
            let rows = uniforms.len();
            let data = TensorData::new(logits.repeat(rows), [rows, codebook]);
            let logits = Tensor::from_data(data, &Device::flex());
            let (tokens, confidence) = by_uniforms(logits, temperature, &uniforms);
            let tokens = tokens.into_data().convert::<i64>();
            for ((token, confidence), uniform) in tokens
                .iter::<i64>()
                .zip(confidence.into_data().iter::<f32>())
                .zip(&uniforms)
            {
                let uniform = f64::from(*uniform).min(1.0 - 1e-6);
                assert_eq!(token, by_hand(&tempered, uniform), "u = {uniform}");
                let expected = plain[token as usize] as f32;
                assert!((confidence - expected).abs() < 1e-6);
            }
        }
    }
}
