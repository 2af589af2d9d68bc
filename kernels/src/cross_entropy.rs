//! Cross-entropy over a codebook, also by neighbourhoods of codes, without ever holding rows × codes.

mod codebook;
mod objective;
pub(crate) mod parity;
#[cfg(any(feature = "cuda", test))]
pub(crate) mod plan;
mod terms;
#[cfg(test)]
mod tests;

use burn::backend::Dispatch;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

pub use objective::{GroupLevel, LEVELS_MAX, Objective, neighbour_shares};
pub use terms::Terms;

use crate::backend::TensorKernels;
use crate::lookup::add_rows;
use codebook::Codebook;
use terms::Form;

/// How much memory the loss may take beside its operands and gradients, and how much of the gradients may be missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chunk {
    /// Bytes of logits and of what is made of them. It is exceeded only where a few rows alone need more.
    pub bytes: usize,
    /// Probability below which a tile of 256 codes is left out of the gradients, where that is so for each of 128 rows
    /// and none of them picks a code of it; the loss is exact always. 0 leaves out nothing.
    ///
    /// Hopper cards skip, with bf16 operands whose width is a multiple of 8; everywhere else gradients are exact.
    pub skip: f32,
}

impl Default for Chunk {
    /// 576 MiB: what 1024 rows of a codebook of 262144 need on a card. Less is used where less will do.
    fn default() -> Self {
        Self {
            bytes: 576 << 20,
            skip: 0.0,
        }
    }
}

impl Chunk {
    /// Rows of f32 logits over `codes` codes in a chunk, at least one.
    pub(crate) fn rows(self, codes: usize) -> usize {
        (self.bytes / (size_of::<f32>() * codes.max(1))).max(1)
    }
}

/// Losses and the gradients of their weighted sum.
struct Found {
    /// `[rows]`, unweighted.
    rows: Tensor<1>,
    hidden: Tensor<2>,
    weight: Tensor<2>,
}

/// Cross-entropy of a linear head against target codes, with neighbourhoods as [`Objective`] says: `Σ weight · loss`
/// over the rows, `[1]`, in nats; differentiable in hidden vectors and head.
///
/// `z = W·h`, `loss = (lse z − z_y) + Σ_k λ_k·(lse z − lse_{C_k(y)} z)` for groups `C_k`; the other objectives replace
/// the parts of it. Logits are f32 and live a [`Chunk`] at a time; the gradients, exact unless it says otherwise, are formed
/// on the way:
/// `∂z = (1 + Σλ)·softmax z − [y] − Σ_k λ_k·[C_k]·e^{z − lse_{C_k}}`, `dH = ∂z·W`, `dW = ∂zᵀ·H`, summed in f32;
/// on a card, where rows take several passes and the head is bf16, the sum of the passes in `dW` is rounded to bf16 after
/// each of them.
/// Rows of weight 0 take no part: their gradient is exactly zero, whatever they hold.
///
/// Shapes: `hidden [rows, width]` (bf16, f16 or f32), `weight [codes, width]` (cast to the type of `hidden`; its
/// gradient has its own type), `targets [rows]` below `codes`, `row_weights [rows]`, none negative.
/// Panics: when shapes disagree.
/// Source: NLD-Image, grouped cross-entropy.
pub fn grouped_cross_entropy(
    hidden: Tensor<2>,
    weight: Tensor<2>,
    targets: Tensor<1, Int>,
    row_weights: &[f32],
    objective: &Objective,
    chunk: Chunk,
) -> Tensor<1> {
    let ([rows, width], [codes, _]) = (hidden.dims(), weight.dims());
    check(&hidden, &weight, &targets, objective);
    assert_eq!(
        row_weights.len(),
        rows,
        "cross-entropy: one weight for each of {rows} rows"
    );
    let device = hidden.device().inner();
    let present: Vec<usize> = (0..rows).filter(|row| row_weights[*row] > 0.0).collect();
    if present.is_empty() {
        let nothing = |shape: [usize; 2]| Tensor::zeros(shape, (&device, DType::F32));
        let sum = Tensor::zeros([1], (&device, DType::F32));
        let sum = attach_gradient(sum, hidden, nothing([rows, width]));
        return attach_gradient(sum, weight, nothing([codes, width]));
    }

    let weights: Vec<f32> = present.iter().map(|row| row_weights[*row]).collect();
    let count = present.len();
    let weights = Tensor::<1>::from_data(TensorData::new(weights, [count]), (&device, DType::F32));
    let (own_hidden, own_weight) = operands(&hidden, &weight);
    let targets = targets.without_autodiff();
    let found = if count == rows {
        with_gradients(
            own_hidden,
            own_weight,
            targets,
            weights.clone(),
            objective,
            chunk,
        )
    } else {
        let ids = indices(&present, &device);
        let found = with_gradients(
            own_hidden.select(0, ids.clone()),
            own_weight,
            targets.select(0, ids.clone()),
            weights.clone(),
            &objective.select(&ids),
            chunk,
        );
        Found {
            hidden: add_rows(found.hidden, ids, rows),
            ..found
        }
    };
    let sum = column_sum((found.rows * weights).unsqueeze_dim(1));
    let sum = attach_gradient(sum, hidden, found.hidden);
    attach_gradient(sum, weight, found.weight)
}

