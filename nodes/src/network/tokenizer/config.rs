//! What a tokenizer's network looks like, as its `config.json` says.

use graph::prelude::Choice;
use serde::{Deserialize, Serialize};

/// The shape of a tokenizer's network, as `config.json` holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenizerConfig {
    /// Always [`TokenizerConfig::ARCHITECTURE`]: tells this file from those of other networks.
    pub architecture: String,
    /// The side of the squares of pixels that the first stage sees as one position.
    pub patch: usize,
    /// From fine to coarse; each has half the resolution of the one before.
    pub stages: Vec<Stage>,
    /// What stands between encoder and decoder.
    pub quantiser: QuantiserConfig,
}

/// Residual blocks at one resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The width of the network.
    pub channels: usize,
    /// How many blocks the encoder has.
    pub encoder_blocks: usize,
    /// How many blocks the decoder has.
    pub decoder_blocks: usize,
}

/// How a latent vector becomes a code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum QuantiserConfig {
    /// Each dimension is rounded to one of a few levels; a code is one of their combinations.
    Scalar {
        /// How many levels each dimension has.
        levels: Vec<usize>,
    },
    /// A code is the learned vector that fits best.
    Codebook {
        /// How many vectors there are.
        codes: usize,
        /// The length of each.
        dimensions: usize,
        /// What fits best.
        matching: Matching,
        /// How the encoder learns through the choice.
        gradient: CodeGradient,
        /// The weight of the pull of latents towards their vectors.
        commitment: f32,
    },
}

/// Which of the learned vectors fits a latent best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// The one at the smallest distance.
    Nearest,
    /// The one with the largest dot product.
    DotProduct,
}

/// How the encoder learns through the choice of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeGradient {
    /// The gradient of the vector is taken for that of the latent.
    StraightThrough,
    /// The gradient passes through a softmax over all vectors, so that every vector learns at every step.
    Index,
}

/// Why no network can be made from a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` must be {expected}, but is {found}")]
pub struct ConfigError {
    /// The key at fault.
    pub key: String,
    /// What it may be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

const CODES_MAX: usize = 1 << 20;
const CHANNELS_MAX: usize = 4096;
const BLOCKS_MAX: usize = 64;

impl TokenizerConfig {
    /// What [`TokenizerConfig::architecture`] must be.
    pub const ARCHITECTURE: &'static str = "smalto-tokenizer-1";

    /// A network of these parts.
    pub fn new(patch: usize, stages: Vec<Stage>, quantiser: QuantiserConfig) -> Self {
        Self {
            architecture: Self::ARCHITECTURE.into(),
            patch,
            stages,
            quantiser,
        }
    }

    /// How many pixels a token spans, down and across.
    pub fn stride(&self) -> usize {
        self.patch << self.stages.len().saturating_sub(1)
    }

    /// How many different codes there are.
    pub fn codebook(&self) -> usize {
        match &self.quantiser {
            QuantiserConfig::Scalar { levels } => levels.iter().product(),
            QuantiserConfig::Codebook { codes, .. } => *codes,
        }
    }

    /// The length of the vectors between encoder and decoder.
    pub fn dimensions(&self) -> usize {
        match &self.quantiser {
            QuantiserConfig::Scalar { levels } => levels.len(),
            QuantiserConfig::Codebook { dimensions, .. } => *dimensions,
        }
    }

    /// Whether a network can be made from this.
    ///
    /// Errors: the first key that makes no sense.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.architecture != Self::ARCHITECTURE {
            let expected = format!("`{}`", Self::ARCHITECTURE);
            return wrong("architecture", expected, format!("`{}`", self.architecture));
        }
        within("patch", self.patch, 1, 32)?;
        within("stages", self.stages.len(), 1, 6)?;
        for (at, stage) in self.stages.iter().enumerate() {
            within(
                &format!("stages[{at}].channels"),
                stage.channels,
                1,
                CHANNELS_MAX,
            )?;
            let blocks = [
                ("encoder_blocks", stage.encoder_blocks),
                ("decoder_blocks", stage.decoder_blocks),
            ];
            for (key, count) in blocks {
                within(&format!("stages[{at}].{key}"), count, 0, BLOCKS_MAX)?;
            }
        }
        self.quantiser.check()
    }
}

impl QuantiserConfig {
    fn check(&self) -> Result<(), ConfigError> {
        match self {
            Self::Scalar { levels } => {
                within("quantiser.scalar.levels", levels.len(), 1, 20)?;
                for (at, count) in levels.iter().enumerate() {
                    within(&format!("quantiser.scalar.levels[{at}]"), *count, 2, 256)?;
                }
                let codes = levels
                    .iter()
                    .try_fold(1_usize, |codes, count| codes.checked_mul(*count))
                    .unwrap_or(usize::MAX);
                within(
                    "the product of quantiser.scalar.levels",
                    codes,
                    2,
                    CODES_MAX,
                )
            }
            Self::Codebook {
                codes,
                dimensions,
                commitment,
                ..
            } => {
                within("quantiser.codebook.codes", *codes, 2, CODES_MAX)?;
                within(
                    "quantiser.codebook.dimensions",
                    *dimensions,
                    1,
                    CHANNELS_MAX,
                )?;
                if !commitment.is_finite() || *commitment < 0.0 {
                    let expected = "a number of at least 0".into();
                    let found = commitment.to_string();
                    return wrong("quantiser.codebook.commitment", expected, found);
                }
                Ok(())
            }
        }
    }
}

fn within(key: &str, value: usize, min: usize, max: usize) -> Result<(), ConfigError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    wrong(key, format!("from {min} to {max}"), value.to_string())
}

fn wrong<T>(key: &str, expected: String, found: String) -> Result<T, ConfigError> {
    Err(ConfigError {
        key: key.into(),
        expected,
        found,
    })
}
