//! Numbers of one byte against their definition.

use burn::tensor::{DType, IntDType, Tensor};

use super::dequantise;
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

/// [`dequantise`] under the contract.
pub struct Dequantise;

/// One check of numbers of one byte.
#[derive(Debug)]
pub struct Case {
    rows: usize,
    columns: usize,
    /// Whether the matrix lies transposed in memory and is viewed.
    transposed: bool,
    dtype: DType,
}

impl Kernel for Dequantise {
    type Case = Case;
    const NAME: &'static str = "dequantise";
    const GRADIENTS: bool = false;
    const CASES: &'static [Case] = &[
        Case {
            rows: 24,
            columns: 64,
            transposed: false,
            dtype: DType::F32,
        },
        Case {
            rows: 17,
            columns: 33,
            transposed: false,
            dtype: DType::BF16,
        },
        Case {
            rows: 9,
            columns: 31,
            transposed: true,
            dtype: DType::BF16,
        },
        // A row wide enough for a block of its own.
        Case {
            rows: 3,
            columns: 2501,
            transposed: false,
            dtype: DType::BF16,
        },
        Case {
            rows: 1,
            columns: 1,
            transposed: false,
            dtype: DType::F32,
        },
    ];

    fn tolerance(case: &Case) -> f32 {
        rounding(case.dtype)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        let codes = (0..case.rows * case.columns).map(|_| noise.below(255) as f32 - 127.0);
        vec![
            Input {
                name: "codes",
                values: codes.collect(),
                dtype: DType::F32,
            },
            Input {
                name: "scales",
                values: noise.fine(case.rows),
                dtype: DType::F32,
            },
        ]
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let scales = inputs[1].clone().unsqueeze_dim::<2>(1);
        (matrix(case, inputs) * scales).flatten(0, 1)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let codes = matrix(case, inputs).int().cast(IntDType::I8);
        dequantise(codes, inputs[1].clone(), case.dtype.into()).flatten(0, 1)
    }
}

/// The whole numbers as they are viewed.
fn matrix(case: &Case, inputs: &[Tensor<1>]) -> Tensor<2> {
    if case.transposed {
        let lying = inputs[0].clone().reshape([case.columns, case.rows]);
        return lying.transpose();
    }
    inputs[0].clone().reshape([case.rows, case.columns])
}
