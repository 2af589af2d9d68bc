//! What passes between nodes: each type with its shape law.

mod curve;
mod dataset;
mod denoiser;
mod feature_cache;
mod groups;
mod guidance;
mod history;
mod image;
mod mask;
mod prompt;
mod scores;
mod step_queue;
mod tokenizer;
mod tokens;

pub use curve::Curve;
pub use dataset::{Dataset, Example, Pixels, Samples, Truth, TruthObject};
pub use denoiser::{Denoiser, Query, Scorer};
pub use feature_cache::{FeatureCache, Reuse, Work};
pub use groups::{Groups, GroupsError};
pub use guidance::{Guidance, Lead};
pub use history::{Step, TokenHistory};
pub use image::{Image, ImageError};
pub use mask::{Mask, MaskError};
pub use prompt::{MicroConditions, Prompt};
pub use scores::Scores;
pub use step_queue::{Opening, QueuedStep, QueuedTurn, StepQueue};
pub use tokenizer::{Codec, Tokenizer, grid};
pub use tokens::{Grid, Tokens, TokensError};
