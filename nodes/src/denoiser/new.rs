//! `denoiser.new`

use graph::prelude::*;

use crate::compute::Compute;
use crate::network::denoiser::{
    DenoiserConfig, DenoiserNetwork, RopeConfig, TextReader, TrainedDenoiser, word_prompt,
    word_vocabulary,
};
use crate::network::layers::Init;
use crate::network::weights::WeightType;
use crate::value::{Dataset, Denoiser};

/// The stream of the draws that a network starts from.
const INIT: u32 = 0;

/// Rows of the embedding that are no codes, as in published checkpoints.
const SPARE_CODES: u32 = 256;

/// Vocabularies are rounded up to this, so that matrix products over them have even strides.
const ROUNDING: usize = 8;

/// Makes a denoiser that has learnt nothing yet, with a vocabulary of the words that occur in a dataset; or one for another tokenizer that has the layers and the words of `start`, and learns sooner.
#[derive(Clone, Debug, Params)]
pub struct NewDenoiser {
    /// How many codes the tokenizer has.
    #[param(default = 4096, range = 2..=1_048_576)]
    pub codebook: u32,
    /// Rows of tokens; even.
    #[param(default = 16, range = 2..=1024)]
    pub rows: usize,
    /// Columns of tokens; even.
    #[param(default = 16, range = 2..=1024)]
    pub columns: usize,
    /// Numbers a vector has.
    #[param(default = 256, range = 8..=16384)]
    pub width: usize,
    /// How many blocks of attention and feed-forward there are.
    #[param(default = 11, range = 1..=256)]
    pub layers: usize,
    /// Heads that ask.
    #[param(default = 4, range = 1..=256)]
    pub heads: usize,
    /// Heads that are asked; a divisor of `heads`.
    #[param(default = 4, range = 1..=256)]
    pub key_heads: usize,
    /// Numbers a head's vectors have; even.
    #[param(default = 64, range = 2..=1024)]
    pub head_width: usize,
    /// Numbers between the two halves of a feed-forward block.
    #[param(default = 704, range = 8..=65536)]
    pub inner_width: usize,
    /// How many words a prompt may have.
    #[param(default = 20, range = 1..=4096)]
    pub prompt_length: usize,
    /// How often a word must occur to get into the vocabulary.
    #[param(default = 1, range = 1..)]
    pub word_count: usize,
    /// A `tokenizer.json` to take instead of the dataset's words, with the same signs; empty takes the words.
    #[param(default = "")]
    pub vocabulary: FilePath,
    /// How fast the slowest pair of numbers turns with the position.
    #[param(default = 10_000.0, range = 2.0..)]
    pub theta: f32,
    /// The seed of the first weights.
    pub seed: Seed,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The pictures whose captions make up the vocabulary.
    pub dataset: Option<Dataset>,
    /// More pictures whose captions make up the vocabulary.
    pub more: Vec<Dataset>,
    /// A denoiser to take layers and words from, with its numbers of rows and columns; but for `codebook` and `seed`, parameters count for nothing then.
    pub start: Option<Denoiser>,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The denoiser.
    pub denoiser: Denoiser,
}

impl Node for NewDenoiser {
    const ID: &'static str = "denoiser.new";
    const EFFECT: Effect = Effect::ReadsFiles;
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        let even = |param: &str, size: usize| {
            if size.is_multiple_of(2) {
                return Ok(());
            }
            Err(ParamError::Invalid {
                param: param.into(),
                expected: "an even number".into(),
                found: size.to_string(),
            })
        };
        even("rows", self.rows)?;
        even("columns", self.columns)?;
        even("head_width", self.head_width)?;
        if !self.heads.is_multiple_of(self.key_heads) {
            return Err(ParamError::Invalid {
                param: "key_heads".into(),
                expected: format!("a divisor of `heads`, {}", self.heads),
                found: self.key_heads.to_string(),
            });
        }
        Ok(())
    }

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let compute = Compute::of(run)?;
        let mut init = Init::new(run.random(self.seed), INIT, compute.device());
        let (network, reader) = match &inputs.start {
            Some(start) => self.from(start, &mut init)?,
            None => {
                let (config, reader) = self.shape(inputs, run)?;
                (DenoiserNetwork::new(&config, &mut init), reader)
            }
        };
        let denoiser =
            TrainedDenoiser::new(network, reader, compute.device(), compute.training_type());
        run.note(format!(
            "room for {} words and signs, {:.1} million parameters",
            denoiser.reader().vocabulary(),
            denoiser.parameters() as f64 / 1e6
        ));
        Ok(Outputs {
            denoiser: Denoiser::new(denoiser),
        })
    }
}

