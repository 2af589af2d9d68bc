//! `smalto bench step`

use std::io::Write;
use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use nodes::network::weights::WeightType;
use nodes::sample::bench::{StepSizes, bench_step};
use serde_json::json;

use super::network::{Like, Network, given, share};
use super::{MEBIBYTE, Target, device, measured, versions};
use crate::failure::Failure;

/// The network to ask, and what to ask it.
#[derive(Debug, Args)]
pub struct Step {
    /// The network whose sizes are taken where none are given.
    #[arg(long, value_enum, default_value = "large")]
    like: Like,
    /// How its matrices are kept.
    #[arg(long, value_enum, default_value = "as-stored")]
    weights: Kept,
    #[command(flatten)]
    network: Network,
    /// Ids around the places of the picture; 128, or 24 of the small network.
    #[arg(long)]
    prompt: Option<NonZeroUsize>,
    /// Pictures at once; 1, or 16 of the small network.
    #[arg(long)]
    pictures: Option<NonZeroUsize>,
    /// How strongly the prompt is followed; 0 asks one branch instead of two.
    #[arg(long, default_value_t = 5.0)]
    guidance: f32,
    /// The share of the likeliest token's probability below which guidance may choose none; 0 asks the head once, not twice.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    plausibility: f32,
    /// What tokens are drawn with; 0 takes the likeliest.
    #[arg(long, default_value_t = 0.0)]
    temperature: f32,
    /// Steps of which the median counts.
    #[arg(long, default_value = "11")]
    steps: NonZeroUsize,
    #[command(flatten)]
    target: Target,
}

/// How matrices are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kept {
    /// In the type that is computed in.
    AsStored,
    /// In one byte a number.
    Int8,
}

impl Step {
    /// Writes what a step takes to standard output.
    pub fn measure(&self) -> Result<(), Failure> {
        let compute = device(&self.target.device)?;
        let sizes = self.sizes()?;
        let timing = measured(|| bench_step(&sizes, &compute))?;
        let mebibytes = |bytes: f64| bytes / MEBIBYTE as f64;
        let weights = mebibytes(timing.weight_bytes as f64);
        let shrunk = timing.shrunk_bytes.map(|bytes| mebibytes(bytes as f64));
        let config = &sizes.config;
        let line = if self.target.json {
            json!({
                "device": compute.name(), "versions": versions(&compute), "parameters": timing.parameters,
                "int8": sizes.weights == WeightType::Int8, "layers": config.layers, "width": config.width,
                "codes": config.codebook, "tokens": config.grid().length(), "prompt": sizes.prompt,
                "pictures": sizes.pictures, "guidance": sizes.guidance, "plausibility": sizes.plausibility, "temperature": sizes.temperature,
                "step_ms": timing.milliseconds, "first_step_s": timing.first_seconds,
                "weights_mib": weights, "shrunk_mib": shrunk,
            })
            .to_string()
        } else {
            let shrunk = shrunk.map_or("not told by this device".into(), |mib| {
                format!("{mib:.0} MiB")
            });
            format!(
                "{} pictures of {} tokens by {} layers of {} on {} ({})\n\
                 step           {:10.3} ms\n\
                 first step     {:10.3} s\n\
                 weights        {weights:10.0} MiB, {} numbers\n\
                 memory in all  {shrunk}",
                sizes.pictures,
                config.grid().length(),
                config.layers,
                config.width,
                compute.name(),
                versions(&compute),
                timing.milliseconds,
                timing.first_seconds,
                timing.parameters,
            )
        };
        let _ = writeln!(std::io::stdout(), "{line}");
        Ok(())
    }

    fn sizes(&self) -> Result<StepSizes, Failure> {
        let (prompt, pictures) = match self.like {
            Like::Large => (128, 1),
            Like::Shipped => (24, 16),
        };
        Ok(StepSizes {
            config: self.network.config(self.like)?,
            weights: match self.weights {
                Kept::AsStored => WeightType::AsStored,
                Kept::Int8 => WeightType::Int8,
            },
            pictures: given(self.pictures, pictures),
            prompt: given(self.prompt, prompt),
            guidance: self.guidance,
            plausibility: self.plausibility,
            temperature: self.temperature,
            steps: self.steps.get(),
        })
    }
}
