//! The operations that a device may do in its own way: one trait, implemented for the CPU, CUDA and autodiff.

#[cfg(any(feature = "cuda", test))]
pub(crate) mod architecture;
mod autodiff;
mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod definition;
#[cfg(any(feature = "cuda", test))]
mod image_cache;
#[cfg(feature = "cuda")]
mod spec;

#[cfg(feature = "cuda")]
pub(crate) use cuda::{Compiler, Fault, fail};

#[cfg(feature = "cuda")]
pub(crate) use cuda::{scratch_peak, versions as card_versions};

use burn::backend::{
    Backend, TensorMetadata, backend_extension,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{DType, FloatDType};

use crate::cross_entropy::{Chunk, Terms};
use crate::stamp::Stamp;
use crate::{GroupNorm, Resolution};

/// What the public functions of this crate stand on.
///
/// The default bodies are the definition, in burn's own operations; CUDA overrides those worth it, and autodiff adds
/// the gradients.
#[backend_extension(Cube: cfg(feature = "cuda"), Flex, Autodiff, Fusion: cfg(feature = "cuda"))]
pub trait TensorKernels: Backend {
    /// `a·b` in `dtype`, accumulated in f32: `[.., m, k] × [.., k, n] → [.., m, n]`, two or three dimensions.
    #[fusion(meta = spec::product)]
    fn product(a: FloatTensor<Self>, b: FloatTensor<Self>, dtype: FloatDType) -> FloatTensor<Self> {
        if a.dtype() == DType::from(dtype) {
            return Self::float_matmul(a, b);
        }
        Self::float_matmul(Self::float_cast(a, dtype), Self::float_cast(b, dtype))
    }

    /// `x·Wᵀ` in the type of `x`: `[rows, in] × [out, in] → [rows, out]`.
    #[fusion(default)]
    fn project(x: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        let dtype = x.dtype().into();
        let weight = cast::<Self>(weight, dtype);
        Self::product(x, Self::float_transpose(weight), dtype)
    }

    /// `a·b + bias` for each row: `[m, k] × [k, n] + [n] → [m, n]`, all of one type, accumulated in f32.
    #[fusion(meta = spec::product_with_bias)]
    fn product_with_bias(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let dtype = a.dtype().into();
        definition::add_to_rows::<Self>(Self::product(a, b, dtype), bias)
    }

    /// `x·Wᵀ + b` in the type of `x`: `[rows, in] × [out, in] + [out] → [rows, out]`.
    #[fusion(default)]
    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let dtype = x.dtype().into();
        let (weight, bias) = (cast::<Self>(weight, dtype), cast::<Self>(bias, dtype));
        Self::product_with_bias(x, Self::float_transpose(weight), bias)
    }

    /// The sum over all rows, in f32: `[rows, columns] → [columns]`.
    #[fusion(meta = spec::column_sum)]
    fn column_sum(x: FloatTensor<Self>) -> FloatTensor<Self> {
        definition::column_sum::<Self>(x)
    }

    /// The mean of each row, in f32: `[rows, columns] → [rows]`.
    #[fusion(meta = spec::row_mean)]
    fn row_mean(x: FloatTensor<Self>) -> FloatTensor<Self> {
        definition::row_mean::<Self>(x)
    }

    /// `log Σ e^x` of each row, in f32: `[rows, columns] → [rows]`; −∞ for a row of −∞.
    #[fusion(meta = spec::log_sum_exp)]
    fn log_sum_exp(x: FloatTensor<Self>) -> FloatTensor<Self> {
        definition::log_sum_exp::<Self>(x)
    }

    /// The first place of the largest number of each row, as i32: `[rows, columns] → [rows]`.
    #[fusion(meta = spec::argmax)]
    fn argmax(x: FloatTensor<Self>) -> IntTensor<Self> {
        definition::argmax::<Self>(x)
    }

    /// The rows of `table` at `ids`, in `dtype`: `[rows, width]` and `[n]` → `[n, width]`.
    #[fusion(meta = spec::lookup)]
    fn lookup(
        table: FloatTensor<Self>,
        ids: IntTensor<Self>,
        dtype: FloatDType,
    ) -> FloatTensor<Self> {
        Self::float_select(cast::<Self>(table, dtype), 0, ids)
    }

    /// The sum of the rows of `x` that have each number, in f32 but for the result: `[n, width]` and `[n]`
    /// → `[rows, width]` in `dtype`.
    #[fusion(meta = spec::add_rows)]
    fn add_rows(
        x: FloatTensor<Self>,
        ids: IntTensor<Self>,
        rows: usize,
        dtype: FloatDType,
    ) -> FloatTensor<Self> {
        definition::add_rows::<Self>(x, ids, rows, dtype)
    }

    /// `softmax(scale·x)` of each row: `[rows, columns]` to the same.
    #[fusion(dtype = x, shape = x)]
    fn softmax_rows(x: FloatTensor<Self>, scale: f32) -> FloatTensor<Self> {
        definition::softmax::<Self>(x, scale)
    }

    /// The gradient of [`softmax_rows`](Self::softmax_rows) from its result and the gradient of that.
    #[fusion(dtype = y, shape = y)]
    fn softmax_rows_backward(
        y: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        scale: f32,
    ) -> FloatTensor<Self> {
        definition::softmax_backward::<Self>(y, grad, scale)
    }

    /// `softmax(scale·q·kᵀ)·v` for each head, and `log Σ e^{scale·q·kᵀ}` of each query in f32.
    ///
    /// Shapes: `queries [batch, n, heads, d]`, `keys` and `values [batch, m, key heads, d]`, all of one type
    /// → `[batch, n, heads, d]` of that type and `[batch, heads, n]`; there is at least one of each.
    #[fusion(meta = spec::attend)]
    fn attend(
        queries: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        scale: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        definition::attend::<Self>(queries, keys, values, scale)
    }

    /// The gradients of [`attend`](Self::attend) in queries, keys and values, from what went in, both results and
    /// the gradient of the first.
    #[fusion(meta = spec::attend_backward)]
    fn attend_backward(
        queries: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        found: FloatTensor<Self>,
        sums: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        scale: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let _ = (found, sums);
        definition::attend_backward::<Self>([queries, keys, values], grad, scale)
    }

    /// `x / √(mean x² + ε)` of each row: `[rows, columns]` to the same.
    #[fusion(dtype = x, shape = x)]
    fn rms_norm(x: FloatTensor<Self>, epsilon: f32) -> FloatTensor<Self> {
        definition::rms_norm::<Self>(x, epsilon)
    }

    /// The gradient of [`rms_norm`](Self::rms_norm) from what went in and the gradient of the result.
    #[fusion(dtype = x, shape = x)]
    fn rms_norm_backward(
        x: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        definition::rms_norm_backward::<Self>(x, grad, epsilon)
    }

    /// `x / √(mean x² + ε) · gain` of each row: `[rows, columns] × [columns]`, of one type, to the first shape.
    #[fusion(dtype = x, shape = x)]
    fn gained_rms_norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        definition::gained_rms_norm::<Self>(x, gain, epsilon)
    }

    /// `s = x + change` and [`rms_norm`](Self::rms_norm) of that: two `[rows, columns]` of one type to two of the same.
    #[fusion(meta = spec::add_rms_norm)]
    fn add_rms_norm(
        x: FloatTensor<Self>,
        change: FloatTensor<Self>,
        epsilon: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        definition::add_rms_norm::<Self>(x, change, None, epsilon)
    }

    /// `s = x + change` and [`gained_rms_norm`](Self::gained_rms_norm) of that, likewise.
    #[fusion(meta = spec::add_gained_rms_norm)]
    fn add_gained_rms_norm(
        x: FloatTensor<Self>,
        change: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        epsilon: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        definition::add_rms_norm::<Self>(x, change, Some(gain), epsilon)
    }

    /// The halves of every vector turned, `(x₁·cos − x₂·sin, x₂·cos + x₁·sin)`: `[b, l, h, 2·n]` by `[l, n]` of f32 each
    /// to the first shape.
    #[fusion(dtype = x, shape = x)]
    fn rotate(
        x: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        definition::rotate::<Self>(x, cos, sin)
    }

    /// `silu(gate)·up`: two `[rows, columns]` of one type to the same.
    #[fusion(dtype = gate, shape = gate)]
    fn swiglu(gate: FloatTensor<Self>, up: FloatTensor<Self>) -> FloatTensor<Self> {
        definition::swiglu::<Self>(gate, up)
    }

    /// The gradients of [`swiglu`](Self::swiglu) in `gate` and in `up`, from both and that of the result.
    #[fusion(meta = spec::swiglu_backward)]
    fn swiglu_backward(
        gate: FloatTensor<Self>,
        up: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        definition::swiglu_backward::<Self>(gate, up, grad)
    }

    /// The first place of the largest logit of each row, as i32, and its probability: `[rows, codes] → [rows]` each.
    #[fusion(meta = spec::likeliest)]
    fn likeliest(logits: FloatTensor<Self>) -> (IntTensor<Self>, FloatTensor<Self>) {
        definition::likeliest::<Self>(logits)
    }

    /// `guided`, with −∞ where `own < max(own) + ln share`, in f32: `[rows, codes]` twice → the same.
    #[fusion(meta = spec::plausible)]
    fn plausible(
        guided: FloatTensor<Self>,
        own: FloatTensor<Self>,
        share: f32,
    ) -> FloatTensor<Self> {
        definition::plausible::<Self>(guided, own, share)
    }

    /// `guided·headᵀ`, with −∞ where `own·headᵀ` is below its row's largest + ln share, in f32, of operands of one type:
    /// `[rows, width]` twice, `[codes, width] → [rows, codes]`.
    #[fusion(default)]
    fn plausible_logits(
        guided: FloatTensor<Self>,
        own: FloatTensor<Self>,
        head: FloatTensor<Self>,
        share: f32,
    ) -> FloatTensor<Self> {
        definition::plausible_logits::<Self>(guided, own, head, share)
    }

    /// The first code at which `softmax(logits / temperature)` summed up reaches the row's number, as i32, and its
    /// probability without temperature: `[rows, codes]`, `[rows] → [rows]` each.
    #[fusion(meta = spec::draw)]
    fn draw(
        logits: FloatTensor<Self>,
        uniforms: FloatTensor<Self>,
        temperature: f32,
    ) -> (IntTensor<Self>, FloatTensor<Self>) {
        definition::draw::<Self>(logits, uniforms, temperature)
    }

    /// [`draw`](Self::draw) of what [`plausible`](Self::plausible) leaves: `[rows, codes]` twice, `[rows] → [rows]` each.
    #[fusion(meta = spec::draw_judged)]
    fn draw_judged(
        guided: FloatTensor<Self>,
        own: FloatTensor<Self>,
        uniforms: FloatTensor<Self>,
        share: f32,
        temperature: f32,
    ) -> (IntTensor<Self>, FloatTensor<Self>) {
        Self::draw(Self::plausible(guided, own, share), uniforms, temperature)
    }

    /// [`draw`](Self::draw) of what [`plausible_logits`](Self::plausible_logits) leaves, in f32, of operands of one type:
    /// `[rows, width]` twice, `[codes, width]`, `[rows] → [rows]` each.
    #[fusion(default)]
    fn draw_plausible(
        guided: FloatTensor<Self>,
        own: FloatTensor<Self>,
        head: FloatTensor<Self>,
        uniforms: FloatTensor<Self>,
        share: f32,
        temperature: f32,
    ) -> (IntTensor<Self>, FloatTensor<Self>) {
        let [guided, own] = definition::both_logits::<Self>(guided, own, head);
        Self::draw_judged(guided, own, uniforms, share, temperature)
    }

    /// The numbers of f32 that have these bits, which are i32: `[rows, columns]` to the same.
    #[fusion(meta = spec::from_bits)]
    fn from_bits(bits: IntTensor<Self>) -> FloatTensor<Self> {
        definition::from_bits::<Self>(bits)
    }

    /// What a step leaves of pictures, as [`sampling::step`](crate::sampling::step) says: all of i32 but `confidence`.
    #[fusion(meta = spec::step)]
    fn step(
        tokens: IntTensor<Self>,
        confidence: FloatTensor<Self>,
        codes: IntTensor<Self>,
        frames: IntTensor<Self>,
        turns: IntTensor<Self>,
        mask: u32,
    ) -> IntTensor<Self> {
        definition::step::<Self>(tokens, confidence, codes, [frames, turns], mask)
    }

    /// `s · round(x / s)`, where `s` is the largest size in the row through `steps`, in f32: `[rows, columns]` → the same.
    #[fusion(meta = spec::round_rows)]
    fn round_rows(x: FloatTensor<Self>, steps: f32) -> FloatTensor<Self> {
        definition::round_rows::<Self>(x, steps)
    }

    /// `code · scale` of each row, in `dtype`: `[rows, columns] × [rows] → [rows, columns]`, i8 and f32.
    #[fusion(meta = spec::dequantise)]
    fn dequantise(
        codes: IntTensor<Self>,
        scales: FloatTensor<Self>,
        dtype: FloatDType,
    ) -> FloatTensor<Self> {
        definition::dequantise::<Self>(codes, scales, dtype)
    }

    /// The losses of rows as [`Terms`] say, `[rows]`, and the gradients of their sum weighted by `row_weights`:
    /// that in `hidden`, in its type, and that in `weight`, in f32 or the type of `weight`.
    ///
    /// Shapes: `hidden [rows, width]`, `weight [codes, width]`, `picks [rows, k]` i32, `shares [rows, k]` f32,
    /// `row_weights [rows]` f32; there is at least one row.
    #[fusion(meta = spec::cross_entropy)]
    fn cross_entropy(
        hidden: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        picks: IntTensor<Self>,
        shares: FloatTensor<Self>,
        row_weights: FloatTensor<Self>,
        terms: Terms,
        chunk: Chunk,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let _ = chunk;
        definition::cross_entropy::<Self>([hidden, weight, shares], picks, row_weights, &terms)
    }

    /// The losses of [`cross_entropy`](Self::cross_entropy) alone.
    #[fusion(meta = spec::cross_entropy_losses)]
    fn cross_entropy_losses(
        hidden: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        picks: IntTensor<Self>,
        shares: FloatTensor<Self>,
        terms: Terms,
        chunk: Chunk,
    ) -> FloatTensor<Self> {
        let _ = chunk;
        definition::cross_entropy_losses::<Self>([hidden, weight, shares], picks, &terms)
    }

    /// `target`, whose memory takes the numbers of `source`, whoever else reads it there: two of one shape and type.
    ///
    /// A device without recordings has no such memory, and gives `source`.
    #[fusion(dtype = target, shape = target)]
    fn overwrite(target: IntTensor<Self>, source: IntTensor<Self>) -> IntTensor<Self> {
        let _ = target;
        source
    }

    /// `x` in memory of its own.
    #[fusion(dtype = x, shape = x)]
    fn duplicate(x: FloatTensor<Self>) -> FloatTensor<Self> {
        x
    }

    /// The same of whole numbers.
    #[fusion(dtype = x, shape = x)]
    fn duplicate_whole(x: IntTensor<Self>) -> IntTensor<Self> {
        x
    }

    /// `x`, as it is; `stamp` is set when all work queued before is done.
    #[fusion(dtype = x, shape = x)]
    fn stamp(x: FloatTensor<Self>, stamp: Stamp) -> FloatTensor<Self> {
        stamp.set_now();
        x
    }

    /// `x` times a number on the device, `[1]`.
    #[fusion(dtype = x, shape = x)]
    fn scale(x: FloatTensor<Self>, factor: FloatTensor<Self>) -> FloatTensor<Self> {
        definition::scale::<Self>(x, factor)
    }

    /// `value`, from whose gradient `gradient` flows back to `x`: `[1]`, and two of one shape `[rows, columns]`.
    #[fusion(default)]
    fn attach_gradient(
        value: FloatTensor<Self>,
        x: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let _ = (x, gradient);
        value
    }

    /// The nine neighbours of each position: `[b, h, w, c] → [b, h, w, 9·c]`.
    #[fusion(meta = spec::unfold)]
    fn unfold(x: FloatTensor<Self>) -> FloatTensor<Self> {
        definition::unfold::<Self>(x)
    }

    /// A 3×3 convolution: `[b, h, w, c] × [out, 9·c] + [out] → [b, h', w', out]`, in the type of `x`.
    #[fusion(meta = spec::convolution)]
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        resolution: Resolution,
    ) -> FloatTensor<Self> {
        definition::convolution::<Self>(x, weight, bias, None, resolution)
    }

    /// The same plus a picture of the shape and type of the result, rounded once.
    #[fusion(meta = spec::convolution_added)]
    fn convolution_added(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        addend: FloatTensor<Self>,
        resolution: Resolution,
    ) -> FloatTensor<Self> {
        definition::convolution::<Self>(x, weight, bias, Some(addend), resolution)
    }

    /// Groups of channels normalised: `[b, h, w, c]` and twice `[c]` to the first, in the type of `x`.
    #[fusion(dtype = x, shape = x)]
    fn group_norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        norm: GroupNorm,
    ) -> FloatTensor<Self> {
        definition::group_norm::<Self>(x, gain, shift, norm)
    }

    /// The adjoint of [`unfold`](Self::unfold): `[b, h, w, 9·c] → [b, h, w, c]`.
    #[fusion(meta = spec::fold)]
    fn fold(x: FloatTensor<Self>) -> FloatTensor<Self> {
        definition::fold::<Self>(x)
    }
}

/// `tensor` in `dtype`, untouched where it already is.
fn cast<B: Backend>(tensor: FloatTensor<B>, dtype: FloatDType) -> FloatTensor<B> {
    if tensor.dtype() == DType::from(dtype) {
        return tensor;
    }
    B::float_cast(tensor, dtype)
}

/// The type that the gradient of a head comes in, by those of hidden vectors and head: that of both where they agree,
/// else f32.
fn head_gradient(hidden: DType, weight: DType) -> DType {
    if hidden == weight { hidden } else { DType::F32 }
}
