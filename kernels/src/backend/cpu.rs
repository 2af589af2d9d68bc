//! The operations on the CPU: burn's own, but for neighbourhoods, which are copies of whole vectors, and for
//! cross-entropies, whose logits are worked on in place.

mod cross_entropy;

use burn::backend::{
    Flex, TensorMetadata,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{DType, TensorData};
use rayon::prelude::*;

use super::{TensorKernels, definition};
use crate::cross_entropy::{Chunk, Terms};

impl TensorKernels for Flex {
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
