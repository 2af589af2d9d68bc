//! The sizes of a U-ViT.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::MICRO_CONDITIONS;
use crate::network::size::{LARGEST, out_of_range};

/// The sizes of a U-ViT under the names of its `config.json`; what the file leaves out is as diffusers has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UvitConfig {
    /// Numbers a vector of the transformer has.
    pub hidden_size: usize,
    /// Whether linear layers and convolutions have biases.
    pub use_bias: bool,
    /// Numbers the vector of a whole text has.
    pub cond_embed_dim: usize,
    /// Numbers that each micro-condition is spread over; even.
    pub micro_cond_encode_dim: usize,
    /// Numbers that all micro-conditions are spread over.
    pub micro_cond_embed_dim: usize,
    /// Numbers the vector of a word has.
    pub encoder_hidden_size: usize,
    /// How many ids codes may have; the last one means "masked".
    pub vocab_size: usize,
    /// How many codes a tokenizer of this denoiser has.
    pub codebook_size: usize,
    /// Numbers the vector of a code has.
    pub in_channels: usize,
    /// Channels of the convolutions.
    pub block_out_channels: usize,
    /// How many times each block of convolutions mixes.
    pub num_res_blocks: usize,
    /// Whether the transformer sees cells of 2 × 2 codes.
    pub downsample: bool,
    /// Whether cells become codes again: always as `downsample`.
    pub upsample: bool,
    /// Heads of attention between convolutions.
    pub block_num_heads: usize,
    /// Layers of the transformer.
    pub num_hidden_layers: usize,
    /// Heads of attention of the transformer.
    pub num_attention_heads: usize,
    /// Numbers between the two halves of a feed-forward layer.
    pub intermediate_size: usize,
    /// What keeps the norms finite.
    pub layer_norm_eps: f64,
    /// Whether norms have gains of their own.
    pub ln_elementwise_affine: bool,
    /// Rows and columns of codes that it was trained on.
    pub sample_size: usize,
}

impl Default for UvitConfig {
    fn default() -> Self {
        Self {
            hidden_size: 1024,
            use_bias: false,
            cond_embed_dim: 768,
            micro_cond_encode_dim: 256,
            micro_cond_embed_dim: 1280,
            encoder_hidden_size: 768,
            vocab_size: 8256,
            codebook_size: 8192,
            in_channels: 768,
            block_out_channels: 768,
            num_res_blocks: 3,
            downsample: false,
            upsample: false,
            block_num_heads: 12,
            num_hidden_layers: 22,
            num_attention_heads: 16,
            intermediate_size: 2816,
            layer_norm_eps: 1e-6,
            ln_elementwise_affine: true,
            sample_size: 64,
        }
    }
}

/// Why a configuration makes no U-ViT.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UvitConfigError {
    /// The file belongs to something else.
    #[error(
        "`_class_name` must be \"{}\", but is {found}; this is no transformer of aMUSEd",
        UvitConfig::CLASS
    )]
    Class {
        /// What the file says.
        found: String,
    },
    /// A field is of another type.
    #[error("{0}")]
    Field(String),
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
    /// The weights are those of a smaller network.
    #[error("the configuration asks for {asked} numbers, but the weights hold only {held}")]
    Larger {
        /// How many numbers a network of these sizes has.
        asked: u128,
        /// How many there are.
        held: u128,
    },
}

impl UvitConfig {
    /// What `_class_name` says.
    pub const CLASS: &'static str = "UVit2DModel";

