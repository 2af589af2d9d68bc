//! Codes by their places: what a network is trained with goes by the order of groups.

use crate::network::denoiser::{DenoiserNetwork, TrainedDenoiser};
use crate::network::weights::{Array, Weights};
use crate::value::Groups;

/// A fingerprint of all that a checkpoint takes for granted beside names and shapes.
pub(super) fn identity(start: &TrainedDenoiser, groups: &Groups) -> u64 {
    let mut hasher = blake3::Hasher::new();
    let config = serde_json::to_string(start.config()).unwrap_or_default();
    let _ = hasher.update(config.as_bytes());
    let _ = hasher.update(start.reader().file());
    let _ = hasher.update(bytemuck::cast_slice(groups.order()));
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

/// `network` with its codes in another order: the one at place `i` is the one that was at `order[i]`.
pub(super) fn reordered(network: DenoiserNetwork, order: &[u32]) -> DenoiserNetwork {
    if order
        .iter()
        .enumerate()
        .all(|(at, code)| at as u32 == *code)
    {
        return network;
    }
    let mut weights = Weights::of(&network);
    for name in [
        "encoder.gen_embedding.weight",
        "encoder.gen_predictor.weight",
    ] {
        let Some(Array { shape, values }) = weights.get(name).cloned() else {
            continue;
        };
        let width = shape[1];
        let mut moved = values.clone();
        for (row, from) in moved.chunks_exact_mut(width).zip(order) {
            let from = *from as usize * width;
            row.copy_from_slice(&values[from..from + width]);
        }
        weights.insert(
            name,
            Array {
                shape,
                values: moved,
            },
        );
    }
    // The names and shapes are the network's own.
    weights.fill(network.clone()).unwrap_or(network)
}
