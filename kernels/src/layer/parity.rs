//! What stands between a layer's products against its definition.

use burn::tensor::{DType, Device, Tensor, TensorData};

use super::{rotate, swiglu};
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

/// [`rotate`] under the contract.
pub struct Rotate;

/// [`swiglu`] under the contract.
pub struct Swiglu;

/// One check of turning.
#[derive(Debug)]
pub struct Turn {
    /// Batch, length, heads, width.
    shape: [usize; 4],
    /// Heads that lie beside these in memory, before and behind.
    beside: usize,
    dtype: DType,
}

/// One check of a gate.
#[derive(Debug)]
pub struct Gate {
    rows: [usize; 2],
    columns: usize,
    /// Gate and what it lets through are halves of one matrix.
    joined: bool,
    dtype: DType,
}

impl Kernel for Rotate {
    type Case = Turn;
    const NAME: &'static str = "rotate";
    const CASES: &'static [Turn] = &[
        Turn {
            shape: [2, 5, 3, 16],
            beside: 0,
            dtype: DType::F32,
        },
        Turn {
            shape: [2, 5, 3, 64],
            beside: 4,
            dtype: DType::BF16,
        },
        Turn {
            shape: [1, 4, 2, 128],
            beside: 2,
            dtype: DType::BF16,
        },
        Turn {
            shape: [2, 3, 2, 10],
            beside: 1,
            dtype: DType::BF16,
        },
        Turn {
            shape: [1, 3, 1, 6],
            beside: 0,
            dtype: DType::F32,
        },
    ];

    fn tolerance(case: &Turn) -> f32 {
        rounding(case.dtype)
    }

    fn inputs(case: &Turn, noise: &mut Noise) -> Vec<Input> {
        let [b, l, h, d] = case.shape;
        vec![input(
            "x",
            b * l * (h + 2 * case.beside) * d,
            case.dtype,
            noise,
        )]
    }

    fn reference(case: &Turn, inputs: &[Tensor<1>]) -> Tensor<1> {
        let x = heads(case, &inputs[0]);
        let [_, l, _, d] = x.dims();
        let [cos, sin] = angles(case, &x.device()).map(|turn| turn.reshape([1, l, 1, d / 2]));
        let (first, second) = (x.clone().narrow(3, 0, d / 2), x.narrow(3, d / 2, d / 2));
        let turned = vec![
            first.clone() * cos.clone() - second.clone() * sin.clone(),
            second * cos + first * sin,
        ];
        Tensor::cat(turned, 3).flatten(0, 3)
    }

    fn fast(case: &Turn, inputs: &[Tensor<1>]) -> Tensor<1> {
        let x = heads(case, &inputs[0]);
        let [cos, sin] = angles(case, &x.device());
        rotate(x, cos, sin).flatten(0, 3)
    }
}

impl Kernel for Swiglu {
    type Case = Gate;
    const NAME: &'static str = "swiglu";
    const CASES: &'static [Gate] = &[
        Gate {
            rows: [2, 3],
            columns: 44,
            joined: false,
            dtype: DType::F32,
        },
        Gate {
            rows: [1, 5],
            columns: 256,
            joined: true,
            dtype: DType::BF16,
        },
        Gate {
            rows: [2, 3],
            columns: 704,
            joined: false,
            dtype: DType::BF16,
        },
        Gate {
            rows: [1, 3],
            columns: 7,
            joined: true,
            dtype: DType::BF16,
        },
        Gate {
            rows: [1, 1],
            columns: 3,
            joined: false,
            dtype: DType::F32,
        },
    ];

    fn tolerance(case: &Gate) -> f32 {
        rounding(case.dtype)
    }

    fn inputs(case: &Gate, noise: &mut Noise) -> Vec<Input> {
        let count = case.rows.iter().product::<usize>() * case.columns;
        if case.joined {
            return vec![input("both", 2 * count, case.dtype, noise)];
        }
        let mut draw = |name| input(name, count, case.dtype, noise);
        vec![draw("gate"), draw("up")]
    }

    fn reference(case: &Gate, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [gate, up] = halves(case, inputs);
        let slow = (-gate.clone()).exp() + 1.0;
        (gate / slow * up).flatten(0, 2)
    }

    fn fast(case: &Gate, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [gate, up] = halves(case, inputs);
        swiglu(gate, up).flatten(0, 2)
    }
}

fn input(name: &'static str, count: usize, dtype: DType, noise: &mut Noise) -> Input {
    let draw = if dtype == DType::F32 {
        Noise::fine
    } else {
        Noise::coarse
    };
    Input {
        name,
        values: draw(noise, count),
        dtype,
    }
}

/// The heads that are turned, of all that lie side by side.
fn heads(case: &Turn, flat: &Tensor<1>) -> Tensor<4> {
    let [b, l, h, d] = case.shape;
    let all: Tensor<4> = flat.clone().reshape([b, l, h + 2 * case.beside, d]);
    all.narrow(2, case.beside, h)
}

/// Cosines and sines of angles that grow with the place, slower from pair to pair, and a factor for both.
fn angles(case: &Turn, device: &Device) -> [Tensor<2>; 2] {
    let [_, l, _, d] = case.shape;
    let angle = |at: usize| (at / (d / 2)) as f32 / (1 + at % (d / 2)) as f32;
    let turn = |of: fn(f32) -> f32| {
        let values: Vec<f32> = (0..l * d / 2).map(|at| 0.75 * of(angle(at))).collect();
        let data = TensorData::new(values, [l, d / 2]);
        Tensor::from_data(data, (device, DType::F32))
    };
    [turn(f32::cos), turn(f32::sin)]
}

/// Gate and what it lets through.
fn halves(case: &Gate, inputs: &[Tensor<1>]) -> [Tensor<3>; 2] {
    let ([b, l], n) = (case.rows, case.columns);
    if case.joined {
        let both: Tensor<3> = inputs[0].clone().reshape([b, l, 2 * n]);
        return [both.clone().narrow(2, 0, n), both.narrow(2, n, n)];
    }
    [&inputs[0], &inputs[1]].map(|flat| flat.clone().reshape([b, l, n]))
}
