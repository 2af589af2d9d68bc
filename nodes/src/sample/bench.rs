//! How long a step of the sampler takes with a network of given sizes and random weights.

use std::sync::Arc;
use std::time::Instant;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Device, Distribution, Int, IntDType, Tensor};
use graph::error::NodeError;
use graph::param::{ParamValues, Params, Seed};
use graph::run::{Cancel, Resources, Run};

use super::queued::AHEAD;
use super::{EditSampler, Start, TokenChoice};
use crate::clock::{Clock, Sign, median};
use crate::compute::Compute;
use crate::network::denoiser::synthetic::Shape;
use crate::network::denoiser::{
    DenoiserConfig, DenoiserNetwork, RopeConfig, TextReader, TrainedDenoiser, word_prompt,
    word_vocabulary,
};
use crate::network::layers::Init;
use crate::network::weights::{self, WeightType};
use crate::value::{Denoiser, Prompt, Tokens};

/// Steps before those that count: compiling, planning and allocating happen in them.
const WARM_UP: usize = 8;

/// Whole runs of which the median counts.
const RUNS: usize = 3;

/// What is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct StepSizes {
    /// The network; how it reads text is not looked at.
    pub config: DenoiserConfig,
    /// How its matrices are kept.
    pub weights: WeightType,
    /// Pictures that are laid at once.
    pub pictures: usize,
    /// Ids around the places of the picture; at least 3.
    pub prompt: usize,
    /// How strongly the prompt is followed; 0 asks one branch.
    pub guidance: f32,
    /// The share of the likeliest token's conditional probability below which guidance may not choose a token; 0 leaves it
    /// all of them.
    pub plausibility: f32,
    /// What tokens are drawn with; 0 takes the likeliest.
    pub temperature: f32,
    /// Steps of which the median counts, or those of a whole run.
    pub steps: usize,
}

/// What the measurement said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepTiming {
    /// From one step's tokens on the processor to the next one's, the median; where several steps come at once, a share of
    /// their time.
    pub milliseconds: f64,
    /// The first tokens, compiling and all.
    pub first_seconds: f64,
    /// Numbers of the network.
    pub parameters: usize,
    /// Bytes of its weights.
    pub weight_bytes: u64,
    /// By how much a card's free memory shrank from before there was a network: weights, what the steps took, libraries,
    /// and what the allocators took in advance.
    pub shrunk_bytes: Option<usize>,
}

/// The published network of eight billion numbers, and the small one that paints emoji.
///
/// Errors: none but mistakes of the program.
pub fn shapes() -> Result<[DenoiserConfig; 2], NodeError> {
    let large = DenoiserConfig {
        prompt: word_prompt(0),
        ..Shape::Nld8b.config()?
    };
    let small = DenoiserConfig {
        format: DenoiserConfig::FORMAT.into(),
        codebook: 16_384,
        spare_codes: 256,
        mask_id: 16_385,
        rows: 16,
        columns: 16,
        vocabulary: 1096,
        width: 256,
        layers: 10,
        heads: 4,
        key_heads: 4,
        head_width: 64,
        inner_width: 704,
        norm_epsilon: 1e-5,
        resample_epsilon: 1e-6,
        norm_gains: false,
        rope: RopeConfig {
            theta: 10_000.0,
            factor: 1.0,
            original_positions: 16384,
            beta_fast: 32.0,
            beta_slow: 1.0,
            query_beta: 0.0,
        },
        prompt: word_prompt(20),
    };
    Ok([large, small])
}

/// Measures the steps of one run of the sampler in which every position is asked for at every step, as editing wants it.
///
/// Weights are random, and made where they are used: bf16 on a card, f32 on the processor.
///
/// Errors: the sizes make no network, or the device fails.
pub fn bench_step(sizes: &StepSizes, compute: &Compute) -> Result<StepTiming, NodeError> {
    let device = compute.device().clone().inner();
    let before = kernels::free_memory(&device);
    let subject = Subject::new(sizes, compute)?;
    let steps = WARM_UP + sizes.steps;
    let shown = subject.steps(&sampler(sizes, steps)?)?;
    let seconds = of_each(&shown, steps);
    let after = kernels::free_memory(&device);
    Ok(StepTiming {
        milliseconds: median(&seconds, WARM_UP) * 1e3,
        first_seconds: shown.first().copied().unwrap_or(f64::NAN),
        parameters: subject.parameters,
        weight_bytes: subject.weight_bytes,
        shrunk_bytes: before
            .zip(after)
            .map(|(before, after)| before.saturating_sub(after)),
    })
}

