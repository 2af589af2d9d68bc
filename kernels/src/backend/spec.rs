//! What operations will return, known before they run.

use burn::backend::fusion::custom::TensorSpec;
use burn::tensor::{DType, FloatDType, Shape};

use super::head_gradient;
use crate::Resolution;
use crate::cross_entropy::{Chunk, Terms};

/// What [`product`](super::TensorKernels::product) will return.
pub(super) fn product(a: &TensorSpec, b: &TensorSpec, dtype: &FloatDType) -> TensorSpec {
    let rank = a.shape.num_dims();
    let mut shape = a.shape.clone();
    shape[rank - 1] = b.shape[rank - 1];
    TensorSpec::new(shape, (*dtype).into())
}

/// What [`product_with_bias`](super::TensorKernels::product_with_bias) will return.
pub(super) fn product_with_bias(a: &TensorSpec, b: &TensorSpec, _: &TensorSpec) -> TensorSpec {
    product(a, b, &a.dtype.into())
}

/// What [`column_sum`](super::TensorKernels::column_sum) will return.
pub(super) fn column_sum(x: &TensorSpec) -> TensorSpec {
    TensorSpec::new(Shape::new([x.shape[1]]), DType::F32)
}

/// What [`row_mean`](super::TensorKernels::row_mean) will return.
pub(super) fn row_mean(x: &TensorSpec) -> TensorSpec {
    TensorSpec::new(Shape::new([x.shape[0]]), DType::F32)
}

/// What [`log_sum_exp`](super::TensorKernels::log_sum_exp) will return.
pub(super) fn log_sum_exp(x: &TensorSpec) -> TensorSpec {
    TensorSpec::new(Shape::new([x.shape[0]]), DType::F32)
}

/// What [`argmax`](super::TensorKernels::argmax) will return.
pub(super) fn argmax(x: &TensorSpec) -> TensorSpec {
    TensorSpec::new(Shape::new([x.shape[0]]), DType::I32)
}

/// What [`lookup`](super::TensorKernels::lookup) will return.
pub(super) fn lookup(table: &TensorSpec, ids: &TensorSpec, dtype: &FloatDType) -> TensorSpec {
    let shape = Shape::new([ids.shape[0], table.shape[1]]);
    TensorSpec::new(shape, (*dtype).into())
}

/// What [`add_rows`](super::TensorKernels::add_rows) will return.
pub(super) fn add_rows(
    x: &TensorSpec,
    _: &TensorSpec,
    rows: &usize,
    dtype: &FloatDType,
) -> TensorSpec {
    TensorSpec::new(Shape::new([*rows, x.shape[1]]), (*dtype).into())
}

/// What [`attend`](super::TensorKernels::attend) will return.
pub(super) fn attend(
    queries: &TensorSpec,
    _: &TensorSpec,
    _: &TensorSpec,
    _: &f32,
) -> (TensorSpec, TensorSpec) {
    let [batch, length, heads] = [0, 1, 2].map(|dim| queries.shape[dim]);
    let sums = TensorSpec::new(Shape::new([batch, heads, length]), DType::F32);
    (queries.clone(), sums)
}

/// What [`attend_backward`](super::TensorKernels::attend_backward) will return.
pub(super) fn attend_backward(
    queries: &TensorSpec,
    keys: &TensorSpec,
    values: &TensorSpec,
    _: &TensorSpec,
    _: &TensorSpec,
    _: &TensorSpec,
    _: &f32,
) -> (TensorSpec, TensorSpec, TensorSpec) {
    (queries.clone(), keys.clone(), values.clone())
}

/// What [`add_rms_norm`](super::TensorKernels::add_rms_norm) will return.
pub(super) fn add_rms_norm(x: &TensorSpec, _: &TensorSpec, _: &f32) -> (TensorSpec, TensorSpec) {
    (x.clone(), x.clone())
}

/// What [`add_gained_rms_norm`](super::TensorKernels::add_gained_rms_norm) will return.
pub(super) fn add_gained_rms_norm(
    x: &TensorSpec,
    _: &TensorSpec,
    _: &TensorSpec,
    _: &f32,
) -> (TensorSpec, TensorSpec) {
    (x.clone(), x.clone())
}

/// What [`swiglu_backward`](super::TensorKernels::swiglu_backward) will return.
pub(super) fn swiglu_backward(
    gate: &TensorSpec,
    up: &TensorSpec,
    _: &TensorSpec,
) -> (TensorSpec, TensorSpec) {
    (gate.clone(), up.clone())
}

