//! Pictures to codes: loading, encoding, training.

mod encode;
mod load;
mod save;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry
        .add::<load::LoadTokenizer>()
        .add::<encode::EncodeImage>()
        .add::<save::SaveTokenizer>();
}
