//! Attention, by way of all scores.

use burn::backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn::tensor::{DType, FloatDType, Shape};

use crate::backend::{TensorKernels, cast};

/// What queries find, and the logarithms of their sums of exponentials.
pub(in crate::backend) fn attend<B: TensorKernels>(
    queries: FloatTensor<B>,
    keys: FloatTensor<B>,
    values: FloatTensor<B>,
    scale: f32,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let [batch, length, heads, width] = queries.shape().dims();
    let dtype = queries.dtype().into();
    let scores = scores::<B>(queries, keys, scale);
    let [_, _, positions] = scores.shape().dims();
    let rows = Shape::new([batch * heads * length, positions]);
    let lse = B::log_sum_exp(B::float_reshape(scores.clone(), rows));
    let weights = cast::<B>(B::softmax(scores, 2), dtype);
    let values = for_each_head::<B>(values, heads);
    let found = B::product(weights, values, dtype);
    (
        side_by_side::<B>(found, [batch, length, heads, width]),
        B::float_reshape(lse, Shape::new([batch, heads, length])),
    )
}

/// The gradients in queries, keys and values from that of what was found.
pub(in crate::backend) fn attend_backward<B: TensorKernels>(
    [queries, keys, values]: [FloatTensor<B>; 3],
    grad: FloatTensor<B>,
    scale: f32,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let [batch, length, heads, width] = queries.shape().dims();
    let of_keys: [usize; 4] = keys.shape().dims();
    let dtype: FloatDType = queries.dtype().into();
    let weights = B::softmax(scores::<B>(queries.clone(), keys.clone(), scale), 2);
    let grad = for_each_head::<B>(cast::<B>(grad, dtype), heads);
    let values = for_each_head::<B>(values, heads);

    let pull = B::product(grad.clone(), transposed::<B>(values), FloatDType::F32);
    let mean = B::float_sum_dim(B::float_mul(weights.clone(), pull.clone()), 2);
    let slope = B::float_mul(weights.clone(), B::float_sub(pull, mean));
    let slope = cast::<B>(B::float_mul_scalar(slope, scale.into()), dtype);
    let weights = cast::<B>(weights, dtype);

    let queries = for_each_head::<B>(queries, heads);
    let in_values = B::product(transposed::<B>(weights), grad, FloatDType::F32);
    let in_keys = B::product(transposed::<B>(slope.clone()), queries, FloatDType::F32);
    let in_queries = B::product(slope, for_each_head::<B>(keys, heads), dtype);
    (
        side_by_side::<B>(in_queries, [batch, length, heads, width]),
        cast::<B>(sum_of_shared::<B>(in_keys, of_keys), dtype),
        cast::<B>(sum_of_shared::<B>(in_values, of_keys), dtype),
    )
}

/// `scale·q·kᵀ` in f32: `[batch, n, heads, d] × [batch, m, key heads, d] → [batch · heads, n, m]`.
fn scores<B: TensorKernels>(
    queries: FloatTensor<B>,
    keys: FloatTensor<B>,
    scale: f32,
) -> FloatTensor<B> {
    let heads = queries.shape()[2];
    let keys = transposed::<B>(for_each_head::<B>(keys, heads));
    let scores = B::product(for_each_head::<B>(queries, heads), keys, FloatDType::F32);
    B::float_mul_scalar(scores, scale.into())
}

/// Numbers of heads once for each of `heads`: `[batch, m, own heads, d] → [batch · heads, m, d]`.
fn for_each_head<B: Backend>(x: FloatTensor<B>, heads: usize) -> FloatTensor<B> {
    let [batch, places, own, width] = x.shape().dims();
    let x = B::float_swap_dims(x, 1, 2);
    let x = B::float_reshape(x, Shape::new([batch, own, 1, places, width]));
    let x = B::float_expand(x, Shape::new([batch, own, heads / own, places, width]));
    B::float_reshape(x, Shape::new([batch * heads, places, width]))
}

/// The other way round: `[batch · heads, n, d] → [batch, n, heads, d]`.
fn side_by_side<B: Backend>(
    x: FloatTensor<B>,
    [batch, places, heads, width]: [usize; 4],
) -> FloatTensor<B> {
    let x = B::float_reshape(x, Shape::new([batch, heads, places, width]));
    B::float_swap_dims(x, 1, 2)
}

/// The sum over heads that share keys: `[batch · heads, m, d] → [batch, m, key heads, d]`.
fn sum_of_shared<B: Backend>(
    x: FloatTensor<B>,
    [batch, places, own, width]: [usize; 4],
) -> FloatTensor<B> {
    debug_assert_eq!(x.dtype(), DType::F32);
    let shared = x.shape()[0] / (batch * own);
    let x = B::float_reshape(x, Shape::new([batch * own, shared, places, width]));
    side_by_side::<B>(B::float_sum_dim(x, 1), [batch, places, own, width])
}

/// Rows and columns changed about.
fn transposed<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    B::float_swap_dims(x, 1, 2)
}
