//! Muon: a matrix moves by the orthogonal matrix that is nearest to its momentum.

use burn::tensor::{DType, FloatDType, Tensor};

use super::flat::Layout;

/// How long momentum lasts.
const MOMENTUM: f32 = 0.95;

/// How often the momentum is brought nearer to an orthogonal matrix, and by which odd polynomial of its singular values:
/// these lie between 0.7 and 1.2 afterwards, wherever they started above a hundredth.
const ITERATIONS: usize = 5;
const POLYNOMIAL: [f32; 3] = [3.4445, -4.7750, 2.0315];

/// How large a step is for a matrix with a longer side of 1: what AdamW's steps commonly are, so that both go by one
/// learning rate.
const SCALE: f32 = 0.2;

/// What keeps a matrix without a gradient finite.
const EPSILON: f32 = 1e-7;

/// How matrices of the stack follow their gradients.
///
/// `m ← 0.95·m + g`, `O = orthogonal(g + 0.95·m)`, `W ← W − rate·(decay·W + 0.2·√(longer side)·O)`
///
/// Sources: Jordan et al., "Muon", 2024; Liu et al., "Muon is scalable for LLM training", 2025, for the size of steps.
#[derive(Clone, Debug)]
pub struct Muon {
    weight_decay: f32,
    /// What products are computed in.
    dtype: FloatDType,
    stacks: Vec<Stack>,
}

/// Matrices of one shape, which lie behind each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Where the first one starts.
    pub start: usize,
    /// How many there are.
    pub count: usize,
    /// From the start of one to that of the next.
    pub stride: usize,
    /// Their sides.
    pub sides: [usize; 2],
}

/// Whether a parameter is a matrix that turns vectors of the stack into others; tables, the head and whatever has another
/// number of sides are none.
pub fn is_hidden(name: &str, rank: usize) -> bool {
    rank == 2 && name.split('.').any(|part| part == "layers")
}

impl Muon {
    /// Muon for the matrices of `layout`.
    pub fn new(layout: &Layout, weight_decay: f32, dtype: FloatDType) -> Self {
        Self {
            weight_decay,
            dtype,
            stacks: layout.stacks(),
        }
    }

    /// Weights and momentum behind a step.
    pub fn step(
        &self,
        rate: f64,
        weights: Tensor<1>,
        gradient: Tensor<1>,
        momentum: Option<Tensor<1>>,
    ) -> (Tensor<1>, Tensor<1>) {
        let momentum = match momentum {
            Some(momentum) => momentum.mul_scalar(MOMENTUM) + gradient.clone(),
            None => gradient.clone(),
        };
        let ahead = gradient + momentum.clone().mul_scalar(MOMENTUM);
        let steps = self.stacks.iter().map(|stack| {
            let size = SCALE * (stack.sides[0].max(stack.sides[1]) as f32).sqrt();
            let matrices = orthogonal(stack.matrices(&ahead), self.dtype);
            stack.flattened(matrices.mul_scalar(size))
        });
        let change = Tensor::cat(steps.collect(), 0);
        let kept = 1.0 - rate * f64::from(self.weight_decay);
        (weights.mul_scalar(kept) - change.mul_scalar(rate), momentum)
    }
}

impl Stack {
    /// The matrices as they lie in `vector`, `[count, rows, columns]`.
    fn matrices(&self, vector: &Tensor<1>) -> Tensor<3> {
        let [rows, columns] = self.sides;
        let end = self.start + self.count * self.stride;
        let own = vector.clone().slice(self.start..end);
        let own: Tensor<2> = own.reshape([self.count, self.stride]);
        own.narrow(1, 0, rows * columns)
            .reshape([self.count, rows, columns])
    }

    /// The opposite of [`Stack::matrices`], with zeros between them.
    fn flattened(&self, matrices: Tensor<3>) -> Tensor<1> {
        let [count, rows, columns] = matrices.dims();
        let gap = self.stride - rows * columns;
        let device = matrices.device();
        let lines: Tensor<2> = matrices.reshape([count, rows * columns]);
        let lines = if gap > 0 {
            let zeros = Tensor::zeros([count, gap], (&device, DType::F32));
            Tensor::cat(vec![lines, zeros], 1)
        } else {
            lines
        };
        lines.reshape([count * self.stride])
    }
}

/// Matrices with the singular vectors of `x` and singular values near 1, by the iteration of Newton and Schulz.
///
/// Shapes: `x [count, rows, columns]`, f32 → the same.
fn orthogonal(x: Tensor<3>, dtype: FloatDType) -> Tensor<3> {
    let [_, rows, columns] = x.dims();
    let is_tall = rows > columns;
    let norm = norms(&x).add_scalar(EPSILON);
    let x = x / norm;
    let x = if is_tall { x.swap_dims(1, 2) } else { x };
    let mut x = x.cast(dtype);
    let [one, three, five] = POLYNOMIAL;
    for _ in 0..ITERATIONS {
        let square = kernels::matmul(x.clone(), x.clone().swap_dims(1, 2));
        let fourth = kernels::matmul(square.clone(), square.clone());
        let factor = square.mul_scalar(three) + fourth.mul_scalar(five);
        x = x.clone().mul_scalar(one) + kernels::matmul(factor, x);
    }
    let x = x.cast(DType::F32);
    if is_tall { x.swap_dims(1, 2) } else { x }
}

