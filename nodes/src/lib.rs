//! The method: one file per node, one per network.
//!
//! | part | modules |
//! |---|---|
//! | what passes between nodes | [`value`] |
//! | where tensors live | [`compute`] |

pub mod compute;
pub mod value;

use graph::registry::Registry;

/// Adds every built-in node, in palette order.
pub fn register(_registry: &mut Registry) {}
