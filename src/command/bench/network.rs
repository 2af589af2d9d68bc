//! The sizes of a network to measure, as flags.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use nodes::network::denoiser::DenoiserConfig;
use nodes::sample::bench::shapes;

use crate::failure::Failure;

/// A network, whose sizes are those of a known one where none are given.
#[derive(Debug, Args)]
pub struct Network {
    /// Numbers of a vector.
    #[arg(long)]
    width: Option<NonZeroUsize>,
    /// Blocks of attention and feed-forward.
    #[arg(long)]
    layers: Option<NonZeroUsize>,
    /// Heads that ask.
    #[arg(long)]
    heads: Option<NonZeroUsize>,
    /// Heads that are asked.
    #[arg(long)]
    key_heads: Option<NonZeroUsize>,
    /// Numbers of a head's vectors.
    #[arg(long)]
    head_width: Option<NonZeroUsize>,
    /// Numbers between the halves of a feed-forward block.
    #[arg(long)]
    inner_width: Option<NonZeroUsize>,
    /// Codes.
    #[arg(long)]
    codes: Option<NonZeroUsize>,
    /// Tokens on each side of a picture.
    #[arg(long)]
    side: Option<NonZeroUsize>,
}

/// Networks whose sizes are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Like {
    /// NLD-Image as published: eight billion numbers, 64 × 64 tokens.
    Large,
    /// The emoji denoiser among the workflows: seventeen million numbers, 16 × 16 tokens.
    Shipped,
}

impl Network {
    /// The sizes of `like` but for those that were given.
    pub fn config(&self, like: Like) -> Result<DenoiserConfig, Failure> {
        let known = shapes();
        let [large, small] =
            known.map_err(|error| Failure::invalid(error.to_string(), "report it"))?;
        let usual = match like {
            Like::Large => large,
            Like::Shipped => small,
        };
        let codebook = match self.codes {
            None => usual.codebook,
            Some(codes) => u32::try_from(codes.get()).unwrap_or(u32::MAX),
        };
        Ok(DenoiserConfig {
            codebook,
            mask_id: codebook.saturating_add(1),
            rows: given(self.side, usual.rows),
            columns: given(self.side, usual.columns),
            width: given(self.width, usual.width),
            layers: given(self.layers, usual.layers),
            heads: given(self.heads, usual.heads),
            key_heads: given(self.key_heads, usual.key_heads),
            head_width: given(self.head_width, usual.head_width),
            inner_width: given(self.inner_width, usual.inner_width),
            ..usual
        })
    }
}

/// The size that was given, else the usual one.
pub fn given(size: Option<NonZeroUsize>, usual: usize) -> usize {
    size.map_or(usual, NonZeroUsize::get)
}

/// Reads a share.
///
/// Errors: it is none, in words that say what is.
pub fn share(text: &str) -> Result<f32, String> {
    let number = text.parse().map_err(|_| "expected a number".to_owned())?;
    if (0.0..=1.0).contains(&number) {
        Ok(number)
    } else {
        Err("expected a number from 0 to 1".into())
    }
}
