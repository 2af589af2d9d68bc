//! The networks, one file for each, and the layers they share.

pub mod denoiser;
pub mod layers;
pub mod tokenizer;
pub mod vq;
pub mod weights;
