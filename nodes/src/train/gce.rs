//! `train.gce`

mod batches;
mod corpus;
mod corruption;
mod drawn;
mod figures;
mod learner;
mod levels;
mod nearest;
mod neighbours;
mod replicas;
mod scoring;
mod session;
mod sheets;
#[cfg(test)]
mod tests;

use burn::tensor::FloatDType;
use graph::prelude::*;

pub use corpus::{Corpus, read_codes};
pub use levels::group_levels;

use self::batches::Source;
use self::corruption::{Corruption, Replacement};
use self::neighbours::CodeVectors;
use self::replicas::connected;
pub use self::scoring::Loss;
use self::scoring::Scoring;
use self::session::Session;
use self::sheets::Sheets;
use super::optimiser::{Method, Optimiser, Seen};
use crate::compute::Compute;
use crate::network::denoiser::TrainedDenoiser;
use crate::network::weights::WeightType;
use crate::value::{Curve, Dataset, Denoiser, Groups, Tokenizer};

/// Trains a denoiser to fill masked codes and to mend wrong ones, with grouped cross-entropy.
#[derive(Clone, Debug, Params)]
pub struct TrainGce {
    /// How many updates are made.
    #[param(default = 2000, range = 1..=10_000_000)]
    pub steps: u32,
    /// Ends early, with the learning rate brought down in time; 0 sets no limit.
    #[param(default = 0.0, range = 0.0.., unit = "s")]
    pub time_limit: f32,
    /// How many pictures a batch has.
    #[param(default = 64, range = 1..=65536)]
    pub batch: usize,
    /// How many batches make up an update.
    #[param(default = 1, range = 1..=4096)]
    pub accumulate: u32,
    /// How many devices learn together, each from an equal share of every batch, as one would from all of it. They are the
    /// cards from the chosen one on, which NCCL connects; on the processor they share its cores, so that nothing is won.
    #[param(default = 1, range = 1..=64)]
    pub devices: usize,
    /// How much of a picture is masked.
    pub schedule: MaskSchedule,
    /// Has each picture twice in a batch: what one leaves visible, the other masks.
    pub complementary: bool,
    /// The share of tokens that is replaced by wrong codes.
    #[param(default = 0.2, range = 0.0..=1.0)]
    pub flip_ratio: f32,
    /// What that share is counted of.
    pub flip_of: FlipOf,
    /// What takes the place of a flipped code.
    pub flip_kind: FlipKind,
    /// The weight of the loss at flipped positions.
    #[param(default = 0.2, range = 0.0..)]
    pub edit_weight: f32,
    /// The weight of the loss at positions that are neither masked nor flipped; more than a little teaches copying.
    #[param(default = 0.0, range = 0.0..)]
    pub clean_weight: f32,
    /// How often a prompt is dropped, so that guidance has something to differ from.
    #[param(default = 0.1, range = 0.0..=1.0)]
    pub prompt_drop: f32,
    /// What counts as right at a masked position; all but `grouped` need the tokenizer. At others the code itself does.
    pub loss: Loss,
    /// Neighbourhoods that count as nearly right: how many groups, and their weight, as in `512:0.2, 64:0.1`; for the
    /// loss `grouped`.
    #[param(default = "")]
    pub levels: String,
    /// How many codes are the nearest of a code, itself among them, for losses that look at those.
    #[param(default = 8, range = 1..=64)]
    pub neighbours: usize,
    /// How slowly a code's share of the target falls with the square of its distance, for losses that share it.
    #[param(default = 1.0, range = 0.000001..)]
    pub neighbour_temperature: f32,
    /// What the nearest codes count beside the code itself, for the loss `code_and_neighbours`.
    #[param(default = 0.2, range = 0.0..)]
    pub neighbour_weight: f32,
    /// The probability below which groups of codes are left out of the gradient, on cards that are faster so; 0 leaves
    /// out nothing.
    #[param(default = 0.0, range = 0.0..=0.1)]
    pub skip: f32,
    /// What moves the matrices of the network's layers.
    pub optimiser: Matrices,
    /// The learning rate at its highest.
    #[param(default = 0.001, range = 0.0..=1.0)]
    pub learning_rate: f32,
    /// The share of the steps in which the learning rate rises to its highest.
    #[param(default = 0.03, range = 0.0..=1.0)]
    pub warmup: f32,
    /// The share of the highest learning rate that is left at the end.
    #[param(default = 0.1, range = 0.0..=1.0)]
    pub floor: f32,
    /// How fast matrices shrink.
    #[param(default = 0.01, range = 0.0..=10.0)]
    pub weight_decay: f32,
    /// How long the mean of squared gradients lasts.
    #[param(default = 0.98, range = 0.5..=0.99999)]
    pub beta_2: f32,
    /// The largest norm that the gradient may have; 0 sets no limit.
    #[param(default = 1.0, range = 0.0..)]
    pub clip: f32,
    /// How much of the running average of the weights stays at each step; 0 takes the last weights instead.
    #[param(default = 0.999, range = 0.0..=0.99999)]
    pub average: f32,
    /// How losses see the network's matrices, of which exact ones are learnt and come out; `int8` is for the last part of a
    /// training whose result is saved so.
    pub weights: Seen,
    /// Where to write checkpoints; empty writes none.
    #[param(default = "", written)]
    pub checkpoint: FilePath,
    /// How many steps lie between checkpoints.
    #[param(default = 2000, range = 1..)]
    pub checkpoint_every: u32,
    /// How many seconds lie between checkpoints at most, however many steps that are; 0 counts steps alone.
    #[param(default = 0.0, range = 0.0.., unit = "s")]
    pub checkpoint_time: f32,
    /// How many checkpoints are kept: the newest, and those before it under names that tell their steps.
    #[param(default = 1, range = 1..=1000)]
    pub keep: usize,
    /// Goes on from the checkpoint where there is one.
    pub resume: bool,
    /// How many steps lie between points of the curves; at each, up to 1024 masked and 1024 flipped positions of the batch
    /// are looked at, which costs a part of a step.
    #[param(default = 50, range = 1..)]
    pub log_every: u32,
    /// The folder for sheets of pictures that show, on the way and at the end, what the averaged weights paint; empty
    /// paints none. They need the tokenizer, and what is learnt is the same with them and without.
    #[param(default = "", written)]
    pub sheets: FilePath,
    /// How many steps lie between sheets.
    #[param(default = 1000, range = 1..)]
    pub sheet_every: u32,
    /// What the pictures of a sheet show, a caption a line; empty takes up to 16 captions from all over the dataset.
    #[param(default = "", multiline)]
    pub sheet_captions: String,
    /// How many times the denoiser is asked for a sheet.
    #[param(default = 16, range = 1..=4096)]
    pub sheet_steps: u32,
    /// How strongly the captions of a sheet are followed; 0 paints without guidance, in half the time.
    #[param(default = 1.0, range = 0.0..=100.0)]
    pub sheet_guidance: f32,
    /// The seed of the order of pictures and of their corruption, and of the draws of sheets.
    pub seed: Seed,
}

