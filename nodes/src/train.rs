//! Teaching a denoiser.

pub mod bench;
pub mod checkpoints;
pub mod gce;
mod groups;
pub mod optimiser;
pub mod room;
pub mod watch;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry.add::<groups::MakeGroups>().add::<gce::TrainGce>();
}
