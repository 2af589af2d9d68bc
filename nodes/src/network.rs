//! The networks, one file for each, and the layers they share.

pub mod clip;
pub mod denoiser;
pub mod layers;
mod size;
pub mod tokenizer;
pub mod uvit;
pub mod vq;
pub mod weights;
