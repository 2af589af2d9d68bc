//! Steps that take most of a picture from the steps before.

use graph::error::NodeError;
use graph::param::ParamError;

use crate::value::{Denoiser, FeatureCache, Query, Reuse, Scores, Work};

use super::settings::EditSampler;

/// What a run keeps between its steps.
pub(super) struct Cache {
    features: Box<dyn FeatureCache>,
    /// The share of a picture that a step in between does not compute.
    ratio: f64,
    pictures: Vec<Known>,
}

/// What is known of a picture.
#[derive(Clone)]
struct Known {
    /// How sure the denoiser was of each position when it was last asked for it; 0 where it never was.
    sureness: Vec<f32>,
    /// Whether the last question was guided, where there was one.
    guided: Option<bool>,
}

impl Cache {
    /// A cache for `pictures` of `length` positions; `None` where the sampler computes every step whole.
    ///
    /// Errors: the denoiser keeps nothing between steps.
    pub fn new(
        sampler: &EditSampler,
        denoiser: &Denoiser,
        pictures: usize,
        length: usize,
    ) -> Result<Option<Self>, NodeError> {
        if !sampler.caches() {
            return Ok(None);
        }
        let Some(features) = denoiser.scorer().feature_cache() else {
            let what = denoiser.scorer().describe();
            return Err(ParamError::Invalid {
                param: "refresh_interval".into(),
                expected: format!("1, as this denoiser keeps nothing between steps ({what})"),
                found: sampler.refresh_interval.to_string(),
            }
            .into());
        };
        let known = Known {
            sureness: vec![0.0; length],
            guided: None,
        };
        Ok(Some(Self {
            features,
            ratio: sampler.cache_ratio,
            pictures: vec![known; pictures],
        }))
    }

    /// Whether a question about `picture` that is `guided` can take anything from the last one.
    pub fn follows(&self, picture: usize, guided: bool) -> bool {
        self.pictures[picture].guided == Some(guided)
    }

    /// Asks for scores of the `pictures` of `query`, computed whole or in part.
    ///
    /// Errors: as for [`FeatureCache::scores`].
    pub fn scores(
        &mut self,
        query: &Query<'_>,
        pictures: &[usize],
        is_whole: bool,
    ) -> Result<Scores, NodeError> {
        let sureness: Vec<f32> = pictures
            .iter()
            .flat_map(|picture| self.pictures[*picture].sureness.iter().copied())
            .collect();
        let reuse = Reuse {
            ratio: self.ratio,
            sureness: &sureness,
        };
        for picture in pictures {
            self.pictures[*picture].guided = Some(query.guidance.is_some());
        }
        let reuse = (!is_whole).then_some(reuse);
        self.features.scores(query, pictures, reuse)
    }

    /// Notes how sure the denoiser was of the positions `wanted` of `picture`.
    pub fn note(&mut self, picture: usize, wanted: &[usize], confidence: &[f32]) {
        let sureness = &mut self.pictures[picture].sureness;
        for (position, confidence) in wanted.iter().zip(confidence) {
            sureness[*position] = *confidence;
        }
    }

    /// One line that says how much was computed.
    pub fn summary(&self) -> String {
        let Work { computed, kept } = self.features.work();
        let all = computed + kept;
        let share = 100.0 * computed as f64 / all.max(1) as f64;
        format!(
            "{computed} of {all} vectors were computed ({share:.0} %), the others taken from the cache"
        )
    }
}
