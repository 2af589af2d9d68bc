//! Norms against their definition.

use burn::tensor::{DType, Tensor};

use super::{add_rms_norm, rms_norm};
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

/// [`rms_norm`] under the contract.
pub struct RmsNorm;

/// [`add_rms_norm`] under the contract; its two results lie one behind the other.
pub struct AddRmsNorm;

/// One check of a norm.
#[derive(Debug)]
pub struct Case {
    rows: [usize; 2],
    columns: usize,
    epsilon: f32,
    gained: bool,
    dtype: DType,
}

/// Rows that are read number by number and packed, by a warp and by a block, with gains and without.
const CASES: &[Case] = &[
    Case {
        rows: [2, 9],
        columns: 88,
        epsilon: 0.125,
        gained: false,
        dtype: DType::F32,
    },
    Case {
        rows: [2, 9],
        columns: 64,
        epsilon: 0.125,
        gained: true,
        dtype: DType::BF16,
    },
    Case {
        rows: [1, 3],
        columns: 5,
        epsilon: 1.0,
        gained: false,
        dtype: DType::BF16,
    },
    Case {
        rows: [1, 3],
        columns: 7,
        epsilon: 1.0,
        gained: true,
        dtype: DType::F32,
    },
    Case {
        rows: [1, 2],
        columns: 2501,
        epsilon: 0.5,
        gained: true,
        dtype: DType::BF16,
    },
    Case {
        rows: [1, 2],
        columns: 2560,
        epsilon: 0.5,
        gained: true,
        dtype: DType::BF16,
    },
    Case {
        rows: [1, 2],
        columns: 2560,
        epsilon: 0.5,
        gained: false,
        dtype: DType::BF16,
    },
    Case {
        rows: [1, 1],
        columns: 516,
        epsilon: 0.25,
        gained: true,
        dtype: DType::F32,
    },
    Case {
        rows: [1, 1],
        columns: 2,
        epsilon: 0.25,
        gained: false,
        dtype: DType::F32,
    },
];

impl Kernel for RmsNorm {
    type Case = Case;
    const NAME: &'static str = "rms_norm";
    const CASES: &'static [Case] = CASES;

    fn tolerance(case: &Case) -> f32 {
        tolerance(case)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        let mut inputs = vec![matrix(case, "x", noise)];
        inputs.extend(case.gained.then(|| gain(case, noise)));
        inputs
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        normed(case, rows(case, &inputs[0]), inputs.get(1)).flatten(0, 2)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        rms_norm(rows(case, &inputs[0]), inputs.get(1).cloned(), case.epsilon).flatten(0, 2)
    }
}

impl Kernel for AddRmsNorm {
    type Case = Case;
    const NAME: &'static str = "add_rms_norm";
    const CASES: &'static [Case] = CASES;

    fn tolerance(case: &Case) -> f32 {
        tolerance(case)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        let mut inputs = vec![matrix(case, "x", noise), matrix(case, "change", noise)];
        // Halves add up to what bf16 holds exactly, so that the sum is rounded nowhere.
        for input in &mut inputs {
            input.values.iter_mut().for_each(|value| *value *= 0.5);
        }
        inputs.extend(case.gained.then(|| gain(case, noise)));
        inputs
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let sum = rows(case, &inputs[0]) + rows(case, &inputs[1]);
        let y = normed(case, sum.clone(), inputs.get(2));
        Tensor::cat(vec![sum, y], 2).flatten(0, 2)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let (x, change) = (rows(case, &inputs[0]), rows(case, &inputs[1]));
        let (sum, y) = add_rms_norm(x, change, inputs.get(2).cloned(), case.epsilon);
        Tensor::cat(vec![sum, y], 2).flatten(0, 2)
    }
}

/// In bf16 the gradient of a gain is a sum of products that are rounded once each, and so is what flows to `x` through
/// the gains: one rounding more than else.
fn tolerance(case: &Case) -> f32 {
    rounding(case.dtype)
}

fn normed(case: &Case, x: Tensor<3>, gain: Option<&Tensor<1>>) -> Tensor<3> {
    let square = x.clone().square().mean_dim(2);
    let y = x / (square + case.epsilon).sqrt();
    match gain {
        None => y,
        Some(gain) => y * gain.clone().reshape([1, 1, case.columns]),
    }
}

fn matrix(case: &Case, name: &'static str, noise: &mut Noise) -> Input {
    let count = case.rows.iter().product::<usize>() * case.columns;
    input(case, name, count, noise)
}

fn gain(case: &Case, noise: &mut Noise) -> Input {
    input(case, "gain", case.columns, noise)
}

fn input(case: &Case, name: &'static str, count: usize, noise: &mut Noise) -> Input {
    let draw = if case.dtype == DType::F32 {
        Noise::fine
    } else {
        Noise::coarse
    };
    Input {
        name,
        values: draw(noise, count),
        dtype: case.dtype,
    }
}

fn rows(case: &Case, flat: &Tensor<1>) -> Tensor<3> {
    let [batch, length] = case.rows;
    flat.clone().reshape([batch, length, case.columns])
}
