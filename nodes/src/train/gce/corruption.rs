//! What training does to a picture's codes: masks some, replaces others.

use std::f32::consts::FRAC_PI_2;

use graph::random::Random;

use super::neighbours::CodeVectors;
use super::{FlipOf, MaskSchedule};

/// The purposes of the draws.
const RATIO: u32 = 16;
const MASK: u32 = 17;
const FLIP: u32 = 18;
const CODE: u32 = 19;

/// The smallest share that is masked on average.
const LEAST: f32 = 1e-3;

/// How codes are corrupted.
#[derive(Clone, Debug)]
pub struct Corruption {
    /// How much of a picture is masked.
    pub schedule: MaskSchedule,
    /// The share of tokens that is flipped.
    pub flip_ratio: f32,
    /// What that share is counted of.
    pub flip_of: FlipOf,
    /// What the codes look like, where flips go to neighbours.
    pub vectors: Option<CodeVectors>,
    /// How many codes there are.
    pub codebook: u32,
    /// The draws.
    pub random: Random,
}

/// What became of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is to be filled.
    Masked,
    /// It became another code.
    Flipped(u32),
    /// Nothing.
    Clean,
}

impl Corruption {
    /// The fate of each code of the picture in place `sample` of batch `step`.
    pub fn fates(&self, codes: &[u32], sample: u32, step: u32) -> Vec<Fate> {
        let share = (1.0 - LEAST) * self.ratio(sample, step) + LEAST;
        let draws = self.random.stream(MASK).uniforms(sample, step, codes.len());
        let least = draws.iter().copied().fold(1.0, f32::min);
        let bound = share.max(least);
        let masked = draws.iter().filter(|draw| **draw <= bound).count();

        let ratio = masked as f32 / codes.len() as f32;
        let flips = match self.flip_of {
            FlipOf::Visible => self.flip_ratio,
            FlipOf::All => (self.flip_ratio / (1.0 - ratio).max(1e-6)).min(1.0),
        };
        let flip_draws = self.random.stream(FLIP).uniforms(sample, step, codes.len());
        draws
            .iter()
            .zip(&flip_draws)
            .zip(codes)
            .enumerate()
            .map(|(position, ((draw, flip), code))| {
                if *draw <= bound {
                    Fate::Masked
                } else if *flip < flips && self.codebook > 1 {
                    Fate::Flipped(self.other(*code, ratio, sample, step, position as u32))
                } else {
                    Fate::Clean
                }
            })
            .collect()
    }

    /// The share that is to be masked.
    fn ratio(&self, sample: u32, step: u32) -> f32 {
        let stream = self.random.stream(RATIO);
        match self.schedule {
            MaskSchedule::Cosine => (FRAC_PI_2 * stream.uniform(sample, step, 0)).cos(),
            MaskSchedule::Uniform => stream.uniform(sample, step, 0),
            MaskSchedule::LogitNormal => 1.0 / (1.0 + (-stream.normal(sample, step, 0)).exp()),
        }
    }

    /// Another code than `code`.
    fn other(&self, code: u32, ratio: f32, sample: u32, step: u32, position: u32) -> u32 {
        let stream = self.random.stream(CODE);
        match &self.vectors {
            Some(vectors) => vectors.neighbour(code, ratio, stream.uniform(sample, step, position)),
            None => {
                let away = 1 + stream.below(self.codebook - 1, sample, step, position);
                (code + away) % self.codebook
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use graph::param::Seed;
    use graph::random::Random;

    use super::{Corruption, Fate, FlipOf, MaskSchedule};

    fn corruption(schedule: MaskSchedule, flip_of: FlipOf) -> Corruption {
        Corruption {
            schedule,
            flip_ratio: 0.2,
            flip_of,
            vectors: None,
            codebook: 16,
            random: Random::new(Seed(3)),
        }
    }

    /// Shares of masked and flipped tokens over many pictures, and how many pictures had nothing masked.
    fn shares(corruption: &Corruption, length: usize) -> (f64, f64, usize) {
        let codes: Vec<u32> = (0..length as u32).map(|at| at % 16).collect();
        let (mut masked, mut flipped, mut bare) = (0, 0, 0);
        for sample in 0..2000 {
            let fates = corruption.fates(&codes, sample, 5);
            let own = fates.iter().filter(|fate| **fate == Fate::Masked).count();
            bare += usize::from(own == 0);
            masked += own;
            for (fate, code) in fates.iter().zip(&codes) {
                if let Fate::Flipped(other) = fate {
                    assert!(other != code && *other < 16);
                    flipped += 1;
                }
            }
        }
        let all = (2000 * length) as f64;
        (masked as f64 / all, flipped as f64 / all, bare)
    }

    #[test]
    fn as_much_is_masked_as_the_schedule_says() {
        for (schedule, mean) in [
            (MaskSchedule::Cosine, 2.0 / std::f64::consts::PI),
            (MaskSchedule::Uniform, 0.5),
            (MaskSchedule::LogitNormal, 0.5),
        ] {
            let (masked, flipped, bare) = shares(&corruption(schedule, FlipOf::Visible), 64);
            assert!((masked - mean).abs() < 0.02, "{schedule:?}: {masked}");
            let of_visible = flipped / (1.0 - masked);
            assert!(
                (of_visible - 0.2).abs() < 0.01,
                "{schedule:?}: {of_visible}"
            );
            assert_eq!(bare, 0);
        }
    }

    #[test]
    fn at_least_one_token_is_masked_even_of_few() {
        let (_, _, bare) = shares(&corruption(MaskSchedule::Uniform, FlipOf::Visible), 2);
        assert_eq!(bare, 0);
    }

    #[test]
    fn a_share_of_all_tokens_is_flipped_as_far_as_they_are_visible() {
        // Of a share v that is visible, min(0.2, v) is flipped; v is even over 0…1: 0.2 · 0.8 + 0.2² / 2.
        let (_, flipped, _) = shares(&corruption(MaskSchedule::Uniform, FlipOf::All), 64);
        assert!((flipped - 0.18).abs() < 0.01, "{flipped}");
    }

    #[test]
    fn fates_depend_on_sample_and_step_alone() {
        let corruption = corruption(MaskSchedule::Cosine, FlipOf::Visible);
        let codes = [1; 32];
        assert_eq!(
            corruption.fates(&codes, 1, 2),
            corruption.fates(&codes, 1, 2)
        );
        assert_ne!(
            corruption.fates(&codes, 1, 2),
            corruption.fates(&codes, 2, 2)
        );
        assert_ne!(
            corruption.fates(&codes, 1, 2),
            corruption.fates(&codes, 1, 3)
        );
    }
}
