//! The convolution against its definition by sums over a padded picture.

use burn::tensor::ops::PadMode;
use burn::tensor::{DType, Tensor};

use super::{Resolution, convolution_3x3};
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

/// [`convolution_3x3`] under the contract.
pub struct Convolution;

/// One check of the convolution.
#[derive(Debug)]
pub struct Case {
    /// Batch, height, width, channels.
    shape: [usize; 4],
    outputs: usize,
    resolution: Resolution,
    /// Whether a picture is added.
    adds: bool,
    /// The picture is the middle of one twice as wide: its rows do not follow each other in memory.
    cropped: bool,
    dtype: DType,
}

/// A case of a dense picture to which nothing is added.
const fn plain(shape: [usize; 4], outputs: usize, resolution: Resolution, dtype: DType) -> Case {
    Case {
        shape,
        outputs,
        resolution,
        adds: false,
        cropped: false,
        dtype,
    }
}

/// The same with a picture added.
const fn added(shape: [usize; 4], outputs: usize, resolution: Resolution, dtype: DType) -> Case {
    Case {
        adds: true,
        ..plain(shape, outputs, resolution, dtype)
    }
}

impl Kernel for Convolution {
    type Case = Case;
    const NAME: &'static str = "convolution_3x3";
    const CASES: &'static [Case] = &[
        plain([2, 5, 7, 3], 4, Resolution::Kept, DType::F32),
        added([1, 4, 6, 5], 3, Resolution::Halved, DType::F32),
        added([2, 3, 2, 4], 8, Resolution::Doubled, DType::F32),
        plain([1, 1, 1, 8], 8, Resolution::Kept, DType::BF16),
        // Tiles are 8 × 32 positions, 64 channels and 64 or 128 outputs.
        added([2, 13, 21, 24], 40, Resolution::Kept, DType::BF16),
        plain([1, 37, 9, 72], 136, Resolution::Kept, DType::BF16),
        added([1, 9, 11, 3], 5, Resolution::Kept, DType::BF16),
        plain([1, 6, 10, 64], 3, Resolution::Kept, DType::BF16),
        plain([2, 10, 18, 64], 24, Resolution::Halved, DType::BF16),
        added([1, 7, 5, 64], 16, Resolution::Halved, DType::BF16),
        plain([2, 5, 9, 16], 64, Resolution::Doubled, DType::BF16),
        added([1, 3, 4, 8], 24, Resolution::Doubled, DType::BF16),
        Case {
            cropped: true,
            ..added([1, 5, 6, 16], 16, Resolution::Kept, DType::BF16)
        },
    ];

    fn tolerance(case: &Case) -> f32 {
        rounding(case.dtype)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        let [b, h, w, c] = case.shape;
        let width = if case.cropped { 2 * w } else { w };
        let [rows, columns] = case.resolution.sides([h, w]);
        let draw = if case.dtype == DType::F32 {
            Noise::fine
        } else {
            Noise::coarse
        };
        let mut inputs = vec![
            Input {
                name: "x",
                values: draw(noise, b * h * width * c),
                dtype: case.dtype,
            },
            Input {
                name: "weight",
                values: draw(noise, case.outputs * 9 * c),
                dtype: DType::F32,
            },
            Input {
                name: "bias",
                values: draw(noise, case.outputs),
                dtype: DType::F32,
            },
        ];
        if case.adds {
            inputs.push(Input {
                name: "addend",
                values: draw(noise, b * rows * columns * case.outputs),
                dtype: case.dtype,
            });
        }
        inputs
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [_, _, _, c] = case.shape;
        let mut x = picture(case, &inputs[0]);
        if case.resolution == Resolution::Doubled {
            let [b, h, w, _] = x.dims();
            let cells: Tensor<6> = x.reshape([b, h, 1, w, 1, c]);
            x = cells
                .repeat(&[1, 1, 2, 1, 2, 1])
                .reshape([b, 2 * h, 2 * w, c]);
        }
        let [b, h, w, _] = x.dims();
        let padded = x.permute([0, 3, 1, 2]);
        let padded = padded.pad((1, 1, 1, 1), PadMode::Constant(0.0));
        let padded = padded.permute([0, 2, 3, 1]);
        let weight: Tensor<3> = inputs[1].clone().reshape([case.outputs, 9, c]);
        let mut sum: Tensor<4> = inputs[2].clone().reshape([1, 1, 1, case.outputs]);
        for tap in 0..9 {
            let (v, u) = (tap / 3, tap % 3);
            let seen = padded.clone().slice([0..b, v..v + h, u..u + w, 0..c]);
            let weight = weight.clone().narrow(1, tap, 1).reshape([case.outputs, c]);
            let share = seen.reshape([b * h * w, c]).matmul(weight.transpose());
            sum = sum + share.reshape([b, h, w, case.outputs]);
        }
        if case.resolution == Resolution::Halved {
            let places = |length: usize| {
                let odd: Vec<i32> = (0..length as i32 / 2).map(|at| 2 * at + 1).collect();
                Tensor::from_ints(&odd[..], &sum.device())
            };
            let (rows, columns) = (places(h), places(w));
            sum = sum.select(1, rows).select(2, columns);
        }
        if let Some(addend) = inputs.get(3) {
            let dims = sum.dims();
            sum = sum + addend.clone().reshape(dims);
        }
        sum.flatten(0, 3)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [b, h, w, c] = case.shape;
        let [rows, columns] = case.resolution.sides([h, w]);
        let addend = inputs.get(3).cloned();
        convolution_3x3(
            picture(case, &inputs[0]),
            inputs[1].clone().reshape([case.outputs, 9 * c]),
            Some(inputs[2].clone()),
            addend.map(|addend| addend.reshape([b, rows, columns, case.outputs])),
            case.resolution,
        )
        .flatten(0, 3)
    }
}

/// The picture as the kernel sees it.
fn picture(case: &Case, flat: &Tensor<1>) -> Tensor<4> {
    let [b, h, w, c] = case.shape;
    if !case.cropped {
        return flat.clone().reshape([b, h, w, c]);
    }
    let wide: Tensor<4> = flat.clone().reshape([b, h, 2 * w, c]);
    wide.slice([0..b, 0..h, w / 2..w / 2 + w, 0..c])
}
