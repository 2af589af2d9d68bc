//! Cross-entropy over a codebook, also by neighbourhoods of codes, without ever holding rows × codes.

mod objective;
pub(crate) mod parity;
mod rows;
#[cfg(test)]
mod tests;

use burn::backend::Dispatch;
use burn::tensor::{DType, Int, Tensor};

pub use objective::{GroupLevel, Objective, neighbour_shares};

use crate::backend::TensorKernels;
use rows::Rows;

/// How much of the logits is held at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Bytes of f32 logits; a few times as much is in use while a chunk is worked on.
    pub bytes: usize,
}

impl Default for Chunk {
    /// 64 MiB: large enough that launches cost nothing, small beside a model.
    fn default() -> Self {
        Self { bytes: 64 << 20 }
    }
}

impl Chunk {
    /// Rows of `vocabulary` logits in a chunk, at least one.
    fn rows(self, vocabulary: usize) -> usize {
        (self.bytes / (size_of::<f32>() * vocabulary.max(1))).max(1)
    }
}

/// What [`grouped_cross_entropy`] found.
#[derive(Clone, Debug)]
pub struct Loss {
    /// `Σ weight · loss` over the rows, `[1]`, in nats; differentiable in hidden vectors and head.
    pub sum: Tensor<1>,
    /// The loss of each row, unweighted, `[rows]`, in nats; without gradient.
    pub rows: Tensor<1>,
}

/// Cross-entropy of a linear head against target codes, with neighbourhoods as [`Objective`] says.
///
/// `z = W·h`, `loss = (lse z − z_y) + Σ_k λ_k·(lse z − lse_{C_k(y)} z)` for groups `C_k`; the other objectives replace
/// the parts of it. Logits are f32 and live a [`Chunk`] at a time; the gradients, exact, are formed on the way:
/// `∂z = (1 + Σλ)·softmax z − [y] − Σ_k λ_k·[C_k]·e^{z − lse_{C_k}}`, `dH = ∂z·W`, `dW = ∂zᵀ·H`, summed in f32.
/// Rows of weight 0 take no part: their gradient is exactly zero, whatever they hold.
///
/// Shapes: `hidden [rows, width]` (bf16, f16 or f32), `weight [codes, width]` (f32 master, cast to the type of
/// `hidden`), `targets [rows]` below `codes`, `row_weights [rows]` f32, none negative.
/// Panics: when shapes disagree.
/// Source: NLD-Image, grouped cross-entropy.
pub fn grouped_cross_entropy(
    hidden: Tensor<2>,
    weight: Tensor<2>,
    targets: Tensor<1, Int>,
    row_weights: Tensor<1>,
    objective: &Objective,
    chunk: Chunk,
) -> Loss {
    let rows = Rows::new(&hidden, &weight, targets, row_weights, objective, chunk);
    let found = rows.with_gradients(objective);
    let with_hidden = attach_gradient(found.sum, hidden, found.hidden);
    Loss {
        sum: attach_gradient(with_hidden, weight, found.weight),
        rows: found.rows,
    }
}

/// The loss of each row as in [`grouped_cross_entropy`], unweighted and without gradients, `[rows]`, in nats.
pub fn cross_entropy_rows(
    hidden: Tensor<2>,
    weight: Tensor<2>,
    targets: Tensor<1, Int>,
    objective: &Objective,
    chunk: Chunk,
) -> Tensor<1> {
    let row_weights = Tensor::ones(targets.dims(), (&hidden.device(), DType::F32));
    Rows::new(&hidden, &weight, targets, row_weights, objective, chunk).losses(objective)
}

/// `value`, from which `gradient` flows back to `x`.
fn attach_gradient(value: Tensor<1>, x: Tensor<2>, gradient: Tensor<2>) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as TensorKernels>::attach_gradient(
        value.into_dispatch(),
        x.into_dispatch(),
        gradient.into_dispatch(),
    ))
}
