//! What comes from outside: text, numbers, pictures, datasets, composed scenes.

pub mod captions;
pub mod dataset;
pub mod picture;
pub mod scenes;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry
        .add::<dataset::ReadDataset>()
        .add::<scenes::ComposedScenes>();
}
