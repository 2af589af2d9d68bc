//! The chunked losses against burn's autodiff over all logits at once.

use burn::tensor::{DType, Device, Int, Tensor, TensorData, activation};

use super::{Chunk, GroupLevel, Objective, grouped_cross_entropy, neighbour_shares};
use crate::contract::{Input, Kernel, rounding};
use crate::noise::Noise;

const ROWS: usize = 13;
const WIDTH: usize = 16;
const CODES: usize = 40;
const NEIGHBOURS: usize = 3;
const LATENT: usize = 4;

/// [`grouped_cross_entropy`] under the contract.
pub struct GroupedCrossEntropy;

/// One check of the losses.
#[derive(Debug)]
pub struct Case {
    objective: Choice,
    dtype: DType,
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

impl Kernel for GroupedCrossEntropy {
    type Case = Case;
    const NAME: &'static str = "grouped_cross_entropy";
    const CASES: &'static [Case] = &[
        Case {
            objective: Choice::Plain,
            dtype: DType::F32,
        },
        Case {
            objective: Choice::Groups(TWO_LEVELS),
            dtype: DType::F32,
        },
        Case {
            objective: Choice::SoftNeighbours,
            dtype: DType::F32,
        },
        Case {
            objective: Choice::NeighbourMarginal,
            dtype: DType::F32,
        },
        Case {
            objective: Choice::PlainAndNeighbours,
            dtype: DType::F32,
        },
        Case {
            objective: Choice::SoftCodebook,
            dtype: DType::F32,
        },
        Case {
            objective: Choice::Groups(TWO_LEVELS),
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
        vec![
            Input {
                name: "hidden",
                values: draw(noise, ROWS * WIDTH),
                dtype: case.dtype,
            },
            Input {
                name: "weight",
                values: draw(noise, CODES * WIDTH),
                dtype: DType::F32,
            },
        ]
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let hidden: Tensor<2> = inputs[0].clone().reshape([ROWS, WIDTH]);
        let weight: Tensor<2> = inputs[1].clone().reshape([CODES, WIDTH]);
        let rest = Rest::new(&hidden.device());
        let logits = hidden.matmul(weight.transpose());
        let rows = losses(case.objective, activation::log_softmax(logits, 1), &rest);
        let sum = (rows.clone() * rest.row_weights).sum();
        Tensor::cat(vec![sum, rows.detach()], 0)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let hidden: Tensor<2> = inputs[0].clone().reshape([ROWS, WIDTH]);
        let weight: Tensor<2> = inputs[1].clone().reshape([CODES, WIDTH]);
        let rest = Rest::new(&hidden.device());
        let objective = rest.objective(case.objective);
        // Three chunks, the last one short.
        let chunk = Chunk {
            bytes: 6 * CODES * size_of::<f32>(),
        };
        let loss = grouped_cross_entropy(
            hidden,
            weight,
            rest.targets.squeeze_dim(1),
            rest.row_weights,
            &objective,
            chunk,
        );
        Tensor::cat(vec![loss.sum, loss.rows], 0)
    }
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
            let groups: Vec<i32> = (0..CODES).map(|code| (code / level.size) as i32).collect();
            let groups = TensorData::new(groups, [1, CODES]);
            let groups = Tensor::<2, Int>::from_data(groups, &log.device());
            let own = groups.equal(rest.targets.clone() / level.size as i64);
            let share = (log.clone().exp() * own.float())
                .sum_dim(1)
                .squeeze_dim::<1>(1);
            sum - share.log() * level.weight
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
    row_weights: Tensor<1>,
    ids: Tensor<2, Int>,
    shares: Tensor<2>,
    embeddings: Tensor<2>,
    latents: Tensor<2>,
}

impl Rest {
    fn new(device: &Device) -> Self {
        let mut noise = Noise::new(77);
        let mut floats = |rows: usize, columns: usize| {
            let data = TensorData::new(noise.fine(rows * columns), [rows, columns]);
            Tensor::<2>::from_data(data, (device, DType::F32))
        };
        let distances = floats(ROWS, NEIGHBOURS).abs();
        let (embeddings, latents) = (floats(CODES, LATENT), floats(ROWS, LATENT));

        let targets: Vec<i32> = (0..ROWS).map(|_| noise.below(CODES) as i32).collect();
        // Distinct within a row, the target first.
        let ids: Vec<i32> = targets
            .iter()
            .flat_map(|target| [0, 5, 11].map(|step| (target + step) % CODES as i32))
            .collect();
        // Every fourth row takes no part.
        let weights: Vec<f32> = (0..ROWS)
            .map(|row| {
                if row % 4 == 1 {
                    0.0
                } else {
                    0.5 + row as f32 / 8.0
                }
            })
            .collect();
        Self {
            targets: Tensor::from_data(TensorData::new(targets, [ROWS, 1]), device),
            row_weights: Tensor::from_data(TensorData::new(weights, [ROWS]), (device, DType::F32)),
            ids: Tensor::from_data(TensorData::new(ids, [ROWS, NEIGHBOURS]), device),
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
