//! The operations on the CPU: burn's own, but for what is worked on in place, in f32: neighbourhoods, attention, rows,
//! what stands between a layer's products, tokens, and cross-entropies.

mod attention;
mod cross_entropy;
mod lanes;
mod layer;
mod matrix;
mod numbers;
mod pick;
mod rows;

use burn::backend::{
    Flex, TensorMetadata,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{DType, TensorData};
use rayon::prelude::*;

use self::numbers::are_served;
use super::{TensorKernels, definition};
use crate::cross_entropy::{Chunk, Terms};

impl TensorKernels for Flex {
    fn log_sum_exp(x: FloatTensor<Self>) -> FloatTensor<Self> {
        if are_served(&[&x]) {
            return rows::log_sums_exp(x);
        }
        definition::log_sum_exp::<Self>(x)
    }

    fn argmax(x: FloatTensor<Self>) -> IntTensor<Self> {
        if are_served(&[&x]) {
            return rows::argmax(x);
        }
        definition::argmax::<Self>(x)
    }

    fn softmax_rows(x: FloatTensor<Self>, scale: f32) -> FloatTensor<Self> {
        if are_served(&[&x]) {
            return rows::softmax(x, scale);
        }
        definition::softmax::<Self>(x, scale)
    }

    fn softmax_rows_backward(
        y: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        scale: f32,
    ) -> FloatTensor<Self> {
        if are_served(&[&y, &grad]) {
            return rows::softmax_backward(y, grad, scale);
        }
        definition::softmax_backward::<Self>(y, grad, scale)
    }

    fn attend(
        queries: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        scale: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        if are_served(&[&queries, &keys, &values]) {
            return attention::attend(queries, keys, values, scale);
        }
        definition::attend::<Self>(queries, keys, values, scale)
    }

    fn attend_backward(
        queries: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        found: FloatTensor<Self>,
        sums: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        scale: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let operands = [queries, keys, values];
        if are_served(&[&operands[0], &found, &sums, &grad]) {
            let known = attention::Known {
                operands,
                found,
                sums,
                grad,
            };
            return attention::attend_backward(known, scale);
        }
        definition::attend_backward::<Self>(operands, grad, scale)
    }

    fn rms_norm(x: FloatTensor<Self>, epsilon: f32) -> FloatTensor<Self> {
        if are_served(&[&x]) {
            return rows::rms_norm(x, None, epsilon);
        }
        definition::rms_norm::<Self>(x, epsilon)
    }

    fn rms_norm_backward(
        x: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        if are_served(&[&x, &grad]) {
            return rows::rms_norm_backward(x, grad, epsilon);
        }
        definition::rms_norm_backward::<Self>(x, grad, epsilon)
    }

    fn gained_rms_norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        if are_served(&[&x, &gain]) {
            return rows::rms_norm(x, Some(gain), epsilon);
        }
        definition::gained_rms_norm::<Self>(x, gain, epsilon)
    }

    fn add_rms_norm(
        x: FloatTensor<Self>,
        change: FloatTensor<Self>,
        epsilon: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        if are_served(&[&x, &change]) {
            return rows::add_rms_norm(x, change, None, epsilon);
        }
        definition::add_rms_norm::<Self>(x, change, None, epsilon)
    }

    fn add_gained_rms_norm(
        x: FloatTensor<Self>,
        change: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        epsilon: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        if are_served(&[&x, &change, &gain]) {
            return rows::add_rms_norm(x, change, Some(gain), epsilon);
        }
        definition::add_rms_norm::<Self>(x, change, Some(gain), epsilon)
    }

    fn rotate(
        x: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        if are_served(&[&x, &cos, &sin]) {
            return layer::rotate(x, cos, sin);
        }
        definition::rotate::<Self>(x, cos, sin)
    }

    fn swiglu(gate: FloatTensor<Self>, up: FloatTensor<Self>) -> FloatTensor<Self> {
        if are_served(&[&gate, &up]) {
            return layer::swiglu(gate, up);
        }
        definition::swiglu::<Self>(gate, up)
    }

    fn swiglu_backward(
        gate: FloatTensor<Self>,
        up: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        if are_served(&[&gate, &up, &grad]) {
            return layer::swiglu_backward(gate, up, grad);
        }
        definition::swiglu_backward::<Self>(gate, up, grad)
    }

    fn likeliest(logits: FloatTensor<Self>) -> (IntTensor<Self>, FloatTensor<Self>) {
        if are_served(&[&logits]) {
            return pick::likeliest(logits);
        }
        definition::likeliest::<Self>(logits)
    }

    fn plausible(
        guided: FloatTensor<Self>,
        own: FloatTensor<Self>,
        share: f32,
    ) -> FloatTensor<Self> {
        if are_served(&[&guided, &own]) {
            return pick::plausible(guided, own, share);
        }
        definition::plausible::<Self>(guided, own, share)
    }

    fn plausible_logits(
        guided: FloatTensor<Self>,
        own: FloatTensor<Self>,
        head: FloatTensor<Self>,
        share: f32,
    ) -> FloatTensor<Self> {
        if are_served(&[&guided, &own, &head]) {
            return pick::plausible_logits(guided, own, head, share);
        }
        definition::plausible_logits::<Self>(guided, own, head, share)
    }

    fn draw(
        logits: FloatTensor<Self>,
        uniforms: FloatTensor<Self>,
        temperature: f32,
    ) -> (IntTensor<Self>, FloatTensor<Self>) {
        if are_served(&[&logits, &uniforms]) {
            return pick::draw(logits, uniforms, temperature);
        }
        definition::draw::<Self>(logits, uniforms, temperature)
    }

    fn draw_plausible(
        guided: FloatTensor<Self>,
        own: FloatTensor<Self>,
        head: FloatTensor<Self>,
        uniforms: FloatTensor<Self>,
        share: f32,
        temperature: f32,
    ) -> (IntTensor<Self>, FloatTensor<Self>) {
        let left = Self::plausible_logits(guided, own, head, share);
        Self::draw(left, uniforms, temperature)
    }

    fn cross_entropy(
        hidden: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        picks: IntTensor<Self>,
        shares: FloatTensor<Self>,
        row_weights: FloatTensor<Self>,
        terms: Terms,
        chunk: Chunk,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let rows = cross_entropy::Rows::new(picks, shares, weight.shape()[0], terms);
        cross_entropy::cross_entropy(hidden, weight, &rows, row_weights, chunk)
    }

    fn cross_entropy_losses(
        hidden: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        picks: IntTensor<Self>,
        shares: FloatTensor<Self>,
        terms: Terms,
        chunk: Chunk,
    ) -> FloatTensor<Self> {
        let rows = cross_entropy::Rows::new(picks, shares, weight.shape()[0], terms);
        cross_entropy::losses(hidden, weight, &rows, chunk)
    }

    fn unfold(x: FloatTensor<Self>) -> FloatTensor<Self> {
        if x.dtype() != DType::F32 {
            return definition::unfold::<Self>(x);
        }
        let [batch, height, width, channels] = x.shape().dims();
        let picture = Picture {
            height,
            width,
            channels,
        };
        let x = x.to_contiguous();
        let mut out = vec![0.0; batch * height * width * 9 * channels];
        if let (Some(x), false) = (x.as_slice::<f32>(), out.is_empty()) {
            picture.unfold(x, &mut out);
        }
        <FloatTensor<Self>>::from_data(TensorData::new(out, [batch, height, width, 9 * channels]))
    }

    fn fold(x: FloatTensor<Self>) -> FloatTensor<Self> {
        if x.dtype() != DType::F32 {
            return definition::fold::<Self>(x);
        }
        let [batch, height, width, all] = x.shape().dims();
        let picture = Picture {
            height,
            width,
            channels: all / 9,
        };
        let x = x.to_contiguous();
        let mut out = vec![0.0; batch * height * width * picture.channels];
        if let (Some(x), false) = (x.as_slice::<f32>(), out.is_empty()) {
            picture.fold(x, &mut out);
        }
        <FloatTensor<Self>>::from_data(TensorData::new(
            out,
            [batch, height, width, picture.channels],
        ))
    }
}

