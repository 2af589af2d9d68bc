//! What scores codes for every position of a picture.

use std::any::Any;
use std::sync::Arc;

use burn::tensor::Tensor;
use graph::error::NodeError;
use graph::kind::Kind;
use graph::preview::Preview;
use graph::value::{Footprint, WireValue};

use super::{
    FeatureCache, Grid, Guidance, MicroConditions, Opening, Prompt, Scores, StepQueue, Tokens,
};

/// What scores codes for every position of a picture, loaded and ready.
#[derive(Clone)]
pub struct Denoiser {
    scorer: Arc<dyn Scorer>,
}

/// What a denoiser's network can do.
pub trait Scorer: Any + Send + Sync {
    /// How many different codes there are.
    fn codebook(&self) -> u32;

    /// The grid that the network was trained on.
    fn grid(&self) -> Grid;

    /// `text` as the ids that the network reads, the whole template around it included; where the template has places
    /// for `conditions`, they stand there.
    ///
    /// Errors: the text is too long.
    fn read(&self, text: &str, conditions: &MicroConditions) -> Result<Vec<u32>, NodeError>;

    /// What whoever wrote `text` should know, such as words that the network does not see.
    fn remarks(&self, text: &str) -> Vec<String> {
        let _ = text;
        Vec::new()
    }

    /// Guided logits for some positions, `[query.rows, codebook]`, in f32.
    ///
    /// Errors: tokens, prompt and network do not fit together.
    fn score(&self, query: &Query<'_>) -> Result<Tensor<2>, NodeError>;

    /// The same, to be made part by part where the network can.
    ///
    /// Errors: as for [`Scorer::score`].
    fn scores(&self, query: &Query<'_>) -> Result<Scores, NodeError> {
        self.score(query).map(Scores::of_logits)
    }

    /// What keeps the vectors of pictures from one step of a run to the next, for one run; `None` where the network cannot.
    fn feature_cache(&self) -> Option<Box<dyn FeatureCache>> {
        None
    }

    /// What decides the steps of pictures where the network lies, for one run; `None` where it cannot, or where that would
    /// not be faster.
    ///
    /// Errors: tokens, prompt and network do not fit together.
    fn step_queue(&self, opening: &Opening<'_>) -> Result<Option<Box<dyn StepQueue>>, NodeError> {
        let _ = opening;
        Ok(None)
    }

    /// One line that says what the network is.
    fn describe(&self) -> String;

    /// A fingerprint of weights and configuration, for provenance.
    fn hash(&self) -> String;

    /// How much memory the weights hold.
    fn footprint(&self) -> Footprint;
}

/// What a denoiser is asked.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The pictures so far.
    pub tokens: &'a Tokens,
    /// What they shall show, one prompt for each picture.
    pub prompt: &'a Prompt,
    /// How strongly the prompt is followed; `None` asks the conditional branch alone.
    pub guidance: Option<Guidance<'a>>,
    /// Which positions are asked for, each `sample · length + position`.
    pub rows: &'a [u32],
}

impl Denoiser {
    /// A denoiser that asks `scorer`.
    pub fn new(scorer: impl Scorer) -> Self {
        Self {
            scorer: Arc::new(scorer),
        }
    }

    /// The network behind it.
    pub fn scorer(&self) -> &dyn Scorer {
        self.scorer.as_ref()
    }

    /// The network behind it as a `T`, or `None` where it is of another type.
    pub fn downcast<T: Scorer>(&self) -> Option<&T> {
        let any: &dyn Any = self.scorer.as_ref();
        any.downcast_ref()
    }
}

impl WireValue for Denoiser {
    const KIND: &'static str = "denoiser";

    fn kind(&self) -> Kind {
        Kind::new(Self::KIND).with("codebook", u64::from(self.scorer.codebook()))
    }

    fn preview(&self) -> Preview {
        Preview::Text(self.scorer.describe())
    }

    fn footprint(&self) -> Footprint {
        self.scorer.footprint()
    }
}
