//! The denoiser: a bidirectional transformer over a prompt and the cells of a picture.

mod branches;
mod cache;
mod config;
mod file;
mod layer;
mod network;
mod order;
pub(crate) mod published;
pub(crate) mod queue;
mod replay;
pub(crate) mod rotary;
pub mod synthetic;
mod text;
mod trained;

#[cfg(test)]
pub(crate) mod golden;
#[cfg(test)]
mod int8;
#[cfg(test)]
pub(crate) mod tests;

pub use config::{ConfigError, DenoiserConfig, PromptConfig, RopeConfig};
pub use layer::Layer;
pub use network::{DenoiserNetwork, Sequence};
pub use order::cell_order;
pub use rotary::Rotary;
pub use text::{TextError, TextReader, word_prompt, word_vocabulary};
pub use trained::TrainedDenoiser;