/// Measures whole runs of that sampler, of as many steps as `sizes` says: the first, compiling and all, and the median
/// of those that follow, in seconds.
///
/// Errors: as [`bench_step`].
pub fn bench_sample(sizes: &StepSizes, compute: &Compute) -> Result<[f64; 2], NodeError> {
    let subject = Subject::new(sizes, compute)?;
    let sampler = sampler(sizes, sizes.steps)?;
    let runs: Result<Vec<f64>, NodeError> = (0..=RUNS)
        .map(|_| {
            let start = Instant::now();
            let _ = subject.steps(&sampler)?;
            Ok(start.elapsed().as_secs_f64())
        })
        .collect();
    let runs = runs?;
    Ok([runs[0], median(&runs, 1)])
}

/// A network of random weights, and what it is asked.
struct Subject {
    denoiser: Denoiser,
    start: Start,
    parameters: usize,
    weight_bytes: u64,
}

impl Subject {
    fn new(sizes: &StepSizes, compute: &Compute) -> Result<Self, NodeError> {
        let (device, dtype) = (compute.device().clone().inner(), compute.training_type());
        let wrong = |error: String| NodeError::failed(error, "give other sizes");
        sizes
            .config
            .check()
            .map_err(|error| wrong(error.to_string()))?;
        device.seed(1);
        let mut random = RandomWeights {
            device: device.clone(),
            dtype: dtype.into(),
            scales: false,
        };
        let mut init = Init::blank_of(&device, sizes.weights);
        let network = DenoiserNetwork::new(&sizes.config, &mut init).map(&mut random);
        // What drawing the numbers took is given back, so that it hides nothing of what the steps take.
        let failed = |error| NodeError::failed(format!("{error:?}"), "give smaller sizes");
        device.sync().map_err(failed)?;
        device.memory_cleanup();
        let (parameters, weight_bytes) = (network.num_params(), weights::bytes(&network));

        let (file, _) = word_vocabulary([], 1);
        let reader = TextReader::new(file, &sizes.config.prompt, sizes.config.vocabulary)
            .map_err(|error| wrong(error.to_string()))?;
        let prompt = prompt(sizes, reader.slot());
        let trained = TrainedDenoiser::hashed(network, reader, &device, dtype, "random".into());
        let grid = sizes.config.grid();
        let tokens = Tokens::masked(sizes.pictures, grid, sizes.config.codebook)
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            denoiser: Denoiser::new(trained),
            start: Start {
                prompt,
                negative: None,
                tokens,
                policy: None,
            },
            parameters,
            weight_bytes,
        })
    }

    /// Seconds from what a run shows of its steps to what it shows next.
    fn steps(&self, sampler: &EditSampler) -> Result<Vec<f64>, NodeError> {
        // The sampler shows what it has at the end of each step, or of those that it queues together.
        let clock = Arc::new(Clock::new(Sign::Preview));
        let run = Run::new(
            ".",
            Cancel::default(),
            clock.clone(),
            Arc::new(Resources::default()),
        );
        let _ = sampler.sample(&self.denoiser, &self.start, &run)?;
        Ok(clock.between())
    }
}

/// Seconds of each of so many steps, from one time that a run showed what it had to the next.
fn of_each(shown: &[f64], steps: usize) -> Vec<f64> {
    if shown.len() == steps {
        return shown.to_vec();
    }
    let queued = |(at, seconds): (usize, &f64)| {
        let together = AHEAD.min(steps - (at * AHEAD).min(steps));
        vec![seconds / together as f64; together]
    };
    shown.iter().enumerate().flat_map(queued).collect()
}

/// A sampler of so many steps, which edits from the first to the last.
fn sampler(sizes: &StepSizes, steps: usize) -> Result<EditSampler, NodeError> {
    let usual = EditSampler::from_values(&ParamValues::new());
    let usual = usual.map_err(|errors| {
        let problem = format!("the sampler's own settings are wrong: {errors:?}");
        NodeError::failed(
            problem,
            "this is a mistake of the program, please report it",
        )
    })?;
    Ok(EditSampler {
        steps: steps as u32,
        guidance: sizes.guidance,
        plausibility: sizes.plausibility,
        choice: if sizes.temperature > 0.0 {
            TokenChoice::Multinomial
        } else {
            TokenChoice::Argmax
        },
        temperature: sizes.temperature.max(0.01),
        edit_threshold: 0.9,
        at_once: sizes.pictures as u32,
        seed: Seed(1),
        ..usual
    })
}

