//! The loss against shares of the whole codebook, a chunk of rows at a time.

use burn::backend::Dispatch;
use burn::tensor::{DType, Tensor};

use super::terms::Draw;
use super::{Chunk, Found, column_sum};
use crate::backend::TensorKernels;
use crate::rows::log_sum_exp;

/// Hidden vectors and head, and by how much each row's latent is drawn to each code.
pub(super) struct Codebook {
    hidden: Tensor<2>,
    /// In the type of `hidden`.
    weight: Tensor<2>,
    draw: Draw,
    chunk: Chunk,
}

/// What a chunk of rows came to.
struct Scored {
    logits: Tensor<2>,
    /// Log-sum-exp of each row, `[rows, 1]`.
    lse: Tensor<2>,
    /// What each code counts for each row.
    shares: Tensor<2>,
    /// `[rows, 1]`.
    losses: Tensor<2>,
}

impl Codebook {
    pub(super) fn new(hidden: Tensor<2>, weight: Tensor<2>, draw: Draw, chunk: Chunk) -> Self {
        Self {
            weight: weight.cast(hidden.dtype()),
            hidden,
            draw,
            chunk,
        }
    }

    /// The loss of each row, `[rows]`.
    pub(super) fn losses(&self) -> Tensor<1> {
        let losses = self
            .chunks()
            .map(|(first, end)| self.score(first, end).losses)
            .collect();
        Tensor::cat(losses, 0).squeeze_dim(1)
    }

    /// Losses, and the gradients of their sum weighted by `row_weights`, `[rows, 1]`.
    pub(super) fn with_gradients(&self, row_weights: &Tensor<2>) -> Found {
        let (mut losses, mut hidden) = (Vec::new(), Vec::new());
        let mut weight: Option<Tensor<2>> = None;
        for (first, end) in self.chunks() {
            let scored = self.score(first, end);
            losses.push(scored.losses);

            let own = self.hidden.dtype();
            let slope = (scored.logits - scored.lse).exp() - scored.shares;
            let slope = slope * row_weights.clone().slice_dim(0, first..end);
            let slope = slope.cast(own);
            hidden.push(product(slope.clone(), self.weight.clone(), own));
            let rows = self.hidden.clone().slice_dim(0, first..end);
            let share = product(slope.transpose(), rows, DType::F32);
            weight = Some(match weight {
                Some(sum) => sum + share,
                None => share,
            });
        }
        Found {
            rows: Tensor::cat(losses, 0).squeeze_dim(1),
            hidden: Tensor::cat(hidden, 0),
            weight: weight.expect("there are rows, so there is a chunk"),
        }
    }

    /// First row and end of each chunk.
    fn chunks(&self) -> impl Iterator<Item = (usize, usize)> {
        let ([rows, _], [codes, _]) = (self.hidden.dims(), self.weight.dims());
        let per_chunk = self.chunk.rows(codes);
        (0..rows)
            .step_by(per_chunk)
            .map(move |first| (first, (first + per_chunk).min(rows)))
    }

    fn score(&self, first: usize, end: usize) -> Scored {
        let hidden = self.hidden.clone().slice_dim(0, first..end);
        let latents = self.draw.latents.clone().slice_dim(0, first..end);
        let logits = product(hidden, self.weight.clone().transpose(), DType::F32);
        let lse = log_sum_exp(logits.clone()).unsqueeze_dim(1);
        let closeness = closeness(latents, self.draw.embeddings.clone()) / self.draw.temperature;
        let all: Tensor<2> = log_sum_exp(closeness.clone()).unsqueeze_dim(1);
        let shares = (closeness - all).exp();
        let losses = lse.clone() - (logits.clone() * shares.clone()).sum_dim(1);
        Scored {
            logits,
            lse,
            shares,
            losses,
        }
    }
}

/// `2·a·b − ‖b‖²` for all pairs: `−‖a − b‖²` but for `‖a‖²`, which is the same along a row, so that a softmax takes no
/// notice of it. `[rows, e] × [codes, e] → [rows, codes]`, in f32.
fn closeness(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let (a, b) = (a.cast(DType::F32), b.cast(DType::F32).transpose());
    let squares = column_sum(b.clone() * b.clone()).unsqueeze_dim(0);
    product(a, b, DType::F32) * 2.0 - squares
}

/// `a·b` in `dtype`.
fn product(a: Tensor<2>, b: Tensor<2>, dtype: DType) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as TensorKernels>::product(
        a.into_dispatch(),
        b.into_dispatch(),
        dtype.into(),
    ))
}
