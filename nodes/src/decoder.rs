//! Codes to pictures.

mod decode;
mod tiles;

pub use decode::DecodeTokens;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry.add::<DecodeTokens>();
}
