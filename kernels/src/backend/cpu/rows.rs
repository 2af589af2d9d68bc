//! Work on the rows of matrices of f32, each read and written once where it can be.

use burn::backend::{
    Flex, TensorMetadata,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::TensorData;
use rayon::prelude::*;

use super::lanes::{exp, largest, log_sum_exp, sum, sum_of_pairs, wide};
use super::numbers::{by_rows, dense, read, rows_of_a_task, tensor, write};

/// `softmax(scale·x)` of each row.
pub(super) fn softmax(x: FloatTensor<Flex>, scale: f32) -> FloatTensor<Flex> {
    let columns = x.shape()[1];
    let mut x = dense(x);
    by_rows(write(&mut x), columns, |row| {
        row.iter_mut().for_each(|x| *x *= scale);
        let most = largest(row);
        row.iter_mut().for_each(|x| *x = exp(*x - most));
        let share = 1.0 / sum(row, |x| x);
        row.iter_mut().for_each(|x| *x *= share);
    });
    x
}

/// `scale·y·(g − Σ g·y)` of each row.
pub(super) fn softmax_backward(
    y: FloatTensor<Flex>,
    grad: FloatTensor<Flex>,
    scale: f32,
) -> FloatTensor<Flex> {
    let (y, mut grad) = (dense(y), dense(grad));
    change_rows(&mut grad, &y, |g, y| {
        let mean = sum_of_pairs(g, y, |g, y| g * y);
        for (g, y) in g.iter_mut().zip(y) {
            *g = scale * y * (*g - mean);
        }
    });
    grad
}

/// `x / √(mean x² + ε)` of each row, times the gain of each column where there are any.
pub(super) fn rms_norm(
    x: FloatTensor<Flex>,
    gain: Option<FloatTensor<Flex>>,
    epsilon: f32,
) -> FloatTensor<Flex> {
    let columns = x.shape()[1];
    let (mut x, gain) = (dense(x), gain.map(dense));
    let gain = gain.as_ref().map(read);
    by_rows(write(&mut x), columns, |row| {
        let factor = inverse_root(row, epsilon);
        row.iter_mut().for_each(|x| *x *= factor);
        if let Some(gain) = gain {
            row.iter_mut().zip(gain).for_each(|(x, gain)| *x *= gain);
        }
    });
    x
}

/// `s = x + change`, and [`rms_norm`] of that.
pub(super) fn add_rms_norm(
    x: FloatTensor<Flex>,
    change: FloatTensor<Flex>,
    gain: Option<FloatTensor<Flex>>,
    epsilon: f32,
) -> (FloatTensor<Flex>, FloatTensor<Flex>) {
    let (mut x, change) = (dense(x), dense(change));
    change_rows(&mut x, &change, |x, change| {
        x.iter_mut()
            .zip(change)
            .for_each(|(x, change)| *x += change);
    });
    (x.clone(), rms_norm(x, gain, epsilon))
}

/// `f·(g − f²·x·mean(g·x))` of each row with `f = 1 / √(mean x² + ε)`.
pub(super) fn rms_norm_backward(
    x: FloatTensor<Flex>,
    grad: FloatTensor<Flex>,
    epsilon: f32,
) -> FloatTensor<Flex> {
    let (x, mut grad) = (dense(x), dense(grad));
    change_rows(&mut grad, &x, |g, x| {
        let factor = inverse_root(x, epsilon);
        let mean = sum_of_pairs(g, x, |g, x| g * x) / x.len() as f32;
        let pull = factor * factor * mean;
        for (g, x) in g.iter_mut().zip(x) {
            *g = factor * (*g - pull * x);
        }
    });
    grad
}

/// `log Σ e^x` of each row.
pub(super) fn log_sums_exp(x: FloatTensor<Flex>) -> FloatTensor<Flex> {
    let [rows, columns] = x.shape().dims();
    let x = dense(x);
    let of_task = |part: &[f32]| -> Vec<f32> {
        wide(|| part.chunks_exact(columns).map(log_sum_exp).collect())
    };
    let parts = read(&x).par_chunks(columns * rows_of_a_task(columns));
    tensor(parts.flat_map_iter(of_task).collect(), [rows])
}

/// The first place of the largest number of each row, as i32.
pub(super) fn argmax(x: FloatTensor<Flex>) -> IntTensor<Flex> {
    let [rows, columns] = x.shape().dims();
    let x = dense(x);
    let of_task = |part: &[f32]| -> Vec<i32> {
        wide(|| part.chunks_exact(columns).map(first_of_largest).collect())
    };
    let parts = read(&x).par_chunks(columns * rows_of_a_task(columns));
    let places: Vec<i32> = parts.flat_map_iter(of_task).collect();
    <IntTensor<Flex>>::from_data(TensorData::new(places, [rows]))
}

/// The first place of the largest number; the last place where there is no number at all.
#[inline(always)]
pub(super) fn first_of_largest(row: &[f32]) -> i32 {
    let most = largest(row);
    let place = row.iter().position(|x| *x == most);
    place.unwrap_or(row.len() - 1) as i32
}

/// Changes the rows of one dense matrix by those of another that has as many.
pub(super) fn change_rows(
    x: &mut FloatTensor<Flex>,
    by: &FloatTensor<Flex>,
    change: impl Fn(&mut [f32], &[f32]) + Sync,
) {
    let (columns, others) = (x.shape()[1], by.shape()[1]);
    let rows = rows_of_a_task(columns);
    let parts = write(x).par_chunks_mut(columns * rows);
    let parts = parts.zip(read(by).par_chunks(others * rows));
    parts.for_each(|(rows, by)| {
        let rows = rows.chunks_exact_mut(columns);
        wide(|| {
            rows.zip(by.chunks_exact(others))
                .for_each(|(row, by)| change(row, by));
        });
    });
}

/// `1 / √(mean x² + ε)`
#[inline(always)]
fn inverse_root(row: &[f32], epsilon: f32) -> f32 {
    let mean = sum(row, |x| x * x) / row.len() as f32;
    1.0 / (mean + epsilon).sqrt()
}
