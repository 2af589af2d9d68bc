//! Work on the rows of matrices.

use burn::backend::{
    Backend, TensorMetadata,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{FloatDType, IndexingUpdateOp, IntDType, Shape};

use crate::backend::{TensorKernels, cast};

/// `y + b` for each row: `[rows, columns] + [columns]`, both of one type.
pub(in crate::backend) fn add_to_rows<B: Backend>(
    y: FloatTensor<B>,
    bias: FloatTensor<B>,
) -> FloatTensor<B> {
    let columns = bias.shape().num_elements();
    B::float_add(y, B::float_reshape(bias, Shape::new([1, columns])))
}

/// The sum over all rows, in f32: `[rows, columns] → [columns]`.
pub(in crate::backend) fn column_sum<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let columns = x.shape()[1];
    let sum = B::float_sum_dim(cast::<B>(x, FloatDType::F32), 0);
    B::float_reshape(sum, Shape::new([columns]))
}

/// The mean of each row, in f32: `[rows, columns] → [rows]`.
pub(in crate::backend) fn row_mean<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let rows = x.shape()[0];
    let mean = B::float_mean_dim(cast::<B>(x, FloatDType::F32), 1);
    B::float_reshape(mean, Shape::new([rows]))
}

/// The sum of the rows that have each number: `[n, width]` and `[n]` → `[rows, width]` in `dtype`, added up in f32.
pub(in crate::backend) fn add_rows<B: Backend>(
    x: FloatTensor<B>,
    ids: IntTensor<B>,
    rows: usize,
    dtype: FloatDType,
) -> FloatTensor<B> {
    let shape = Shape::new([rows, x.shape()[1]]);
    let zeros = B::float_zeros(shape, &x.device(), FloatDType::F32);
    let x = cast::<B>(x, FloatDType::F32);
    let sums = B::float_select_assign(zeros, 0, ids, x, IndexingUpdateOp::Add);
    cast::<B>(sums, dtype)
}

/// `log Σ e^x` of each row, in f32: `[rows, columns] → [rows]`.
pub(in crate::backend) fn log_sum_exp<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let rows = x.shape()[0];
    let x = cast::<B>(x, FloatDType::F32);
    let largest = B::float_max_dim(x.clone(), 1);
    // A row of −∞ alone would give −∞ − (−∞).
    let largest = B::float_clamp_min(largest, f32::MIN.into());
    let sum = B::float_sum_dim(B::float_exp(B::float_sub(x, largest.clone())), 1);
    let lse = B::float_add(B::float_log(sum), largest);
    B::float_reshape(lse, Shape::new([rows]))
}

/// The first place of the largest number of each row, as i32: `[rows, columns] → [rows]`.
pub(in crate::backend) fn argmax<B: Backend>(x: FloatTensor<B>) -> IntTensor<B> {
    let rows = x.shape()[0];
    B::int_reshape(B::float_argmax(x, 1, IntDType::I32), Shape::new([rows]))
}

/// `softmax(scale·x)` of each row, computed in f32.
pub(in crate::backend) fn softmax<B: Backend>(x: FloatTensor<B>, scale: f32) -> FloatTensor<B> {
    let dtype = x.dtype().into();
    let x = B::float_mul_scalar(cast::<B>(x, FloatDType::F32), scale.into());
    cast::<B>(B::softmax(x, 1), dtype)
}

/// `scale·y·(g − Σ g·y)` of each row, computed in f32.
pub(in crate::backend) fn softmax_backward<B: Backend>(
    y: FloatTensor<B>,
    grad: FloatTensor<B>,
    scale: f32,
) -> FloatTensor<B> {
    let dtype = y.dtype().into();
    let (y, grad) = (
        cast::<B>(y, FloatDType::F32),
        cast::<B>(grad, FloatDType::F32),
    );
    let dot = B::float_sum_dim(B::float_mul(y.clone(), grad.clone()), 1);
    let gradient = B::float_mul(y, B::float_sub(grad, dot));
    cast::<B>(B::float_mul_scalar(gradient, scale.into()), dtype)
}

/// `x / √(mean x² + ε)` of each row, computed in f32.
pub(in crate::backend) fn rms_norm<B: Backend>(x: FloatTensor<B>, epsilon: f32) -> FloatTensor<B> {
    let dtype = x.dtype().into();
    let x = cast::<B>(x, FloatDType::F32);
    let factor = inverse_root::<B>(x.clone(), epsilon);
    cast::<B>(B::float_mul(x, factor), dtype)
}

/// `f·(g − f²·x·mean(g·x))` of each row with `f = 1 / √(mean x² + ε)`, computed in f32.
pub(in crate::backend) fn rms_norm_backward<B: Backend>(
    x: FloatTensor<B>,
    grad: FloatTensor<B>,
    epsilon: f32,
) -> FloatTensor<B> {
    let dtype = x.dtype().into();
    let (x, grad) = (
        cast::<B>(x, FloatDType::F32),
        cast::<B>(grad, FloatDType::F32),
    );
    let factor = inverse_root::<B>(x.clone(), epsilon);
    let x = B::float_mul(x, factor.clone());
    let mean = B::float_mean_dim(B::float_mul(grad.clone(), x.clone()), 1);
    let gradient = B::float_sub(grad, B::float_mul(x, mean));
    cast::<B>(B::float_mul(gradient, factor), dtype)
}

/// `s · round(x / s)`, where `s` is the largest size in the row through `steps`, in f32: `[rows, columns]` → the same.
pub(in crate::backend) fn round_rows<B: TensorKernels>(
    x: FloatTensor<B>,
    steps: f32,
) -> FloatTensor<B> {
    let x = cast::<B>(x, FloatDType::F32);
    let sizes = B::float_abs(x.clone());
    let places = Shape::new([x.shape()[0], 1]);
    let places = B::int_reshape(B::argmax(sizes.clone()), places);
    let largest = B::float_gather(1, sizes, places);
    // A row of zeros stays one.
    let scale = B::float_div_scalar(largest, steps.into());
    let scale = B::float_clamp_min(scale, f32::MIN_POSITIVE.into());
    B::float_mul(B::float_round(B::float_div(x, scale.clone())), scale)
}

/// `code · scale` of each row, computed in f32, in `dtype`.
pub(in crate::backend) fn dequantise<B: Backend>(
    codes: IntTensor<B>,
    scales: FloatTensor<B>,
    dtype: FloatDType,
) -> FloatTensor<B> {
    let rows = codes.shape()[0];
    let numbers = B::int_into_float(codes, FloatDType::F32);
    let scales = B::float_reshape(scales, Shape::new([rows, 1]));
    cast::<B>(B::float_mul(numbers, scales), dtype)
}

/// `1 / √(mean x² + ε)` of each row, `[rows, 1]`.
pub(super) fn inverse_root<B: Backend>(x: FloatTensor<B>, epsilon: f32) -> FloatTensor<B> {
    let square = B::float_mean_dim(B::float_mul(x.clone(), x), 1);
    B::float_recip(B::float_sqrt(B::float_add_scalar(square, epsilon.into())))
}