/// What [`likeliest`](super::TensorKernels::likeliest) will return.
pub(super) fn likeliest(logits: &TensorSpec) -> (TensorSpec, TensorSpec) {
    let rows = Shape::new([logits.shape[0]]);
    let tokens = TensorSpec::new(rows.clone(), DType::I32);
    (tokens, TensorSpec::new(rows, DType::F32))
}

/// What [`plausible`](super::TensorKernels::plausible) will return.
pub(super) fn plausible(guided: &TensorSpec, _: &TensorSpec, _: &f32) -> TensorSpec {
    TensorSpec::new(guided.shape.clone(), DType::F32)
}

/// What [`draw`](super::TensorKernels::draw) will return.
pub(super) fn draw(logits: &TensorSpec, _: &TensorSpec, _: &f32) -> (TensorSpec, TensorSpec) {
    likeliest(logits)
}

/// What [`draw_judged`](super::TensorKernels::draw_judged) will return.
pub(super) fn draw_judged(
    guided: &TensorSpec,
    _: &TensorSpec,
    _: &TensorSpec,
    _: &f32,
    _: &f32,
) -> (TensorSpec, TensorSpec) {
    likeliest(guided)
}

/// What [`from_bits`](super::TensorKernels::from_bits) will return.
pub(super) fn from_bits(bits: &TensorSpec) -> TensorSpec {
    TensorSpec::new(bits.shape.clone(), DType::F32)
}

/// What [`step`](super::TensorKernels::step) will return.
pub(super) fn step(
    _: &TensorSpec,
    _: &TensorSpec,
    codes: &TensorSpec,
    _: &TensorSpec,
    _: &TensorSpec,
    _: &u32,
) -> TensorSpec {
    let shape = Shape::new([4 * codes.shape[0], codes.shape[1]]);
    TensorSpec::new(shape, DType::I32)
}

/// What [`round_rows`](super::TensorKernels::round_rows) will return.
pub(super) fn round_rows(x: &TensorSpec, _: &f32) -> TensorSpec {
    TensorSpec::new(x.shape.clone(), DType::F32)
}

/// What [`dequantise`](super::TensorKernels::dequantise) will return.
pub(super) fn dequantise(codes: &TensorSpec, _: &TensorSpec, dtype: &FloatDType) -> TensorSpec {
    TensorSpec::new(codes.shape.clone(), (*dtype).into())
}

/// What [`cross_entropy`](super::TensorKernels::cross_entropy) will return.
pub(super) fn cross_entropy(
    hidden: &TensorSpec,
    weight: &TensorSpec,
    _: &TensorSpec,
    _: &TensorSpec,
    _: &TensorSpec,
    _: &Terms,
    _: &Chunk,
) -> (TensorSpec, TensorSpec, TensorSpec) {
    let losses = TensorSpec::new(Shape::new([hidden.shape[0]]), DType::F32);
    let dtype = head_gradient(hidden.dtype, weight.dtype);
    let head = TensorSpec::new(weight.shape.clone(), dtype);
    (losses, hidden.clone(), head)
}

/// What [`cross_entropy_losses`](super::TensorKernels::cross_entropy_losses) will return.
pub(super) fn cross_entropy_losses(
    hidden: &TensorSpec,
    _: &TensorSpec,
    _: &TensorSpec,
    _: &TensorSpec,
    _: &Terms,
    _: &Chunk,
) -> TensorSpec {
    TensorSpec::new(Shape::new([hidden.shape[0]]), DType::F32)
}

/// What [`unfold`](super::TensorKernels::unfold) will return.
pub(super) fn unfold(x: &TensorSpec) -> TensorSpec {
    let mut shape = x.shape.clone();
    shape[3] *= 9;
    TensorSpec::new(shape, x.dtype)
}

/// What [`convolution`](super::TensorKernels::convolution) will return.
pub(super) fn convolution(
    x: &TensorSpec,
    weight: &TensorSpec,
    _: &TensorSpec,
    resolution: &Resolution,
) -> TensorSpec {
    let [height, width] = resolution.sides([x.shape[1], x.shape[2]]);
    TensorSpec::new(
        Shape::new([x.shape[0], height, width, weight.shape[0]]),
        x.dtype,
    )
}

/// What [`convolution_added`](super::TensorKernels::convolution_added) will return.
pub(super) fn convolution_added(
    x: &TensorSpec,
    weight: &TensorSpec,
    bias: &TensorSpec,
    _: &TensorSpec,
    resolution: &Resolution,
) -> TensorSpec {
    convolution(x, weight, bias, resolution)
}

/// What [`fold`](super::TensorKernels::fold) will return.
pub(super) fn fold(x: &TensorSpec) -> TensorSpec {
    let mut shape = x.shape.clone();
    shape[3] /= 9;
    TensorSpec::new(shape, x.dtype)
}