/// The sides of the pictures of a batch, and the numbers at each position.
#[derive(Clone, Copy)]
struct Picture {
    height: usize,
    width: usize,
    channels: usize,
}

impl Picture {
    /// Lays the nine neighbours of each position side by side; `out` is zero where there are none.
    fn unfold(self, x: &[f32], out: &mut [f32]) {
        let Self {
            width, channels, ..
        } = self;
        out.par_chunks_mut(width * 9 * channels)
            .enumerate()
            .for_each(|(line, out)| {
                for (v, source) in self.rows_around(line, false) {
                    let row = &x[source * width * channels..][..width * channels];
                    for (u, shift) in [(0, 1), (1, 0), (2, -1_isize)] {
                        for (column, out) in out.chunks_exact_mut(9 * channels).enumerate() {
                            let Some(from) =
                                column.checked_add_signed(-shift).filter(|x| *x < width)
                            else {
                                continue;
                            };
                            out[(3 * v + u) * channels..][..channels]
                                .copy_from_slice(&row[from * channels..][..channels]);
                        }
                    }
                }
            });
    }

    /// Adds up what each position gave to its nine neighbours.
    fn fold(self, x: &[f32], out: &mut [f32]) {
        let Self {
            width, channels, ..
        } = self;
        out.par_chunks_mut(width * channels)
            .enumerate()
            .for_each(|(line, out)| {
                for (v, source) in self.rows_around(line, true) {
                    let row = &x[source * width * 9 * channels..][..width * 9 * channels];
                    for (u, shift) in [(0, 1), (1, 0), (2, -1_isize)] {
                        for (column, out) in out.chunks_exact_mut(channels).enumerate() {
                            let Some(from) =
                                column.checked_add_signed(shift).filter(|x| *x < width)
                            else {
                                continue;
                            };
                            let share = &row[(from * 9 + 3 * v + u) * channels..][..channels];
                            for (sum, share) in out.iter_mut().zip(share) {
                                *sum += share;
                            }
                        }
                    }
                }
            });
    }

    /// The taps' rows and the lines of the batch that they reach from `line`, above to below; seen from the other side
    /// where `adjoint`.
    fn rows_around(self, line: usize, adjoint: bool) -> impl Iterator<Item = (usize, usize)> {
        let row = line % self.height;
        (0..3_usize).filter_map(move |v| {
            let down = if adjoint { 2 - v } else { v };
            let inside = (1..=self.height).contains(&(row + down));
            inside.then(|| (v, line + down - 1))
        })
    }
}
