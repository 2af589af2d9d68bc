//! Matrices that do not lie as a kernel might suppose: pitched, sliced, transposed, or one row told again and again.

use burn::backend::Dispatch;
use burn::tensor::{DType, Device, Tensor, TensorData};

use super::report;
use crate::backend::TensorKernels;
use crate::contract::{Report, read, rounding};
use crate::noise::Noise;
use crate::rows::{log_sum_exp, row_mean};
use crate::{
    GroupNorm, Resolution, add_rms_norm, argmax, convolution_3x3, group_norm, linear, matmul,
    rms_norm, rotate, softmax, swiglu, unfold_3x3,
};

/// Rows and columns of the matrices.
const SIZES: [usize; 2] = [12, 40];

/// Columns beside the matrix that are not its own: 512 bytes and more, so that a card slices without a copy.
const BESIDE: usize = 256;

/// How a matrix lies in memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout {
    /// Rows lie further apart than they are long.
    Pitched,
    /// The middle of a larger matrix.
    Sliced,
    /// As [`Sliced`](Self::Sliced), from an odd place on.
    SlicedOddly,
    /// Columns, not rows, are dense.
    Transposed,
    /// The first row stands for all, with a stride of 0.
    Repeated,
}

/// Lays values as a matrix of [`SIZES`].
type Lay = fn(Layout, &[f32], DType, &Device) -> Tensor<2>;

