//! What leaves the graph: pictures, sheets, animations, curves, tensors.

mod animation;
mod curve;
pub mod drawing;
pub mod file;
mod grid;
mod image;
pub mod png;
mod tensor;
#[cfg(test)]
pub(crate) mod tests;
pub mod token_file;
mod tokens;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry
        .add::<image::ImageOutput>()
        .add::<grid::GridOutput>()
        .add::<tokens::TokensOutput>()
        .add::<animation::AnimationOutput>()
        .add::<curve::CurveOutput>()
        .add::<tensor::TensorOutput>();
}
