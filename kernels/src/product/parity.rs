//! The batched product against burn's own.

use burn::tensor::{DType, Tensor};

use super::matmul;
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

/// [`matmul`] under the contract.
pub struct Matmul;

/// One check of the batched product; operands marked transposed lie so in memory and are viewed.
#[derive(Debug)]
pub struct Case {
    batch: usize,
    m: usize,
    k: usize,
    n: usize,
    transposed: [bool; 2],
    dtype: DType,
}

impl Kernel for Matmul {
    type Case = Case;
    const NAME: &'static str = "matmul";
    const CASES: &'static [Case] = &[
        Case {
            batch: 4,
            m: 24,
            k: 16,
            n: 40,
            transposed: [false, false],
            dtype: DType::F32,
        },
        Case {
            batch: 3,
            m: 22,
            k: 64,
            n: 22,
            transposed: [false, true],
            dtype: DType::BF16,
        },
        Case {
            batch: 3,
            m: 22,
            k: 22,
            n: 64,
            transposed: [false, false],
            dtype: DType::BF16,
        },
        Case {
            batch: 2,
            m: 7,
            k: 5,
            n: 3,
            transposed: [true, true],
            dtype: DType::F32,
        },
        Case {
            batch: 2,
            m: 8,
            k: 11,
            n: 8,
            transposed: [true, false],
            dtype: DType::BF16,
        },
        Case {
            batch: 1,
            m: 1,
            k: 9,
            n: 1,
            transposed: [false, false],
            dtype: DType::F32,
        },
    ];

    fn tolerance(case: &Case) -> f32 {
        rounding(case.dtype)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        let draw = if case.dtype == DType::F32 {
            Noise::fine
        } else {
            Noise::coarse
        };
        let mut input = |name, count| Input {
            name,
            values: draw(noise, count),
            dtype: case.dtype,
        };
        vec![
            input("a", case.batch * case.m * case.k),
            input("b", case.batch * case.k * case.n),
        ]
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [a, b] = operands(case, inputs);
        a.matmul(b).flatten(0, 2)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [a, b] = operands(case, inputs);
        matmul(a, b).flatten(0, 2)
    }
}

/// The operands as the product sees them.
fn operands(case: &Case, inputs: &[Tensor<1>]) -> [Tensor<3>; 2] {
    let view = |flat: &Tensor<1>, rows, columns, transposed| {
        if transposed {
            let lying: Tensor<3> = flat.clone().reshape([case.batch, columns, rows]);
            return lying.swap_dims(1, 2);
        }
        flat.clone().reshape([case.batch, rows, columns])
    };
    [
        view(&inputs[0], case.m, case.k, case.transposed[0]),
        view(&inputs[1], case.k, case.n, case.transposed[1]),
    ]
}
