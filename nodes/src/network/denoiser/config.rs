//! The sizes of a denoiser.

use serde::{Deserialize, Serialize};

use crate::network::size::out_of_range;
use crate::value::{Grid, MicroConditions};

/// What makes the same weights the same denoiser; `config.json` of a model folder holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenoiserConfig {
    /// Always [`DenoiserConfig::FORMAT`], so that a file of another program is told apart.
    pub format: String,
    /// How many codes a tokenizer of this denoiser has.
    pub codebook: u32,
    /// The rows of the embedding that are no codes; one of them means "masked".
    pub spare_codes: u32,
    /// The id of a masked position.
    pub mask_id: u32,
    /// Rows of tokens that the denoiser was trained on; even.
    pub rows: usize,
    /// Columns of tokens that the denoiser was trained on; even.
    pub columns: usize,
    /// How many different ids a prompt may hold.
    pub vocabulary: usize,
    /// Numbers a vector has.
    pub width: usize,
    /// How many blocks of attention and feed-forward there are.
    pub layers: usize,
    /// Heads that ask.
    pub heads: usize,
    /// Heads that are asked; a divisor of `heads`.
    pub key_heads: usize,
    /// Numbers a head's vectors have; even.
    pub head_width: usize,
    /// Numbers between the two halves of a feed-forward block.
    pub inner_width: usize,
    /// What keeps the norms of the layers finite.
    pub norm_epsilon: f64,
    /// What keeps the norms around the change of resolution finite.
    pub resample_epsilon: f64,
    /// Whether norms have gains of their own; without them the layers behind do that work.
    pub norm_gains: bool,
    /// How positions turn vectors.
    pub rope: RopeConfig,
    /// How text becomes ids.
    pub prompt: PromptConfig,
}

/// How positions turn vectors (YaRN).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RopeConfig {
    /// How fast the slowest pair turns.
    pub theta: f64,
    /// How many times longer a sequence may be than at first; 1 changes nothing.
    pub factor: f64,
    /// How long sequences were at first.
    pub original_positions: usize,
    /// Pairs that turn more often than this within `original_positions` stay as they are.
    pub beta_fast: f64,
    /// Pairs that turn less often than this are slowed by `factor`.
    pub beta_slow: f64,
    /// How much queries far into a long sequence grow.
    pub query_beta: f64,
}

/// How text becomes ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptConfig {
    /// What stands around `{prompt}` and `{slots}`, in tokens of the denoiser's own tokenizer.
    pub template: String,
    /// The token that stands where a cell of the picture goes.
    pub slot: String,
    /// How many tokens the text itself is filled up to, and may have at most; 0 leaves it as long as it is.
    pub length: usize,
    /// The token that fills it up.
    pub pad: String,
    /// The id that takes the place of a prompt that is dropped.
    pub text_mask_id: u32,
    /// The id that ends a turn.
    pub end_id: u32,
    /// Up to which end of a turn a dropped prompt is replaced, counted from 1.
    pub drop_through: usize,
    /// What the template's places for micro-conditions take where a prompt leaves them open; they are called
    /// `{original_width}`, `{original_height}`, `{crop_top}`, `{crop_left}` and `{aesthetic_score}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<MicroConditions>,
}

/// Why sizes make no denoiser.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file belongs to something else.
    #[error(
        "`format` must be \"{}\", but is {found:?}; this is no denoiser of Smalto",
        DenoiserConfig::FORMAT
    )]
    Format {
        /// What the file says.
        found: String,
    },
    /// A size is out of range.
    #[error("`{field}` must be {expected}, but is {found}")]
    Size {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
}

impl DenoiserConfig {
    /// What `format` says.
    pub const FORMAT: &'static str = "smalto-denoiser-1";

    /// Rows and columns of tokens.
    pub fn grid(&self) -> Grid {
        Grid {
            rows: self.rows,
            columns: self.columns,
        }
    }

    /// How many ids the embedding of codes has.
    pub fn code_rows(&self) -> usize {
        (self.codebook + self.spare_codes) as usize
    }

    /// The mask of a tokenizer of `codebook` codes: the second of the spare ones, as in published checkpoints.
    pub fn mask_of(codebook: u32) -> u32 {
        codebook + 1
    }

    /// The same sizes for a tokenizer of `codebook` codes.
    #[must_use]
    pub fn with_codebook(self, codebook: u32) -> Self {
        Self {
            codebook,
            mask_id: Self::mask_of(codebook),
            ..self
        }
    }

    /// Checks what the fields' types cannot say.
    ///
    /// Errors: the first field that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.format != Self::FORMAT {
            return Err(ConfigError::Format {
                found: self.format.clone(),
            });
        }
        let sizes = [
            ("codebook", self.codebook as usize),
            ("spare_codes", self.spare_codes as usize),
            ("rows", self.rows),
            ("columns", self.columns),
            ("vocabulary", self.vocabulary),
            ("width", self.width),
            ("layers", self.layers),
            ("heads", self.heads),
            ("key_heads", self.key_heads),
            ("head_width", self.head_width),
            ("inner_width", self.inner_width),
            ("rope.original_positions", self.rope.original_positions),
        ];
        if let Some((field, expected, found)) = out_of_range(1, &sizes) {
            return Err(wrong(field, expected, found));
        }
        for (field, size) in [
            ("rows", self.rows),
            ("columns", self.columns),
            ("head_width", self.head_width),
        ] {
            if !size.is_multiple_of(2) {
                return Err(wrong(field, "even".into(), size));
            }
        }
        if !self.heads.is_multiple_of(self.key_heads) {
            let expected = format!("a divisor of `heads`, {}", self.heads);
            return Err(wrong("key_heads", expected, self.key_heads));
        }
        let spare = self.codebook as usize..self.code_rows();
        if !spare.contains(&(self.mask_id as usize)) {
            let expected = format!("from {} to {}", spare.start, spare.end - 1);
            return Err(wrong("mask_id", expected, self.mask_id));
        }
        let ids = [
            ("prompt.text_mask_id", self.prompt.text_mask_id),
            ("prompt.end_id", self.prompt.end_id),
        ];
        for (field, id) in ids {
            if id as usize >= self.vocabulary {
                let expected = format!("below `vocabulary`, {}", self.vocabulary);
                return Err(wrong(field, expected, id));
            }
        }
        let finite = [
            ("norm_epsilon", self.norm_epsilon),
            ("resample_epsilon", self.resample_epsilon),
            ("rope.theta", self.rope.theta - 1.0),
            ("rope.factor", self.rope.factor),
            ("rope.beta_fast", self.rope.beta_fast),
            ("rope.beta_slow", self.rope.beta_slow),
        ];
        for (field, number) in finite {
            if !(number.is_finite() && number > 0.0) {
                return Err(wrong(field, "a positive number".into(), number));
            }
        }
        Ok(())
    }
}

fn wrong(field: &'static str, expected: String, found: impl std::fmt::Display) -> ConfigError {
    ConfigError::Size {
        field,
        expected,
        found: found.to_string(),
    }
}
