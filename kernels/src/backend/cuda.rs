//! The operations on NVIDIA cards: cuBLASLt and own kernels, launched on CubeCL's own stream.
//!
//! A launch is a task in the very queue that CubeCL's own launches go through, so it needs no event and no
//! synchronisation, and memory belongs to CubeCL throughout: pointers exist only inside the task.
//! On a CubeCL device that is not CUDA the definitions of [`TensorKernels`] serve.
#![allow(unsafe_code)]

mod add_rows;
mod attention;
mod blas;
pub mod card;
pub(crate) mod collective;
mod column_sum;
mod convolution;
mod copy;
mod cross_entropy;
mod fault;
mod group_norm;
mod layer;
mod matrix;
mod nccl;
mod norm;
mod nvrtc;
mod pick;
mod program;
mod rows;
mod scratch;
mod stamp;
mod step;
mod stream;
mod tensor_map;
mod unfold;
mod versions;

pub(crate) use fault::{Fault, fail};
pub(crate) use nvrtc::Compiler;
pub(crate) use stream::work_in_one_stream;

use burn::backend::ops::FloatTensorOps;
use burn::tensor::{DType, FloatDType};
use burn_cubecl::{CubeBackend, tensor::CubeTensor};

pub(crate) use scratch::peak as scratch_peak;
pub(crate) use versions::versions;

use self::pick::Judge;
use super::{TensorKernels, cast, definition};
use crate::cross_entropy::{Chunk, Terms};
use crate::stamp::Stamp;
use crate::{GroupNorm, Resolution};

impl TensorKernels for CubeBackend {
    fn product(a: CubeTensor, b: CubeTensor, dtype: FloatDType) -> CubeTensor {
        if stream::is_cuda(&a) && matrix::supported(&a, &b, dtype.into()) {
            return matrix::product(a, b, dtype.into());
        }
        let (a, b) = (cast::<Self>(a, dtype), cast::<Self>(b, dtype));
        Self::float_matmul(a, b)
    }

    fn product_with_bias(a: CubeTensor, b: CubeTensor, bias: CubeTensor) -> CubeTensor {
        let dtype = a.dtype;
        let served = stream::is_cuda(&a) && matrix::supported(&a, &b, dtype);
        if served && matrix::addable(&bias, dtype) {
            return matrix::product_with_bias(a, b, bias);
        }
        definition::add_to_rows::<Self>(Self::product(a, b, dtype.into()), bias)
    }

    fn column_sum(x: CubeTensor) -> CubeTensor {
        if stream::is_cuda(&x) && has_kernel(x.dtype) {
            return column_sum::column_sum(x);
        }
        definition::column_sum::<Self>(x)
    }

    fn row_mean(x: CubeTensor) -> CubeTensor {
        if stream::is_cuda(&x) && has_kernel(x.dtype) {
            return rows::row_mean(x);
        }
        definition::row_mean::<Self>(x)
    }

    fn log_sum_exp(x: CubeTensor) -> CubeTensor {
        if stream::is_cuda(&x) && has_kernel(x.dtype) {
            return rows::log_sum_exp(x);
        }
        definition::log_sum_exp::<Self>(x)
    }

    fn argmax(x: CubeTensor) -> CubeTensor {
        if stream::is_cuda(&x) && has_kernel(x.dtype) {
            return rows::argmax(x);
        }
        definition::argmax::<Self>(x)
    }

    fn softmax_rows(x: CubeTensor, scale: f32) -> CubeTensor {
        if stream::is_cuda(&x) && has_kernel(x.dtype) {
            return rows::softmax(x, scale);
        }
        definition::softmax::<Self>(x, scale)
    }

    fn softmax_rows_backward(y: CubeTensor, grad: CubeTensor, scale: f32) -> CubeTensor {
        if stream::is_cuda(&y) && has_kernel(y.dtype) && grad.dtype == y.dtype {
            return rows::softmax_backward(y, grad, scale);
        }
        definition::softmax_backward::<Self>(y, grad, scale)
    }

