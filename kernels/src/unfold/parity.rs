//! The 3×3 neighbourhood against its definition by slices of a padded picture.

use burn::tensor::{DType, Tensor};

use super::unfold_3x3;
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

/// [`unfold_3x3`] under the contract.
pub struct Unfold;

/// One check of the neighbourhood.
#[derive(Debug)]
pub struct Case {
    /// Batch, height, width, channels.
    shape: [usize; 4],
    /// The picture is the middle of one twice as wide: its rows do not follow each other in memory.
    cropped: bool,
    dtype: DType,
}

impl Kernel for Unfold {
    type Case = Case;
    const NAME: &'static str = "unfold_3x3";
    const CASES: &'static [Case] = &[
        Case {
            shape: [2, 5, 7, 8],
            cropped: false,
            dtype: DType::F32,
        },
        Case {
            shape: [2, 5, 7, 3],
            cropped: false,
            dtype: DType::F32,
        },
        Case {
            shape: [2, 4, 6, 16],
            cropped: false,
            dtype: DType::BF16,
        },
        Case {
            shape: [2, 4, 6, 5],
            cropped: true,
            dtype: DType::BF16,
        },
        Case {
            shape: [1, 3, 4, 8],
            cropped: true,
            dtype: DType::BF16,
        },
        Case {
            shape: [1, 1, 1, 4],
            cropped: false,
            dtype: DType::F32,
        },
    ];

    fn tolerance(case: &Case) -> f32 {
        rounding(case.dtype)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        let [b, h, w, c] = case.shape;
        let width = if case.cropped { 2 * w } else { w };
        let draw = if case.dtype == DType::F32 {
            Noise::fine
        } else {
            Noise::coarse
        };
        vec![Input {
            name: "x",
            values: draw(noise, b * h * width * c),
            dtype: case.dtype,
        }]
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let x = picture(case, &inputs[0]);
        let [b, h, w, c] = x.dims();
        let rows = Tensor::zeros([b, 1, w, c], &x.device());
        let tall = Tensor::cat(vec![rows.clone(), x, rows], 1);
        let columns = Tensor::zeros([b, h + 2, 1, c], &tall.device());
        let padded = Tensor::cat(vec![columns.clone(), tall, columns], 2);

        let mut taps = Vec::new();
        for v in 0..3 {
            for u in 0..3 {
                taps.push(padded.clone().slice([0..b, v..v + h, u..u + w, 0..c]));
            }
        }
        Tensor::cat(taps, 3).flatten(0, 3)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        unfold_3x3(picture(case, &inputs[0])).flatten(0, 3)
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
