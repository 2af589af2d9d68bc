//! Teaching a denoiser.

pub mod optimiser;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(_registry: &mut Registry) {}