    fn add_rows(x: CubeTensor, ids: CubeTensor, rows: usize, dtype: FloatDType) -> CubeTensor {
        if stream::is_cuda(&x) && add_rows::served(&x, &ids, rows, dtype.into()) {
            return add_rows::add_rows(x, ids, rows, dtype.into());
        }
        definition::add_rows::<Self>(x, ids, rows, dtype)
    }

    fn attend(
        queries: CubeTensor,
        keys: CubeTensor,
        values: CubeTensor,
        scale: f32,
    ) -> (CubeTensor, CubeTensor) {
        if stream::is_cuda(&queries) && attention::served(&queries, scale) {
            return attention::attend(queries, keys, values, scale);
        }
        definition::attend::<Self>(queries, keys, values, scale)
    }

    fn attend_backward(
        queries: CubeTensor,
        keys: CubeTensor,
        values: CubeTensor,
        found: CubeTensor,
        sums: CubeTensor,
        grad: CubeTensor,
        scale: f32,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        let operands = [queries, keys, values];
        if stream::is_cuda(&grad)
            && attention::served(&operands[0], scale)
            && grad.dtype == DType::BF16
        {
            return attention::attend_backward(operands, found, sums, grad, scale);
        }
        definition::attend_backward::<Self>(operands, grad, scale)
    }

    fn rms_norm(x: CubeTensor, epsilon: f32) -> CubeTensor {
        if stream::is_cuda(&x) && has_kernel(x.dtype) {
            return norm::rms_norm(x, None, epsilon);
        }
        definition::rms_norm::<Self>(x, epsilon)
    }

    fn rms_norm_backward(x: CubeTensor, grad: CubeTensor, epsilon: f32) -> CubeTensor {
        if stream::is_cuda(&x) && has_kernel(x.dtype) && grad.dtype == x.dtype {
            return norm::rms_norm_backward(x, grad, epsilon);
        }
        definition::rms_norm_backward::<Self>(x, grad, epsilon)
    }

    fn gained_rms_norm(x: CubeTensor, gain: CubeTensor, epsilon: f32) -> CubeTensor {
        if has_kernel_for(&[&x, &gain]) {
            return norm::rms_norm(x, Some(gain), epsilon);
        }
        definition::gained_rms_norm::<Self>(x, gain, epsilon)
    }

    fn add_rms_norm(x: CubeTensor, change: CubeTensor, epsilon: f32) -> (CubeTensor, CubeTensor) {
        if has_kernel_for(&[&x, &change]) {
            return norm::add_rms_norm(x, change, None, epsilon);
        }
        definition::add_rms_norm::<Self>(x, change, None, epsilon)
    }

    fn add_gained_rms_norm(
        x: CubeTensor,
        change: CubeTensor,
        gain: CubeTensor,
        epsilon: f32,
    ) -> (CubeTensor, CubeTensor) {
        if has_kernel_for(&[&x, &change, &gain]) {
            return norm::add_rms_norm(x, change, Some(gain), epsilon);
        }
        definition::add_rms_norm::<Self>(x, change, Some(gain), epsilon)
    }

    fn rotate(x: CubeTensor, cos: CubeTensor, sin: CubeTensor) -> CubeTensor {
        let angles = [&cos, &sin].iter().all(|turn| turn.dtype == DType::F32);
        if has_kernel_for(&[&x]) && angles {
            return layer::rotate(x, cos, sin);
        }
        definition::rotate::<Self>(x, cos, sin)
    }

    fn swiglu(gate: CubeTensor, up: CubeTensor) -> CubeTensor {
        if has_kernel_for(&[&gate, &up]) {
            return layer::swiglu(gate, up);
        }
        definition::swiglu::<Self>(gate, up)
    }

