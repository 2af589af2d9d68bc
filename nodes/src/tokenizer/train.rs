//! `tokenizer.train`

mod learner;
mod loss;
mod report;
mod session;
mod shape;
#[cfg(test)]
mod tests;

use graph::prelude::*;
use graph::random::Random;

use self::learner::Learner;
use self::session::Session;
use super::batches::{Portion, Source, Variation};
use crate::compute::Compute;
use crate::network::layers::Init;
use crate::network::tokenizer::{
    CodeGradient, Matching, TokenizerConfig, TokenizerNetwork, TrainedTokenizer,
};
use crate::train::optimiser::Optimiser;
use crate::value::{Curve, Dataset, Tokenizer};

/// The stream of the draws that a network starts from.
const INIT: u32 = 16;

/// Trains a tokenizer to turn pictures into codes and back, from the beginning or from the weights of `start`.
#[derive(Clone, Debug, Params)]
pub struct TrainTokenizer {
    /// How many batches are learned from.
    #[param(default = 2000, range = 1..=10_000_000)]
    pub steps: u32,
    /// Ends early, with the learning rate brought down in time; 0 sets no limit.
    #[param(default = 0.0, range = 0.0.., unit = "s")]
    pub time_limit: f32,
    /// How many pictures a batch has.
    #[param(default = 64, range = 1..=65536)]
    pub batch: usize,
    /// The learning rate at its highest.
    #[param(default = 0.0006, range = 0.0..=1.0)]
    pub learning_rate: f32,
    /// The share of the steps in which the learning rate rises to its highest.
    #[param(default = 0.03, range = 0.0..=1.0)]
    pub warmup: f32,
    /// How fast matrices shrink.
    #[param(default = 0.01, range = 0.0..=10.0)]
    pub weight_decay: f32,
    /// The largest norm that the gradient may have; 0 sets no limit.
    #[param(default = 1.0, range = 0.0..)]
    pub clip: f32,
    /// How much of the running average of the weights stays at each step; 0 takes the last weights instead.
    #[param(default = 0.999, range = 0.0..=0.99999)]
    pub average: f32,
    /// The weight of the mean of absolute differences.
    #[param(default = 1.0, range = 0.0..)]
    pub loss_l1: f32,
    /// The weight of the mean of squared differences.
    #[param(default = 4.0, range = 0.0..)]
    pub loss_l2: f32,
    /// The weight of the logarithm of each picture's mean of squared differences, averaged over pictures: PSNR is such a logarithm, so that pictures drawn well count as much as those drawn badly.
    #[param(default = 0.0, range = 0.0..)]
    pub loss_log: f32,
    /// What is trained; anything but everything wants `start`.
    pub trained: Trained,
    /// The share of pictures from `second`, where it is wired.
    #[param(default = 0.5, range = 0.0..=1.0)]
    pub second_share: f32,
    /// The share of pictures from `third`, where it is wired.
    #[param(default = 0.25, range = 0.0..=1.0)]
    pub third_share: f32,
    /// Mirrors half of the pictures; leave it off where captions tell left from right.
    #[param(default = true)]
    pub mirror: bool,
    /// Moves pictures by up to so many pixels, downwards and to the right; what leaves at one side comes in at the other. One less than a token spans shows every picture at all its places between the tokens.
    #[param(default = 0, range = 0..=1024, unit = "px")]
    pub shift: usize,
    /// In how many batches a picture is used once it is read; more than one spares slow sources.
    #[param(default = 1, range = 1..=256)]
    pub reuse: usize,
    /// The side of the squares of pixels that the first stage sees as one position.
    #[param(default = 4, range = 1..=32, unit = "px")]
    pub patch: usize,
    /// The width of the network at each stage, from fine to coarse; each stage halves the resolution of the one before.
    #[param(default = "128, 192")]
    pub channels: String,
    /// How many residual blocks the encoder has at each stage.
    #[param(default = "2, 1")]
    pub encoder_blocks: String,
    /// How many residual blocks the decoder has at each stage.
    #[param(default = "2, 3")]
    pub decoder_blocks: String,
    /// How a latent vector becomes a code.
    pub quantiser: QuantiserChoice,
    /// How many levels each dimension has, with the scalar quantiser; their product is the number of codes.
    #[param(default = "8, 8, 8, 8")]
    pub levels: String,
    /// How many vectors there are, with the codebook.
    #[param(default = 4096, range = 2..=1_048_576)]
    pub codes: usize,
    /// The length of each vector, with the codebook.
    #[param(default = 16, range = 1..=4096)]
    pub dimensions: usize,
    /// Which vector is chosen, with the codebook.
    pub matching: Matching,
    /// How the encoder learns through the choice, with the codebook.
    pub code_gradient: CodeGradient,
    /// The weight of the pull of latents towards their vectors, with the codebook.
    #[param(default = 0.25, range = 0.0..)]
    pub commitment: f32,
    /// Where to write checkpoints; empty writes none.
    #[param(default = "", written)]
    pub checkpoint: FilePath,
    /// How many steps lie between checkpoints.
    #[param(default = 1000, range = 1..)]
    pub checkpoint_every: u32,
    /// How many seconds lie between checkpoints at most, however many steps that are; 0 counts steps alone.
    #[param(default = 0.0, range = 0.0.., unit = "s")]
    pub checkpoint_time: f32,
    /// How many checkpoints are kept: the newest, and those before it under names that tell their steps.
    #[param(default = 1, range = 1..=1000)]
    pub keep: usize,
    /// Goes on from the checkpoint where there is one.
    pub resume: bool,
    /// How many steps lie between points of the curve.
    #[param(default = 50, range = 1..)]
    pub log_every: u32,
    /// The seed of the first weights and of the order of pictures.
    pub seed: Seed,
}

