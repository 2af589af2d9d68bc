//! Which laid positions are masked again.

use kernels::sampling;

use super::Picture;
use crate::sample::noise::Chance;
use crate::sample::settings::{EditSampler, RemaskRule};
use crate::value::Tokens;

impl Picture {
    /// The laid positions that a step masks again; it finds `masked` positions masked and lays `count` of them besides.
    ///
    /// As many more are laid as are masked again, so that the schedule stays as it is. There are never more of them than
    /// can be laid besides.
    pub(super) fn remasked(
        &self,
        sampler: &EditSampler,
        masked: usize,
        count: usize,
        chance: Chance<'_>,
    ) -> Vec<usize> {
        if sampler.remask <= 0.0 {
            return Vec::new();
        }
        let rule = match sampler.remask_rule {
            RemaskRule::Cap => sampling::RemaskRule::Cap,
            RemaskRule::Rescale => sampling::RemaskRule::Rescale,
            RemaskRule::Confidence => sampling::RemaskRule::Confidence,
        };
        let (laid, sureness): (Vec<usize>, Vec<f32>) = self
            .sureness
            .iter()
            .enumerate()
            .filter_map(|(position, sureness)| Some((position, (*sureness)?)))
            .unzip();
        let all = (laid.len() + masked) as f32;
        let probabilities = sampling::remask_probabilities(
            rule,
            sampler.remask,
            laid.len() as f32 / all,
            (laid.len() + count) as f32 / all,
            &sureness,
        );
        let uniforms = chance.remasked(self.codes.len());
        let mut drawn: Vec<(usize, f32)> = laid
            .iter()
            .zip(probabilities)
            .filter(|(position, probability)| uniforms[**position] < *probability)
            .map(|(position, probability)| (*position, uniforms[*position] / probability))
            .collect();
        drawn.sort_by(|left, right| left.1.total_cmp(&right.1));
        drawn.truncate(masked - count);
        drawn.into_iter().map(|(position, _)| position).collect()
    }

    /// Masks some positions at random, and says which: a share of those that may change, but one at least.
    pub(super) fn unlaid(&mut self, sampler: &EditSampler, chance: Chance<'_>) -> Vec<usize> {
        let uniforms = chance.refined(self.codes.len());
        let mut positions = self.free();
        let count = (positions.len() as f64 * sampler.refine_share).round() as usize;
        positions.sort_by(|left, right| uniforms[*left].total_cmp(&uniforms[*right]));
        positions.truncate(count.max(1));
        positions.sort_unstable();
        for position in &positions {
            self.codes[*position] = Tokens::MASK;
        }
        positions
    }
}
