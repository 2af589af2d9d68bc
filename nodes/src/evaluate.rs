//! How good a tokenizer, a denoiser, a sampler is.

mod denoiser;
mod editing;
mod reconstruction;
pub mod scenes;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry
        .add::<reconstruction::EvaluateReconstruction>()
        .add::<denoiser::EvaluateDenoiser>()
        .add::<editing::EditingEvaluation>()
        .add::<scenes::EvaluateScenes>();
}
