//! Pictures to pictures.

mod concat;
pub mod sheet;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry.add::<concat::ConcatImages>();
}