impl NewDenoiser {
    /// The network of `start` with other codes, and what reads text for it.
    ///
    /// Errors: `start` is a denoiser of another kind, or has one byte a number, from which nothing learns.
    fn from(
        &self,
        start: &Denoiser,
        init: &mut Init,
    ) -> Result<(DenoiserNetwork, TextReader), NodeError> {
        let found = start.downcast::<TrainedDenoiser>();
        let found = found.ok_or_else(|| {
            let expected = "a denoiser of Smalto's own kind";
            NodeError::input("start", expected, start.scorer().describe())
        })?;
        if found.weight_type() == WeightType::Int8 {
            return Err(NodeError::input(
                "start",
                "weights that can learn",
                "weights of one byte a number; load them with `weights: \"as_stored\"`",
            ));
        }
        let network = found.network().clone();
        let network = network.with_codes_anew(self.codebook, init);
        let network = network.map_err(|error| {
            NodeError::failed(error, "choose another `codebook`, or another `start`")
        })?;
        Ok((network, found.reader().clone()))
    }

    /// The sizes, and what reads text, of a denoiser that begins with nothing.
    fn shape(&self, inputs: Inputs, run: &Run) -> Result<(DenoiserConfig, TextReader), NodeError> {
        let (file, words) = self.words(inputs, run)?;
        let config = self.config(words.next_multiple_of(ROUNDING));
        config
            .check()
            .map_err(|error| NodeError::failed(error, "change the parameter of that name"))?;
        let reader = TextReader::new(file, &config.prompt, config.vocabulary).map_err(|error| {
            NodeError::failed(error, "give a `vocabulary` that `denoiser.save` wrote")
        })?;
        Ok((config, reader))
    }

    /// A `tokenizer.json`, and how many ids it has.
    fn words(&self, inputs: Inputs, run: &Run) -> Result<(Vec<u8>, usize), NodeError> {
        if !self.vocabulary.0.is_empty() {
            let path = run.resolve(&self.vocabulary);
            let file = std::fs::read(&path).map_err(|error| {
                NodeError::file(&path, error, "give the path of a `tokenizer.json`")
            })?;
            let size = TextReader::size_of(&file).map_err(|error| {
                NodeError::file(&path, error, "give a `tokenizer.json` that is whole")
            })?;
            return Ok((file, size));
        }
        let datasets: Vec<Dataset> = inputs.dataset.into_iter().chain(inputs.more).collect();
        if datasets.is_empty() {
            return Err(NodeError::failed(
                "there is nothing to take words from",
                "wire a dataset or a `start`, or set `vocabulary`",
            ));
        }
        let mut captions = Vec::new();
        for dataset in &datasets {
            for index in 0..dataset.len() {
                run.check()?;
                captions.push(dataset.get(index)?.caption);
            }
        }
        let captions = captions.iter().map(String::as_str);
        Ok(word_vocabulary(captions, self.word_count))
    }

    fn config(&self, vocabulary: usize) -> DenoiserConfig {
        DenoiserConfig {
            format: DenoiserConfig::FORMAT.into(),
            codebook: self.codebook,
            spare_codes: SPARE_CODES,
            mask_id: DenoiserConfig::mask_of(self.codebook),
            rows: self.rows,
            columns: self.columns,
            vocabulary,
            width: self.width,
            layers: self.layers,
            heads: self.heads,
            key_heads: self.key_heads,
            head_width: self.head_width,
            inner_width: self.inner_width,
            norm_epsilon: 1e-5,
            resample_epsilon: 1e-6,
            norm_gains: false,
            rope: RopeConfig {
                theta: f64::from(self.theta),
                factor: 1.0,
                original_positions: 16_384,
                beta_fast: 32.0,
                beta_slow: 1.0,
                query_beta: 0.0,
            },
            prompt: word_prompt(self.prompt_length),
        }
    }
}
