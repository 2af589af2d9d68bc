//! How long a step of training takes with a network of given sizes, whatever it learns.

use std::sync::Arc;

use graph::error::NodeError;
use graph::node::Node;
use graph::param::{ParamValues, Params, Seed};
use graph::random::{Random, Stream};
use graph::run::{Cancel, Resources, Run};

use super::gce::{Inputs, TrainGce};
use crate::clock::{Clock, Sign, median};
use crate::compute::Compute;
use crate::network::denoiser::{
    DenoiserConfig, DenoiserNetwork, TextReader, TrainedDenoiser, word_vocabulary,
};
use crate::network::layers::Init;
use crate::value::{Dataset, Denoiser, Example, Grid, Pixels, Samples};

/// Updates between two looks at the clock, each of which waits for the device.
const STRIDE: u32 = 10;

/// Looks at the clock before those that count: compiling, planning and allocating happen before them.
const WARM_UP: usize = 2;

/// Pictures to learn from; how many there are costs nothing.
const PICTURES: usize = 1024;

/// What is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainSizes {
    /// The network; its prompts have a length of their own.
    pub config: DenoiserConfig,
    /// Pictures of a batch.
    pub batch: usize,
    /// Devices that learn together, from the given one on.
    pub devices: usize,
    /// Neighbourhoods of codes that count as nearly right, as `train.gce` takes them.
    pub levels: String,
    /// Tens of updates of which the median counts.
    pub strides: usize,
}

/// What the measurement said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainTiming {
    /// One update, the median.
    pub milliseconds: f64,
    /// Tokens of pictures that are learnt from each second.
    pub tokens_per_second: f64,
    /// The first updates, compiling and all.
    pub first_seconds: f64,
    /// Numbers of the network.
    pub parameters: usize,
    /// By how much the first card's free memory shrank from before there was a network.
    pub shrunk_bytes: Option<usize>,
}

/// Measures the updates of one run of `train.gce` on random codes: batches made by other threads, corruption, loss,
/// gradients, AdamW and the average of the weights.
///
/// Weights are kept in f32; bf16 is computed in on a card, f32 on the processor.
///
/// Errors: the sizes make no network, or the device fails.
pub fn bench_train(sizes: &TrainSizes, compute: &Compute) -> Result<TrainTiming, NodeError> {
    let device = compute.device().clone().inner();
    let before = kernels::free_memory(&device);
    let wrong = |error: String| NodeError::failed(error, "give other sizes");
    let config = &sizes.config;
    config.check().map_err(|error| wrong(error.to_string()))?;
    let (file, _) = word_vocabulary([], 1);
    let reader = TextReader::new(file, &config.prompt, config.vocabulary)
        .map_err(|error| wrong(error.to_string()))?;
    let mut init = Init::new(Random::new(Seed(1)), 0, &device);
    let network = DenoiserNetwork::new(config, &mut init);
    let dtype = compute.training_type();
    let denoiser = TrainedDenoiser::hashed(network, reader, &device, dtype, "random".into());
    let parameters = denoiser.parameters();

    let resources = Resources::default().with(compute.clone());
    let inputs = Inputs {
        denoiser: Denoiser::new(denoiser),
        dataset: Dataset::new(RandomCodes {
            grid: config.grid(),
            codebook: config.codebook,
            random: Random::new(Seed(2)).stream(0),
        }),
        tokenizer: None,
        groups: None,
    };
    let trainer = trainer(sizes)?;
    trainer.check()?;
    // The trainer notes its loss, for which it waits for the device.
    let clock = Arc::new(Clock::new(Sign::Note));
    let mut run = Run::new(".", Cancel::default(), clock.clone(), Arc::new(resources));
    let _ = trainer.run(inputs, &mut run)?;

    let seconds = clock.between();
    let update = median(&seconds, WARM_UP) / f64::from(STRIDE);
    let after = kernels::free_memory(&device);
    Ok(TrainTiming {
        milliseconds: update * 1e3,
        tokens_per_second: (sizes.batch * config.grid().length()) as f64 / update,
        first_seconds: seconds.first().copied().unwrap_or(f64::NAN),
        parameters,
        shrunk_bytes: before
            .zip(after)
            .map(|(before, after)| before.saturating_sub(after)),
    })
}

/// The node itself, which writes nothing.
fn trainer(sizes: &TrainSizes) -> Result<TrainGce, NodeError> {
    let usual = TrainGce::from_values(&ParamValues::new());
    let usual = usual.map_err(|errors| {
        let problem = format!("the trainer's own settings are wrong: {errors:?}");
        let advice = "this is a mistake of the program, please report it";
        NodeError::failed(problem, advice)
    })?;
    Ok(TrainGce {
        steps: STRIDE * (WARM_UP - 1 + sizes.strides) as u32,
        batch: sizes.batch,
        devices: sizes.devices,
        levels: sizes.levels.clone(),
        log_every: STRIDE,
        ..usual
    })
}

/// Pictures without a meaning.
struct RandomCodes {
    grid: Grid,
    codebook: u32,
    random: Stream,
}

impl Samples for RandomCodes {
    fn len(&self) -> usize {
        PICTURES
    }

    fn get(&self, index: usize) -> Result<Example, NodeError> {
        let code = |at| self.random.below(self.codebook, index as u32, at, 0);
        Ok(Example {
            caption: "three ducks on a pink background".into(),
            pixels: Pixels::Codes {
                grid: self.grid,
                codebook: self.codebook,
                codes: (0..self.grid.length() as u32).map(code).collect(),
            },
            family: String::new(),
            truth: None,
        })
    }

    fn describe(&self) -> String {
        "random codes".into()
    }
}

#[cfg(test)]
mod tests {
    use super::{TrainSizes, bench_train};
    use crate::compute::Compute;
    use crate::network::denoiser::DenoiserConfig;
    use crate::sample::bench::shapes;

    #[test]
    fn a_small_network_is_measured_on_the_processor() {
        let [_, small] = shapes().expect("both are known");
        let sizes = TrainSizes {
            config: DenoiserConfig {
                rows: 4,
                columns: 4,
                codebook: 64,
                mask_id: 65,
                width: 32,
                layers: 1,
                inner_width: 48,
                ..small
            },
            batch: 2,
            devices: 2,
            levels: "8:0.2".into(),
            strides: 1,
        };
        let timing = bench_train(&sizes, &Compute::cpu()).expect("it learns");
        assert!(timing.milliseconds > 0.0, "{timing:?}");
        let tokens = 2.0 * 16.0 / (timing.milliseconds / 1e3);
        assert!((timing.tokens_per_second / tokens - 1.0).abs() < 1e-9);
        assert_eq!(timing.shrunk_bytes, None);
    }
}
