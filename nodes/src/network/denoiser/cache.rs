//! Vectors of cells that are kept from one step of a sampler to the next.
//!
//! From one step to the next most of a picture stays as it is, and so, nearly, do its vectors. A step in between two whole
//! ones computes n of a picture's C cells, n = C − round(ratio · C), and takes everything else from the steps before:
//!
//! ```text
//! X          [S, n, D]     the chosen cells, embedded; S sequences: the pictures, and again for guidance
//! K, V       [S, L, H, d]  of each layer as kept, with the rows of the chosen cells replaced by those of X
//! X ← X + attention(Q(X), K, V) …    layer by layer; rotations are those of the cells' places among all L
//! F          [S, C, D]     the last vectors as kept, with those of the chosen cells replaced
//! ```
//!
//! Scores of all positions are made of F, whether a cell was chosen or not. Keys and values of the prompt are as they were at
//! the last whole step: they depend on the picture, but little.
//!
//! Source: the cache by largest logits of Lumina-DiMOO, arXiv 2510.06308. There a token is a vector, and those of the least
//! certain tokens are computed; here four share one, and [`choice`] says which cells go first.

mod blocks;
mod choice;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use graph::error::NodeError;

use self::blocks::Blocks;
use self::choice::Needs;
use super::branches::{Branches, Surroundings};
use super::network::{Memory, Part};
use super::trained::{in_order, led};
use super::{TrainedDenoiser, cell_order};
use crate::value::{FeatureCache, Query, Reuse, Scores, Work};

/// The vectors of the pictures of one run.
pub(super) struct CellCache {
    denoiser: TrainedDenoiser,
    pictures: BTreeMap<usize, Seen>,
    blocks: Blocks,
    work: Work,
}

/// What the kept vectors of a picture were made of.
struct Seen {
    /// Its tokens, cell by cell, each cell's as they were when the cell was computed.
    codes: Vec<i32>,
    /// What stood around it in each of its sequences.
    surroundings: Vec<Surroundings>,
}

impl CellCache {
    /// A cache that keeps nothing yet.
    pub fn new(denoiser: TrainedDenoiser) -> Self {
        Self {
            denoiser,
            pictures: BTreeMap::new(),
            blocks: Blocks::default(),
            work: Work::default(),
        }
    }

    /// The cells of each picture that are computed anew; `None` where all of them must be.
    fn chosen(
        &self,
        branches: &Branches,
        query: &Query<'_>,
        pictures: &[usize],
        reuse: Reuse<'_>,
    ) -> Option<Vec<Vec<usize>>> {
        let grid = query.tokens.grid();
        let (length, order) = (grid.length(), cell_order(grid.rows, grid.columns));
        let count = reuse.computed(length / 4);
        if count == length / 4 {
            return None;
        }
        let mut asked = vec![false; length * pictures.len()];
        for row in query.rows {
            asked[*row as usize] = true;
        }
        let chosen = pictures.iter().enumerate().map(|(at, picture)| {
            let seen = self.pictures.get(picture)?;
            let codes = &branches.codes[at];
            if !seen.surroundings.iter().eq(branches.around(at)) || seen.codes.len() != codes.len()
            {
                return None;
            }
            let positions = || order.iter().map(|position| at * length + position);
            let needs = Needs {
                codes,
                seen: &seen.codes,
                asked: &positions().map(|row| asked[row]).collect::<Vec<_>>(),
                sureness: &positions()
                    .map(|row| reuse.sureness[row])
                    .collect::<Vec<_>>(),
                mask: self.denoiser.config().mask_id as i32,
            };
            Some(needs.most_pressing(count))
        });
        chosen.collect()
    }

    /// Computes the sequences `members` whole.
    fn whole(&mut self, branches: &Branches, members: &[usize]) -> Memory {
        let sequence = self.denoiser.sequence(branches, members);
        let (length, dtype) = (sequence.length(), self.denoiser.dtype());
        let rotary = self.denoiser.rotary(length);
        self.work.computed += (members.len() * length) as u64;
        let network = self.denoiser.network();
        network.remembered(sequence, &rotary, dtype)
    }

    /// Computes the `chosen` cells of the sequences `members`, of which `memory` is kept.
    fn renewed(
        &mut self,
        memory: Memory,
        branches: &Branches,
        members: &[usize],
        chosen: &[Vec<usize>],
    ) -> Memory {
        let codes = branches.pictures(members);
        let (before, after) = &branches.surroundings[members[0]];
        let length = before.len() + codes[0].len() / 4 + after.len();
        let chosen: Vec<&[usize]> = members
            .iter()
            .map(|at| chosen[at % chosen.len()].as_slice())
            .collect();
        let computed: u64 = chosen.iter().map(|cells| cells.len() as u64).sum();
        self.work.computed += computed;
        self.work.kept += (members.len() * length) as u64 - computed;

        let (device, dtype) = (self.denoiser.device(), self.denoiser.dtype());
        let part = Part::new(&chosen, &codes, [before.len(), length], device);
        let rotary = self.denoiser.rotary(length);
        let network = self.denoiser.network();
        network.renewed(memory, &part, &rotary, dtype)
    }

    /// Notes what the vectors of the pictures are made of now.
    fn note(&mut self, branches: &Branches, pictures: &[usize], chosen: Option<&[Vec<usize>]>) {
        for (at, picture) in pictures.iter().enumerate() {
            let codes = &branches.codes[at];
            let seen = self.pictures.get_mut(picture);
            if let (Some(chosen), Some(seen)) = (chosen, seen) {
                for cell in &chosen[at] {
                    let tokens = 4 * cell..4 * cell + 4;
                    seen.codes[tokens.clone()].copy_from_slice(&codes[tokens]);
                }
                continue;
            }
            let seen = Seen {
                codes: codes.clone(),
                surroundings: branches.around(at).cloned().collect(),
            };
            let _ = self.pictures.insert(*picture, seen);
        }
    }
}

impl FeatureCache for CellCache {
    fn scores(
        &mut self,
        query: &Query<'_>,
        pictures: &[usize],
        reuse: Option<Reuse<'_>>,
    ) -> Result<Scores, NodeError> {
        self.denoiser.check(query)?;
        if query.rows.is_empty() {
            return Ok(self.denoiser.no_scores());
        }
        let branches = self.denoiser.branches(query)?;
        let chosen = reuse.and_then(|reuse| self.chosen(&branches, query, pictures, reuse));
        let groups = branches.alike();
        let mut features = Vec::with_capacity(groups.len());
        for members in &groups {
            let named: Vec<_> = members
                .iter()
                .map(|at| (pictures[at % pictures.len()], at / pictures.len()))
                .collect();
            let memory = match &chosen {
                None => self.whole(&branches, members),
                Some(chosen) => {
                    let memory = self.blocks.take(&named, self.denoiser.device());
                    self.renewed(memory, &branches, members, chosen)
                }
            };
            features.push(memory.features.clone());
            self.blocks.put(&named, memory);
        }
        self.note(&branches, pictures, chosen.as_deref());
        let features = in_order(features, &groups, self.denoiser.device());
        let features = led(features, branches.lead, self.denoiser.dtype());
        let grid = query.tokens.grid();
        Ok(self
            .denoiser
            .scores_of(features, query.rows, grid, branches.lead))
    }

    fn work(&self) -> Work {
        self.work
    }
}
