//! What is counted, and how sure the means are.

use graph::error::NodeError;
use serde::Serialize;

use crate::value::Tokens;

/// Everything that the evaluation found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// How many pictures were tried.
    pub pictures: usize,
    /// Tokens a picture.
    pub tokens: usize,
    /// The share of them that was damaged.
    pub damage: f64,
    /// How many times the denoiser was asked.
    pub steps: u32,
    /// Confidence above which a token was replaced.
    pub edit_threshold: f32,
    /// What the intervals are.
    pub interval: &'static str,
    /// Without editing.
    pub off: Figures,
    /// With editing.
    pub on: Figures,
}

impl Report {
    /// The report as JSON.
    ///
    /// Errors: a figure is not a number that JSON knows.
    pub fn json(&self) -> Result<String, NodeError> {
        serde_json::to_string_pretty(self).map_err(|error| {
            NodeError::failed(error, "this is a mistake of the program, please report it")
        })
    }
}

/// What became of the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Figures {
    /// The share of damaged tokens that are as they were.
    pub restored: Mean,
    /// The share of intact tokens that are so no more.
    pub damaged: Mean,
    /// Restored minus damaged.
    pub difference: Mean,
}

/// A mean over pictures, with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Mean {
    /// The mean.
    pub mean: f64,
    /// Where the interval begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
}

impl Mean {
    /// The mean of `numbers`, `m ± 1.96 · s / √n`.
    pub fn of(numbers: &[f64]) -> Self {
        let count = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / count;
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        let about = if numbers.len() > 1 {
            1.96 * (squares / (count - 1.0) / count).sqrt()
        } else {
            0.0
        };
        Self {
            mean,
            low: mean - about,
            high: mean + about,
        }
    }
}

impl Figures {
    /// Compares what the pictures were, what they were damaged to, and what came out.
    pub fn of(truth: &Tokens, damaged: &Tokens, edited: &Tokens) -> Self {
        let (mut restored, mut broken, mut difference) = (Vec::new(), Vec::new(), Vec::new());
        for sample in 0..truth.batch() {
            let (truth, damaged) = (truth.sample(sample), damaged.sample(sample));
            let edited = edited.sample(sample);
            let share = |of: bool| {
                let chosen: Vec<usize> = (0..truth.len())
                    .filter(|at| (truth[*at] != damaged[*at]) == of)
                    .collect();
                let right = chosen.iter().filter(|at| edited[**at] == truth[**at]);
                right.count() as f64 / chosen.len().max(1) as f64
            };
            let intact = truth.iter().zip(damaged).any(|(truth, now)| truth == now);
            let wrong = if intact { 1.0 - share(false) } else { 0.0 };
            restored.push(share(true));
            broken.push(wrong);
            difference.push(share(true) - wrong);
        }
        Self {
            restored: Mean::of(&restored),
            damaged: Mean::of(&broken),
            difference: Mean::of(&difference),
        }
    }
}
