//! Attention against its definition.

use burn::tensor::{DType, Tensor, activation};

use super::attention;
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

/// [`attention`] under the contract.
pub struct Attention;

/// [`attention`] to a single key under the contract; its gradients in queries and keys are zero, which leaves none to
/// compare with.
pub struct AttentionToOne;

/// How an operand lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// `[batch, length, heads, d]`.
    Dense,
    /// A view of `[batch, heads, length, d]`.
    HeadMajor,
    /// The first of two parts of each position.
    Part,
    /// A view whose numbers of a head are no neighbours.
    Scattered,
}

/// One check of attention.
#[derive(Debug)]
pub struct Case {
    batch: usize,
    /// Queries and keys.
    lengths: [usize; 2],
    /// Heads of queries and of keys.
    heads: [usize; 2],
    width: usize,
    scale: f32,
    layout: Layout,
    dtype: DType,
}

impl Case {
    const fn new(batch: usize, lengths: [usize; 2], heads: [usize; 2], width: usize) -> Self {
        Self {
            batch,
            lengths,
            heads,
            width,
            scale: 0.2,
            layout: Layout::Dense,
            dtype: DType::BF16,
        }
    }

    const fn lying(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    const fn of(self, dtype: DType) -> Self {
        Self { dtype, ..self }
    }
}

impl Kernel for Attention {
    type Case = Case;
    const NAME: &'static str = "attention";
    const CASES: &'static [Case] = &[
        Case::new(2, [5, 7], [2, 2], 8).of(DType::F32),
        Case::new(1, [9, 9], [4, 2], 12).of(DType::F32),
        Case::new(1, [3, 4], [2, 1], 8)
            .of(DType::F32)
            .lying(Layout::HeadMajor),
        Case::new(1, [1, 130], [2, 1], 64),
        Case::new(2, [33, 2], [3, 3], 16),
        Case::new(1, [64, 64], [1, 1], 64),
        Case::new(2, [70, 40], [4, 2], 40),
        Case::new(1, [40, 129], [2, 2], 64).lying(Layout::HeadMajor),
        Case::new(1, [128, 128], [1, 1], 128),
        Case::new(1, [131, 257], [2, 1], 128).lying(Layout::Part),
        Case::new(1, [20, 300], [1, 1], 96).lying(Layout::HeadMajor),
        Case::new(1, [66, 70], [2, 1], 136),
        Case::new(1, [17, 33], [1, 1], 192).lying(Layout::Part),
        Case::new(1, [65, 34], [2, 2], 256),
        Case::new(1, [6, 10], [2, 1], 24).lying(Layout::Scattered),
        // Too wide, and too odd, for the fused way.
        Case::new(1, [5, 6], [1, 1], 264),
        Case::new(1, [5, 6], [1, 1], 20),
        // A few places of several sequences look at all of them, whose keys and values lie side by side.
        Case::new(3, [7, 150], [4, 2], 64).lying(Layout::Part),
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
        let [n, m] = case.lengths;
        let mut input = |name, length: usize, heads: usize| Input {
            name,
            values: draw(
                noise,
                case.parts() * case.batch * length * heads * case.width,
            ),
            dtype: case.dtype,
        };
        vec![
            input("queries", n, case.heads[0]),
            input("keys", m, case.heads[1]),
            input("values", m, case.heads[1]),
        ]
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let shared = case.heads[0] / case.heads[1];
        let [queries, keys, values] = operands(case, inputs);
        let [keys, values] = [keys, values].map(|x| repeated(x, shared));
        let scores = queries.swap_dims(1, 2).matmul(keys.permute([0, 2, 3, 1])) * case.scale;
        let found = activation::softmax(scores, 3).matmul(values.swap_dims(1, 2));
        found.swap_dims(1, 2).flatten(0, 3)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let [queries, keys, values] = operands(case, inputs);
        attention(queries, keys, values, case.scale).flatten(0, 3)
    }
}

impl Kernel for AttentionToOne {
    type Case = Case;
    const NAME: &'static str = "attention to one key";
    const GRADIENTS: bool = false;
    const CASES: &'static [Case] = &[
        Case::new(2, [1, 1], [2, 1], 64),
        Case::new(1, [70, 1], [2, 2], 128),
        Case::new(1, [3, 1], [1, 1], 160),
    ];

    fn tolerance(case: &Case) -> f32 {
        Attention::tolerance(case)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        Attention::inputs(case, noise)
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        Attention::reference(case, inputs)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        Attention::fast(case, inputs)
    }
}

impl Case {
    /// How many parts each position has.
    fn parts(&self) -> usize {
        1 + usize::from(self.layout == Layout::Part)
    }
}

/// Each head as often as it is shared.
fn repeated(x: Tensor<4>, shared: usize) -> Tensor<4> {
    let [b, m, heads, d] = x.dims();
    let x: Tensor<5> = x.reshape([b, m, heads, 1, d]);
    x.repeat_dim(3, shared).reshape([b, m, heads * shared, d])
}

/// Queries, keys and values as attention sees them.
fn operands(case: &Case, inputs: &[Tensor<1>]) -> [Tensor<4>; 3] {
    let (b, d) = (case.batch, case.width);
    let [n, m] = case.lengths;
    let view = |flat: &Tensor<1>, length: usize, heads: usize| -> Tensor<4> {
        let flat = flat.clone();
        match case.layout {
            Layout::Dense => flat.reshape([b, length, heads, d]),
            Layout::HeadMajor => {
                let lying: Tensor<4> = flat.reshape([b, heads, length, d]);
                lying.swap_dims(1, 2)
            }
            Layout::Part => {
                let lying: Tensor<4> = flat.reshape([b, length, 2 * heads, d]);
                lying.slice([0..b, 0..length, 0..heads, 0..d])
            }
            Layout::Scattered => {
                let lying: Tensor<4> = flat.reshape([b, d, heads, length]);
                lying.swap_dims(1, 3)
            }
        }
    };
    [
        view(&inputs[0], n, case.heads[0]),
        view(&inputs[1], m, case.heads[1]),
        view(&inputs[2], m, case.heads[1]),
    ]
}