/// How much of a picture is masked, drawn anew for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum MaskSchedule {
    /// `cos(πu/2)`: often much.
    Cosine,
    /// Every share alike.
    Uniform,
    /// Around a half.
    LogitNormal,
}

/// What the share of flipped tokens is counted of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum FlipOf {
    /// The tokens that are not masked.
    Visible,
    /// All tokens, as far as enough are not masked.
    All,
}

/// What moves the matrices of the network's layers; tables, the head and vectors always go by AdamW.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Matrices {
    /// AdamW: each number by its own gradients.
    AdamW,
    /// Muon: a whole matrix by the orthogonal one nearest to its momentum, in steps as large as AdamW's, so that the same
    /// learning rate will do; it keeps one number less for each weight.
    Muon,
}

/// What takes the place of a flipped code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum FlipKind {
    /// Any other code.
    Uniform,
    /// A code that looks alike, the closer the less is masked; needs the tokenizer.
    Neighbours,
    /// What the network itself draws there, but the right code. It looks at every batch once more for that.
    Own,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The denoiser to start from.
    pub denoiser: Denoiser,
    /// The pictures, encoded already unless the tokenizer is wired.
    pub dataset: Dataset,
    /// What encodes pictures made of pixels, and knows which codes look alike.
    pub tokenizer: Option<Tokenizer>,
    /// Neighbourhoods for `levels`; without them neighbours are the codes with the nearest numbers.
    pub groups: Option<Groups>,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The trained denoiser, with averaged weights.
    pub denoiser: Denoiser,
    /// Over the steps the loss and its parts, how often the likeliest code is right, the norm of the gradient, and the
    /// learning rate.
    pub curve: Curve,
    /// Tokens a second over the steps.
    pub speed: Curve,
}

