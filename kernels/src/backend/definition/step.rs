//! What a sampler's step does, decided by the processor wherever the numbers lie.

use burn::backend::{
    Backend, TensorMetadata,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{FloatDType, IntDType, TensorData, read_sync};

use crate::backend::cast;
use crate::sampling::step::Words;

/// What a step leaves of pictures.
pub(in crate::backend) fn step<B: Backend>(
    tokens: IntTensor<B>,
    confidence: FloatTensor<B>,
    codes: IntTensor<B>,
    [frames, turns]: [IntTensor<B>; 2],
    mask: u32,
) -> IntTensor<B> {
    let ([pictures, positions], device) = (codes.shape().dims(), codes.device());
    let [tokens, codes, frames, turns] = [tokens, codes, frames, turns].map(whole::<B>);
    let stepped = Words {
        tokens: &tokens,
        confidence: &real::<B>(confidence),
        codes: &codes,
        frames: &frames,
        turns: &turns,
        mask: mask.cast_signed(),
        positions,
    }
    .step();
    B::int_from_data(TensorData::new(stepped, [4 * pictures, positions]), &device)
}

/// The numbers that have these bits.
pub(in crate::backend) fn from_bits<B: Backend>(bits: IntTensor<B>) -> FloatTensor<B> {
    let ([rows, columns], device) = (bits.shape().dims(), bits.device());
    let bits = whole::<B>(bits).into_iter();
    let numbers: Vec<f32> = bits
        .map(|bits| f32::from_bits(bits.cast_unsigned()))
        .collect();
    B::float_from_data(TensorData::new(numbers, [rows, columns]), &device)
}

fn whole<B: Backend>(x: IntTensor<B>) -> Vec<i32> {
    let data = read_sync(B::int_into_data(B::int_cast(x, IntDType::I32)));
    let data = data.expect("numbers that were made can be read");
    data.iter::<i32>().collect()
}

fn real<B: Backend>(x: FloatTensor<B>) -> Vec<f32> {
    let data = read_sync(B::float_into_data(cast::<B>(x, FloatDType::F32)));
    let data = data.expect("numbers that were made can be read");
    data.iter::<f32>().collect()
}
