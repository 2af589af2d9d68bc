//! Pictures to codes: loading, encoding, training.

mod batches;
mod bench;
mod encode;
mod encode_dataset;
pub(crate) mod figures;
pub mod file;
mod load;
mod save;
mod train;

#[cfg(test)]
pub(crate) mod tests;

pub use bench::{Direction, bench};
pub use load::PictureType;

use graph::registry::Registry;

/// Adds the nodes of this group, in palette order.
pub fn register(registry: &mut Registry) {
    let _ = registry
        .add::<load::LoadTokenizer>()
        .add::<encode::EncodeImage>()
        .add::<encode_dataset::EncodeDataset>()
        .add::<train::TrainTokenizer>()
        .add::<save::SaveTokenizer>();
}
