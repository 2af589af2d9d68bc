//! One token for each row of logits.

use burn::tensor::activation::softmax;
use burn::tensor::{Int, Tensor, TensorData};
use graph::error::NodeError;
use kernels::sampling;
use rayon::prelude::*;

use super::noise::TokenNoise;
use super::settings::EditSampler;
use crate::value::Scores;

/// The tokens chosen for some rows, and how probable each was.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Drawn {
    /// One code for each row.
    pub tokens: Vec<u32>,
    /// The probability of each, without temperature, from 0 to 1.
    pub confidence: Vec<f32>,
}

/// Which tokens may be chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Allowed {
    /// So many of the likeliest; 0 allows all.
    top_k: u32,
    /// Those that hold so much of the probability together; 1 allows all.
    top_p: f32,
}

impl Allowed {
    /// Every token.
    pub const ALL: Self = Self {
        top_k: 0,
        top_p: 1.0,
    };
}

impl EditSampler {
    /// The tokens that `top_k` and `top_p` leave.
    pub(super) fn allowed(&self) -> Allowed {
        Allowed {
            top_k: self.top_k,
            // More than all is all.
            top_p: self.top_p.min(1.0),
        }
    }
}

/// Chooses a token for each row of `scores`, at the row's temperature; 0 takes the likeliest.
///
/// Errors: a row holds no number at all.
pub(super) fn draw(
    scores: &Scores,
    allowed: Allowed,
    temperatures: &[f32],
    noise: &TokenNoise,
) -> Result<Drawn, NodeError> {
    let [rows, codebook] = scores.dims();
    let at_once = scores.at_once();
    let (mut order, mut tokens, mut confidences) = (Vec::new(), Vec::new(), Vec::new());
    for (temperature, members) in alike(temperatures) {
        for part in members.chunks(at_once) {
            let mut scores = scores.of(part);
            if allowed != Allowed::ALL {
                scores = Scores::of_logits(filtered(scores.logits(), allowed));
            }
            let (token, confidence) = drawn_at(scores, temperature, &noise.rows(part));
            tokens.push(token);
            confidences.push(confidence);
            order.extend_from_slice(part);
        }
    }
    let mut drawn = Drawn {
        tokens: vec![0; rows],
        confidence: vec![0.0; rows],
    };
    if order.is_empty() {
        return Ok(drawn);
    }
    // All parts are waited for at once.
    let tokens = Tensor::cat(tokens, 0).into_data().convert::<i64>();
    let confidence = Tensor::cat(confidences, 0).into_data().convert::<f32>();
    let last = codebook as i64 - 1;
    let both = tokens.iter::<i64>().zip(confidence.iter::<f32>());
    for (row, (token, confidence)) in order.into_iter().zip(both) {
        drawn.tokens[row] = token.clamp(0, last) as u32;
        drawn.confidence[row] = confidence;
    }
    check_numbers(&drawn.confidence)?;
    Ok(drawn)
}

/// Refuses probabilities that are no numbers.
///
/// Errors: there is one.
pub(super) fn check_numbers(confidence: &[f32]) -> Result<(), NodeError> {
    if confidence.iter().any(|p| p.is_nan()) {
        return Err(NodeError::failed(
            "the denoiser's scores are not numbers",
            "its weights are broken or too large for the type it computes in; train or load it again, or lower `guidance`",
        ));
    }
    Ok(())
}

/// The rows of each temperature, in the order in which the temperatures come.
fn alike(temperatures: &[f32]) -> Vec<(f32, Vec<usize>)> {
    let mut groups: Vec<(f32, Vec<usize>)> = Vec::new();
    for (row, temperature) in temperatures.iter().enumerate() {
        match groups.iter_mut().find(|(other, _)| other == temperature) {
            Some((_, members)) => members.push(row),
            None => groups.push((*temperature, vec![row])),
        }
    }
    groups
}

/// The likeliest token of each row of `scores` among those that `sampler` allows, and how probable it is.
///
/// Errors: a row holds no number at all.
pub fn pick_all(scores: &Scores, sampler: &EditSampler) -> Result<(Vec<u32>, Vec<f32>), NodeError> {
    likeliest_of(scores, sampler.allowed())
}

/// The likeliest token of each row of `scores`, and how probable it is.
///
/// Errors: a row holds no number at all.
pub fn likeliest(scores: &Scores) -> Result<(Vec<u32>, Vec<f32>), NodeError> {
    likeliest_of(scores, Allowed::ALL)
}

