//! Rows of a table against their definition, a product with ones and zeros.

use burn::tensor::{DType, Int, Tensor, TensorData};

use super::lookup;
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

/// [`lookup`] under the contract.
pub struct Lookup;

/// One check of the rows.
#[derive(Debug)]
pub struct Case {
    rows: usize,
    width: usize,
    /// How many rows are looked up: every third is the same one, as a mask is.
    count: usize,
    dtype: DType,
}

impl Case {
    /// The numbers of the rows.
    fn ids(&self) -> Vec<usize> {
        let id = |at: usize| {
            if at.is_multiple_of(3) {
                self.rows / 2
            } else {
                at * at % self.rows
            }
        };
        (0..self.count).map(id).collect()
    }
}

impl Kernel for Lookup {
    type Case = Case;
    const NAME: &'static str = "lookup";
    const CASES: &'static [Case] = &[
        Case {
            rows: 5,
            width: 3,
            count: 7,
            dtype: DType::F32,
        },
        Case {
            rows: 71,
            width: 130,
            count: 3001,
            dtype: DType::BF16,
        },
        Case {
            rows: 40,
            width: 257,
            count: 1500,
            dtype: DType::F32,
        },
        Case {
            rows: 33,
            width: 65,
            count: 1,
            dtype: DType::BF16,
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
        vec![Input {
            name: "table",
            values: draw(noise, case.rows * case.width),
            dtype: case.dtype,
        }]
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let ids = case.ids();
        let one = |at: usize| f32::from(u8::from(ids[at / case.rows] == at % case.rows));
        let ones: Vec<f32> = (0..case.count * case.rows).map(one).collect();
        let ones = TensorData::new(ones, [case.count, case.rows]);
        let ones = Tensor::<2>::from_data(ones, &inputs[0].device());
        ones.matmul(table(case, inputs)).flatten(0, 1)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let ids: Vec<i32> = case.ids().iter().map(|id| *id as i32).collect();
        let ids = TensorData::new(ids, [case.count]);
        let ids = Tensor::<1, Int>::from_data(ids, &inputs[0].device());
        lookup(table(case, inputs), ids, case.dtype.into()).flatten(0, 1)
    }
}

fn table(case: &Case, inputs: &[Tensor<1>]) -> Tensor<2> {
    inputs[0].clone().reshape([case.rows, case.width])
}