/// The square root of the sum of squares of each matrix, `[count, 1, 1]`, summed up by products: these add in one order.
fn norms(x: &Tensor<3>) -> Tensor<3> {
    let [count, rows, columns] = x.dims();
    let ones = |length: usize| Tensor::<2>::ones([1, length], (&x.device(), DType::F32));
    let squares = (x.clone() * x.clone()).reshape([count * rows, columns]);
    let rows_summed = kernels::linear(squares, ones(columns), None);
    let summed = kernels::linear(rows_summed.reshape([count, rows]), ones(rows), None);
    summed.sqrt().reshape([count, 1, 1])
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, FloatDType, Tensor};

    use super::{Muon, Stack, is_hidden, orthogonal};

    fn close(found: Tensor<1>, wanted: &[f32]) {
        let found: Vec<f32> = found.into_data().iter::<f32>().collect();
        assert_eq!(found.len(), wanted.len());
        for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
            assert!((found - wanted).abs() < 1e-5, "{at}: {found} for {wanted}");
        }
    }

    // Singular values of 3 and 4, divided by their norm 5 and taken through the polynomial five times, are 0.7228762 and
    // 1.1192039; those of 5 and 12, divided by 13, 1.0558469 and 0.7197889; and one alone is 0.6964364.

    #[test]
    fn singular_values_come_near_one_and_singular_vectors_stay() {
        let device = Device::flex();
        let two = [[[3.0, 0.0], [0.0, 4.0]], [[0.0, -12.0], [5.0, 0.0]]];
        let found = orthogonal(Tensor::<3>::from_floats(two, &device), FloatDType::F32);
        let wanted = [
            0.722_876_2,
            0.0,
            0.0,
            1.119_203_9,
            0.0,
            -0.719_788_9,
            1.055_846_9,
            0.0,
        ];
        close(found.reshape([8]), &wanted);
        let tall = Tensor::<3>::from_floats([[[3.0, 0.0], [0.0, 0.0], [0.0, 4.0]]], &device);
        let wanted = [0.722_876_2, 0.0, 0.0, 0.0, 0.0, 1.119_203_9];
        close(orthogonal(tall, FloatDType::F32).reshape([6]), &wanted);
        let none = orthogonal(Tensor::zeros([1, 2, 2], &device), FloatDType::F32);
        close(none.reshape([4]), &[0.0; 4]);
    }

    #[test]
    fn two_steps_are_as_worked_out_by_hand() {
        let device = Device::flex();
        let vector = |values: &[f32]| Tensor::<1>::from_floats(values, &device);
        // Two matrices of 2 × 2, with a gap behind each; gradients keep their direction, so that momentum changes nothing.
        let muon = Muon {
            weight_decay: 0.5,
            dtype: FloatDType::F32,
            stacks: vec![Stack {
                start: 0,
                count: 2,
                stride: 5,
                sides: [2, 2],
            }],
        };
        let weights = vector(&[1.0, 1.0, 1.0, 1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
        let gradient = vector(&[3.0, 0.0, 0.0, 4.0, 0.0, 7.0, 0.0, 0.0, 0.0, 0.0]);
        let (weights, momentum) = muon.step(0.1, weights, gradient.clone(), None);
        close(
            momentum.clone(),
            &[3.0, 0.0, 0.0, 4.0, 0.0, 7.0, 0.0, 0.0, 0.0, 0.0],
        );
        // What remains is 1 − 0.1 · 0.5, and a step is 0.1 · 0.2 · √2 = 0.0282843 of the orthogonal matrix.
        let wanted = [
            0.929_554,
            0.95,
            0.95,
            0.918_344_1,
            0.0,
            1.880_301_8,
            0.0,
            0.0,
            0.0,
            0.0,
        ];
        close(weights.clone(), &wanted);
        let (weights, momentum) = muon.step(0.1, weights, gradient, Some(momentum));
        close(
            momentum,
            &[5.85, 0.0, 0.0, 7.8, 0.0, 13.65, 0.0, 0.0, 0.0, 0.0],
        );
        let wanted = [
            0.862_630_2,
            0.9025,
            0.9025,
            0.840_771,
            0.0,
            1.766_588_5,
            0.0,
            0.0,
            0.0,
            0.0,
        ];
        close(weights, &wanted);
    }

    #[test]
    fn tables_and_heads_are_not_hidden() {
        assert!(is_hidden("encoder.layers.3.mlp.down_proj.weight", 2));
        assert!(!is_hidden("encoder.layers.3.norm.weight", 1));
        assert!(!is_hidden("encoder.gen_predictor.weight", 2));
        assert!(!is_hidden("encoder.upsample_gen.upsample.conv.weight", 4));
    }
}
