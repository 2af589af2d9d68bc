//! What comes from outside: text, numbers, pictures, datasets, composed scenes.

pub mod captions;
pub mod dataset;
mod number;
pub mod picture;
pub mod scenes;
mod text;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry
        .add::<text::TextInput>()
        .add::<number::NumberInput>()
        .add::<dataset::ReadDataset>()
        .add::<scenes::ComposedScenes>();
}
