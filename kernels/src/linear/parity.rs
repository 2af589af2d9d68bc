//! The linear layer against its definition in burn's operations.

use burn::tensor::{DType, Tensor};

use super::{linear, logits};
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

/// [`linear`] under the contract.
pub struct Linear;

/// [`logits`] under the contract.
pub struct Logits;

/// One check of the linear layer.
#[derive(Debug)]
pub struct Case {
    rows: [usize; 2],
    inputs: usize,
    outputs: usize,
    bias: bool,
    dtype: DType,
}

impl Kernel for Linear {
    type Case = Case;
    const NAME: &'static str = "linear";
    const CASES: &'static [Case] = &[
        Case {
            rows: [2, 40],
            inputs: 64,
            outputs: 48,
            bias: true,
            dtype: DType::F32,
        },
        Case {
            rows: [3, 5],
            inputs: 33,
            outputs: 17,
            bias: false,
            dtype: DType::F32,
        },
        Case {
            rows: [2, 40],
            inputs: 64,
            outputs: 48,
            bias: true,
            dtype: DType::BF16,
        },
        Case {
            rows: [3, 5],
            inputs: 33,
            outputs: 17,
            bias: false,
            dtype: DType::BF16,
        },
        // A bias of odd length.
        Case {
            rows: [3, 5],
            inputs: 33,
            outputs: 17,
            bias: true,
            dtype: DType::F32,
        },
        Case {
            rows: [1, 7],
            inputs: 9,
            outputs: 3,
            bias: true,
            dtype: DType::BF16,
        },
        // More rows than one block of the bias gradient adds up.
        Case {
            rows: [5, 60],
            inputs: 8,
            outputs: 40,
            bias: true,
            dtype: DType::BF16,
        },
        Case {
            rows: [1, 1],
            inputs: 16,
            outputs: 1,
            bias: true,
            dtype: DType::F32,
        },
    ];

    fn tolerance(case: &Case) -> f32 {
        rounding(case.dtype)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        let rows: usize = case.rows.iter().product();
        let draw = if case.dtype == DType::F32 {
            Noise::fine
        } else {
            Noise::coarse
        };
        let mut inputs = vec![
            Input {
                name: "x",
                values: draw(noise, rows * case.inputs),
                dtype: case.dtype,
            },
            Input {
                name: "weight",
                values: draw(noise, case.outputs * case.inputs),
                dtype: DType::F32,
            },
        ];
        if case.bias {
            inputs.push(Input {
                name: "bias",
                values: draw(noise, case.outputs),
                dtype: DType::F32,
            });
        }
        inputs
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let rows = case.rows.iter().product();
        let x: Tensor<2> = inputs[0].clone().reshape([rows, case.inputs]);
        let weight: Tensor<2> = inputs[1].clone().reshape([case.outputs, case.inputs]);
        let y = x.matmul(weight.transpose());
        let y = match inputs.get(2) {
            Some(bias) => y + bias.clone().unsqueeze(),
            None => y,
        };
        y.flatten(0, 1)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [batch, length] = case.rows;
        let x: Tensor<3> = inputs[0].clone().reshape([batch, length, case.inputs]);
        let weight = inputs[1].clone().reshape([case.outputs, case.inputs]);
        linear(x, weight, inputs.get(2).cloned()).flatten(0, 2)
    }
}

/// One check of a head.
#[derive(Debug)]
pub struct Head {
    rows: usize,
    inputs: usize,
    codes: usize,
    /// The types of the vectors and of the matrix.
    dtypes: [DType; 2],
}

impl Kernel for Logits {
    type Case = Head;
    const NAME: &'static str = "logits";
    const CASES: &'static [Head] = &[
        Head {
            rows: 40,
            inputs: 64,
            codes: 48,
            dtypes: [DType::F32, DType::F32],
        },
        Head {
            rows: 40,
            inputs: 64,
            codes: 48,
            dtypes: [DType::BF16, DType::BF16],
        },
        Head {
            rows: 5,
            inputs: 33,
            codes: 17,
            dtypes: [DType::BF16, DType::F32],
        },
        Head {
            rows: 1,
            inputs: 7,
            codes: 3,
            dtypes: [DType::BF16, DType::BF16],
        },
    ];

    /// Gradients come back in the types of the operands.
    fn tolerance(case: &Head) -> f32 {
        rounding(case.dtypes[0])
    }

    fn inputs(case: &Head, noise: &mut Noise) -> Vec<Input> {
        let mut draw = |name, count, dtype| Input {
            name,
            values: match dtype {
                DType::F32 => noise.fine(count),
                _ => noise.coarse(count),
            },
            dtype,
        };
        vec![
            draw("x", case.rows * case.inputs, case.dtypes[0]),
            draw("weight", case.codes * case.inputs, case.dtypes[1]),
        ]
    }

    fn reference(case: &Head, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [x, weight] = case.operands(inputs);
        x.matmul(weight.transpose()).flatten(0, 1)
    }

    fn fast(case: &Head, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [x, weight] = case.operands(inputs);
        logits(x, weight).flatten(0, 1)
    }
}

impl Head {
    fn operands(&self, inputs: &[Tensor<1>]) -> [Tensor<2>; 2] {
        [
            inputs[0].clone().reshape([self.rows, self.inputs]),
            inputs[1].clone().reshape([self.codes, self.inputs]),
        ]
    }
}
