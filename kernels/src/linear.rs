//! The linear layer, the operation that most of a network's time goes to.

pub(crate) mod parity;

use burn::backend::Dispatch;
use burn::tensor::{DType, FloatDType, Tensor};

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
    let weight = weight.into_dispatch();
    let y = match bias {
        Some(bias) => {
            assert_eq!(
                bias.dims(),
                [outputs],
                "linear: the bias must have one number for each of the {outputs} rows of weight"
            );
            <Dispatch as TensorKernels>::affine(x, weight, bias.into_dispatch())
        }
        None => <Dispatch as TensorKernels>::project(x, weight),
    };

    Tensor::<2>::from_dispatch(y).reshape(dims)
}

/// The scores of a head: a linear layer whose result is f32, whatever goes in.
///
/// `z = x·Wᵀ`
///
/// Operands of one type are multiplied as they are, products accumulate in f32; those of two types are widened first.
///
/// Shapes: `x [rows, in]`, `weight [codes, in]`, each bf16, f16 or f32 → `[rows, codes]`.
/// Panics: when the last dimensions differ.
pub fn logits(x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    let ([rows, inputs], [codes, width]) = (x.dims(), weight.dims());
    assert_eq!(
        inputs, width,
        "logits: x [{rows}, {inputs}] does not fit weight [{codes}, {width}]: the last dimensions must be equal"
    );
    let (x, weight) = if x.dtype() == weight.dtype() {
        (x, weight)
    } else {
        (x.cast(DType::F32), weight.cast(DType::F32))
    };
    let weight = weight.transpose().into_dispatch();
    let z = <Dispatch as TensorKernels>::product(x.into_dispatch(), weight, FloatDType::F32);
    Tensor::from_dispatch(z)
}
