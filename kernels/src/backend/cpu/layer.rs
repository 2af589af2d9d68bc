//! What a transformer's layer does between its products, in f32.

use burn::backend::{Flex, TensorMetadata, tensor::FloatTensor};
use rayon::prelude::*;

use super::lanes::{exp, wide};
use super::numbers::{dense, read, rows_of_a_task, write};

/// The halves of every vector turned: `[b, l, h, 2·n]` by `[l, n]` each.
pub(super) fn rotate(
    x: FloatTensor<Flex>,
    cos: FloatTensor<Flex>,
    sin: FloatTensor<Flex>,
) -> FloatTensor<Flex> {
    let [_, length, heads, width] = x.shape().dims();
    let (mut x, cos, sin) = (dense(x), dense(cos), dense(sin));
    let (cos, sin, half) = (read(&cos), read(&sin), width / 2);
    let turn = |(row, vectors): (usize, &mut [f32])| {
        let place = row % length * half;
        let (cos, sin) = (&cos[place..][..half], &sin[place..][..half]);
        for vector in vectors.chunks_exact_mut(width) {
            let (first, second) = vector.split_at_mut(half);
            let numbers = first.iter_mut().zip(second).zip(cos.iter().zip(sin));
            for ((first, second), (cos, sin)) in numbers {
                (*first, *second) = (*first * cos - *second * sin, *second * cos + *first * sin);
            }
        }
    };
    let row = heads * width;
    let rows = rows_of_a_task(row);
    write(&mut x)
        .par_chunks_mut(rows * row)
        .enumerate()
        .for_each(|(task, part)| {
            let first = task * rows;
            let places = part.chunks_exact_mut(row).enumerate();
            wide(|| places.for_each(|(at, vectors)| turn((first + at, vectors))));
        });
    x
}

/// `silu(gate)·up`
pub(super) fn swiglu(gate: FloatTensor<Flex>, up: FloatTensor<Flex>) -> FloatTensor<Flex> {
    let (mut gate, up) = (dense(gate), dense(up));
    let task = rows_of_a_task(1);
    write(&mut gate)
        .par_chunks_mut(task)
        .zip(read(&up).par_chunks(task))
        .for_each(|(gate, up)| {
            wide(|| {
                for (gate, up) in gate.iter_mut().zip(up) {
                    *gate = *gate * sigmoid(*gate) * up;
                }
            });
        });
    gate
}

/// The gradients of [`swiglu`]: `(g·up·s·(1 + gate·(1 − s)), g·gate·s)` with `s = sigmoid(gate)`.
pub(super) fn swiglu_backward(
    gate: FloatTensor<Flex>,
    up: FloatTensor<Flex>,
    grad: FloatTensor<Flex>,
) -> (FloatTensor<Flex>, FloatTensor<Flex>) {
    let (mut gate, mut up, grad) = (dense(gate), dense(up), dense(grad));
    let task = rows_of_a_task(1);
    write(&mut gate)
        .par_chunks_mut(task)
        .zip(write(&mut up).par_chunks_mut(task))
        .zip(read(&grad).par_chunks(task))
        .for_each(|((gate, up), grad)| {
            wide(|| {
                for ((gate, up), grad) in gate.iter_mut().zip(up).zip(grad) {
                    let sigmoid = sigmoid(*gate);
                    let silu = *gate * sigmoid;
                    let slope = sigmoid + silu - sigmoid * silu;
                    (*gate, *up) = (grad * *up * slope, grad * silu);
                }
            });
        });
    (gate, up)
}

/// `1 / (1 + e^−x)`
#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}
