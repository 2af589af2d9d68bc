//! Numbers that are kept in one byte each, as numbers again.

pub(crate) mod parity;

use burn::backend::Dispatch;
use burn::tensor::{DType, FloatDType, Int, Tensor};

use crate::backend::TensorKernels;

/// Rows of whole numbers from −127 to 127 as the numbers they stand for, without gradients.
///
/// `out[r, c] = codes[r, c] · scales[r]`, rounded once, to `dtype`.
///
/// Shapes: `codes [rows, columns]` of i8, `scales [rows]` of f32 → `[rows, columns]`.
/// Panics: when the types are others, or there is not one scale for each row.
pub fn dequantise(codes: Tensor<2, Int>, scales: Tensor<1>, dtype: FloatDType) -> Tensor<2> {
    let [rows, columns] = codes.dims();
    assert!(
        codes.dtype() == DType::I8 && scales.dtype() == DType::F32 && scales.dims() == [rows],
        "dequantise: codes [{rows}, {columns}] of {:?} and scales {:?} of {:?}: expected one scale of f32 for each row \
         of i8",
        codes.dtype(),
        scales.dims(),
        scales.dtype()
    );
    let (codes, scales) = (codes.into_dispatch(), scales.into_dispatch());
    let numbers = <Dispatch as TensorKernels>::dequantise(codes, scales, dtype);
    Tensor::from_dispatch(numbers)
}
