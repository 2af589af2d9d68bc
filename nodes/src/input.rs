//! What comes from outside: text, numbers, pictures, datasets, composed scenes.

pub mod captions;
pub mod dataset;
mod file;
mod image;
mod mask;
mod number;
pub mod picture;
mod prompts;
mod scene_prompts;
pub mod scenes;
mod tensor;
mod text;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry
        .add::<text::TextInput>()
        .add::<number::NumberInput>()
        .add::<image::ImageInput>()
        .add::<mask::MaskInput>()
        .add::<tensor::TensorInput>()
        .add::<prompts::PromptsInput>()
        .add::<dataset::ReadDataset>()
        .add::<scenes::ComposedScenes>()
        .add::<scene_prompts::ScenePrompts>();
}
