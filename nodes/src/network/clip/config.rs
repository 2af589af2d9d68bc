//! The sizes of a text encoder.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::network::size::out_of_range;

/// The sizes of a text encoder under the names of its `config.json`; what the file leaves out is as transformers has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClipConfig {
    /// How many different ids a text may hold.
    pub vocab_size: usize,
    /// Numbers a vector has.
    pub hidden_size: usize,
    /// Numbers between the two halves of a feed-forward layer.
    pub intermediate_size: usize,
    /// Numbers the vector of a whole text has.
    pub projection_dim: usize,
    /// How many layers there are.
    pub num_hidden_layers: usize,
    /// Heads of attention.
    pub num_attention_heads: usize,
    /// How many ids a text has.
    pub max_position_embeddings: usize,
    /// What bends the numbers within a feed-forward layer.
    pub hidden_act: Activation,
    /// What keeps the norms finite.
    pub layer_norm_eps: f64,
    /// The id behind a text; 2 stands for the largest id of a text, as early files have it.
    pub eos_token_id: u32,
}

/// What bends the numbers within a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x · σ(1.702 x)`
    QuickGelu,
    /// `x · Φ(x)`
    Gelu,
}

impl Default for ClipConfig {
    fn default() -> Self {
        Self {
            vocab_size: 49408,
            hidden_size: 512,
            intermediate_size: 2048,
            projection_dim: 512,
            num_hidden_layers: 12,
            num_attention_heads: 8,
            max_position_embeddings: 77,
            hidden_act: Activation::QuickGelu,
            layer_norm_eps: 1e-5,
            eos_token_id: 49407,
        }
    }
}

/// Why a configuration makes no text encoder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClipConfigError {
    /// The file belongs to something else.
    #[error("`architectures` must name `{}`, but is {found}", ClipConfig::CLASS)]
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

impl ClipConfig {
    /// What `architectures` names.
    pub const CLASS: &'static str = "CLIPTextModelWithProjection";

    /// The id of the end in early files, which is none of the vocabulary's ends.
    pub const EARLY_END: u32 = 2;

    /// The configuration that a `config.json` holds, checked.
    ///
    /// Errors: it belongs to something else, or a size is out of range.
    pub fn of(file: &Value) -> Result<Self, ClipConfigError> {
        let classes = file.get("architectures");
        let named = classes.and_then(Value::as_array);
        if !named.is_some_and(|named| named.iter().any(|class| class == Self::CLASS)) {
            return Err(ClipConfigError::Class {
                found: classes.map_or_else(|| "missing".into(), Value::to_string),
            });
        }
        let config: Self = serde_json::from_value(file.clone())
            .map_err(|error| ClipConfigError::Field(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// Checks what the fields' types cannot say.
    ///
    /// Errors: the first field that is out of range.
    pub fn check(&self) -> Result<(), ClipConfigError> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("intermediate_size", self.intermediate_size),
            ("projection_dim", self.projection_dim),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
        ];
        if let Some((field, expected, found)) = out_of_range(1, &sizes) {
            return Err(wrong(field, expected, found));
        }
        // Start and end stand in every text.
        let positions = [("max_position_embeddings", self.max_position_embeddings)];
        if let Some((field, expected, found)) = out_of_range(2, &positions) {
            return Err(wrong(field, expected, found));
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let expected = format!("a divisor of `hidden_size`, {}", self.hidden_size);
            let found = self.num_attention_heads;
            return Err(wrong("num_attention_heads", expected, found));
        }
        if !(self.layer_norm_eps.is_finite() && self.layer_norm_eps > 0.0) {
            let expected = "a positive number".into();
            return Err(wrong("layer_norm_eps", expected, self.layer_norm_eps));
        }
        Ok(())
    }

    /// Compares the size of the network with the `held` numbers of its weights, before memory is taken for it.
    ///
    /// Errors: the network would be larger.
    pub fn check_held(&self, held: u128) -> Result<(), ClipConfigError> {
        let asked = self.parameters();
        if asked > held {
            return Err(ClipConfigError::Larger { asked, held });
        }
        Ok(())
    }

    /// How many numbers a network of these sizes learns.
    pub fn parameters(&self) -> u128 {
        let (width, inner) = (self.hidden_size as u128, self.intermediate_size as u128);
        let ids = (self.vocab_size + self.max_position_embeddings) as u128;
        let layer = 4 * (width * width + width) + 4 * width + 2 * width * inner + inner + width;
        ids * width
            + self.num_hidden_layers as u128 * layer
            + 2 * width
            + width * self.projection_dim as u128
    }
}

fn wrong(field: &'static str, expected: String, found: impl std::fmt::Display) -> ClipConfigError {
    ClipConfigError::Size {
        field,
        expected,
        found: found.to_string(),
    }
}
