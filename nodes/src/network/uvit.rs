//! The U-ViT of aMUSEd: a transformer over codes that reads encoded text by cross-attention, between two blocks of
//! convolutions.

mod block;
mod config;
mod convolution;
mod file;
mod layer;
mod model;
mod network;
mod trained;

#[cfg(test)]
pub(crate) mod tests;

pub use config::{UvitConfig, UvitConfigError};
pub use model::{Condition, UvitModel};
pub use network::{Input, MICRO_CONDITIONS, Stages, UvitNetwork};
pub use trained::TrainedUvit;
