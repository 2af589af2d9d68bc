//! The chunked losses against burn's autodiff over all logits at once.

use burn::tensor::{DType, Device, Int, Tensor, TensorData, activation};

use super::{
    Chunk, GroupLevel, Objective, cross_entropy_rows, grouped_cross_entropy, neighbour_shares,
};
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

const NEIGHBOURS: usize = 3;
const LATENT: usize = 4;

/// [`grouped_cross_entropy`] under the contract.
pub struct GroupedCrossEntropy;

/// One check of the losses.
#[derive(Debug)]
pub struct Case {
    objective: Choice,
    dtype: DType,
    /// Rows, width, codes.
    sizes: [usize; 3],
    chunk: Chunk,
    /// Whether some codes, none of the first ones, have logits far above all others.
    far: bool,
}

/// An [`Objective`] whose tensors are yet to be made.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Choice {
    Plain,
    Groups(&'static [GroupLevel]),
    SoftNeighbours,
    NeighbourMarginal,
    PlainAndNeighbours,
    SoftCodebook,
}

/// Groups of 8 and of 16 codes: the last of the latter is ragged.
const TWO_LEVELS: &[GroupLevel] = &[
    GroupLevel {
        size: 8,
        weight: 0.2,
    },
    GroupLevel {
        size: 16,
        weight: 0.1,
    },
];

/// Groups that straddle chunks of 2048 codes, and do not nest.
const LARGE_LEVELS: &[GroupLevel] = &[
    GroupLevel {
        size: 7,
        weight: 0.2,
    },
    GroupLevel {
        size: 1500,
        weight: 0.1,
    },
];

/// Groups that tiles of 256 codes are cut by, and that hold the whole of others.
const TILED_LEVELS: &[GroupLevel] = &[
    GroupLevel {
        size: 5,
        weight: 0.2,
    },
    GroupLevel {
        size: 600,
        weight: 0.1,
    },
];

impl Kernel for GroupedCrossEntropy {
    type Case = Case;
    const NAME: &'static str = "grouped_cross_entropy";
    const CASES: &'static [Case] = &[
        small(Choice::Plain, DType::F32),
        small(Choice::Groups(TWO_LEVELS), DType::F32),
        small(Choice::SoftNeighbours, DType::F32),
        small(Choice::NeighbourMarginal, DType::F32),
        small(Choice::PlainAndNeighbours, DType::F32),
        small(Choice::SoftCodebook, DType::F32),
        small(Choice::Plain, DType::BF16),
        small(Choice::Groups(TWO_LEVELS), DType::BF16),
        small(Choice::SoftNeighbours, DType::BF16),
        small(Choice::PlainAndNeighbours, DType::BF16),
        // One row, one number to a row; more codes than a chunk holds, with ragged groups that no chunk holds whole.
        odd(DType::F32, [1, 7, 5], 1 << 20),
        odd(DType::F32, [3, 1, 2053], 1 << 20),
        odd(DType::F32, [31, 37, 9001], 1 << 20),
        odd(DType::BF16, [31, 37, 9001], 1 << 20),
        // More rows than the memory allows at once.
        odd(DType::F32, [61, 11, 4099], 1 << 18),
        odd(DType::BF16, [61, 11, 4099], 1 << 18),
        odd(DType::BF16, [29, 64, 8192], 1 << 30),
        tiled(Choice::Groups(TILED_LEVELS), [131, 72, 1031], 1 << 30),
        tiled(Choice::PlainAndNeighbours, [257, 136, 520], 1 << 30),
        tiled(Choice::Groups(TILED_LEVELS), [300, 64, 2053], 1 << 18),
        far(DType::F32, [5, 24, 1031]),
        far(DType::BF16, [131, 72, 1031]),
        skipping(far(DType::BF16, [131, 72, 1031]), 1 << 30),
        skipping(far(DType::BF16, [300, 264, 2053]), 1 << 20),
        skipping(
            tiled(Choice::PlainAndNeighbours, [257, 136, 520], 0),
            1 << 30,
        ),
    ];

    fn tolerance(case: &Case) -> f32 {
        rounding(case.dtype)
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        let [rows, width, codes] = case.sizes;
        let draw = if case.dtype == DType::F32 {
            Noise::fine
        } else {
            Noise::coarse
        };
        let hidden = draw(noise, rows * width);
        let mut weight = draw(noise, codes * width);
        if case.far {
            for code in (300..codes).step_by(64) {
                for value in &mut weight[code * width..(code + 1) * width] {
                    *value *= 64.0;
                }
            }
        }
        vec![
            Input {
                name: "hidden",
                values: hidden,
                dtype: case.dtype,
            },
            Input {
                name: "weight",
                values: weight,
                dtype: DType::F32,
            },
        ]
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let (hidden, weight) = matrices(case, inputs);
        let rest = Rest::new(case.sizes, &hidden.device());
        let logits = hidden.clone().matmul(weight.clone().transpose());
        let rows = losses(case.objective, activation::log_softmax(logits, 1), &rest);
        let weights = TensorData::new(rest.row_weights, [case.sizes[0]]);
        let weights = Tensor::<1>::from_data(weights, (&hidden.device(), DType::F32));
        let sum = (rows.clone() * weights).sum();
        Tensor::cat(vec![sum, rows.detach()], 0)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let (hidden, weight) = matrices(case, inputs);
        let rest = Rest::new(case.sizes, &hidden.device());
        let objective = rest.objective(case.objective);
        let targets: Tensor<1, Int> = rest.targets.squeeze_dim(1);
        let rows = cross_entropy_rows(
            hidden.clone(),
            weight.clone(),
            targets.clone(),
            &objective,
            case.chunk,
        );
        let weights = &rest.row_weights;
        let sum = grouped_cross_entropy(hidden, weight, targets, weights, &objective, case.chunk);
        Tensor::cat(vec![sum, rows], 0)
    }
}

