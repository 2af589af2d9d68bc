//! The 3×3 neighbourhoods of a picture laid side by side, so that a convolution becomes a linear layer.

pub(crate) mod parity;

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::backend::TensorKernels;

/// The nine neighbours of each position side by side, zero beyond the border.
///
/// `out[b, y, x, (3·v + u)·channels + c] = x[b, y + v − 1, x + u − 1, c]`
///
/// A 3×3 convolution is `linear(unfold_3x3(x), w, bias)` with `w [out, 9·channels]`, which is a checkpoint's
/// `[out, channels, 3, 3]` after `permute([0, 2, 3, 1])`.
///
/// Shapes: `x [batch, height, width, channels]` → `[batch, height, width, 9·channels]`.
pub fn unfold_3x3(x: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as TensorKernels>::unfold(x.into_dispatch()))
}
