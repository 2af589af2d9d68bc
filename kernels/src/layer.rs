//! What a transformer's layer does between its products, each in one pass over memory.

pub(crate) mod parity;

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::backend::TensorKernels;
use crate::rows::matrix;

/// The halves `x₁`, `x₂` of every head's vector turned by the angles of its place; computed in f32, in the type of `x`.
///
/// `y₁ = x₁·cos − x₂·sin`, `y₂ = x₂·cos + x₁·sin`
///
/// What scales the vectors, such as attention's `1/√d`, may be a factor of both `cos` and `sin`.
/// `x` may be a view into what holds more than these heads.
///
/// Shapes: `x [batch, length, heads, width]`, `cos` and `sin [length, width / 2]` of f32 → the shape of `x`, dense.
/// Panics: when the angles do not fit `x`.
/// Source: Su et al., "RoFormer", 2021, with the pairs laid in halves.
pub fn rotate(x: Tensor<4>, cos: Tensor<2>, sin: Tensor<2>) -> Tensor<4> {
    let [_, length, _, width] = x.dims();
    assert!(
        width.is_multiple_of(2) && [cos.dims(), sin.dims()] == [[length, width / 2]; 2],
        "rotate: cos {:?} and sin {:?} must have an angle for each place and pair of x {:?}",
        cos.dims(),
        sin.dims(),
        x.dims()
    );
    let (cos, sin) = (cos.into_dispatch(), sin.into_dispatch());
    let y = <Dispatch as TensorKernels>::rotate(x.into_dispatch(), cos, sin);
    Tensor::from_dispatch(y)
}

/// The gate of a feed-forward layer; computed in f32, in the type of both.
///
/// `y = gate · sigmoid(gate) · up`
///
/// Shapes: `gate` and `up [.., channels]` of one type → the same.
/// Panics: when shapes or types differ.
/// Source: Shazeer, "GLU variants improve transformer", 2020.
pub fn swiglu<const D: usize>(gate: Tensor<D>, up: Tensor<D>) -> Tensor<D> {
    let dims = gate.dims();
    assert!(
        dims == up.dims() && gate.dtype() == up.dtype(),
        "swiglu: gate {dims:?} of {:?} and up {:?} of {:?} must be of one shape and type",
        gate.dtype(),
        up.dims(),
        up.dtype()
    );
    let (gate, up) = (matrix(gate).into_dispatch(), matrix(up).into_dispatch());
    let y = <Dispatch as TensorKernels>::swiglu(gate, up);
    Tensor::<2>::from_dispatch(y).reshape(dims)
}