/// Few rows in three chunks, the last one short.
const fn small(objective: Choice, dtype: DType) -> Case {
    Case {
        objective,
        dtype,
        sizes: [13, 16, 40],
        chunk: Chunk {
            bytes: 6 * 40 * size_of::<f32>(),
            skip: 0.0,
        },
        far: false,
    }
}

/// More rows and codes than a tile has.
const fn tiled(objective: Choice, sizes: [usize; 3], bytes: usize) -> Case {
    Case {
        objective,
        dtype: DType::BF16,
        sizes,
        chunk: Chunk { bytes, skip: 0.0 },
        far: false,
    }
}

/// Logits that no exponential relative to those of the first codes can be kept of, and groups far below them.
const fn far(dtype: DType, sizes: [usize; 3]) -> Case {
    Case {
        objective: Choice::Groups(TILED_LEVELS),
        dtype,
        sizes,
        chunk: Chunk {
            bytes: 1 << 30,
            skip: 0.0,
        },
        far: true,
    }
}

/// The same where what is left out of gradients is less than rounding.
const fn skipping(case: Case, bytes: usize) -> Case {
    Case {
        chunk: Chunk { bytes, skip: 1e-6 },
        ..case
    }
}

/// Two levels of groups over sizes that divide nothing.
const fn odd(dtype: DType, sizes: [usize; 3], bytes: usize) -> Case {
    Case {
        objective: Choice::Groups(LARGE_LEVELS),
        dtype,
        sizes,
        chunk: Chunk { bytes, skip: 0.0 },
        far: false,
    }
}

/// Hidden vectors and head of a case.
fn matrices(case: &Case, inputs: &[Tensor<1>]) -> (Tensor<2>, Tensor<2>) {
    let [rows, width, codes] = case.sizes;
    (
        inputs[0].clone().reshape([rows, width]),
        inputs[1].clone().reshape([codes, width]),
    )
}

