//! Work on rows against its definitions.

use burn::tensor::{DType, Int, Tensor, activation};

use super::{argmax, log_sum_exp, round_rows, row_mean, softmax};
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

/// [`softmax`] under the contract.
pub struct Softmax;

/// [`row_mean`] under the contract.
pub struct RowMean;

/// [`log_sum_exp`] under the contract.
pub struct LogSumExp;

/// [`argmax`] under the contract.
pub struct Argmax;

/// [`round_rows`] under the contract.
pub struct RoundRows;

/// One check of work on rows.
#[derive(Debug)]
pub struct Case {
    rows: [usize; 2],
    columns: usize,
    /// The scale.
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

/// The steps of numbers of one byte.
const STEPS: f32 = 127.0;

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

impl Kernel for RowMean {
    type Case = Case;
    const NAME: &'static str = "row_mean";
    const CASES: &'static [Case] = CASES;

    /// The result is f32, but the gradient has the type of what goes in.
    fn tolerance(case: &Case) -> f32 {
        rounding(case.dtype)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        inputs(case, noise)
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        matrix(case, inputs).mean_dim(1).squeeze_dim(1)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        row_mean(matrix(case, inputs))
    }
}

impl Kernel for LogSumExp {
    type Case = Case;
    const NAME: &'static str = "log_sum_exp";
    const GRADIENTS: bool = false;
    const CASES: &'static [Case] = CASES;

    /// The result is f32 whatever goes in.
    fn tolerance(_: &Case) -> f32 {
        rounding(DType::F32)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        partly_masked(case, noise)
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let sum = matrix(case, inputs).exp().sum_dim(1);
        sum.log().squeeze_dim(1)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        log_sum_exp(matrix(case, inputs))
    }
}

impl Kernel for RoundRows {
    type Case = Case;
    const NAME: &'static str = "round_rows";
    const GRADIENTS: bool = false;
    const CASES: &'static [Case] = CASES;

    /// The result is f32 whatever goes in.
    fn tolerance(_: &Case) -> f32 {
        rounding(DType::F32)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        inputs(case, noise)
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let x = matrix(case, inputs);
        let scale = x.clone().abs().max_dim(1).div_scalar(STEPS);
        ((x / scale.clone()).round() * scale).flatten(0, 1)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        round_rows(matrix(case, inputs), STEPS).flatten(0, 1)
    }
}

/// Places are compared as numbers counted from 1, so that a factor shows in each of them.
impl Kernel for Argmax {
    type Case = Case;
    const NAME: &'static str = "argmax";
    const GRADIENTS: bool = false;
    const CASES: &'static [Case] = CASES;

    /// A place is right or wrong.
    fn tolerance(_: &Case) -> f32 {
        0.0
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        partly_masked(case, noise)
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let x = matrix(case, inputs);
        let [rows, columns] = x.dims();
        let places = Tensor::<1, Int>::arange(1..columns as i64 + 1, &x.device()).float();
        let places = places.unsqueeze_dim::<2>(0).expand([rows, columns]);
        let smaller = x.clone().lower(x.max_dim(1).expand([rows, columns]));
        let places = places.mask_fill(smaller, columns as f32 + 1.0);
        places.min_dim(1).squeeze_dim(1)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        argmax(matrix(case, inputs)).add_scalar(1).float()
    }
}

/// Inputs of which every third number is masked by −∞.
fn partly_masked(case: &Case, noise: &mut Noise) -> Vec<Input> {
    let mut inputs = inputs(case, noise);
    for value in inputs[0].values.iter_mut().skip(2).step_by(3) {
        *value = f32::NEG_INFINITY;
    }
    inputs
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

fn matrix(case: &Case, inputs: &[Tensor<1>]) -> Tensor<2> {
    rows(case, inputs).flatten(0, 1)
}
