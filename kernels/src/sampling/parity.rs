//! Picking tokens against its definition. Places are compared as numbers counted from 1, so that a factor shows in each
//! of them, and lie in front of the probabilities.

use burn::tensor::{Bool, DType, Device, Int, Tensor, TensorData, activation};

use super::pick::{Picked, draw, likeliest};
use super::plausible::{draw_plausible, plausible, plausible_logits};
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

/// [`likeliest`] under the contract.
pub struct Likeliest;

/// [`draw`] under the contract.
pub struct Draw;

/// [`plausible`] under the contract.
pub struct Plausible;

/// One check of picking.
#[derive(Debug)]
pub struct Case {
    rows: usize,
    codes: usize,
    temperature: f32,
}

/// The share of the largest probability that is plausible.
const SHARE: f32 = 0.1;

/// Codebooks of a part of a block's first chunk, of some chunks, and of many for each warp; whole packs and not.
const CASES: &[Case] = &[
    Case {
        rows: 5,
        codes: 7,
        temperature: 1.0,
    },
    Case {
        rows: 9,
        codes: 300,
        temperature: 0.5,
    },
    Case {
        rows: 4,
        codes: 4096,
        temperature: 2.0,
    },
    Case {
        rows: 3,
        codes: 9001,
        temperature: 1.5,
    },
    Case {
        rows: 1,
        codes: 2,
        temperature: 0.25,
    },
];

impl Kernel for Likeliest {
    type Case = Case;
    const NAME: &'static str = "likeliest";
    const GRADIENTS: bool = false;
    const CASES: &'static [Case] = CASES;

    fn tolerance(case: &Case) -> f32 {
        tolerance(case)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        vec![logits(case, noise)]
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let z = matrix(case, &inputs[0]);
        let largest = z.clone().max_dim(1).expand(z.dims());
        // The first of the largest: all before it are smaller.
        let found = z.clone().greater_equal(largest).float().cumsum(1);
        both(found, activation::softmax(z, 1))
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        told(likeliest(matrix(case, &inputs[0])))
    }
}

impl Kernel for Draw {
    type Case = Case;
    const NAME: &'static str = "draw";
    const GRADIENTS: bool = false;
    const CASES: &'static [Case] = CASES;

    fn tolerance(case: &Case) -> f32 {
        tolerance(case)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        vec![logits(case, noise)]
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let z = matrix(case, &inputs[0]);
        let found = reached(z.clone(), case.temperature);
        both(found, activation::softmax(z, 1))
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let z = matrix(case, &inputs[0]);
        let uniforms = uniforms(case.rows, &z.device());
        told(draw(z, uniforms, case.temperature))
    }
}

impl Kernel for Plausible {
    type Case = Case;
    const NAME: &'static str = "plausible";
    const GRADIENTS: bool = false;
    const CASES: &'static [Case] = CASES;

    fn tolerance(case: &Case) -> f32 {
        tolerance(case)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        let guided = Input {
            name: "guided",
            values: noise.fine(case.rows * case.codes),
            dtype: DType::F32,
        };
        let own = Input {
            name: "own",
            ..logits(case, noise)
        };
        vec![guided, own]
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [guided, own] = [0, 1].map(|at| matrix(case, &inputs[at]));
        (guided.add_scalar(2.0) * probable(own).float()).reshape([case.rows * case.codes])
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [guided, own] = [0, 1].map(|at| matrix(case, &inputs[at]));
        // What is left out is 0, and all else is not.
        let left = plausible(guided, own, SHARE).add_scalar(2.0);
        left.clamp_min(0.0).reshape([case.rows * case.codes])
    }
}

/// [`plausible_logits`] under the contract.
pub struct PlausibleLogits;

/// One check of [`PlausibleLogits`].
#[derive(Debug)]
pub struct HeadCase {
    rows: usize,
    codes: usize,
    width: usize,
    dtype: DType,
}

/// More than any logit of these cases is below 0.
const BELOW: f32 = 128.0;

impl Kernel for PlausibleLogits {
    type Case = HeadCase;
    const NAME: &'static str = "plausible_logits";
    const GRADIENTS: bool = false;
    /// Most codes are left, and few.
    const CASES: &'static [HeadCase] = &[
        HeadCase {
            rows: 5,
            codes: 7,
            width: 3,
            dtype: DType::F32,
        },
        HeadCase {
            rows: 40,
            codes: 300,
            width: 65,
            dtype: DType::F32,
        },
        HeadCase {
            rows: 40,
            codes: 300,
            width: 64,
            dtype: DType::BF16,
        },
    ];

    fn tolerance(_: &HeadCase) -> f32 {
        rounding(DType::F32)
    }

    fn inputs(case: &HeadCase, noise: &mut Noise) -> Vec<Input> {
        let sizes = [
            ("guided", case.rows),
            ("own", case.rows),
            ("head", case.codes),
        ];
        let input = |(name, rows): (&'static str, usize)| Input {
            name,
            values: noise.coarse(rows * case.width),
            dtype: case.dtype,
        };
        sizes.map(input).into()
    }

    fn reference(case: &HeadCase, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [guided, own] = products(case, inputs);
        (guided.add_scalar(BELOW) * probable(own).float()).flatten(0, 1)
    }

    fn fast(case: &HeadCase, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [guided, own, head] = operands(case, inputs);
        // What is left out is 0, and all else is not.
        let left = plausible_logits(guided, own, head, SHARE).add_scalar(BELOW);
        left.clamp_min(0.0).flatten(0, 1)
    }
}