    /// The configuration that a `config.json` holds, checked.
    ///
    /// Errors: it belongs to something else, or a size is out of range.
    pub fn of(file: &Value) -> Result<Self, UvitConfigError> {
        match file.get("_class_name") {
            Some(class) if class == Self::CLASS => {}
            class => {
                return Err(UvitConfigError::Class {
                    found: class.map_or_else(|| "missing".into(), Value::to_string),
                });
            }
        }
        let config: Self = serde_json::from_value(file.clone())
            .map_err(|error| UvitConfigError::Field(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// The id of a masked position.
    pub fn mask_id(&self) -> usize {
        self.vocab_size - 1
    }

    /// Checks what the fields' types cannot say.
    ///
    /// Errors: the first field that is out of range.
    pub fn check(&self) -> Result<(), UvitConfigError> {
        self.check_range()?;
        for (field, size, heads) in [
            (
                "num_attention_heads",
                self.hidden_size,
                self.num_attention_heads,
            ),
            (
                "block_num_heads",
                self.block_out_channels,
                self.block_num_heads,
            ),
        ] {
            if !size.is_multiple_of(heads) {
                return Err(wrong(
                    field,
                    format!("a divisor of the width, {size}"),
                    heads,
                ));
            }
        }
        if !self.micro_cond_encode_dim.is_multiple_of(2) {
            let found = self.micro_cond_encode_dim;
            return Err(wrong("micro_cond_encode_dim", "even".into(), found));
        }
        let all = MICRO_CONDITIONS * self.micro_cond_encode_dim;
        if self.micro_cond_embed_dim != all {
            let expected = format!("{MICRO_CONDITIONS} times `micro_cond_encode_dim`, {all}");
            let found = self.micro_cond_embed_dim;
            return Err(wrong("micro_cond_embed_dim", expected, found));
        }
        if self.vocab_size <= self.codebook_size {
            let expected = format!("above `codebook_size`, {}", self.codebook_size);
            return Err(wrong("vocab_size", expected, self.vocab_size));
        }
        if self.upsample != self.downsample {
            let expected = format!("as `downsample`, {}", self.downsample);
            return Err(wrong("upsample", expected, self.upsample));
        }
        if self.downsample && !self.sample_size.is_multiple_of(2) {
            let expected = "even where `downsample` is true".into();
            return Err(wrong("sample_size", expected, self.sample_size));
        }
        if !(self.layer_norm_eps.is_finite() && self.layer_norm_eps > 0.0) {
            let expected = "a positive number".into();
            return Err(wrong("layer_norm_eps", expected, self.layer_norm_eps));
        }
        Ok(())
    }

    fn check_range(&self) -> Result<(), UvitConfigError> {
        let sizes = [
            ("hidden_size", self.hidden_size),
            ("cond_embed_dim", self.cond_embed_dim),
            ("micro_cond_encode_dim", self.micro_cond_encode_dim),
            ("micro_cond_embed_dim", self.micro_cond_embed_dim),
            ("encoder_hidden_size", self.encoder_hidden_size),
            ("vocab_size", self.vocab_size),
            ("codebook_size", self.codebook_size),
            ("in_channels", self.in_channels),
            ("block_out_channels", self.block_out_channels),
            ("block_num_heads", self.block_num_heads),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("sample_size", self.sample_size),
        ];
        if let Some((field, expected, found)) = out_of_range(1, &sizes) {
            return Err(wrong(field, expected, found));
        }
        for (field, count) in [
            ("num_res_blocks", self.num_res_blocks),
            ("num_hidden_layers", self.num_hidden_layers),
        ] {
            if count > LARGEST {
                return Err(wrong(field, format!("at most {LARGEST}"), count));
            }
        }
        Ok(())
    }

    /// Compares the size of the network with the `held` numbers of its weights, before memory is taken for it.
    ///
    /// Errors: the network would be larger.
    pub fn check_held(&self, held: u128) -> Result<(), UvitConfigError> {
        let asked = self.parameters();
        if asked > held {
            return Err(UvitConfigError::Larger { asked, held });
        }
        Ok(())
    }

    /// How many numbers a network of these sizes learns.
    pub fn parameters(&self) -> u128 {
        let (hidden, block) = (self.hidden_size as u128, self.block_out_channels as u128);
        let (inputs, codes) = (self.in_channels as u128, self.codebook_size as u128);
        let inner = self.intermediate_size as u128;
        let biases = u128::from(self.use_bias);
        let gains = u128::from(self.ln_elementwise_affine);
        let linear = |from: u128, to: u128| from * to + biases * to;
        let norm = |width: u128| gains * width;
        let attention = |width: u128| 4 * linear(width, width);

        let conditions = (self.micro_cond_embed_dim + self.cond_embed_dim) as u128;
        let ends = linear(self.encoder_hidden_size as u128, hidden)
            + norm(hidden)
            + self.vocab_size as u128 * inputs
            + norm(inputs)
            + linear(inputs, block)
            + linear(conditions, hidden)
            + linear(hidden, hidden)
            + norm(block)
            + linear(block, hidden)
            + norm(hidden)
            + linear(hidden, block)
            + linear(block, inputs)
            + norm(inputs)
            + linear(inputs, codes);
        let mapper = u128::from(hidden != block) * linear(hidden, block);
        let mixing = (9 + biases) * block
            + norm(block)
            + linear(block, 4 * block)
            + 8 * block
            + linear(4 * block, block)
            + linear(hidden, 2 * block);
        let crossing = mapper + 2 * (block + attention(block));
        let resampling = u128::from(self.downsample) * (norm(block) + linear(4 * block, block));
        let layer = 3 * (linear(hidden, 2 * hidden) + norm(hidden))
            + biases * norm(hidden)
            + 2 * attention(hidden)
            + linear(hidden, 2 * inner)
            + linear(inner, hidden);
        ends + 2 * (self.num_res_blocks as u128 * (mixing + crossing) + resampling)
            + self.num_hidden_layers as u128 * layer
    }
}

fn wrong(field: &'static str, expected: String, found: impl std::fmt::Display) -> UvitConfigError {
    UvitConfigError::Size {
        field,
        expected,
        found: found.to_string(),
    }
}
