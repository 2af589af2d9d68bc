//! The linear layer, the operation that most of a network's time goes to.

pub(crate) mod parity;

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::backend::TensorKernels;

/// A linear layer: every vector along the last dimension times a matrix, plus a bias.
///
/// `y = x·Wᵀ + b`
///
/// `x` is bf16, f16 or f32; weight and bias are f32 masters and are cast to the type of `x` inside, so that the result
/// has the type of `x`, products accumulate in f32, and the gradients of weight and bias come back in f32.
///
/// Shapes: `x [.., in]`, `weight [out, in]` (as checkpoints store it), `bias [out]` → `[.., out]`.
/// Panics: when the last dimension of `x` is not that of `weight`, or `bias` has another length than `out`.
pub fn linear<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
) -> Tensor<D> {
    let mut dims = x.dims();
    let [outputs, inputs] = weight.dims();
    assert_eq!(
        dims[D - 1],
        inputs,
        "linear: x {dims:?} does not fit weight [{outputs}, {inputs}]: the last dimensions must be equal"
    );
    let rows: usize = dims[..D - 1].iter().product();
    dims[D - 1] = outputs;

    let x = x.reshape([rows, inputs]).into_dispatch();
    let mut y = <Dispatch as TensorKernels>::project(x, weight.into_dispatch());
    if let Some(bias) = bias {
        assert_eq!(
            bias.dims(),
            [outputs],
            "linear: the bias must have one number for each of the {outputs} rows of weight"
        );
        y = <Dispatch as TensorKernels>::add_bias(y, bias.into_dispatch());
    }

    Tensor::<2>::from_dispatch(y).reshape(dims)
}