    fn swiglu_backward(
        gate: CubeTensor,
        up: CubeTensor,
        grad: CubeTensor,
    ) -> (CubeTensor, CubeTensor) {
        if has_kernel_for(&[&gate, &up, &grad]) {
            return layer::swiglu_backward(gate, up, grad);
        }
        definition::swiglu_backward::<Self>(gate, up, grad)
    }

    fn likeliest(logits: CubeTensor) -> (CubeTensor, CubeTensor) {
        if stream::is_cuda(&logits) && logits.dtype == DType::F32 {
            return pick::likeliest(logits);
        }
        definition::likeliest::<Self>(logits)
    }

    fn plausible(guided: CubeTensor, own: CubeTensor, share: f32) -> CubeTensor {
        let dtypes = [guided.dtype, own.dtype];
        if stream::is_cuda(&guided) && dtypes == [DType::F32; 2] {
            return rows::plausible(guided, own, share);
        }
        definition::plausible::<Self>(guided, own, share)
    }

    fn draw(
        logits: CubeTensor,
        uniforms: CubeTensor,
        temperature: f32,
    ) -> (CubeTensor, CubeTensor) {
        let dtypes = [logits.dtype, uniforms.dtype];
        if stream::is_cuda(&logits) && dtypes == [DType::F32; 2] {
            return pick::draw(logits, None, uniforms, temperature);
        }
        definition::draw::<Self>(logits, uniforms, temperature)
    }

    fn draw_judged(
        guided: CubeTensor,
        own: CubeTensor,
        uniforms: CubeTensor,
        share: f32,
        temperature: f32,
    ) -> (CubeTensor, CubeTensor) {
        let dtypes = [guided.dtype, own.dtype, uniforms.dtype];
        if stream::is_cuda(&guided) && dtypes == [DType::F32; 3] {
            let judge = Judge { own, share };
            return pick::draw(guided, Some(judge), uniforms, temperature);
        }
        Self::draw(Self::plausible(guided, own, share), uniforms, temperature)
    }

    fn round_rows(x: CubeTensor, steps: f32) -> CubeTensor {
        if stream::is_cuda(&x) && has_kernel(x.dtype) {
            return rows::round_rows(x, steps);
        }
        definition::round_rows::<Self>(x, steps)
    }

    fn dequantise(codes: CubeTensor, scales: CubeTensor, dtype: FloatDType) -> CubeTensor {
        if stream::is_cuda(&codes) && has_kernel(dtype.into()) {
            return rows::dequantise(codes, scales, dtype.into());
        }
        definition::dequantise::<Self>(codes, scales, dtype)
    }

    fn cross_entropy(
        hidden: CubeTensor,
        weight: CubeTensor,
        picks: CubeTensor,
        shares: CubeTensor,
        row_weights: CubeTensor,
        terms: Terms,
        chunk: Chunk,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        if stream::is_cuda(&hidden) && has_kernel(hidden.dtype) {
            let given = cross_entropy::Given::new(hidden, weight, picks, shares, terms);
            return given.with_gradients(row_weights, chunk);
        }
        definition::cross_entropy::<Self>([hidden, weight, shares], picks, row_weights, &terms)
    }

    fn cross_entropy_losses(
        hidden: CubeTensor,
        weight: CubeTensor,
        picks: CubeTensor,
        shares: CubeTensor,
        terms: Terms,
        chunk: Chunk,
    ) -> CubeTensor {
        if stream::is_cuda(&hidden) && has_kernel(hidden.dtype) {
            return cross_entropy::Given::new(hidden, weight, picks, shares, terms).losses(chunk);
        }
        definition::cross_entropy_losses::<Self>([hidden, weight, shares], picks, &terms)
    }

    fn overwrite(target: CubeTensor, source: CubeTensor) -> CubeTensor {
        if stream::is_cuda(&target) {
            return copy::overwrite(target, source);
        }
        source
    }

    fn duplicate(x: CubeTensor) -> CubeTensor {
        if stream::is_cuda(&x) {
            return copy::duplicate(x);
        }
        x
    }

