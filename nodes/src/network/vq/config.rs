//! What a published tokenizer's network looks like.

use serde::Serialize;

use crate::network::size::LARGEST;

/// Whose names the weights go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Emu3.5, IBQ and other descendants of "taming transformers".
    Taming,
    /// LlamaGen and Janus.
    LlamaGen,
    /// The `VQModel` of diffusers: aMUSEd, Meissonic, Lumina-DiMOO.
    Diffusers,
}

/// Which code's vector fits a latent best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matching {
    /// The one with the largest dot product.
    DotProduct,
    /// The nearest one.
    Nearest,
    /// The nearest one when both are scaled to length 1; the decoder is given that scaled vector.
    Direction,
}

/// What numbers pixels are given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PixelRange {
    /// From −1 to 1.
    Signed,
    /// From 0 to 1.
    Unsigned,
}

/// What a published tokenizer's network looks like. Levels go from the finest resolution to the coarsest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VqConfig {
    /// Whose names the weights go by.
    pub layout: Layout,
    /// Channels behind the encoder's first convolution.
    pub first: usize,
    /// Channels of each of the encoder's levels.
    pub encoder_widths: Vec<usize>,
    /// Channels of each of the decoder's levels.
    pub decoder_widths: Vec<usize>,
    /// Residual blocks of an encoder's level; a decoder's level has one more.
    pub blocks: usize,
    /// At which levels attention follows each block.
    pub attention: Vec<bool>,
    /// Whether there is attention between the two blocks in the middle.
    pub middle_attention: bool,
    /// Channels that share a norm's statistics form this many groups.
    pub norm_groups: usize,
    /// Channels that the encoder puts out and the decoder takes in.
    pub latent: usize,
    /// Numbers of a code's vector.
    pub dimensions: usize,
    /// How many codes there are.
    pub codes: usize,
    /// Which code fits a latent.
    pub matching: Matching,
    /// What numbers pixels are given in.
    pub range: PixelRange,
}

/// Why sizes make no tokenizer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` must be {expected}, but is {found}")]
pub struct VqConfigError {
    /// The field of `config.json`.
    pub field: String,
    /// What it must be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

impl VqConfigError {
    /// A field that must be otherwise.
    pub fn new(field: &str, expected: impl Into<String>, found: impl std::fmt::Display) -> Self {
        Self {
            field: field.into(),
            expected: expected.into(),
            found: found.to_string(),
        }
    }
}

impl VqConfig {
    /// The widest a layer may be.
    const WIDEST: usize = 1 << 14;
    /// The most levels there may be: each halves the resolution.
    const DEEPEST: usize = 8;

    /// How many pixels a token spans, down and across.
    pub fn stride(&self) -> usize {
        1 << (self.encoder_widths.len().saturating_sub(1))
    }

    /// Checks what the fields' types cannot say, before any memory is taken.
    ///
    /// Errors: the first field that is out of range.
    pub fn check(&self) -> Result<(), VqConfigError> {
        let levels = self.encoder_widths.len();
        if !(1..=Self::DEEPEST).contains(&levels) {
            let expected = format!("from 1 to {} levels", Self::DEEPEST);
            return Err(VqConfigError::new("levels", expected, levels));
        }
        for (field, found) in [
            ("decoder levels", self.decoder_widths.len()),
            ("attention levels", self.attention.len()),
        ] {
            if found != levels {
                let expected = format!("{levels}, as the encoder has");
                return Err(VqConfigError::new(field, expected, found));
            }
        }
        let widths = self.encoder_widths.iter().chain(&self.decoder_widths);
        for width in widths.chain([&self.first]) {
            if !(1..=Self::WIDEST).contains(width) || !width.is_multiple_of(self.norm_groups.max(1))
            {
                let expected = format!(
                    "from 1 to {} and a multiple of the {} groups of the norms",
                    Self::WIDEST,
                    self.norm_groups
                );
                return Err(VqConfigError::new("channels", expected, width));
            }
        }
        let sizes = [
            ("residual blocks", self.blocks, Self::DEEPEST * 8),
            ("norm groups", self.norm_groups, Self::WIDEST),
            ("latent channels", self.latent, Self::WIDEST),
            ("numbers of a code", self.dimensions, Self::WIDEST),
            ("codes", self.codes, LARGEST),
        ];
        for (field, size, most) in sizes {
            if !(1..=most).contains(&size) {
                return Err(VqConfigError::new(field, format!("from 1 to {most}"), size));
            }
        }
        Ok(())
    }
}
