//! Filling masked tokens.

pub mod bench;
mod cache;
pub mod damage;
mod draw;
mod edit;
mod noise;
mod pace;
mod picture;
mod queued;
pub mod rewind;
mod run;
mod settings;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use draw::{likeliest, pick_all};
pub use edit::{EditSamplerInputs, EditSamplerOutputs};
pub use noise::Noise;
pub use run::Start;
pub use settings::{Curve, EditSampler, Policy, RemaskRule, ResultTokens, Schedule, TokenChoice};

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry
        .add::<EditSampler>()
        .add::<rewind::RewindHistory>()
        .add::<damage::DamageTokens>();
}
