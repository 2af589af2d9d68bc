//! The gradients of attention in f32, from its scores once more, a head at a time.

use burn::backend::ops::FloatTensorOps;
use burn::backend::{Flex, TensorMetadata, tensor::FloatTensor};
use rayon::prelude::*;

use super::{Heads, readable};
use crate::backend::cpu::lanes::{exp, wide};
use crate::backend::cpu::matrix::{Matrix, Place, multiply};
use crate::backend::cpu::numbers::tensor;

/// What attention was given, what it found, and the gradient of that.
pub(in crate::backend::cpu) struct Known {
    /// Queries, keys and values.
    pub operands: [FloatTensor<Flex>; 3],
    /// What the queries found.
    pub found: FloatTensor<Flex>,
    /// `log Σ e^{scale·q·kᵀ}`, `[batch, heads, n]`.
    pub sums: FloatTensor<Flex>,
    /// The gradient of `found`.
    pub grad: FloatTensor<Flex>,
}

/// The gradients in queries, keys and values.
pub(in crate::backend::cpu) fn attend_backward(
    known: Known,
    scale: f32,
) -> (FloatTensor<Flex>, FloatTensor<Flex>, FloatTensor<Flex>) {
    let [queries, keys, values] = known.operands.map(readable);
    let [found, grad] = [known.found, known.grad].map(readable);
    let sums = known.sums.to_contiguous();
    let [batch, length, heads, width] = queries.shape().dims();
    let [_, places, own, _] = keys.shape().dims();
    let shared = heads / own;
    let [of_queries, of_keys] = [shared * length * width, places * width];
    let mut in_queries = vec![0.0; batch * own * of_queries];
    let mut in_keys = vec![0.0; batch * own * of_keys];
    let mut in_values = vec![0.0; batch * own * of_keys];

    let [queries, keys, values, found, grad] =
        [&queries, &keys, &values, &found, &grad].map(Heads::new);
    let sums: &[f32] = sums.storage();
    in_queries
        .par_chunks_mut(of_queries)
        .zip(in_keys.par_chunks_mut(of_keys))
        .zip(in_values.par_chunks_mut(of_keys))
        .enumerate()
        .for_each_init(Memory::default, |memory, (at, ((q, k), v))| {
            let (sample, key_head) = (at / own, at % own);
            for (nth, in_queries) in q.chunks_exact_mut(length * width).enumerate() {
                let head = key_head * shared + nth;
                let pass = Pass {
                    queries: queries.matrix(sample, head),
                    keys: keys.matrix(sample, key_head),
                    values: values.matrix(sample, key_head),
                    found: found.matrix(sample, head),
                    grad: grad.matrix(sample, head),
                    sums: &sums[(sample * heads + head) * length..][..length],
                    scale,
                };
                pass.take(in_queries, k, v, memory);
            }
        });
    let in_keys = [in_keys, in_values].map(|x| tensor(x, [batch, own, places, width]));
    let [in_keys, in_values] = in_keys.map(|x| Flex::float_swap_dims(x, 1, 2));
    let in_queries = tensor(in_queries, [batch, heads, length, width]);
    (Flex::float_swap_dims(in_queries, 1, 2), in_keys, in_values)
}

/// Scores and their gradients, kept from head to head.
#[derive(Default)]
struct Memory {
    weights: Vec<f32>,
    slopes: Vec<f32>,
}

/// All that the gradients of one head come from.
struct Pass<'a> {
    queries: Matrix<'a>,
    keys: Matrix<'a>,
    values: Matrix<'a>,
    found: Matrix<'a>,
    grad: Matrix<'a>,
    sums: &'a [f32],
    scale: f32,
}

impl Pass<'_> {
    /// Writes the gradient in the queries, and adds to those in keys and values.
    fn take(
        &self,
        in_queries: &mut [f32],
        in_keys: &mut [f32],
        in_values: &mut [f32],
        memory: &mut Memory,
    ) {
        let ([count, width], [places, _]) = (self.queries.sides(), self.keys.sides());
        let all = Place::dense([count, places]);
        let Memory { weights, slopes } = memory;
        weights.resize(count * places, 0.0);
        slopes.resize(count * places, 0.0);
        multiply(
            weights,
            all,
            [self.queries, self.keys.transposed()],
            self.scale,
            false,
        );
        multiply(
            slopes,
            all,
            [self.grad, self.values.transposed()],
            1.0,
            false,
        );
        wide(|| {
            let rows = weights
                .chunks_exact_mut(places)
                .zip(slopes.chunks_exact_mut(places));
            for (row, (weights, slopes)) in rows.enumerate() {
                let (sum, mean) = (self.sums[row], self.mean(row));
                for (weight, slope) in weights.iter_mut().zip(slopes) {
                    *weight = exp(*weight - sum);
                    *slope = *weight * (*slope - mean);
                }
            }
        });
        let [weights, slopes] = [weights, slopes].map(|x| Matrix::new(x, all));
        let of_keys = Place::dense([places, width]);
        multiply(
            in_values,
            of_keys,
            [weights.transposed(), self.grad],
            1.0,
            true,
        );
        multiply(
            in_keys,
            of_keys,
            [slopes.transposed(), self.queries],
            self.scale,
            true,
        );
        let of_queries = Place::dense([count, width]);
        multiply(
            in_queries,
            of_queries,
            [slopes, self.keys],
            self.scale,
            false,
        );
    }

    /// `Σ found·grad` of a query.
    fn mean(&self, row: usize) -> f32 {
        self.found
            .row(row)
            .zip(self.grad.row(row))
            .map(|(found, grad)| found * grad)
            .sum()
    }
}
