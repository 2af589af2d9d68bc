//! Attention with heads of equal width.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Init, Linear};

/// Attention of vectors to vectors of the same width. Fields are called as in diffusers.
#[derive(Module, Debug)]
pub struct Attention {
    to_q: Linear,
    to_k: Linear,
    to_v: Linear,
    /// One layer, in a list as published.
    to_out: Vec<Linear>,
    #[module(skip)]
    heads: usize,
}

impl Attention {
    /// Attention with `heads`, which divide `width`.
    pub fn new(width: usize, heads: usize, bias: bool, init: &mut Init) -> Self {
        let mut linear = || Linear::with_bias_if(bias, width, width, 1.0, init);
        Self {
            to_q: linear(),
            to_k: linear(),
            to_v: linear(),
            to_out: vec![linear()],
            heads,
        }
    }

    /// What each vector of `x` finds in `context`.
    ///
    /// Shapes: `x [batch, n, width]`, `context [batch, m, width]` → `[batch, n, width]`.
    pub fn forward(&self, x: Tensor<3>, context: Tensor<3>) -> Tensor<3> {
        let queries = self.to_q.forward(x);
        let keys = self.to_k.forward(context.clone());
        let values = self.to_v.forward(context);
        let found = attend(queries, keys, values, self.heads, None);
        let layers = self.to_out.iter();
        layers.fold(found, |found, layer| layer.forward(found))
    }
}

/// `softmax(q·kᵀ / √d + mask)·v` for each of `heads`, whose results lie side by side again.
///
/// Shapes: `queries [batch, n, width]`, `keys` and `values [batch, m, width]`, `mask [1, n, m]` → `[batch, n, width]`.
pub fn attend(
    queries: Tensor<3>,
    keys: Tensor<3>,
    values: Tensor<3>,
    heads: usize,
    mask: Option<Tensor<3>>,
) -> Tensor<3> {
    let [b, n, width] = queries.dims();
    let d = width / heads;
    let scale = 1.0 / (d as f32).sqrt();
    let split = |x: Tensor<3>| -> Tensor<4> {
        let length = x.dims()[1];
        x.reshape([b, length, heads, d])
    };
    let [queries, keys, values] = [queries, keys, values].map(split);
    let Some(mask) = mask else {
        return kernels::attention(queries, keys, values, scale).reshape([b, n, width]);
    };

    let head_major = |x: Tensor<4>| -> Tensor<3> {
        let length = x.dims()[1];
        x.swap_dims(1, 2).reshape([b * heads, length, d])
    };
    let [queries, keys, values] = [queries, keys, values].map(head_major);
    let scores = kernels::matmul(queries, keys.swap_dims(1, 2));
    let mask = mask.cast(scores.dtype());
    let weights = kernels::softmax(scores.mul_scalar(scale) + mask, 1.0);
    let mixed: Tensor<4> = kernels::matmul(weights, values).reshape([b, heads, n, d]);
    mixed.swap_dims(1, 2).reshape([b, n, width])
}
