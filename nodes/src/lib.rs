//! The method: one file per node, one per network.
//!
//! | part | modules |
//! |---|---|
//! | nodes, a folder for each group of the palette | [`input`], [`tokenizer`], [`decoder`], [`prompt`], [`denoiser`], [`sample`], [`train`], [`evaluate`], [`image`], [`output`] |
//! | what passes between nodes | [`value`] |
//! | the models | [`network`] |
//! | where tensors live | [`compute`] |
//! | how values reach plugins | [`exchange`] |
//! | official numbers | [`golden`] |
//! | what a model folder is | [`recognise`] |

#[cfg(feature = "cuda")]
mod card;
mod clock;
pub mod compute;
pub mod decoder;
pub mod denoiser;
pub mod evaluate;
pub mod exchange;
pub mod golden;
pub mod image;
pub mod input;
pub mod network;
pub mod output;
pub mod prompt;
pub mod recognise;
pub mod sample;
pub mod tokenizer;
pub mod train;
pub mod value;

use graph::registry::Registry;

/// Adds every built-in node, in palette order.
pub fn register(registry: &mut Registry) {
    input::register(registry);
    tokenizer::register(registry);
    decoder::register(registry);
    prompt::register(registry);
    denoiser::register(registry);
    sample::register(registry);
    train::register(registry);
    evaluate::register(registry);
    image::register(registry);
    output::register(registry);
}
