//! The normalisation of groups of channels against its definition, channels first.

use burn::tensor::{DType, Tensor};

use super::{GroupNorm, group_norm};
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

/// [`group_norm`] under the contract.
pub struct Groups;

/// One check of the normalisation.
#[derive(Debug)]
pub struct Case {
    /// Batch, height, width, channels.
    shape: [usize; 4],
    groups: usize,
    silu: bool,
    dtype: DType,
}

/// A case.
const fn case(shape: [usize; 4], groups: usize, silu: bool, dtype: DType) -> Case {
    Case {
        shape,
        groups,
        silu,
        dtype,
    }
}

const EPSILON: f32 = 1e-3;

impl Kernel for Groups {
    type Case = Case;
    const NAME: &'static str = "group_norm";
    const CASES: &'static [Case] = &[
        case([2, 5, 7, 6], 3, true, DType::F32),
        case([1, 4, 6, 32], 4, false, DType::F32),
        case([2, 9, 13, 64], 32, true, DType::F32),
        case([2, 6, 10, 24], 8, true, DType::BF16),
        case([1, 33, 17, 64], 2, false, DType::BF16),
        case([1, 2, 3, 12], 4, true, DType::BF16),
        case([1, 1, 1, 16], 2, false, DType::F32),
    ];

    fn tolerance(case: &Case) -> f32 {
        if case.dtype == DType::F32 {
            // The gradient of x is small against what two means take away from it.
            return 2.0 * rounding(case.dtype);
        }
        rounding(case.dtype)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        let [b, h, w, c] = case.shape;
        // Means far from 0 against the spread, which naive sums of squares do not survive; bf16 must hold them exactly.
        let (draw, mean): (fn(&mut Noise, usize) -> _, f32) = if case.dtype == DType::F32 {
            (Noise::fine, 4.0)
        } else {
            (Noise::coarse, 1.0)
        };
        let input = |name, values, dtype| Input {
            name,
            values,
            dtype,
        };
        let far = |values: Vec<f32>| values.into_iter().map(|value| value + mean).collect();
        vec![
            input("x", far(draw(noise, b * h * w * c)), case.dtype),
            input("gain", draw(noise, c), DType::F32),
            input("shift", draw(noise, c), DType::F32),
        ]
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [b, h, w, c] = case.shape;
        let picture: Tensor<4> = inputs[0].clone().reshape([b, h, w, c]);
        let size = c / case.groups * h * w;
        let rows: Tensor<3> = picture
            .permute([0, 3, 1, 2])
            .reshape([b, case.groups, size]);
        let mean = rows.clone().sum_dim(2) / size as f32;
        let centred = rows - mean;
        let variance = centred.clone().square().sum_dim(2) / size as f32;
        let y: Tensor<4> = (centred / (variance + EPSILON).sqrt()).reshape([b, c, h, w]);
        let channel = |at: usize| inputs[at].clone().reshape([1, c, 1, 1]);
        let y = y * channel(1) + channel(2);
        let y = if case.silu {
            y.clone() / ((-y).exp() + 1.0)
        } else {
            y
        };
        y.permute([0, 2, 3, 1]).flatten(0, 3)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let norm = GroupNorm {
            groups: case.groups,
            epsilon: EPSILON,
            silu: case.silu,
        };
        let picture: Tensor<4> = inputs[0].clone().reshape(case.shape);
        group_norm(picture, inputs[1].clone(), inputs[2].clone(), norm).flatten(0, 3)
    }
}
