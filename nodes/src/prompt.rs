//! Text as a denoiser reads it.

pub(crate) mod encode;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry.add::<encode::EncodePrompt>();
}
