//! Work on rows against its definitions.

use burn::tensor::{DType, Tensor, activation};

use super::{rms_norm, softmax};
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

/// [`softmax`] under the contract.
pub struct Softmax;

/// [`rms_norm`] under the contract.
pub struct RmsNorm;

/// One check of work on rows.
#[derive(Debug)]
pub struct Case {
    rows: [usize; 2],
    columns: usize,
    /// The scale, or ε.
    number: f32,
    dtype: DType,
}

const CASES: &[Case] = &[
    Case {
        rows: [2, 9],
        columns: 88,
        number: 0.125,
        dtype: DType::F32,
    },
    Case {
        rows: [2, 9],
        columns: 64,
        number: 0.125,
        dtype: DType::BF16,
    },
    Case {
        rows: [1, 3],
        columns: 5,
        number: 1.0,
        dtype: DType::BF16,
    },
    // A row wide enough for a block of its own.
    Case {
        rows: [1, 2],
        columns: 2501,
        number: 0.5,
        dtype: DType::F32,
    },
    Case {
        rows: [1, 2],
        columns: 2500,
        number: 0.5,
        dtype: DType::BF16,
    },
    Case {
        rows: [1, 1],
        columns: 2,
        number: 0.25,
        dtype: DType::F32,
    },
];

impl Kernel for Softmax {
    type Case = Case;
    const NAME: &'static str = "softmax";
    const CASES: &'static [Case] = CASES;

    fn tolerance(case: &Case) -> f32 {
        rounding(case.dtype)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        inputs(case, noise)
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        activation::softmax(rows(case, inputs) * case.number, 2).flatten(0, 2)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        softmax(rows(case, inputs), case.number).flatten(0, 2)
    }
}

impl Kernel for RmsNorm {
    type Case = Case;
    const NAME: &'static str = "rms_norm";
    const CASES: &'static [Case] = CASES;

    fn tolerance(case: &Case) -> f32 {
        rounding(case.dtype)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        inputs(case, noise)
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let x = rows(case, inputs);
        let square = x.clone().square().mean_dim(2);
        (x / (square + case.number).sqrt()).flatten(0, 2)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        rms_norm(rows(case, inputs), case.number).flatten(0, 2)
    }
}

fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
    let count = case.rows.iter().product::<usize>() * case.columns;
    let draw = if case.dtype == DType::F32 {
        Noise::fine
    } else {
        Noise::coarse
    };
    vec![Input {
        name: "x",
        values: draw(noise, count),
        dtype: case.dtype,
    }]
}

fn rows(case: &Case, inputs: &[Tensor<1>]) -> Tensor<3> {
    let [batch, length] = case.rows;
    inputs[0].clone().reshape([batch, length, case.columns])
}
