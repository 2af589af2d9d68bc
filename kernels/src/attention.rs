//! Attention: every query looks at every key.

pub(crate) mod parity;

use burn::backend::Dispatch;
use burn::tensor::{DType, Device, Tensor};

use crate::backend::TensorKernels;
use crate::{matmul, softmax};

/// The widest head that goes the fused way.
const FUSED_WIDTH_MAX: usize = 256;

/// What each query finds among the values, whose weights are how well the keys answer it.
///
/// `out = softmax(scale·q·kᵀ)·v` for each head, computed in f32, in the type of the operands
///
/// Heads may share keys and values: there are as many heads of queries as of keys, or a multiple, and neighbours share.
/// The scores are not kept, whatever the length: in bf16 where heads are at most 256 wide and a multiple of 8, in f32 on
/// processors.
/// Operands are read as they lie where numbers of a head are neighbours, be it `[batch, length, heads, d]` in memory,
/// a part of that, or a view of `[batch, heads, length, d]`.
///
/// Shapes: `queries [batch, n, heads, d]`, `keys` and `values [batch, m, key heads, d]` → `[batch, n, heads, d]`.
/// Panics: when shapes or types disagree.
/// Source: Vaswani et al., "Attention is all you need", 2017; Dao, "FlashAttention-2", 2023.
pub fn attention(queries: Tensor<4>, keys: Tensor<4>, values: Tensor<4>, scale: f32) -> Tensor<4> {
    check(&queries, &keys, &values);
    if !is_fused(&queries, &keys, scale) {
        return with_scores(queries, keys, values, scale);
    }
    let (out, _) = <Dispatch as TensorKernels>::attend(
        queries.into_dispatch(),
        keys.into_dispatch(),
        values.into_dispatch(),
        scale,
    );
    Tensor::from_dispatch(out)
}

/// Refuses shapes and types that disagree.
fn check(queries: &Tensor<4>, keys: &Tensor<4>, values: &Tensor<4>) {
    let ([b, _, heads, d], [batch, _, own, width]) = (queries.dims(), keys.dims());
    assert!(
        b == batch && d == width && own > 0 && heads.is_multiple_of(own),
        "attention: queries {:?} do not fit keys {:?}: expected [batch, n, heads, d] and [batch, m, key heads, d], \
         heads a multiple of key heads",
        queries.dims(),
        keys.dims()
    );
    assert_eq!(
        keys.dims(),
        values.dims(),
        "attention: keys and values of one shape"
    );
    assert!(
        queries.dtype() == keys.dtype() && keys.dtype() == values.dtype(),
        "attention: cast queries, keys and values to one type first"
    );
}

/// Whether the scores need not be kept.
fn is_fused(queries: &Tensor<4>, keys: &Tensor<4>, scale: f32) -> bool {
    let ([b, n, heads, d], [_, m, _, _]) = (queries.dims(), keys.dims());
    let narrow = d <= FUSED_WIDTH_MAX && d.is_multiple_of(8);
    let empty = b * n * heads * d * m == 0;
    let served = match queries.dtype() {
        DType::BF16 => narrow,
        DType::F32 => queries.device().inner() == Device::flex(),
        _ => false,
    };
    served && scale > 0.0 && !empty
}

/// Attention by way of all scores.
fn with_scores(queries: Tensor<4>, keys: Tensor<4>, values: Tensor<4>, scale: f32) -> Tensor<4> {
    let [b, n, heads, d] = queries.dims();
    let queries: Tensor<3> = queries.swap_dims(1, 2).reshape([b * heads, n, d]);
    let [keys, values] = [keys, values].map(|x| for_each_head(x.swap_dims(1, 2), heads));
    let scores = matmul(queries, keys.swap_dims(1, 2));
    let mixed: Tensor<4> = matmul(softmax(scores, scale), values).reshape([b, heads, n, d]);
    mixed.swap_dims(1, 2)
}

/// Keys or values once for each head that asks.
///
/// Shapes: `x [batch, key heads, m, d]` → `[batch · heads, m, d]`.
fn for_each_head(x: Tensor<4>, heads: usize) -> Tensor<3> {
    let [b, own, m, d] = x.dims();
    if own == heads {
        return x.reshape([b * heads, m, d]);
    }
    let x: Tensor<5> = x.reshape([b, own, 1, m, d]);
    x.expand([b, own, heads / own, m, d])
        .reshape([b * heads, m, d])
}
