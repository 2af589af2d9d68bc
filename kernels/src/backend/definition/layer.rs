//! What a transformer's layer does between its products.

use burn::backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn::tensor::{FloatDType, Shape, Slice};

use super::rows::inverse_root;
use crate::backend::{TensorKernels, cast};

/// `x / √(mean x² + ε) · gain` of each row, computed in f32: `[rows, columns] × [columns]`.
pub(in crate::backend) fn gained_rms_norm<B: Backend>(
    x: FloatTensor<B>,
    gain: FloatTensor<B>,
    epsilon: f32,
) -> FloatTensor<B> {
    let dtype = x.dtype().into();
    let columns = x.shape()[1];
    let x = cast::<B>(x, FloatDType::F32);
    let gain = cast::<B>(gain, FloatDType::F32);
    let factor = inverse_root::<B>(x.clone(), epsilon);
    let gain = B::float_reshape(gain, Shape::new([1, columns]));
    cast::<B>(B::float_mul(B::float_mul(x, factor), gain), dtype)
}

/// `s = x + change`, and the norm of that, gained where there are gains.
pub(in crate::backend) fn add_rms_norm<B: TensorKernels>(
    x: FloatTensor<B>,
    change: FloatTensor<B>,
    gain: Option<FloatTensor<B>>,
    epsilon: f32,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let sum = B::float_add(x, change);
    let y = match gain {
        None => B::rms_norm(sum.clone(), epsilon),
        Some(gain) => B::gained_rms_norm(sum.clone(), gain, epsilon),
    };
    (sum, y)
}

/// `(x₁·cos − x₂·sin, x₂·cos + x₁·sin)` of the halves of every vector, computed in f32:
/// `[b, l, h, 2·n]` by `[l, n]` each.
pub(in crate::backend) fn rotate<B: Backend>(
    x: FloatTensor<B>,
    cos: FloatTensor<B>,
    sin: FloatTensor<B>,
) -> FloatTensor<B> {
    let dtype = x.dtype().into();
    let [b, l, h, width] = x.shape().dims();
    let half = width / 2;
    let x = cast::<B>(x, FloatDType::F32);
    let part = |columns: std::ops::Range<usize>| {
        B::float_slice(x.clone(), &[0..b, 0..l, 0..h, columns].map(Slice::from))
    };
    let (first, second) = (part(0..half), part(half..width));
    let place = Shape::new([1, l, 1, half]);
    let (cos, sin) = (
        B::float_reshape(cos, place.clone()),
        B::float_reshape(sin, place),
    );
    let turned = vec![
        B::float_sub(
            B::float_mul(first.clone(), cos.clone()),
            B::float_mul(second.clone(), sin.clone()),
        ),
        B::float_add(B::float_mul(second, cos), B::float_mul(first, sin)),
    ];
    cast::<B>(B::float_cat(turned, 3), dtype)
}

/// `silu(gate)·up`, computed in f32.
pub(in crate::backend) fn swiglu<B: Backend>(
    gate: FloatTensor<B>,
    up: FloatTensor<B>,
) -> FloatTensor<B> {
    let dtype = gate.dtype().into();
    let (gate, up) = (
        cast::<B>(gate, FloatDType::F32),
        cast::<B>(up, FloatDType::F32),
    );
    let silu = B::float_mul(B::sigmoid(gate.clone()), gate);
    cast::<B>(B::float_mul(silu, up), dtype)
}

/// The gradients of [`swiglu`], computed in f32: `(g·up·s·(1 + gate·(1 − s)), g·gate·s)` with `s = sigmoid(gate)`.
pub(in crate::backend) fn swiglu_backward<B: Backend>(
    gate: FloatTensor<B>,
    up: FloatTensor<B>,
    grad: FloatTensor<B>,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let dtype = gate.dtype().into();
    let [gate, up, grad] = [gate, up, grad].map(|x| cast::<B>(x, FloatDType::F32));
    let sigmoid = B::sigmoid(gate.clone());
    let silu = B::float_mul(sigmoid.clone(), gate);
    // s·(1 + gate·(1 − s)) = s + silu − s·silu.
    let slope = B::float_sub(
        B::float_add(sigmoid.clone(), silu.clone()),
        B::float_mul(sigmoid, silu.clone()),
    );
    let to_gate = B::float_mul(B::float_mul(grad.clone(), up), slope);
    let to_up = B::float_mul(grad, silu);
    (cast::<B>(to_gate, dtype), cast::<B>(to_up, dtype))
}