/// Prompts of as many ids as `sizes` says, with an end of a turn among them.
fn prompt(sizes: &StepSizes, slot: u32) -> Prompt {
    let end = sizes.config.prompt.end_id;
    let mut ids = vec![1; sizes.prompt.saturating_sub(2)];
    ids.push(end);
    ids.extend(vec![slot; sizes.config.grid().length() / 4]);
    ids.push(end);
    Prompt::new(
        vec![String::new(); sizes.pictures],
        vec![ids; sizes.pictures],
    )
}

/// Gives every parameter random numbers: matrices such that they keep the spread of what they multiply, vectors ones.
struct RandomWeights {
    device: Device,
    dtype: DType,
    /// Whether the next vector holds the scales of a matrix of whole numbers.
    scales: bool,
}

/// The largest whole number of a matrix of one byte a number.
const LARGEST: f64 = 127.0;

impl ModuleMapper for RandomWeights {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.lazy_shape();
        let place = (&self.device, DType::F32);
        let tensor: Tensor<D> = match (D, std::mem::take(&mut self.scales)) {
            // Uniform whole numbers spread by LARGEST / √3.
            (1, true) => Tensor::full(shape, 3.0_f64.sqrt() / LARGEST / 64.0, place),
            (1, false) => Tensor::<D>::ones(shape, place).cast(self.dtype),
            _ => {
                let spread = 1.0 / (shape[1] as f64).sqrt();
                Tensor::<D>::random(shape, Distribution::Normal(0.0, spread), place)
                    .cast(self.dtype)
            }
        };
        Param::initialized(param.id, tensor)
    }

    fn map_int<const D: usize>(&mut self, param: Param<Tensor<D, Int>>) -> Param<Tensor<D, Int>> {
        self.scales = true;
        let numbers = Tensor::<D>::random(
            param.lazy_shape(),
            Distribution::Uniform(-LARGEST, LARGEST),
            (&self.device, DType::F32),
        );
        Param::initialized(param.id, numbers.int().cast(IntDType::I8))
    }
}

#[cfg(test)]
mod tests {
    use super::{StepSizes, bench_sample, bench_step, of_each, shapes};
    use crate::compute::Compute;
    use crate::network::denoiser::DenoiserConfig;
    use crate::network::weights::WeightType;

    #[test]
    fn a_small_network_is_measured_on_the_processor() {
        let [_, small] = shapes().expect("both are known");
        for weights in [WeightType::AsStored, WeightType::Int8] {
            let sizes = StepSizes {
                config: DenoiserConfig {
                    rows: 4,
                    columns: 6,
                    codebook: 64,
                    mask_id: 65,
                    width: 32,
                    layers: 1,
                    inner_width: 48,
                    ..small.clone()
                },
                weights,
                pictures: 2,
                prompt: 9,
                guidance: 2.0,
                plausibility: 0.01,
                temperature: 1.0,
                steps: 3,
            };
            let timing = bench_step(&sizes, &Compute::cpu()).expect("it runs");
            assert!(
                timing.milliseconds > 0.0 && timing.first_seconds > 0.0,
                "{timing:?}"
            );
            assert_eq!(timing.shrunk_bytes, None);
            assert!(timing.weight_bytes > 0 && timing.parameters > 0);
            let [first, seconds] = bench_sample(&sizes, &Compute::cpu()).expect("it runs");
            assert!(first > 0.0 && seconds > 0.0);
        }
    }

    #[test]
    fn steps_that_come_together_share_their_time() {
        assert_eq!(of_each(&[0.5, 0.25], 2), [0.5, 0.25]);
        let shared = [vec![0.25; 8], vec![0.5; 3]].concat();
        assert_eq!(of_each(&[2.0, 1.5], 11), shared);
    }

    #[test]
    fn the_small_shape_is_that_of_the_model_among_the_workflows() {
        let [_, small] = shapes().expect("both are known");
        let shipped = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../workflows/models/emoji/denoiser/config.json"
        );
        let shipped = std::fs::read_to_string(shipped).expect("it is in the repository");
        let shipped: DenoiserConfig = serde_json::from_str(&shipped).expect("it is whole");
        let prompt = small.prompt.clone();
        assert_eq!(small, DenoiserConfig { prompt, ..shipped });
    }

    #[test]
    fn the_large_shape_is_the_published_one() {
        let [large, _] = shapes().expect("both are known");
        assert_eq!(
            (large.width, large.layers, large.codebook),
            (4096, 34, 131_072)
        );
        assert!(large.check().is_ok());
    }
}
