//! Reductions of matrices in burn's own operations: the definition, and the fast way of the CPU.

use burn::backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn::tensor::{FloatDType, Shape};

use super::cast;

/// The sum over all rows, in f32: `[rows, columns] → [columns]`.
pub(super) fn column_sum<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let columns = x.shape()[1];
    let sum = B::float_sum_dim(cast::<B>(x, FloatDType::F32), 0);
    B::float_reshape(sum, Shape::new([columns]))
}

/// `log Σ e^x` of each row, in f32: `[rows, columns] → [rows]`.
pub(super) fn log_sum_exp<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let rows = x.shape()[0];
    let x = cast::<B>(x, FloatDType::F32);
    let largest = B::float_max_dim(x.clone(), 1);
    // A row of −∞ alone would give −∞ − (−∞).
    let largest = B::float_clamp_min(largest, f32::MIN.into());
    let sum = B::float_sum_dim(B::float_exp(B::float_sub(x, largest.clone())), 1);
    let lse = B::float_add(B::float_log(sum), largest);
    B::float_reshape(lse, Shape::new([rows]))
}
