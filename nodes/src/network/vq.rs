//! Published tokenizers: convolutional encoder, learned codebook, convolutional decoder, in four layouts.
//!
//! One network serves them all; what differs is where attention stands, how codes are matched, and what things are called.

mod block;
mod codec;
mod config;
mod ema;
mod file;
mod keys;
mod network;
mod published;

#[cfg(test)]
mod tests;

pub use codec::VqTokenizer;
pub use config::{Layout, Matching, PixelRange, VqConfig, VqConfigError};
pub use file::keys_of;
pub use network::VqNetwork;
pub use published::{Origin, Published, PublishedError};