fn likeliest_of(scores: &Scores, allowed: Allowed) -> Result<(Vec<u32>, Vec<f32>), NodeError> {
    let [rows, _] = scores.dims();
    // Without temperature no chance takes part.
    let (temperatures, noise) = (vec![0.0; rows], TokenNoise::Uniform(vec![0.5; rows]));
    let drawn = draw(scores, allowed, &temperatures, &noise)?;
    Ok((drawn.tokens, drawn.confidence))
}

/// The tokens of rows of one temperature, and the probability of each without it.
fn drawn_at(scores: Scores, temperature: f32, noise: &TokenNoise) -> (Tensor<1, Int>, Tensor<1>) {
    let picked = match noise {
        _ if temperature <= 0.0 => sampling::likeliest(scores.logits()),
        TokenNoise::Uniform(uniforms) => {
            let data = TensorData::new(uniforms.clone(), [uniforms.len()]);
            let uniforms = Tensor::from_data(data, &scores.device());
            scores.pick(uniforms, temperature)
        }
        TokenNoise::Exponential { numbers, .. } => {
            return by_exponential(scores.logits(), temperature, numbers);
        }
    };
    (picked.tokens, picked.confidence)
}

/// Draws a code for each row from `softmax(logits / temperature)`: the largest probability divided by its number from the
/// exponential distribution.
///
/// Shapes: `logits [rows, codebook]`, `exponential [rows · codebook]` → tokens `[rows]`, untempered probability of each
/// `[rows]`.
fn by_exponential(
    logits: Tensor<2>,
    temperature: f32,
    exponential: &[f32],
) -> (Tensor<1, Int>, Tensor<1>) {
    let shape = logits.dims();
    let noise = TensorData::new(exponential.to_vec(), shape);
    let noise = Tensor::<2>::from_data(noise, &logits.device());
    let plain = softmax(logits.clone(), 1);
    let tempered = softmax(logits.div_scalar(temperature), 1);
    let tokens = (tempered / noise).argmax(1);
    let confidence = plain.gather(1, tokens.clone());
    (tokens.reshape([shape[0]]), confidence.reshape([shape[0]]))
}

/// The logits with every token that `top_k` or `top_p` leaves out at −∞.
fn filtered(logits: Tensor<2>, allowed: Allowed) -> Tensor<2> {
    let shape = logits.dims();
    let device = logits.device();
    let data = logits.into_data().convert::<f32>();
    let mut values: Vec<f32> = data.iter::<f32>().collect();
    values.par_chunks_mut(shape[1]).for_each(|row| {
        if allowed.top_k > 0 {
            sampling::keep_top_k(row, allowed.top_k as usize);
        }
        if allowed.top_p < 1.0 {
            sampling::keep_top_p(row, allowed.top_p);
        }
    });
    Tensor::from_data(TensorData::new(values, shape), &device)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int, Tensor, TensorData};

    use super::{alike, by_exponential, drawn_at};
    use crate::sample::noise::TokenNoise;
    use crate::value::Scores;

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
            let noise = TokenNoise::Uniform(uniforms.clone());
            let (tokens, confidence) = drawn_at(Scores::of_logits(logits), temperature, &noise);
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

    #[test]
    fn drawing_with_recorded_noise_takes_the_largest_quotient() {
        let logits = [[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]];
        // softmax: 0.090, 0.245, 0.665; divided: 0.9, 0.245, 0.665 and 0.09, 0.49, 0.166.
        let noise = [0.1, 1.0, 1.0, 1.0, 0.5, 4.0];
        let logits = Tensor::from_floats(logits, &Device::flex());
        let (tokens, confidence) = by_exponential(logits.clone(), 1.0, &noise);
        let codes = |tokens: Tensor<1, Int>| tokens.into_data().convert::<i64>();
        let tokens: Vec<i64> = codes(tokens).iter::<i64>().collect();
        assert_eq!(tokens, [0, 1]);
        for (found, expected) in confidence.into_data().iter::<f32>().zip([0.0900, 0.2447]) {
            assert!((found - expected).abs() < 1e-4);
        }
        // Colder, the likeliest wins: 0.0003, 0.018, 0.982.
        let (tokens, _) = by_exponential(logits, 0.25, &noise);
        let tokens: Vec<i64> = codes(tokens).iter::<i64>().collect();
        assert_eq!(tokens, [2, 2]);
    }

    #[test]
    fn rows_of_one_temperature_go_together() {
        let groups = alike(&[0.5, 0.0, 0.5, 0.0]);
        assert_eq!(groups, [(0.5, vec![0, 2]), (0.0, vec![1, 3])]);
    }
}
