//! Denoisers: made, loaded, saved, asked.

pub mod file;
mod load;
mod new;
mod save;
mod score;

#[cfg(test)]
mod tests;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry
        .add::<new::NewDenoiser>()
        .add::<load::LoadDenoiser>()
        .add::<save::SaveDenoiser>()
        .add::<score::ScoreTokens>();
}
