//! Codes that look alike.

use std::sync::Arc;

use graph::error::NodeError;

use crate::value::Tokenizer;

/// The vectors of all codes, each scaled to length 1.
#[derive(Clone, Debug)]
pub struct CodeVectors {
    values: Arc<[f32]>,
    dimensions: usize,
}

impl CodeVectors {
    /// The vectors of `tokenizer`'s codes.
    ///
    /// Errors: it has another number of codes.
    pub fn of(tokenizer: &Tokenizer, codebook: u32) -> Result<Self, NodeError> {
        let vectors = tokenizer.codec().vectors();
        let [codes, dimensions] = vectors.dims();
        if codes != codebook as usize {
            return Err(NodeError::input(
                "tokenizer",
                format!("{codebook} codes, as the denoiser has"),
                format!("{codes} codes"),
            ));
        }
        let data = vectors.into_data().convert::<f32>();
        let values: Vec<f32> = data.iter::<f32>().collect();
        Ok(Self::new(&values, dimensions))
    }

    /// Vectors of `dimensions` numbers each, one behind the other.
    pub fn new(values: &[f32], dimensions: usize) -> Self {
        let unit = |vector: &[f32]| {
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
            vector.iter().map(|x| x / length).collect::<Vec<_>>()
        };
        Self {
            values: values.chunks_exact(dimensions).flat_map(unit).collect(),
            dimensions,
        }
    }

    /// One of the other codes, drawn by `uniform`: `∝ e^{−β‖e − e′‖²}`, the sharper the more is visible.
    ///
    /// `β = 3·(c / (1 − c))^0.9` with `c = 1 − ratio` kept within 0.01…0.99, for the share `ratio` that is masked.
    pub fn neighbour(&self, code: u32, ratio: f32, uniform: f32) -> u32 {
        let visible = (1.0 - ratio).clamp(0.01, 0.99);
        let beta = 3.0 * (visible / (1.0 - visible)).powf(0.9);
        let own = code as usize;
        let vector = &self.values[own * self.dimensions..(own + 1) * self.dimensions];
        let distances: Vec<f32> = self
            .values
            .chunks_exact(self.dimensions)
            .map(|other| {
                let differences = vector.iter().zip(other).map(|(a, b)| (a - b) * (a - b));
                differences.sum::<f32>()
            })
            .collect();
        let apart = |at: usize| {
            if at == own {
                f32::INFINITY
            } else {
                distances[at]
            }
        };
        let nearest = (0..distances.len())
            .map(apart)
            .fold(f32::INFINITY, f32::min);
        let weights: Vec<f32> = (0..distances.len())
            .map(|at| (-beta * (apart(at) - nearest)).exp())
            .collect();
        let total: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
        let mut left = f64::from(uniform) * total;
        let mut chosen = None;
        for (at, weight) in weights.iter().enumerate() {
            if at == own {
                continue;
            }
            chosen = Some(at);
            left -= f64::from(*weight);
            if left <= 0.0 {
                break;
            }
        }
        chosen.unwrap_or(own) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::CodeVectors;

    #[test]
    fn near_codes_are_drawn_more_often_the_more_is_visible() {
        let vectors = CodeVectors::new(&[1.0, 0.0, 0.8, 0.6, -1.0, 0.0], 2);
        let near = |ratio: f32| {
            let draws = (0..1000).map(|at| (at as f32 + 0.5) / 1000.0);
            let drawn: Vec<u32> = draws.map(|u| vectors.neighbour(0, ratio, u)).collect();
            assert!(drawn.iter().all(|code| *code != 0));
            drawn.iter().filter(|code| **code == 1).count()
        };
        // Squared distances are 0.4 and 4; with c = 0.5 the odds are e^{3 · 3.6} : 1, with c = 0.01 about 1.19 : 1.
        assert_eq!(near(0.5), 1000);
        assert!((520..570).contains(&near(1.0)), "{}", near(1.0));
    }
}
