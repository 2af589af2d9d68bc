//! What the loss asks of the logits of a row.

use burn::tensor::{Int, Tensor, activation};

/// One level of neighbourhoods: contiguous groups of codes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupLevel {
    /// Codes of a group: code `c` belongs to group `c / size`; the last group may be smaller.
    pub size: usize,
    /// What the group's part of the loss counts, λ.
    pub weight: f32,
}

/// Levels of groups that a loss can have.
pub const LEVELS_MAX: usize = 8;

/// What a row is scored by; `lse` is log-sum-exp over all codes, `lse_S` over a set, `y` the target.
#[derive(Clone, Debug)]
pub enum Objective {
    /// `lse − z_y`.
    Plain,
    /// `(lse − z_y) + Σ λ·(lse − lse_C)` with the group `C` of the target at each level.
    Groups(Vec<GroupLevel>),
    /// `lse − Σ share·z` over a few codes of each row (SNCE); the shares of a row sum to 1.
    SoftNeighbours {
        /// Codes, `[rows, k]`, distinct within a row.
        ids: Tensor<2, Int>,
        /// What each counts, `[rows, k]`; see [`neighbour_shares`].
        shares: Tensor<2>,
    },
    /// `lse − lse_N` over a few codes of each row, the target among them.
    NeighbourMarginal {
        /// Codes, `[rows, k]`, distinct within a row.
        ids: Tensor<2, Int>,
    },
    /// `(lse − z_y) + λ·(lse − lse_N)`.
    PlainAndNeighbours {
        /// Codes, `[rows, k]`, distinct within a row, the target among them.
        ids: Tensor<2, Int>,
        /// What the second part counts, λ.
        weight: f32,
    },
    /// `lse − Σ w·z` over the whole codebook with `w = softmax(−‖e − latent‖² / temperature)`.
    SoftCodebook {
        /// The codebook, `[codes, e]`.
        embeddings: Tensor<2>,
        /// What the tokenizer saw before it chose a code, `[rows, e]`.
        latents: Tensor<2>,
        /// How fast the weight of a code falls with its distance.
        temperature: f32,
    },
}

impl Objective {
    /// How often the softmax over all codes enters the gradient: `1 + Σλ`.
    pub(super) fn scale(&self) -> f32 {
        match self {
            Self::Groups(levels) => 1.0 + levels.iter().map(|level| level.weight).sum::<f32>(),
            Self::PlainAndNeighbours { weight, .. } => 1.0 + weight,
            Self::Plain
            | Self::SoftNeighbours { .. }
            | Self::NeighbourMarginal { .. }
            | Self::SoftCodebook { .. } => 1.0,
        }
    }

    /// The objective of some of the rows.
    pub(super) fn select(&self, rows: &Tensor<1, Int>) -> Self {
        let cut = |ids: &Tensor<2, Int>| ids.clone().without_autodiff().select(0, rows.clone());
        let some = |floats: &Tensor<2>| floats.clone().without_autodiff().select(0, rows.clone());
        match self {
            Self::Plain => Self::Plain,
            Self::Groups(levels) => Self::Groups(levels.clone()),
            Self::SoftNeighbours { ids, shares } => Self::SoftNeighbours {
                ids: cut(ids),
                shares: some(shares),
            },
            Self::NeighbourMarginal { ids } => Self::NeighbourMarginal { ids: cut(ids) },
            Self::PlainAndNeighbours { ids, weight } => Self::PlainAndNeighbours {
                ids: cut(ids),
                weight: *weight,
            },
            Self::SoftCodebook {
                embeddings,
                latents,
                temperature,
            } => Self::SoftCodebook {
                embeddings: embeddings.clone(),
                latents: some(latents),
                temperature: *temperature,
            },
        }
    }

    /// Refuses what does not fit `rows` rows of `codes` logits.
    pub(super) fn check(&self, rows: usize, codes: usize) {
        match self {
            Self::Plain => {}
            Self::Groups(levels) => {
                assert!(
                    levels.len() <= LEVELS_MAX,
                    "cross-entropy: at most {LEVELS_MAX} levels of groups"
                );
                for level in levels {
                    assert!(
                        level.size > 0,
                        "cross-entropy: a group needs at least one code"
                    );
                }
            }
            Self::SoftNeighbours { ids, shares } => {
                assert_eq!(
                    ids.dims(),
                    shares.dims(),
                    "cross-entropy: one share for each neighbour"
                );
                assert_eq!(
                    ids.dims()[0],
                    rows,
                    "cross-entropy: neighbours for each of {rows} rows"
                );
            }
            Self::NeighbourMarginal { ids } | Self::PlainAndNeighbours { ids, .. } => {
                assert_eq!(
                    ids.dims()[0],
                    rows,
                    "cross-entropy: neighbours for each of {rows} rows"
                );
            }
            Self::SoftCodebook {
                embeddings,
                latents,
                ..
            } => {
                assert_eq!(
                    latents.dims()[0],
                    rows,
                    "cross-entropy: a latent for each of {rows} rows"
                );
                assert_eq!(
                    embeddings.dims()[0],
                    codes,
                    "cross-entropy: an embedding for each of {codes} codes"
                );
            }
        }
    }
}

/// What each neighbour counts by its squared distance: `softmax(−d / temperature)` over the last dimension.
///
/// Shapes: `[rows, k]` → `[rows, k]`.
/// Source: SNCE; the distance is to the latent before quantisation, or else to the target's embedding.
pub fn neighbour_shares(squared_distances: Tensor<2>, temperature: f32) -> Tensor<2> {
    activation::softmax(squared_distances / -temperature, 1)
}