/// The loss of each row as in [`grouped_cross_entropy`], unweighted and without gradients, `[rows]`, in nats.
pub fn cross_entropy_rows(
    hidden: Tensor<2>,
    weight: Tensor<2>,
    targets: Tensor<1, Int>,
    objective: &Objective,
    chunk: Chunk,
) -> Tensor<1> {
    check(&hidden, &weight, &targets, objective);
    let (hidden, weight) = operands(&hidden, &weight);
    if hidden.dims()[0] == 0 {
        return Tensor::zeros([0], (&hidden.device(), DType::F32));
    }
    match objective.form(targets.without_autodiff()) {
        Form::Picks(terms, picks) => {
            Tensor::from_dispatch(<Dispatch as TensorKernels>::cross_entropy_losses(
                hidden.into_dispatch(),
                weight.into_dispatch(),
                picks.codes.into_dispatch(),
                picks.shares.into_dispatch(),
                terms,
                chunk,
            ))
        }
        Form::Codebook(draw) => Codebook::new(hidden, weight, draw, chunk).losses(),
    }
}

/// Losses and gradients of rows that all take part.
fn with_gradients(
    hidden: Tensor<2>,
    weight: Tensor<2>,
    targets: Tensor<1, Int>,
    row_weights: Tensor<1>,
    objective: &Objective,
    chunk: Chunk,
) -> Found {
    let (terms, picks) = match objective.form(targets) {
        Form::Picks(terms, picks) => (terms, picks),
        Form::Codebook(draw) => {
            let codebook = Codebook::new(hidden, weight, draw, chunk);
            return codebook.with_gradients(&row_weights.unsqueeze_dim(1));
        }
    };
    let (rows, hidden, weight) = <Dispatch as TensorKernels>::cross_entropy(
        hidden.into_dispatch(),
        weight.into_dispatch(),
        picks.codes.into_dispatch(),
        picks.shares.into_dispatch(),
        row_weights.into_dispatch(),
        terms,
        chunk,
    );
    Found {
        rows: Tensor::from_dispatch(rows),
        hidden: Tensor::from_dispatch(hidden),
        weight: Tensor::from_dispatch(weight),
    }
}

/// The operands off the autodiff graph; f16 hidden vectors become f32, which nothing overflows.
fn operands(hidden: &Tensor<2>, weight: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let hidden = hidden.clone().without_autodiff();
    let hidden = if hidden.dtype() == DType::F16 {
        hidden.cast(DType::F32)
    } else {
        hidden
    };
    (hidden, weight.clone().without_autodiff())
}

/// Row numbers on the device.
fn indices(rows: &[usize], device: &Device) -> Tensor<1, Int> {
    let rows: Vec<i32> = rows.iter().map(|row| *row as i32).collect();
    let count = rows.len();
    Tensor::from_data(TensorData::new(rows, [count]), device)
}

/// Refuses shapes that disagree.
fn check(hidden: &Tensor<2>, weight: &Tensor<2>, targets: &Tensor<1, Int>, objective: &Objective) {
    let ([rows, width], [codes, head]) = (hidden.dims(), weight.dims());
    assert_eq!(
        width, head,
        "cross-entropy: hidden vectors of {width} for a head of {head}"
    );
    assert_eq!(
        targets.dims(),
        [rows],
        "cross-entropy: one target for each of {rows} rows"
    );
    objective.check(rows, codes);
}

/// The sum over the rows, `[columns]`.
fn column_sum(x: Tensor<2>) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as TensorKernels>::column_sum(x.into_dispatch()))
}

/// `value`, from which `gradient` flows back to `x`.
fn attach_gradient(value: Tensor<1>, x: Tensor<2>, gradient: Tensor<2>) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as TensorKernels>::attach_gradient(
        value.into_dispatch(),
        x.into_dispatch(),
        gradient.into_dispatch(),
    ))
}
