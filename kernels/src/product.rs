//! The batched matrix product that attention is made of.

pub(crate) mod parity;

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::backend::TensorKernels;

/// The matrix product of each pair of a batch, accumulated in f32.
///
/// `out[i] = a[i]·b[i]`
///
/// Operands may be transposed views (`swap_dims(1, 2)`): they are read as they lie.
///
/// Shapes: `a [batch, m, k]`, `b [batch, k, n]`, of one type (bf16, f16 or f32) → `[batch, m, n]` of that type.
/// Panics: when shapes or types disagree.
pub fn matmul(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    let ([batch, _, k], [batch_b, k_b, _]) = (a.dims(), b.dims());
    assert!(
        batch == batch_b && k == k_b,
        "matmul: a {:?} does not fit b {:?}: expected [batch, m, k] and [batch, k, n]",
        a.dims(),
        b.dims()
    );
    assert_eq!(
        a.dtype(),
        b.dtype(),
        "matmul: cast the operands to one type first"
    );

    let dtype = a.dtype().into();
    Tensor::from_dispatch(<Dispatch as TensorKernels>::product(
        a.into_dispatch(),
        b.into_dispatch(),
        dtype,
    ))
}
