//! CLIP's text encoder: text to vectors that other networks were trained with.

mod config;
mod encoder;
mod network;
mod text;

#[cfg(test)]
pub(crate) mod tests;

pub use config::{ClipConfig, ClipConfigError};
pub use encoder::{ClipEncoder, Encoded};
pub use network::ClipNetwork;
pub use text::{ClipReader, ClipTextError, Reading};