/// What is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Trained {
    /// All weights, so that pictures may get other codes.
    Everything,
    /// What draws codes, alone: every picture keeps its codes, and so what was encoded before, and every denoiser trained on it, stays right.
    Decoder,
}

/// How a latent vector becomes a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum QuantiserChoice {
    /// Each dimension is rounded to one of a few levels.
    Scalar,
    /// The learned vector that fits best is chosen.
    Codebook,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The pictures, all of one size.
    pub dataset: Dataset,
    /// Pictures to mix in, of the same size.
    pub second: Option<Dataset>,
    /// More pictures to mix in, of the same size.
    pub third: Option<Dataset>,
    /// Weights to go on from; the shape is theirs, and the parameters that describe a shape count for nothing.
    pub start: Option<Tokenizer>,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The trained tokenizer.
    pub tokenizer: Tokenizer,
    /// Loss, PSNR and code usage over the steps.
    pub curve: Curve,
}

impl Node for TrainTokenizer {
    const ID: &'static str = "tokenizer.train";
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        if self.resume && self.checkpoint.0.is_empty() {
            return Err(ParamError::Invalid {
                param: "checkpoint".into(),
                expected: "the file to go on from, since `resume` is set".into(),
                found: "empty".into(),
            });
        }
        shape::config(self).map(drop)
    }

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let start = self.start(inputs.start.as_ref())?;
        let config = match start {
            Some(start) => start.config().clone(),
            None => shape::config(self)?,
        };
        let random = run.random(self.seed);
        let compute = Compute::of(run)?;
        let begin = || {
            let mut init = Init::new(random, INIT, compute.device());
            let network = match start {
                Some(start) => start.network().clone(),
                None => TokenizerNetwork::new(&config, &mut init),
            };
            Learner::new(self.trained, network, self.optimiser())
        };
        let source = self.source(&inputs, &config, random)?;
        let session = Session::new(self, config.clone(), &begin, source, compute, run);
        let (tokenizer, curve) = session.learn()?;
        Ok(Outputs {
            tokenizer: Tokenizer::new(tokenizer),
            curve,
        })
    }
}

impl TrainTokenizer {
    /// The tokenizer to go on from, where there is one.
    fn start<'a>(
        &self,
        start: Option<&'a Tokenizer>,
    ) -> Result<Option<&'a TrainedTokenizer>, NodeError> {
        let Some(start) = start else {
            return match self.trained {
                Trained::Everything => Ok(None),
                Trained::Decoder => Err(NodeError::input(
                    "start",
                    "a tokenizer whose encoder is kept, since `trained` is `decoder`",
                    "nothing",
                )),
            };
        };
        let trained = start.downcast::<TrainedTokenizer>().ok_or_else(|| {
            let expected = "a tokenizer of Smalto's own kind";
            NodeError::input("start", expected, start.codec().describe())
        })?;
        Ok(Some(trained))
    }

    /// Where the pictures come from.
    fn source(
        &self,
        inputs: &Inputs,
        config: &TokenizerConfig,
        random: Random,
    ) -> Result<Source, NodeError> {
        let size = Source::size_of(&inputs.dataset, "dataset")?;
        let stride = config.stride();
        if size.iter().any(|side| !side.is_multiple_of(stride)) {
            return Err(NodeError::input(
                "dataset",
                format!("sides that are multiples of {stride} pixels"),
                format!("{} × {} pixels", size[0], size[1]),
            ));
        }
        let mut others = Vec::new();
        for (port, dataset, share) in [
            ("second", &inputs.second, self.second_share),
            ("third", &inputs.third, self.third_share),
        ] {
            if let Some(dataset) = dataset {
                let _ = Source::size_of(dataset, port)?;
                others.push(Portion {
                    port,
                    dataset: dataset.clone(),
                    share,
                });
            }
        }
        let shares: f32 = others.iter().map(|portion| portion.share).sum();
        if shares > 1.0 {
            return Err(NodeError::Param(ParamError::Invalid {
                param: "third_share".into(),
                expected: format!(
                    "at most what `second_share` leaves, 1 − {}",
                    self.second_share
                ),
                found: self.third_share.to_string(),
            }));
        }
        Ok(Source {
            dataset: inputs.dataset.clone(),
            others,
            size,
            batch: self.batch,
            reuse: self.reuse,
            variation: Variation {
                mirror: self.mirror,
                shift: self.shift,
            },
            random,
        })
    }

    fn optimiser(&self) -> Optimiser {
        Optimiser {
            learning_rate: f64::from(self.learning_rate),
            warmup: self.warmup,
            floor: 0.01,
            steps: self.steps,
            weight_decay: self.weight_decay,
            clip: self.clip,
            average: self.average,
            ..Optimiser::default()
        }
    }
}