    fn duplicate_whole(x: CubeTensor) -> CubeTensor {
        Self::duplicate(x)
    }

    fn from_bits(bits: CubeTensor) -> CubeTensor {
        if stream::is_cuda(&bits) && bits.dtype == DType::I32 {
            return step::from_bits(bits);
        }
        definition::from_bits::<Self>(bits)
    }

    fn step(
        tokens: CubeTensor,
        confidence: CubeTensor,
        codes: CubeTensor,
        frames: CubeTensor,
        turns: CubeTensor,
        mask: u32,
    ) -> CubeTensor {
        let words = [tokens, codes, frames, turns];
        if stream::is_cuda(&confidence) && step::serves(&words, &confidence) {
            return step::step(words, confidence, mask);
        }
        let [tokens, codes, frames, turns] = words;
        definition::step::<Self>(tokens, confidence, codes, [frames, turns], mask)
    }

    fn stamp(x: CubeTensor, stamp: Stamp) -> CubeTensor {
        if stream::is_cuda(&x) {
            return stamp::stamp(x, stamp);
        }
        stamp.set_now();
        x
    }

    fn scale(x: CubeTensor, factor: CubeTensor) -> CubeTensor {
        if stream::is_cuda(&x) && has_kernel(x.dtype) && factor.dtype == DType::F32 {
            return cross_entropy::scale(x, factor);
        }
        definition::scale::<Self>(x, factor)
    }

    fn unfold(x: CubeTensor) -> CubeTensor {
        if stream::is_cuda(&x) && has_kernel(x.dtype) {
            return unfold::unfold(x);
        }
        definition::unfold::<Self>(x)
    }

    fn convolution(
        x: CubeTensor,
        weight: CubeTensor,
        bias: CubeTensor,
        resolution: Resolution,
    ) -> CubeTensor {
        if stream::is_cuda(&x) && convolution::serves(&x, &weight, None, resolution) {
            let bias = cast::<Self>(bias, FloatDType::F32);
            return convolution::convolution(x, weight, bias, None, resolution);
        }
        definition::convolution::<Self>(x, weight, bias, None, resolution)
    }

    fn convolution_added(
        x: CubeTensor,
        weight: CubeTensor,
        bias: CubeTensor,
        addend: CubeTensor,
        resolution: Resolution,
    ) -> CubeTensor {
        if stream::is_cuda(&x) && convolution::serves(&x, &weight, Some(&addend), resolution) {
            let bias = cast::<Self>(bias, FloatDType::F32);
            return convolution::convolution(x, weight, bias, Some(addend), resolution);
        }
        definition::convolution::<Self>(x, weight, bias, Some(addend), resolution)
    }

    fn group_norm(
        x: CubeTensor,
        gain: CubeTensor,
        shift: CubeTensor,
        norm: GroupNorm,
    ) -> CubeTensor {
        // In f32 the definition serves, whose numbers on a card are those of published networks.
        if stream::is_cuda(&x) && x.dtype == DType::BF16 && group_norm::serves(&x) {
            let [gain, shift] = [gain, shift].map(|numbers| cast::<Self>(numbers, FloatDType::F32));
            return group_norm::group_norm(x, gain, shift, norm);
        }
        definition::group_norm::<Self>(x, gain, shift, norm)
    }

    fn fold(x: CubeTensor) -> CubeTensor {
        if stream::is_cuda(&x) && has_kernel(x.dtype) {
            return unfold::fold(x);
        }
        definition::fold::<Self>(x)
    }
}

/// Whether the CUDA sources beside this file serve operands that must be of one type.
fn has_kernel_for(operands: &[&CubeTensor]) -> bool {
    let first = operands[0];
    let alike = operands.iter().all(|other| other.dtype == first.dtype);
    stream::is_cuda(first) && has_kernel(first.dtype) && alike
}

/// Whether the CUDA sources beside this file are written for `dtype`.
fn has_kernel(dtype: DType) -> bool {
    matches!(dtype, DType::F32 | DType::BF16)
}
