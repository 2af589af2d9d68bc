//! Attention in f32 that keeps the scores of a few queries at a time.

mod backward;

pub(super) use backward::{Known, attend_backward};

use burn::backend::ops::FloatTensorOps;
use burn::backend::{Flex, TensorMetadata, tensor::FloatTensor};
use rayon::prelude::*;

use super::lanes::{exp, largest, sum, wide};
use super::matrix::{Matrix, Place, multiply};
use super::numbers::tensor;

/// Queries whose scores are kept at a time.
const QUERIES: usize = 64;

/// What queries find, and the logarithms of their sums of exponentials.
pub(super) fn attend(
    queries: FloatTensor<Flex>,
    keys: FloatTensor<Flex>,
    values: FloatTensor<Flex>,
    scale: f32,
) -> (FloatTensor<Flex>, FloatTensor<Flex>) {
    let [batch, length, heads, width] = queries.shape().dims();
    let [queries, keys, values] = [queries, keys, values].map(readable);
    let [queries, keys, values] = [&queries, &keys, &values].map(Heads::new);
    let mut out = vec![0.0; batch * length * heads * width];
    let mut sums = vec![0.0; batch * length * heads];
    let shared = heads / keys.heads();

    let blocks = out
        .par_chunks_mut(length * heads * width)
        .zip(sums.par_chunks_mut(length * heads))
        .enumerate()
        .flat_map(|(sample, (out, sums))| {
            out.par_chunks_mut(QUERIES * heads * width)
                .zip(sums.par_chunks_mut(QUERIES * heads))
                .enumerate()
                .map(move |(block, parts)| (sample, block * QUERIES, parts))
        });
    blocks.for_each_init(Vec::new, |scores, (sample, first, (out, sums))| {
        for head in 0..heads {
            let found = Found {
                out: &mut out[head * width..],
                sums: &mut sums[head..],
                heads,
            };
            let count = found.sums.len().div_ceil(heads);
            let asked = [&keys, &values].map(|x| x.matrix(sample, head / shared));
            let queries = queries.rows(sample, head, first, count);
            found.take(queries, asked, scale, scores);
        }
    });
    let sums = tensor(sums, [batch, length, heads]);
    (
        tensor(out, [batch, length, heads, width]),
        Flex::float_swap_dims(sums, 1, 2),
    )
}

/// Where what some queries of a head find goes, among that of the other heads.
struct Found<'a> {
    out: &'a mut [f32],
    sums: &'a mut [f32],
    heads: usize,
}

impl Found<'_> {
    fn take(
        self,
        queries: Matrix<'_>,
        [keys, values]: [Matrix<'_>; 2],
        scale: f32,
        scores: &mut Vec<f32>,
    ) {
        let ([count, _], [places, width]) = (queries.sides(), values.sides());
        scores.resize(count * places, 0.0);
        let all = Place::dense([count, places]);
        multiply(scores, all, [queries, keys.transposed()], scale, false);
        wide(|| {
            let rows = scores.chunks_exact_mut(places);
            for (row, kept) in rows.zip(self.sums.iter_mut().step_by(self.heads)) {
                let most = largest(row);
                row.iter_mut().for_each(|x| *x = exp(*x - most));
                let all = sum(row, |x| x);
                row.iter_mut().for_each(|x| *x /= all);
                *kept = most + all.ln();
            }
        });
        let place = Place {
            sides: [count, width],
            steps: [self.heads * width, 1],
        };
        multiply(
            self.out,
            place,
            [Matrix::new(scores, all), values],
            1.0,
            false,
        );
    }
}

/// The vectors of heads, `[batch, places, heads, width]`, as they lie in memory.
struct Heads<'a> {
    numbers: &'a [f32],
    shape: [usize; 4],
    steps: [usize; 4],
}

impl<'a> Heads<'a> {
    /// Those of a [`readable`] tensor.
    fn new(x: &'a FloatTensor<Flex>) -> Self {
        let steps = x.layout().strides();
        Self {
            numbers: &x.storage()[x.layout().start_offset()..],
            shape: x.shape().dims(),
            steps: [0, 1, 2, 3].map(|dim| steps[dim].unsigned_abs()),
        }
    }

    fn heads(&self) -> usize {
        self.shape[2]
    }

    /// The vectors of a head: `[places, width]`.
    fn matrix(&self, sample: usize, head: usize) -> Matrix<'a> {
        self.rows(sample, head, 0, self.shape[1])
    }

    /// So many of them from the place `first` on.
    fn rows(&self, sample: usize, head: usize, first: usize, count: usize) -> Matrix<'a> {
        let start = sample * self.steps[0] + first * self.steps[1] + head * self.steps[2];
        let place = Place {
            sides: [count, self.shape[3]],
            steps: [self.steps[1], self.steps[3]],
        };
        Matrix::new(&self.numbers[start..], place)
    }
}

/// The tensor, dense where it runs backwards through memory.
fn readable(x: FloatTensor<Flex>) -> FloatTensor<Flex> {
    if x.layout().has_positive_strides() {
        return x;
    }
    x.to_contiguous()
}
