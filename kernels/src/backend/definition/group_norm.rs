//! Normalisation of groups of channels.

use burn::backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn::tensor::{FloatDType, Shape};

use crate::backend::cast;
use crate::group_norm::GroupNorm;

/// `gain·(x − mean) / √(variance + ε) + shift` with mean and variance of each picture's groups of channels, and
/// `y·σ(y)` of that where wanted: `[b, h, w, c]` to the same, computed in f32.
pub(in crate::backend) fn group_norm<B: Backend>(
    x: FloatTensor<B>,
    gain: FloatTensor<B>,
    shift: FloatTensor<B>,
    norm: GroupNorm,
) -> FloatTensor<B> {
    let shape = x.shape();
    let [b, h, w, c] = shape.dims();
    let dtype: FloatDType = x.dtype().into();
    let x = cast::<B>(x, FloatDType::F32);
    let grouped = Shape::new([b, h * w, norm.groups, c / norm.groups]);
    let x = B::float_reshape(x, grouped.clone());
    // Row by row first: in one go burn would give all positions of a group to one thread of a card.
    let mean = |x: FloatTensor<B>| {
        let positions = B::float_mean_dim(x, 3);
        let rows = B::float_reshape(positions, Shape::new([b, h, w, norm.groups]));
        let picture = B::float_mean_dim(B::float_mean_dim(rows, 2), 1);
        B::float_reshape(picture, Shape::new([b, 1, norm.groups, 1]))
    };
    let centred = B::float_sub(x.clone(), mean(x));
    let variance = mean(B::float_mul(centred.clone(), centred.clone()));
    let deviation = B::float_sqrt(B::float_add_scalar(variance, norm.epsilon.into()));
    let y = B::float_div(centred, deviation);

    let channels = |numbers: FloatTensor<B>| {
        let numbers = cast::<B>(numbers, FloatDType::F32);
        B::float_reshape(numbers, Shape::new([1, 1, norm.groups, c / norm.groups]))
    };
    let y = B::float_add(B::float_mul(y, channels(gain)), channels(shift));
    let y = if norm.silu {
        B::float_mul(y.clone(), B::sigmoid(y))
    } else {
        y
    };
    cast::<B>(B::float_reshape(y, shape), dtype)
}