/// [`draw_plausible`] under the contract.
pub struct DrawPlausible;

/// What [`DrawPlausible`] draws with.
const TEMPERATURE: f32 = 1.5;

impl Kernel for DrawPlausible {
    type Case = HeadCase;
    const NAME: &'static str = "draw_plausible";
    const GRADIENTS: bool = false;
    /// Codebooks of a part of a block's first chunk, of some chunks, and of many for each warp; whole packs and not.
    const CASES: &'static [HeadCase] = &[
        HeadCase {
            rows: 5,
            codes: 7,
            width: 3,
            dtype: DType::F32,
        },
        HeadCase {
            rows: 40,
            codes: 300,
            width: 65,
            dtype: DType::F32,
        },
        HeadCase {
            rows: 6,
            codes: 4096,
            width: 8,
            dtype: DType::BF16,
        },
        HeadCase {
            rows: 3,
            codes: 9001,
            width: 8,
            dtype: DType::BF16,
        },
    ];

    fn tolerance(case: &HeadCase) -> f32 {
        distinct(case.codes)
    }

    fn inputs(case: &HeadCase, noise: &mut Noise) -> Vec<Input> {
        PlausibleLogits::inputs(case, noise)
    }

    fn reference(case: &HeadCase, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [guided, own] = products(case, inputs);
        let z = guided.mask_fill(probable(own).bool_not(), f32::NEG_INFINITY);
        let found = reached(z.clone(), TEMPERATURE);
        both(found, activation::softmax(z, 1))
    }

    fn fast(case: &HeadCase, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [guided, own, head] = operands(case, inputs);
        let uniforms = uniforms(case.rows, &guided.device());
        told(draw_plausible(
            guided,
            own,
            head,
            SHARE,
            uniforms,
            TEMPERATURE,
        ))
    }
}

/// Guided vectors, those without guidance, and the head.
fn operands(case: &HeadCase, inputs: &[Tensor<1>]) -> [Tensor<2>; 3] {
    [0, 1, 2].map(|at| {
        let flat = inputs[at].clone();
        let [numbers] = flat.dims();
        flat.reshape([numbers / case.width, case.width])
    })
}

fn tolerance(case: &Case) -> f32 {
    distinct(case.codes)
}

/// Guided logits and those without guidance, in f32.
fn products(case: &HeadCase, inputs: &[Tensor<1>]) -> [Tensor<2>; 2] {
    let [guided, own, head] = operands(case, inputs).map(|x| x.cast(DType::F32));
    [guided, own].map(|x| x.matmul(head.clone().transpose()))
}

/// Where the probability is a tenth of its row's largest, or more.
fn probable(logits: Tensor<2>) -> Tensor<2, Bool> {
    let chances = activation::softmax(logits, 1);
    let least = chances.clone().max_dim(1) * SHARE;
    let shape = chances.dims();
    chances.greater_equal(least.expand(shape))
}

/// A wrong place is off by one of `codes` at least.
fn distinct(codes: usize) -> f32 {
    rounding(DType::F32).min(0.5 / codes as f32)
}

/// Logits of which every third is masked by −∞.
fn logits(case: &Case, noise: &mut Noise) -> Input {
    let mut values = noise.fine(case.rows * case.codes);
    values.iter_mut().for_each(|value| *value *= 4.0);
    for value in values.iter_mut().skip(2).step_by(3) {
        *value = f32::NEG_INFINITY;
    }
    Input {
        name: "logits",
        values,
        dtype: DType::F32,
    }
}

/// A number for each row, from near 0 to near 1.
fn uniforms(rows: usize, device: &Device) -> Tensor<1> {
    let values: Vec<f32> = (0..rows)
        .map(|row| (row as f32 + 0.37) / rows as f32)
        .collect();
    let data = TensorData::new(values, [rows]);
    Tensor::from_data(data, (device, DType::F32))
}

fn matrix(case: &Case, flat: &Tensor<1>) -> Tensor<2> {
    flat.clone().reshape([case.rows, case.codes])
}

/// 1 where the probabilities summed up have reached the row's number, else 0.
///
/// Sums are formed in another order here, so that a number close to one of them could fall to either side.
fn reached(logits: Tensor<2>, temperature: f32) -> Tensor<2> {
    let (shape, device) = (logits.dims(), logits.device());
    let sums = activation::softmax(logits / temperature, 1).cumsum(1);
    let targets = uniforms(shape[0], &device)
        .reshape([shape[0], 1])
        .expand(shape);
    sums.greater_equal(targets).float()
}

/// The first place of each row where `found` is above 0, counted from 1, and the probability there.
fn both(found: Tensor<2>, probabilities: Tensor<2>) -> Tensor<1> {
    let [rows, codes] = found.dims();
    let places = Tensor::<1, Int>::arange(0..codes as i64, &found.device()).float();
    let places = places.reshape([1, codes]).expand([rows, codes]);
    let places = places.mask_fill(found.lower_elem(0.5), codes as f32);
    let first = places.min_dim(1);
    let chosen = probabilities.gather(1, first.clone().int());
    Tensor::cat(vec![first.add_scalar(1.0), chosen], 0).flatten(0, 1)
}

fn told(picked: Picked) -> Tensor<1> {
    let tokens = picked.tokens.add_scalar(1).float().cast(DType::F32);
    Tensor::cat(vec![tokens, picked.confidence], 0)
}