/// The losses of all rows by their definitions, from all log-probabilities.
fn losses(choice: Choice, log: Tensor<2>, rest: &Rest) -> Tensor<1> {
    let plain = -log
        .clone()
        .gather(1, rest.targets.clone())
        .squeeze_dim::<1>(1);
    let near = log.clone().gather(1, rest.ids.clone());
    match choice {
        Choice::Plain => plain,
        Choice::Groups(levels) => levels.iter().fold(plain, |sum, level| {
            let [_, codes] = log.dims();
            let groups: Vec<i32> = (0..codes).map(|code| (code / level.size) as i32).collect();
            let groups = TensorData::new(groups, [1, codes]);
            let groups = Tensor::<2, Int>::from_data(groups, &log.device());
            let others = groups.not_equal(rest.targets.clone() / level.size as i64);
            let own = log.clone().mask_fill(others, -1e4);
            let top = own.clone().detach().max_dim(1);
            let share = (own - top.clone()).exp().sum_dim(1).log() + top;
            sum - share.squeeze_dim::<1>(1) * level.weight
        }),
        Choice::SoftNeighbours => -(near * rest.shares.clone()).sum_dim(1).squeeze_dim::<1>(1),
        Choice::NeighbourMarginal => -near.exp().sum_dim(1).log().squeeze_dim::<1>(1),
        Choice::PlainAndNeighbours => plain - near.exp().sum_dim(1).log().squeeze_dim::<1>(1) * 0.3,
        Choice::SoftCodebook => {
            let apart = rest.latents.clone().unsqueeze_dim::<3>(1)
                - rest.embeddings.clone().unsqueeze_dim::<3>(0);
            let distances = apart.powi_scalar(2).sum_dim(2).squeeze_dim::<2>(2);
            let shares = activation::softmax(distances / -0.7, 1);
            -(log * shares).sum_dim(1).squeeze_dim::<1>(1)
        }
    }
}

/// What the rows need beside hidden vectors and head.
struct Rest {
    targets: Tensor<2, Int>,
    row_weights: Vec<f32>,
    ids: Tensor<2, Int>,
    shares: Tensor<2>,
    embeddings: Tensor<2>,
    latents: Tensor<2>,
}

impl Rest {
    fn new([count, _, codes]: [usize; 3], device: &Device) -> Self {
        let mut noise = Noise::new(77);
        let mut floats = |rows: usize, columns: usize| {
            let data = TensorData::new(noise.fine(rows * columns), [rows, columns]);
            Tensor::<2>::from_data(data, (device, DType::F32))
        };
        let distances = floats(count, NEIGHBOURS).abs();
        let (embeddings, latents) = (floats(codes, LATENT), floats(count, LATENT));

        let targets: Vec<i32> = (0..count).map(|_| noise.below(codes) as i32).collect();
        // Distinct within a row, the target first.
        let ids: Vec<i32> = targets
            .iter()
            .flat_map(|target| [0, 5, 11].map(|step| (target + step) % codes as i32))
            .collect();
        // Every fourth row takes no part.
        let weight = |row: usize| {
            if row % 4 == 1 {
                0.0
            } else {
                0.5 + (row % 13) as f32 / 8.0
            }
        };
        Self {
            targets: Tensor::from_data(TensorData::new(targets, [count, 1]), device),
            row_weights: (0..count).map(weight).collect(),
            ids: Tensor::from_data(TensorData::new(ids, [count, NEIGHBOURS]), device),
            shares: neighbour_shares(distances, 0.5),
            embeddings,
            latents,
        }
    }

    fn objective(&self, choice: Choice) -> Objective {
        match choice {
            Choice::Plain => Objective::Plain,
            Choice::Groups(levels) => Objective::Groups(levels.to_vec()),
            Choice::SoftNeighbours => Objective::SoftNeighbours {
                ids: self.ids.clone(),
                shares: self.shares.clone(),
            },
            Choice::NeighbourMarginal => Objective::NeighbourMarginal {
                ids: self.ids.clone(),
            },
            Choice::PlainAndNeighbours => Objective::PlainAndNeighbours {
                ids: self.ids.clone(),
                weight: 0.3,
            },
            Choice::SoftCodebook => Objective::SoftCodebook {
                embeddings: self.embeddings.clone(),
                latents: self.latents.clone(),
                temperature: 0.7,
            },
        }
    }
}
