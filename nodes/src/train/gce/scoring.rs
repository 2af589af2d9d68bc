//! What counts as right at a position.

#[cfg(test)]
mod tests;

use burn::tensor::{Device, Int, Tensor, TensorData};
use graph::error::NodeError;
use graph::prelude::*;
use kernels::{GroupLevel, Objective, neighbour_shares};

use super::TrainGce;
use super::levels::group_levels;
use super::nearest::nearest;
use crate::value::{Groups, Tokenizer};

/// What counts as right at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Loss {
    /// The code itself, and its groups where `levels` lists some.
    Grouped,
    /// The nearest codes share the target, the nearer the more (SNCE). It costs what `grouped` does, and the nearest
    /// codes of all are looked for once, at the start.
    SoftNeighbours,
    /// Any of the nearest codes, at the same cost.
    NeighbourMarginal,
    /// The code itself, and with `neighbour_weight` any of the nearest, at the same cost.
    CodeAndNeighbours,
    /// All codes share the target, the nearer the more. Distances to the whole codebook are a second product at each
    /// position, and logits pass through memory several times, since no fused operator covers it.
    SoftCodebook,
}

/// What the loss is made of, the codes going by their places.
#[derive(Clone, Debug)]
pub(super) enum Scoring {
    Grouped(Vec<GroupLevel>),
    SoftNeighbours {
        ids: Tensor<2, Int>,
        shares: Box<Tensor<2>>,
    },
    NeighbourMarginal {
        ids: Tensor<2, Int>,
    },
    CodeAndNeighbours {
        ids: Tensor<2, Int>,
        weight: f32,
    },
    SoftCodebook {
        vectors: Tensor<2>,
        temperature: f32,
    },
}

/// A part of the loss, without the weight that it has.
pub(super) struct Part {
    /// What it is called.
    pub name: String,
    /// What gives it.
    pub objective: Objective,
    /// Whether that gives the loss of the code itself as well.
    pub holds_code: bool,
}

impl Part {
    fn of_groups(level: &GroupLevel) -> Self {
        Self {
            name: format!("groups of {}", level.size),
            objective: Objective::Groups(vec![GroupLevel {
                weight: 1.0,
                ..*level
            }]),
            holds_code: true,
        }
    }
}

impl Scoring {
    /// What `node` asks for.
    ///
    /// Errors: neighbours are asked for without a tokenizer that knows them, or more of them than there are codes.
    pub(super) fn of(
        node: &TrainGce,
        tokenizer: Option<&Tokenizer>,
        groups: &Groups,
    ) -> Result<Self, NodeError> {
        let codebook = groups.order().len();
        let neighbours = || {
            if node.neighbours > codebook {
                return Err(NodeError::Param(ParamError::Invalid {
                    param: "neighbours".into(),
                    expected: format!("at most {codebook}, the number of codes"),
                    found: node.neighbours.to_string(),
                }));
            }
            let vectors = placed_vectors(tokenizer, groups)?;
            Ok(nearest(&vectors, node.neighbours))
        };
        Ok(match node.loss {
            Loss::Grouped => Self::Grouped(group_levels(&node.levels, Some(codebook as u32))?),
            Loss::SoftNeighbours => {
                let (ids, distances) = neighbours()?;
                let shares = neighbour_shares(distances, node.neighbour_temperature);
                Self::SoftNeighbours {
                    ids,
                    shares: Box::new(shares),
                }
            }
            Loss::NeighbourMarginal => Self::NeighbourMarginal {
                ids: neighbours()?.0,
            },
            Loss::CodeAndNeighbours => Self::CodeAndNeighbours {
                ids: neighbours()?.0,
                weight: node.neighbour_weight,
            },
            Loss::SoftCodebook => Self::SoftCodebook {
                vectors: placed_vectors(tokenizer, groups)?,
                temperature: node.neighbour_temperature,
            },
        })
    }

    /// The same on `device`.
    pub(super) fn on(&self, device: &Device) -> Self {
        match self {
            Self::Grouped(levels) => Self::Grouped(levels.clone()),
            Self::SoftNeighbours { ids, shares } => Self::SoftNeighbours {
                ids: codes_on(ids, device),
                shares: Box::new(numbers_on(shares, device)),
            },
            Self::NeighbourMarginal { ids } => Self::NeighbourMarginal {
                ids: codes_on(ids, device),
            },
            Self::CodeAndNeighbours { ids, weight } => Self::CodeAndNeighbours {
                ids: codes_on(ids, device),
                weight: *weight,
            },
            Self::SoftCodebook {
                vectors,
                temperature,
            } => Self::SoftCodebook {
                vectors: numbers_on(vectors, device),
                temperature: *temperature,
            },
        }
    }

