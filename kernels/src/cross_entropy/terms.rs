//! Objectives that look at a few codes of each row, in one form that every device can follow.

use burn::tensor::{DType, Int, IntDType, Tensor};

use super::{GroupLevel, Objective};

/// What a row's loss takes from its logits `z`:
///
/// `scale·lse − Σ_j share_j·z_j − Σ_k λ_k·lse_{C_k} − neighbours·lse_N`
///
/// with the picks `j` of the row, the groups `C_k` of its first pick, and the picks `N` from `shared` on.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// How often log-sum-exp over all codes counts.
    pub scale: f32,
    /// Groups of the first pick.
    pub levels: Vec<GroupLevel>,
    /// Picks before the neighbours.
    pub shared: usize,
    /// What log-sum-exp over the neighbours counts.
    pub neighbours: f32,
}

/// How the logits of a row are looked at.
pub(super) enum Form {
    /// Log-sum-exps, and some codes one by one.
    Picks(Terms, Picks),
    /// All codes, each by its distance from the row's latent.
    Codebook(Draw),
}

/// How strongly rows are drawn to codes.
pub(super) struct Draw {
    /// The codebook, `[codes, e]`.
    pub embeddings: Tensor<2>,
    /// What the tokenizer saw, `[rows, e]`.
    pub latents: Tensor<2>,
    pub temperature: f32,
}

/// Codes that the rows' losses look at one by one.
pub(super) struct Picks {
    /// `[rows, picks]`, i32.
    pub codes: Tensor<2, Int>,
    /// What each counts, `[rows, picks]`, f32.
    pub shares: Tensor<2>,
}

impl Objective {
    /// What the losses of rows with `targets` are made of.
    pub(super) fn form(&self, targets: Tensor<1, Int>) -> Form {
        let targets: Tensor<2, Int> = targets.unsqueeze_dim(1);
        match self {
            Self::Plain => {
                let picks = Picks::new(targets.clone(), ones(&targets));
                Form::Picks(self.terms(&[], 1, 0.0), picks)
            }
            Self::Groups(levels) => {
                let picks = Picks::new(targets.clone(), ones(&targets));
                Form::Picks(self.terms(levels, 1, 0.0), picks)
            }
            Self::SoftNeighbours { ids, shares } => {
                let [_, count] = ids.dims();
                let picks = Picks::new(ids.clone(), shares.clone());
                Form::Picks(self.terms(&[], count, 0.0), picks)
            }
            Self::NeighbourMarginal { ids } => {
                let picks = Picks::new(ids.clone(), ones(ids) * 0.0);
                Form::Picks(self.terms(&[], 0, 1.0), picks)
            }
            Self::PlainAndNeighbours { ids, weight } => {
                let shares = Tensor::cat(vec![ones(&targets), ones(ids) * 0.0], 1);
                let codes = Tensor::cat(vec![targets, ids.clone().without_autodiff()], 1);
                Form::Picks(self.terms(&[], 1, *weight), Picks::new(codes, shares))
            }
            Self::SoftCodebook {
                embeddings,
                latents,
                temperature,
            } => Form::Codebook(Draw {
                embeddings: embeddings.clone().without_autodiff(),
                latents: latents.clone().without_autodiff(),
                temperature: *temperature,
            }),
        }
    }

    fn terms(&self, levels: &[GroupLevel], shared: usize, neighbours: f32) -> Terms {
        Terms {
            scale: self.scale(),
            levels: levels.to_vec(),
            shared,
            neighbours,
        }
    }
}

impl Picks {
    fn new(codes: Tensor<2, Int>, shares: Tensor<2>) -> Self {
        Self {
            codes: codes.without_autodiff().cast(IntDType::I32),
            shares: shares.without_autodiff().cast(DType::F32),
        }
    }
}

/// A one for each id.
fn ones(ids: &Tensor<2, Int>) -> Tensor<2> {
    let device = ids.device().inner();
    Tensor::ones(ids.dims(), (&device, DType::F32))
}
