//! Codes to pictures.

mod decode;
mod tiles;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry.add::<decode::DecodeTokens>();
}
