//! Where the sampler's chance comes from.

use std::sync::Arc;

use graph::error::NodeError;
use graph::random::Random;
use kernels::sampling;

/// The draws of tokens.
const TOKENS: u32 = 0;
/// The draws of positions that are laid.
const POSITIONS: u32 = 1;
/// The draws of positions that are masked again.
const REMASKED: u32 = 2;
/// The draws of positions that are filled anew.
const REFINED: u32 = 3;

/// All chance in a sampler's choices: it follows from a seed, but for what was recorded of another implementation.
#[derive(Clone, Debug)]
pub struct Noise {
    random: Random,
    exponential: Option<Recorded>,
    gumbel: Option<Recorded>,
}

/// Numbers in place of draws, the same for every picture of a batch.
#[derive(Clone, Debug)]
struct Recorded {
    numbers: Arc<[f32]>,
    /// How many numbers belong to a position.
    width: usize,
    /// How many positions a step has.
    positions: usize,
}

/// What decides the tokens of some rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenNoise {
    /// A number between 0 and 1 for each row.
    Uniform(Vec<f32>),
    /// Numbers from the exponential distribution, as many for each row as there are codes.
    Exponential {
        /// The numbers, row by row.
        numbers: Vec<f32>,
        /// How many codes there are.
        codebook: usize,
    },
}

/// What decides which positions are laid: a number for each.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PositionNoise {
    /// Between 0 and 1.
    Uniform(Vec<f32>),
    /// From the Gumbel distribution.
    Gumbel(Vec<f32>),
}

/// The chance of one step of one picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance<'a> {
    noise: &'a Noise,
    /// The number of the picture.
    number: u32,
    step: u32,
}

impl Noise {
    /// The draws of a seed.
    pub fn seeded(random: Random) -> Self {
        Self {
            random,
            exponential: None,
            gumbel: None,
        }
    }

    /// The same, but tokens are the largest `softmax(logits / temperature) / q`, with `numbers [steps, positions, codebook]`
    /// as `q`.
    pub fn with_exponential(
        mut self,
        numbers: impl Into<Arc<[f32]>>,
        positions: usize,
        codebook: usize,
    ) -> Self {
        self.exponential = Some(Recorded {
            numbers: numbers.into(),
            width: codebook,
            positions,
        });
        self
    }

    /// The same, but positions are chosen with `numbers [steps, positions]` as Gumbel's noise.
    pub fn with_gumbel(mut self, numbers: impl Into<Arc<[f32]>>, positions: usize) -> Self {
        self.gumbel = Some(Recorded {
            numbers: numbers.into(),
            width: 1,
            positions,
        });
        self
    }

    /// Whether all of it is drawn, and nothing was recorded.
    pub(super) fn is_drawn(&self) -> bool {
        self.exponential.is_none() && self.gumbel.is_none()
    }

    /// The chance of one step of the picture of this number.
    pub(super) fn at(&self, number: u32, step: u32) -> Chance<'_> {
        Chance {
            noise: self,
            number,
            step,
        }
    }

    /// What decides the tokens of some positions at a step, given by the number of their picture and their place in it.
    ///
    /// Errors: what was recorded ends before.
    pub(super) fn tokens(&self, step: u32, rows: &[(u32, usize)]) -> Result<TokenNoise, NodeError> {
        let Some(recorded) = &self.exponential else {
            let draws = self.random.stream(TOKENS);
            let uniform =
                |(number, position): &(u32, usize)| draws.uniform(*number, step, *position as u32);
            return Ok(TokenNoise::Uniform(rows.iter().map(uniform).collect()));
        };
        let mut numbers = Vec::with_capacity(rows.len() * recorded.width);
        for (_, position) in rows {
            numbers.extend_from_slice(recorded.of(step, *position, 1)?);
        }
        Ok(TokenNoise::Exponential {
            numbers,
            codebook: recorded.width,
        })
    }
}

impl Recorded {
    /// The numbers of `count` positions from `first` on.
    ///
    /// Errors: there are not as many.
    fn of(&self, step: u32, first: usize, count: usize) -> Result<&[f32], NodeError> {
        let start = (step as usize * self.positions + first) * self.width;
        let numbers = self.numbers.get(start..start + count * self.width);
        numbers.ok_or_else(|| {
            NodeError::failed(
                format!("the recorded noise ends before step {}", step + 1),
                "give noise for every step, position and code",
            )
        })
    }
}

impl Chance<'_> {
    /// A number between 0 and 1 for each position, which decides its token where nothing was recorded.
    pub fn tokens(&self, length: usize) -> Vec<f32> {
        self.uniforms(TOKENS, length)
    }

    /// What decides which of a picture's positions are laid.
    ///
    /// Errors: what was recorded ends before.
    pub fn positions(&self, length: usize) -> Result<PositionNoise, NodeError> {
        match &self.noise.gumbel {
            None => Ok(PositionNoise::Uniform(self.uniforms(POSITIONS, length))),
            Some(recorded) => {
                let numbers = recorded.of(self.step, 0, length)?;
                Ok(PositionNoise::Gumbel(numbers.to_vec()))
            }
        }
    }

    /// A number between 0 and 1 for each position; below its probability it is masked again.
    pub fn remasked(&self, length: usize) -> Vec<f32> {
        self.uniforms(REMASKED, length)
    }

    /// A number between 0 and 1 for each position; the smallest are filled anew.
    pub fn refined(&self, length: usize) -> Vec<f32> {
        self.uniforms(REFINED, length)
    }

    fn uniforms(&self, stream: u32, length: usize) -> Vec<f32> {
        let draws = self.noise.random.stream(stream);
        draws.uniforms(self.number, self.step, length)
    }
}

impl TokenNoise {
    /// The noise of some of the rows.
    pub fn rows(&self, rows: &[usize]) -> Self {
        match self {
            Self::Uniform(numbers) => Self::Uniform(rows.iter().map(|row| numbers[*row]).collect()),
            Self::Exponential { numbers, codebook } => Self::Exponential {
                numbers: rows
                    .iter()
                    .flat_map(|row| &numbers[row * codebook..(row + 1) * codebook])
                    .copied()
                    .collect(),
                codebook: *codebook,
            },
        }
    }
}

impl PositionNoise {
    /// As numbers between 0 and 1.
    pub fn uniforms(&self) -> Vec<f32> {
        match self {
            Self::Uniform(numbers) => numbers.clone(),
            Self::Gumbel(numbers) => numbers
                .iter()
                .map(|noise| (-(-noise).exp()).exp())
                .collect(),
        }
    }

    /// As numbers from the Gumbel distribution.
    pub fn gumbel(&self) -> Vec<f32> {
        match self {
            Self::Uniform(numbers) => numbers.iter().map(|u| sampling::gumbel(*u)).collect(),
            Self::Gumbel(numbers) => numbers.clone(),
        }
    }
}
