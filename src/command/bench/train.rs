//! `smalto bench train`

use std::io::Write;
use std::num::NonZeroUsize;

use clap::Args;
use nodes::train::bench::{TrainSizes, bench_train};
use serde_json::json;

use super::network::{Like, Network, given};
use super::{MEBIBYTE, Target, device, measured, versions};
use crate::failure::Failure;

/// What is trained, and how much at a time.
#[derive(Debug, Args)]
pub struct Train {
    #[command(flatten)]
    network: Network,
    /// Pictures of a batch; 256, or 8 on the CPU.
    #[arg(long)]
    batch: Option<NonZeroUsize>,
    /// Devices that learn together from each batch, the cards from the chosen one on.
    #[arg(long, default_value = "1")]
    devices: NonZeroUsize,
    /// Neighbourhoods of codes that count as nearly right, as `train.gce` takes them; empty for plain cross-entropy.
    #[arg(long, default_value = "512:0.2")]
    levels: String,
    /// Tens of updates of which the median counts; 10, or 1 on the CPU.
    #[arg(long)]
    tens: Option<NonZeroUsize>,
    #[command(flatten)]
    target: Target,
}

impl Train {
    /// Writes what an update takes to standard output.
    pub fn measure(&self) -> Result<(), Failure> {
        let compute = device(&self.target.device)?;
        let [batch, tens] = if compute.is_accelerator() {
            [256, 10]
        } else {
            [8, 1]
        };
        let sizes = TrainSizes {
            config: self.network.config(Like::Shipped)?,
            batch: given(self.batch, batch),
            devices: self.devices.get(),
            levels: self.levels.clone(),
            strides: given(self.tens, tens),
        };
        let timing = measured(|| bench_train(&sizes, &compute))?;
        let shrunk = timing
            .shrunk_bytes
            .map(|bytes| bytes as f64 / MEBIBYTE as f64);
        let config = &sizes.config;
        let line = if self.target.json {
            json!({
                "device": compute.name(), "versions": versions(&compute), "parameters": timing.parameters,
                "layers": config.layers, "width": config.width, "codes": config.codebook,
                "tokens": config.grid().length(), "batch": sizes.batch, "devices": sizes.devices,
                "levels": sizes.levels,
                "update_ms": timing.milliseconds, "tokens_per_s": timing.tokens_per_second,
                "first_updates_s": timing.first_seconds, "shrunk_mib": shrunk,
            })
            .to_string()
        } else {
            let shrunk = shrunk.map_or("not told by this device".into(), |mib| {
                format!("{mib:.0} MiB")
            });
            format!(
                "batches of {} pictures of {} tokens for {} layers of {} on {}{} ({})\n\
                 update         {:10.3} ms\n\
                 tokens         {:10.0} a second\n\
                 first updates  {:10.3} s\n\
                 memory in all  {shrunk}",
                sizes.batch,
                config.grid().length(),
                config.layers,
                config.width,
                compute.name(),
                together(sizes.devices),
                versions(&compute),
                timing.milliseconds,
                timing.tokens_per_second,
                timing.first_seconds,
            )
        };
        let _ = writeln!(std::io::stdout(), "{line}");
        Ok(())
    }
}

/// How many devices there are, where there are several.
fn together(devices: usize) -> String {
    if devices == 1 {
        return String::new();
    }
    format!(" with {devices} devices together")
}
