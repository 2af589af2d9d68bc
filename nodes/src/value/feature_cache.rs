//! What a network keeps of pictures from one step of a sampler to the next.

use graph::error::NodeError;

use super::{Query, Scores};

/// What a network keeps of the pictures of one run, so that later steps compute less.
pub trait FeatureCache: Send {
    /// Scores as [`Scorer::scores`](super::Scorer::scores) gives them, of vectors that may be kept from earlier steps.
    ///
    /// `pictures` are the numbers by which those of the query are known in the run. With `reuse` a part of their vectors
    /// is computed; without, and where nothing that fits is kept of one of them, all.
    ///
    /// Errors: tokens, prompt and network do not fit together.
    fn scores(
        &mut self,
        query: &Query<'_>,
        pictures: &[usize],
        reuse: Option<Reuse<'_>>,
    ) -> Result<Scores, NodeError>;

    /// What was computed so far, and what was not.
    fn work(&self) -> Work;
}

/// How much of a picture is taken from earlier steps.
#[derive(Clone, Copy, Debug)]
pub struct Reuse<'a> {
    /// The share that is not computed, from 0 to 1.
    pub ratio: f64,
    /// How sure the network was of each position of each picture when it was last asked for it: the least sure are computed.
    pub sureness: &'a [f32],
}

/// Vectors that steps were made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Those that went through the network.
    pub computed: u64,
    /// Those that were kept from earlier steps.
    pub kept: u64,
}

impl Reuse<'_> {
    /// How many of a picture's `vectors` are computed; one at least.
    pub fn computed(&self, vectors: usize) -> usize {
        let kept = (self.ratio * vectors as f64).round() as usize;
        vectors - kept.min(vectors.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::Reuse;

    #[test]
    fn a_share_is_computed_but_one_at_least() {
        for (ratio, vectors, expected) in [
            (0.0, 64, 64),
            (0.9, 64, 6),
            (0.75, 64, 16),
            (1.0, 64, 1),
            (0.3, 10, 7),
            (0.5, 1, 1),
        ] {
            let reuse = Reuse {
                ratio,
                sureness: &[],
            };
            assert_eq!(reuse.computed(vectors), expected, "{ratio} of {vectors}");
        }
    }
}