/// An operation, its name, and what a type of its input allows it to be off.
type Operation = (&'static str, fn(DType) -> f32, fn(Tensor<2>) -> Tensor<1>);

const LAYOUTS: [Layout; 5] = [
    Layout::Pitched,
    Layout::Sliced,
    Layout::SlicedOddly,
    Layout::Transposed,
    Layout::Repeated,
];

const OPERATIONS: [Operation; 15] = [
    ("linear", rounding, |x| {
        let (weight, bias) = (noise([7, SIZES[1]], &x), noise([1, 7], &x));
        linear(x, weight, Some(bias.squeeze_dim(0))).flatten(0, 1)
    }),
    ("weight of linear", rounding, |x| {
        let input = noise([5, SIZES[1]], &x).cast(x.dtype());
        linear(input, x.cast(DType::F32), None).flatten(0, 1)
    }),
    ("matmul", rounding, |x| {
        let other = noise([SIZES[1], 9], &x).cast(x.dtype());
        matmul(x.unsqueeze_dim(0), other.unsqueeze_dim(0)).flatten(0, 2)
    }),
    ("softmax", rounding, |x| softmax(x, 0.5).flatten(0, 1)),
    ("rms_norm", rounding, |x| {
        rms_norm(x, None, 0.1).flatten(0, 1)
    }),
    ("add_rms_norm", rounding, |x| {
        let (other, gain) = (noise(SIZES, &x).cast(x.dtype()), noise([1, SIZES[1]], &x));
        let (_, y) = add_rms_norm(other, x, Some(gain.squeeze_dim(0)), 0.1);
        y.flatten(0, 1)
    }),
    ("rotate", rounding, |x| {
        let heads: Tensor<4> = x.reshape([1, SIZES[0], SIZES[1] / 8, 8]);
        let turn = noise([SIZES[0], 4], &heads.clone().flatten(0, 2));
        rotate(heads, turn.clone(), turn).flatten(0, 3)
    }),
    ("swiglu", rounding, |x| {
        let up = noise(SIZES, &x).cast(x.dtype());
        swiglu(x, up).flatten(0, 1)
    }),
    ("row_mean", exact, row_mean),
    ("log_sum_exp", exact, log_sum_exp),
    ("argmax", exact, |x| argmax(x).float()),
    ("column_sum", exact, |x| {
        Tensor::from_dispatch(<Dispatch as TensorKernels>::column_sum(x.into_dispatch()))
    }),
    ("unfold_3x3", rounding, |x| {
        let picture: Tensor<4> = x.reshape([1, SIZES[0], SIZES[1] / 8, 8]);
        unfold_3x3(picture).flatten(0, 3)
    }),
    ("convolution_3x3", rounding, |x| {
        let weight = noise([16, 72], &x);
        let picture: Tensor<4> = x.reshape([1, SIZES[0], SIZES[1] / 8, 8]);
        convolution_3x3(picture, weight, None, None, Resolution::Kept).flatten(0, 3)
    }),
    ("group_norm", rounding, |x| {
        let gain: Tensor<1> = noise([1, 8], &x).squeeze_dim(0);
        let picture: Tensor<4> = x.reshape([1, SIZES[0], SIZES[1] / 8, 8]);
        let norm = GroupNorm {
            groups: 2,
            epsilon: 0.1,
            silu: true,
        };
        group_norm(picture, gain.clone(), gain, norm).flatten(0, 3)
    }),
];

/// Compares each operation on each layout with itself on the processor, where the matrix lies row by row.
pub(super) fn check(device: &Device, lay: Lay) -> Vec<Report> {
    let mut reports = Vec::new();
    for (seed, layout) in LAYOUTS.into_iter().enumerate() {
        let values = Noise::new(seed as u64).coarse(SIZES[0] * SIZES[1]);
        let plain = plain(&layout.meaning(&values), DType::F32, &Device::flex());
        for (name, tolerance, operation) in OPERATIONS {
            let expected = read(operation(plain.clone()));
            let expected = expected.expect("the processor computes what it is given");
            for dtype in [DType::F32, DType::BF16] {
                let found = read(operation(lay(layout, &values, dtype, device)));
                let case = format!("{name} of a matrix that lies {layout:?}, {dtype:?}");
                reports.push(report(case, &expected, found, tolerance(dtype)));
            }
        }
    }
    reports
}

impl Layout {
    /// The matrix of `values` lying so.
    pub(super) fn lay(self, values: &[f32], dtype: DType, device: &Device) -> Tensor<2> {
        let [rows, columns] = SIZES;
        let x = plain(values, dtype, device);
        match self {
            Self::Pitched => surrounded(x, 0).slice([0..rows, 0..columns]),
            Self::Sliced => within(x, BESIDE),
            Self::SlicedOddly => within(x, 3),
            Self::Transposed => {
                // Written in the other order first, so that the view has the values in this one.
                let turned = read(x.transpose().flatten(0, 1)).unwrap_or_default();
                let turned = TensorData::new(turned, [columns, rows]);
                let turned = Tensor::<2>::from_data(turned, (device, DType::F32)).cast(dtype);
                turned.transpose()
            }
            Self::Repeated => x.slice([0..1, 0..columns]).expand(SIZES),
        }
    }

    /// The matrix of `values` row by row.
    fn meaning(self, values: &[f32]) -> Vec<f32> {
        match self {
            Self::Pitched | Self::Sliced | Self::SlicedOddly | Self::Transposed => values.to_vec(),
            Self::Repeated => values[..SIZES[1]].repeat(SIZES[0]),
        }
    }
}

/// What is allowed where the result is f32 whatever goes in: the numbers of [`check`] are those of bf16.
fn exact(_: DType) -> f32 {
    rounding(DType::F32)
}

/// The matrix with its rows one behind the other.
fn plain(values: &[f32], dtype: DType, device: &Device) -> Tensor<2> {
    let data = TensorData::new(values.to_vec(), SIZES);
    Tensor::<2>::from_data(data, (device, DType::F32)).cast(dtype)
}

/// `x` out of a larger matrix with a row above and below, and so many columns before it.
fn within(x: Tensor<2>, before: usize) -> Tensor<2> {
    let [rows, columns] = SIZES;
    let wide = surrounded(x, before);
    let row = wide.clone().narrow(0, 0, 1).mul_scalar(7.0);
    let tall = Tensor::cat(vec![row.clone(), wide, row], 0);
    tall.slice([1..rows + 1, before..before + columns])
}

/// `x` with columns of a number that it does not have before and behind it.
fn surrounded(x: Tensor<2>, before: usize) -> Tensor<2> {
    let columns = |count| Tensor::<2>::full([SIZES[0], count], 7.0, (&x.device(), x.dtype()));
    let mut parts = vec![x.clone(), columns(BESIDE)];
    if before > 0 {
        parts.insert(0, columns(before));
    }
    Tensor::cat(parts, 1)
}

/// Numbers that every type holds exactly, in f32 on the device of `x`.
fn noise(shape: [usize; 2], x: &Tensor<2>) -> Tensor<2> {
    let values = Noise::new(99).coarse(shape.iter().product());
    Tensor::from_data(TensorData::new(values, shape), (&x.device(), DType::F32))
}
