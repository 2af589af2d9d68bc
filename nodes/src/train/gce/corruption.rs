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
    /// What takes the place of flipped codes.
    pub replacement: Replacement,
    /// Whether pictures come in twos, of which one masks what the other leaves.
    pub complementary: bool,
    /// How many codes there are.
    pub codebook: u32,
    /// The draws.
    pub random: Random,
}

/// What takes the place of flipped codes.
#[derive(Clone, Debug)]
pub enum Replacement {
    /// Any other code.
    Uniform,
    /// A code that looks alike.
    Neighbours(CodeVectors),
    /// What the network draws, which nobody knows yet.
    Drawn,
}

/// What became of a token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    /// It is to be filled.
    Masked,
    /// It became another code.
    Flipped(u32),
    /// It becomes a code that the network draws, by this number.
    Drawn(f32),
    /// Nothing.
    Clean,
}

impl Corruption {
    /// The number that what is common to pictures of batches goes by: two that complement each other have one.
    pub fn kin(&self, sample: u32) -> u32 {
        if self.complementary {
            sample / 2
        } else {
            sample
        }
    }

    /// The fate of each code of the picture in place `sample` of batch `step`.
    pub fn fates(&self, codes: &[u32], sample: u32, step: u32) -> Vec<Fate> {
        let masked = self.masked(codes.len(), sample, step);
        let count = masked.iter().filter(|masked| **masked).count();
        let ratio = count as f32 / codes.len() as f32;
        let flips = match self.flip_of {
            FlipOf::Visible => self.flip_ratio,
            FlipOf::All => (self.flip_ratio / (1.0 - ratio).max(1e-6)).min(1.0),
        };
        let flip_draws = self.random.stream(FLIP).uniforms(sample, step, codes.len());
        masked
            .iter()
            .zip(&flip_draws)
            .zip(codes)
            .enumerate()
            .map(|(position, ((masked, flip), code))| {
                if *masked {
                    Fate::Masked
                } else if *flip < flips && self.codebook > 1 {
                    self.flipped(*code, ratio, [sample, step, position as u32])
                } else {
                    Fate::Clean
                }
            })
            .collect()
    }

    /// Which codes are masked, at least one.
    ///
    /// Of two pictures that complement each other, the first leaves at least one for the second to mask.
    fn masked(&self, length: usize, sample: u32, step: u32) -> Vec<bool> {
        let kin = self.kin(sample);
        let share = (1.0 - LEAST) * self.ratio(kin, step) + LEAST;
        let draws = self.random.stream(MASK).uniforms(kin, step, length);
        let least = draws.iter().copied().fold(1.0, f32::min);
        let most = draws.iter().copied().fold(0.0, f32::max);
        let bound = share.max(least);
        let is_second = self.complementary && sample % 2 == 1;
        draws
            .iter()
            .map(|draw| {
                let first = *draw <= bound && !(self.complementary && *draw >= most);
                first != is_second
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

    /// Another code than `code`, or the number by which the network will draw one.
    fn flipped(&self, code: u32, ratio: f32, [sample, step, position]: [u32; 3]) -> Fate {
        let stream = self.random.stream(CODE);
        match &self.replacement {
            Replacement::Uniform => {
                let away = 1 + stream.below(self.codebook - 1, sample, step, position);
                Fate::Flipped((code + away) % self.codebook)
            }
            Replacement::Neighbours(vectors) => {
                let draw = stream.uniform(sample, step, position);
                Fate::Flipped(vectors.neighbour(code, ratio, draw))
            }
            Replacement::Drawn => Fate::Drawn(stream.uniform(sample, step, position)),
        }
    }
}

#[cfg(test)]
mod tests {
    use graph::param::Seed;
    use graph::random::Random;

    use super::{Corruption, Fate, FlipOf, MaskSchedule, Replacement};

    fn corruption(schedule: MaskSchedule, flip_of: FlipOf) -> Corruption {
        Corruption {
            schedule,
            flip_ratio: 0.2,
            flip_of,
            replacement: Replacement::Uniform,
            complementary: false,
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

    #[test]
    fn of_two_complementary_pictures_one_masks_what_the_other_leaves() {
        let codes = [1; 12];
        for schedule in [MaskSchedule::Cosine, MaskSchedule::Uniform] {
            let corruption = Corruption {
                complementary: true,
                ..corruption(schedule, FlipOf::Visible)
            };
            for pair in 0..200 {
                let masked = |sample: u32| -> Vec<bool> {
                    let fates = corruption.fates(&codes, sample, 4);
                    fates.iter().map(|fate| *fate == Fate::Masked).collect()
                };
                let (first, second) = (masked(2 * pair), masked(2 * pair + 1));
                assert!(first.iter().zip(&second).all(|(a, b)| a != b));
                assert!(first.contains(&true) && second.contains(&true));
            }
        }
    }

    #[test]
    fn what_the_network_draws_is_left_to_it() {
        let of = |replacement| Corruption {
            replacement,
            ..corruption(MaskSchedule::Uniform, FlipOf::Visible)
        };
        let codes = [1; 64];
        let own = of(Replacement::Drawn).fates(&codes, 0, 0);
        let others = of(Replacement::Uniform).fates(&codes, 0, 0);
        let mut drawn = Vec::new();
        for (own, other) in own.iter().zip(&others) {
            match own {
                Fate::Drawn(number) => {
                    assert!(matches!(other, Fate::Flipped(_)));
                    drawn.push(number);
                }
                Fate::Masked | Fate::Flipped(_) | Fate::Clean => assert_eq!(own, other),
            }
        }
        assert!(drawn.len() > 1 && drawn[0] != drawn[1], "{drawn:?}");
    }
}
