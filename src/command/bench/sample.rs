//! `smalto bench sample`

use std::io::Write;
use std::num::NonZeroUsize;

use clap::Args;
use nodes::network::weights::WeightType;
use nodes::sample::bench::{StepSizes, bench_sample};
use serde_json::json;

use super::network::{Like, Network, given, share};
use super::{Target, device, measured, versions};
use crate::failure::Failure;

/// What is sampled, and with how many steps.
#[derive(Debug, Args)]
pub struct Sample {
    #[command(flatten)]
    network: Network,
    /// Steps from nothing laid to all laid; 64, or 8 on the CPU.
    #[arg(long)]
    steps: Option<NonZeroUsize>,
    /// Pictures at once; 16, or 1 on the CPU.
    #[arg(long)]
    pictures: Option<NonZeroUsize>,
    /// Ids around the places of the picture.
    #[arg(long, default_value = "24")]
    prompt: NonZeroUsize,
    /// How strongly the prompt is followed; 0 asks one branch instead of two.
    #[arg(long, default_value_t = 5.0)]
    guidance: f32,
    /// The share of the likeliest token's probability below which guidance may choose none; 0 asks the head once, not twice.
    #[arg(long, default_value_t = 0.01, value_parser = share)]
    plausibility: f32,
    /// What tokens are drawn with; 0 takes the likeliest.
    #[arg(long, default_value_t = 1.0)]
    temperature: f32,
    #[command(flatten)]
    target: Target,
}

impl Sample {
    /// Writes what a run of the sampler takes to standard output.
    pub fn measure(&self) -> Result<(), Failure> {
        let compute = device(&self.target.device)?;
        let [steps, pictures] = if compute.is_accelerator() {
            [64, 16]
        } else {
            [8, 1]
        };
        let sizes = StepSizes {
            config: self.network.config(Like::Shipped)?,
            weights: WeightType::AsStored,
            pictures: given(self.pictures, pictures),
            prompt: self.prompt.get(),
            guidance: self.guidance,
            plausibility: self.plausibility,
            temperature: self.temperature,
            steps: given(self.steps, steps),
        };
        let [first, seconds] = measured(|| bench_sample(&sizes, &compute))?;
        let each = sizes.pictures as f64 / seconds;
        let config = &sizes.config;
        let line = if self.target.json {
            json!({
                "device": compute.name(), "versions": versions(&compute), "layers": config.layers,
                "width": config.width, "codes": config.codebook, "tokens": config.grid().length(),
                "prompt": sizes.prompt, "pictures": sizes.pictures, "guidance": sizes.guidance,
                "plausibility": sizes.plausibility, "temperature": sizes.temperature, "steps": sizes.steps,
                "run_s": seconds, "pictures_per_s": each, "first_run_s": first,
            })
            .to_string()
        } else {
            format!(
                "{} pictures of {} tokens in {} steps by {} layers of {} on {} ({})\n\
                 run        {seconds:10.3} s, {each:.1} pictures a second\n\
                 first run  {first:10.3} s",
                sizes.pictures,
                config.grid().length(),
                sizes.steps,
                config.layers,
                config.width,
                compute.name(),
                versions(&compute),
            )
        };
        let _ = writeln!(std::io::stdout(), "{line}");
        Ok(())
    }
}