    /// The levels of groups that the loss has.
    pub(super) fn levels(&self) -> &[GroupLevel] {
        match self {
            Self::Grouped(levels) => levels,
            Self::SoftNeighbours { .. }
            | Self::NeighbourMarginal { .. }
            | Self::CodeAndNeighbours { .. }
            | Self::SoftCodebook { .. } => &[],
        }
    }

    /// The parts of the loss beside that of the code itself, for rows with `targets`.
    pub(super) fn parts(&self, targets: &Tensor<1, Int>) -> Vec<Part> {
        let near = |objective: Objective| Part {
            name: "near codes".into(),
            objective,
            holds_code: false,
        };
        match self {
            Self::Grouped(levels) => levels.iter().map(Part::of_groups).collect(),
            Self::CodeAndNeighbours { ids, .. } => {
                let ids = ids.clone();
                vec![near(Self::NeighbourMarginal { ids }.objective(targets))]
            }
            Self::SoftNeighbours { .. }
            | Self::NeighbourMarginal { .. }
            | Self::SoftCodebook { .. } => vec![near(self.objective(targets))],
        }
    }

    /// The loss of rows with `targets`.
    pub(super) fn objective(&self, targets: &Tensor<1, Int>) -> Objective {
        let targets = || targets.clone().without_autodiff();
        match self {
            Self::Grouped(levels) if levels.is_empty() => Objective::Plain,
            Self::Grouped(levels) => Objective::Groups(levels.clone()),
            Self::SoftNeighbours { ids, shares } => Objective::SoftNeighbours {
                ids: ids.clone().select(0, targets()),
                shares: shares.as_ref().clone().select(0, targets()),
            },
            Self::NeighbourMarginal { ids } => Objective::NeighbourMarginal {
                ids: ids.clone().select(0, targets()),
            },
            Self::CodeAndNeighbours { ids, weight } => Objective::PlainAndNeighbours {
                ids: ids.clone().select(0, targets()),
                weight: *weight,
            },
            // Tokens carry no latents, so that what the tokenizer saw is taken to be the code itself.
            Self::SoftCodebook {
                vectors,
                temperature,
            } => Objective::SoftCodebook {
                embeddings: vectors.clone(),
                latents: vectors.clone().select(0, targets()),
                temperature: *temperature,
            },
        }
    }
}

/// Codes on a device, by way of the processor where that is another one: once a run is seldom enough.
fn codes_on(codes: &Tensor<2, Int>, device: &Device) -> Tensor<2, Int> {
    if codes.device() == *device {
        return codes.clone();
    }
    Tensor::from_data(codes.clone().into_data(), (device, codes.dtype()))
}

/// Numbers on a device, likewise.
fn numbers_on(numbers: &Tensor<2>, device: &Device) -> Tensor<2> {
    if numbers.device() == *device {
        return numbers.clone();
    }
    Tensor::from_data(numbers.clone().into_data(), (device, numbers.dtype()))
}

/// The vectors of all codes, each at its code's place.
fn placed_vectors(tokenizer: Option<&Tokenizer>, groups: &Groups) -> Result<Tensor<2>, NodeError> {
    let Some(tokenizer) = tokenizer else {
        return Err(NodeError::failed(
            "`loss` looks at neighbours of codes, but no tokenizer is wired",
            "wire the tokenizer, or set `loss` to \"grouped\"",
        ));
    };
    let vectors = tokenizer.codec().vectors();
    let (codes, expected) = (vectors.dims()[0], groups.order().len());
    if codes != expected {
        return Err(NodeError::input(
            "tokenizer",
            format!("{expected} codes, as the denoiser has"),
            format!("{codes} codes"),
        ));
    }
    let order: Vec<i32> = groups.order().iter().map(|code| *code as i32).collect();
    let order = Tensor::from_data(TensorData::new(order, [codes]), &vectors.device());
    Ok(vectors.select(0, order))
}
