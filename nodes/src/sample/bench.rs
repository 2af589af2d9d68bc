//! How long a step of the sampler takes with a network of given sizes and random weights.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Device, Distribution, Int, IntDType, Tensor};
use graph::error::NodeError;
use graph::param::{ParamValues, Params, Seed};
use graph::preview::Preview;
use graph::run::{Cancel, Reporter, Resources, Run};

use super::noise::Noise;
use super::{EditSampler, Start, TokenChoice};
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
    /// What tokens are drawn with; 0 takes the likeliest.
    pub temperature: f32,
    /// Steps of which the median counts.
    pub steps: usize,
}

/// What the measurement said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepTiming {
    /// From one step's tokens on the processor to the next one's, the median.
    pub milliseconds: f64,
    /// The first step, compiling and all.
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
        codebook: 4096,
        spare_codes: 256,
        mask_id: 4097,
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
    let (device, dtype) = (compute.device().clone().inner(), compute.training_type());
    let before = kernels::free_memory(&device);
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
    let denoiser = Denoiser::new(trained);

    let sampler = sampler(sizes)?;
    let grid = sizes.config.grid();
    let tokens = Tokens::masked(sizes.pictures, grid, sizes.config.codebook)
        .map_err(|error| wrong(error.to_string()))?;
    let start = Start {
        prompt,
        negative: None,
        tokens,
        policy: None,
    };
    let clock = Arc::new(Clock::default());
    let run = Run::new(
        ".",
        Cancel::default(),
        clock.clone(),
        Arc::new(Resources::default()),
    );
    let noise = Noise::seeded(run.random(sampler.seed));
    clock.tick();
    let _ = sampler.sample_with(&denoiser, &start, &noise, &run)?;

    let seconds = clock.between();
    let mut counted = seconds.get(WARM_UP..).unwrap_or_default().to_vec();
    counted.sort_by(f64::total_cmp);
    let median = counted.get(counted.len() / 2).copied();
    let after = kernels::free_memory(&device);
    Ok(StepTiming {
        milliseconds: median.map_or(f64::NAN, |seconds| seconds * 1e3),
        first_seconds: seconds.first().copied().unwrap_or(f64::NAN),
        parameters,
        weight_bytes,
        shrunk_bytes: before
            .zip(after)
            .map(|(before, after)| before.saturating_sub(after)),
    })
}

/// A sampler that edits from the first step to the last.
fn sampler(sizes: &StepSizes) -> Result<EditSampler, NodeError> {
    let usual = EditSampler::from_values(&ParamValues::new());
    let usual = usual.map_err(|errors| {
        let problem = format!("the sampler's own settings are wrong: {errors:?}");
        NodeError::failed(
            problem,
            "this is a mistake of the program, please report it",
        )
    })?;
    Ok(EditSampler {
        steps: (WARM_UP + sizes.steps) as u32,
        guidance: sizes.guidance,
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

/// The moments at which steps ended.
#[derive(Default)]
struct Clock(Mutex<Vec<Instant>>);

impl Clock {
    fn tick(&self) {
        let mut moments = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        moments.push(Instant::now());
    }

    /// Seconds from each moment to the next.
    fn between(&self) -> Vec<f64> {
        let moments = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs = moments.windows(2);
        pairs
            .map(|pair| (pair[1] - pair[0]).as_secs_f64())
            .collect()
    }
}

impl Reporter for Clock {
    fn progress(&self, _: u64, _: u64) {}

    /// The sampler shows what it has at the end of each step.
    fn preview(&self, _: Preview) {
        self.tick();
    }

    fn note(&self, _: &str) {}
}

#[cfg(test)]
mod tests {
    use super::{StepSizes, bench_step, shapes};
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
        }
    }

    #[test]
    fn the_large_shape_is_the_published_one() {
        let [large, small] = shapes().expect("both are known");
        assert_eq!(
            (large.width, large.layers, large.codebook),
            (4096, 34, 131_072)
        );
        assert_eq!((small.width, small.layers, small.codebook), (256, 10, 4096));
        assert!(large.check().is_ok() && small.check().is_ok());
    }
}
