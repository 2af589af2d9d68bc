//! The cross-entropies in f32, a chunk of rows at a time, the rows of a chunk side by side.

use burn::backend::ops::FloatTensorOps;
use burn::backend::{
    Flex, TensorMetadata,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{FloatDType, Slice, TensorData};
use rayon::prelude::*;

use super::lanes::{exp, log_sum_exp, wide};
use super::numbers::tensor;
use crate::backend::{cast, head_gradient};
use crate::cross_entropy::{Chunk, Terms};

/// Losses, and the gradients in hidden vectors and head.
pub(super) fn cross_entropy(
    hidden: FloatTensor<Flex>,
    weight: FloatTensor<Flex>,
    rows: &Rows,
    row_weights: FloatTensor<Flex>,
    chunk: Chunk,
) -> (FloatTensor<Flex>, FloatTensor<Flex>, FloatTensor<Flex>) {
    let (own, head) = (
        hidden.dtype(),
        head_gradient(hidden.dtype(), weight.dtype()),
    );
    let (hidden, weight) = (in_f32(hidden), in_f32(weight));
    let row_weights = numbers(row_weights);
    let mut losses = Vec::with_capacity(row_weights.len());
    let mut in_hidden = Vec::new();
    let mut in_weight: Option<FloatTensor<Flex>> = None;
    for (first, end) in rows.chunks(chunk) {
        let part = rows_of(&hidden, first, end);
        let mut logits = logits(part.clone(), weight.clone());
        losses.par_extend(
            logits
                .par_chunks_mut(rows.codes)
                .enumerate()
                .map(|(row, z)| wide(|| rows.slope(first + row, z, row_weights[first + row]))),
        );
        let slope = TensorData::new(logits, [end - first, rows.codes]);
        let slope = <FloatTensor<Flex>>::from_data(slope);
        in_hidden.push(Flex::float_matmul(slope.clone(), weight.clone()));
        let share = Flex::float_matmul(Flex::float_transpose(slope), part);
        in_weight = Some(match in_weight {
            Some(sum) => Flex::float_add(sum, share),
            None => share,
        });
    }
    let in_hidden = Flex::float_cat(in_hidden, 0);
    let in_weight = in_weight.expect("there are rows, so there is a chunk");
    let count = losses.len();
    (
        tensor(losses, [count]),
        cast::<Flex>(in_hidden, own.into()),
        cast::<Flex>(in_weight, head.into()),
    )
}

/// Losses alone.
pub(super) fn losses(
    hidden: FloatTensor<Flex>,
    weight: FloatTensor<Flex>,
    rows: &Rows,
    chunk: Chunk,
) -> FloatTensor<Flex> {
    let (hidden, weight) = (in_f32(hidden), in_f32(weight));
    let mut losses = Vec::new();
    for (first, end) in rows.chunks(chunk) {
        let logits = logits(rows_of(&hidden, first, end), weight.clone());
        losses.par_extend(
            logits
                .par_chunks(rows.codes)
                .enumerate()
                .map(|(row, z)| wide(|| rows.score(first + row, z).loss)),
        );
    }
    let count = losses.len();
    tensor(losses, [count])
}

/// What is asked of each row.
pub(super) struct Rows {
    picks: Vec<i32>,
    shares: Vec<f32>,
    /// Picks of a row.
    count: usize,
    codes: usize,
    terms: Terms,
}

/// What a row's logits came to.
struct Scored {
    lse: f32,
    loss: f32,
}

impl Rows {
    pub(super) fn new(
        picks: IntTensor<Flex>,
        shares: FloatTensor<Flex>,
        codes: usize,
        terms: Terms,
    ) -> Self {
        let [_, count] = picks.shape().dims();
        let picks = picks.to_contiguous();
        Self {
            picks: picks.as_slice::<i32>().unwrap_or_default().to_vec(),
            shares: numbers(shares),
            count,
            codes,
            terms,
        }
    }

    /// First row and end of each chunk.
    fn chunks(&self, chunk: Chunk) -> impl Iterator<Item = (usize, usize)> {
        let (rows, step) = (self.picks.len() / self.count, chunk.rows(self.codes));
        (0..rows)
            .step_by(step)
            .map(move |first| (first, (first + step).min(rows)))
    }

    #[inline(always)]
    fn score(&self, row: usize, z: &[f32]) -> Scored {
        let lse = log_sum_exp(z);
        let mut loss = self.terms.scale * lse;
        for (code, share) in self.shared(row) {
            loss -= share * z[code];
        }
        for (codes, weight) in self.sets(row) {
            loss -= weight * log_sum_exp_of(z, &codes);
        }
        Scored { lse, loss }
    }

    /// The loss, and its gradient times `weight` in the place of the logits.
    #[inline(always)]
    fn slope(&self, row: usize, z: &mut [f32], weight: f32) -> f32 {
        let Scored { lse, loss } = self.score(row, z);
        let mut pulls: Vec<(usize, f32)> = self.shared(row).collect();
        for (codes, share) in self.sets(row) {
            let lse = log_sum_exp_of(z, &codes);
            pulls.extend(
                codes
                    .iter()
                    .map(|code| (*code, share * exp(z[*code] - lse))),
            );
        }
        let scale = weight * self.terms.scale;
        for z in z.iter_mut() {
            *z = scale * exp(*z - lse);
        }
        for (code, pull) in pulls {
            z[code] -= weight * pull;
        }
        loss
    }

    /// Codes of the row that count for themselves, and how much.
    fn shared(&self, row: usize) -> impl Iterator<Item = (usize, f32)> {
        let shares = &self.shares[row * self.count..][..self.terms.shared];
        let codes = self.codes_of(row);
        shares.iter().zip(codes).map(|(share, code)| (code, *share))
    }

    /// Codes of the row that count together, and how much.
    fn sets(&self, row: usize) -> impl Iterator<Item = (Vec<usize>, f32)> {
        let neighbours: Vec<usize> = self.codes_of(row).skip(self.terms.shared).collect();
        let first = self.codes_of(row).next().unwrap_or(0);
        let groups = self.terms.levels.iter().map(move |level| {
            let start = first / level.size * level.size;
            let end = (start + level.size).min(self.codes);
            ((start..end).collect(), level.weight)
        });
        let near = (!neighbours.is_empty()).then_some((neighbours, self.terms.neighbours));
        groups.chain(near)
    }

    fn codes_of(&self, row: usize) -> impl Iterator<Item = usize> {
        let picks = &self.picks[row * self.count..][..self.count];
        picks.iter().map(|code| *code as usize)
    }
}

/// The same over some codes.
fn log_sum_exp_of(z: &[f32], codes: &[usize]) -> f32 {
    let some: Vec<f32> = codes.iter().map(|code| z[*code]).collect();
    log_sum_exp(&some)
}

/// `H·Wᵀ`, row by row.
fn logits(hidden: FloatTensor<Flex>, weight: FloatTensor<Flex>) -> Vec<f32> {
    let z = Flex::float_matmul(hidden, Flex::float_transpose(weight));
    numbers(z)
}

/// Rows `first..end` of a matrix.
fn rows_of(x: &FloatTensor<Flex>, first: usize, end: usize) -> FloatTensor<Flex> {
    let width = x.shape()[1];
    Flex::float_slice(x.clone(), &[first..end, 0..width].map(Slice::from))
}

/// The tensor in f32.
fn in_f32(x: FloatTensor<Flex>) -> FloatTensor<Flex> {
    cast::<Flex>(x, FloatDType::F32)
}

/// The numbers of a tensor in f32.
fn numbers(x: FloatTensor<Flex>) -> Vec<f32> {
    let data = in_f32(x).to_contiguous().into_data();
    data.try_into_vec().expect("it was made f32")
}