impl Node for TrainGce {
    const ID: &'static str = "train.gce";
    // Since 2, groups of codes count at masked positions alone.
    const VERSION: u32 = 2;
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        let levels = group_levels(&self.levels, None)?;
        if self.loss != Loss::Grouped && !levels.is_empty() {
            return Err(ParamError::Invalid {
                param: "levels".into(),
                expected: "empty unless `loss` is \"grouped\"".into(),
                found: format!("{:?}", self.levels),
            });
        }
        if !self.batch.is_multiple_of(self.devices.max(1)) {
            return Err(ParamError::Invalid {
                param: "devices".into(),
                expected: format!("a number that divides `batch`, {}, evenly", self.batch),
                found: self.devices.to_string(),
            });
        }
        if self.complementary && !self.batch.is_multiple_of(2) {
            return Err(ParamError::Invalid {
                param: "batch".into(),
                expected: "even where `complementary` is set".into(),
                found: self.batch.to_string(),
            });
        }
        Ok(())
    }

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let Some(start) = inputs.denoiser.downcast::<TrainedDenoiser>() else {
            return Err(NodeError::input(
                "denoiser",
                "a denoiser of Smalto's own kind",
                inputs.denoiser.scorer().describe(),
            ));
        };
        if start.weight_type() == WeightType::Int8 {
            return Err(NodeError::input(
                "denoiser",
                "weights that can learn",
                "weights of one byte a number; load them with `weights: \"as_stored\"`",
            ));
        }
        let codebook = start.config().codebook;
        let groups = inputs.groups.unwrap_or_else(|| Groups::identity(codebook));
        if groups.order().len() != codebook as usize {
            return Err(NodeError::input(
                "groups",
                format!("an order of {codebook} codes, as the denoiser has"),
                format!("one of {}", groups.order().len()),
            ));
        }
        let (devices, members) = connected(Compute::of(run)?, self.devices)?;
        let tokenizer = inputs.tokenizer.as_ref();
        let scoring = Scoring::of(self, tokenizer, &groups)?;
        let replacement = self.replacement(tokenizer, codebook)?;
        let sheets = Sheets::of(self, &inputs.denoiser, &inputs.dataset, tokenizer, run)?;
        let corpus = Corpus::read(start, &inputs.dataset, tokenizer, run)?;
        let source = Source {
            corpus,
            corruption: Corruption {
                schedule: self.schedule,
                flip_ratio: self.flip_ratio,
                flip_of: self.flip_of,
                replacement,
                complementary: self.complementary,
                codebook,
                random: run.random(self.seed),
            },
            places: groups.places(),
            weights: [1.0, self.edit_weight, self.clean_weight],
            prompt_drop: self.prompt_drop,
            batch: self.batch,
            mask_id: start.config().mask_id,
        };
        let session = Session::new(self, start, groups, &scoring, (&devices, members), run);
        session.showing(sheets).learn(source)
    }
}

impl TrainGce {
    /// What takes the place of flipped codes.
    ///
    /// Errors: it should be their neighbours, but nothing knows these.
    fn replacement(
        &self,
        tokenizer: Option<&Tokenizer>,
        codebook: u32,
    ) -> Result<Replacement, NodeError> {
        match (self.flip_kind, tokenizer) {
            (FlipKind::Uniform, _) => Ok(Replacement::Uniform),
            (FlipKind::Own, _) => Ok(Replacement::Drawn),
            (FlipKind::Neighbours, Some(tokenizer)) => Ok(Replacement::Neighbours(
                CodeVectors::of(tokenizer, codebook)?,
            )),
            (FlipKind::Neighbours, None) => Err(NodeError::failed(
                "`flip_kind` is \"neighbours\", but no tokenizer is wired",
                "wire the tokenizer, or flip to \"uniform\" codes",
            )),
        }
    }

    fn optimiser(&self, dtype: FloatDType) -> Optimiser {
        Optimiser {
            method: match self.optimiser {
                Matrices::AdamW => Method::AdamW,
                Matrices::Muon => Method::Muon(dtype),
            },
            learning_rate: f64::from(self.learning_rate),
            warmup: self.warmup,
            floor: f64::from(self.floor),
            steps: self.steps,
            weight_decay: self.weight_decay,
            beta_2: self.beta_2,
            clip: self.clip,
            average: self.average,
            accumulate: self.accumulate,
            weights: self.weights,
            ..Optimiser::default()
        }
    }
}
