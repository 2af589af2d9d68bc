//! `smalto bench attention`

use std::io::Write;
use std::num::NonZeroUsize;

use clap::Args;
use kernels::AttentionSizes;
use nodes::compute::Compute;
use serde_json::json;

use super::{Target, device, versions};
use crate::failure::Failure;

/// The attention to measure.
#[derive(Debug, Args)]
pub struct Attention {
    /// Sequences; 4, or 1 on the CPU.
    #[arg(long)]
    batch: Option<NonZeroUsize>,
    /// Heads that ask; 16, or 4 on the CPU.
    #[arg(long)]
    heads: Option<NonZeroUsize>,
    /// Heads that are asked, which divide those that ask; as many where not given.
    #[arg(long)]
    key_heads: Option<NonZeroUsize>,
    /// Positions of a sequence; 4096, or 256 on the CPU.
    #[arg(long)]
    length: Option<NonZeroUsize>,
    /// Numbers of a head's vectors; 128, or 64 on the CPU.
    #[arg(long)]
    width: Option<NonZeroUsize>,
    #[command(flatten)]
    target: Target,
}

impl Attention {
    /// Writes what attention takes to standard output.
    pub fn measure(&self) -> Result<(), Failure> {
        let compute = &device(&self.target.device)?;
        let sizes = self.sizes(compute)?;
        let timing = kernels::bench_attention(sizes, compute.device())?;
        let AttentionSizes {
            batch,
            heads,
            key_heads,
            length,
            width,
        } = sizes;
        let product = 2.0 * (batch * heads) as f64 * (length as f64).powi(2) * width as f64;
        let teraflops = |products: f64, milliseconds: f64| products * product / milliseconds / 1e9;
        // What a backward pass must do: the scores again, and four products of their size.
        let forward = teraflops(2.0, timing.forward_milliseconds);
        let backward = teraflops(5.0, timing.backward_milliseconds);
        let line = if self.target.json {
            json!({
                "device": compute.name(), "versions": versions(compute),
                "batch": batch, "heads": heads, "key_heads": key_heads, "length": length, "width": width,
                "forward_ms": timing.forward_milliseconds, "forward_tflops": forward,
                "backward_ms": timing.backward_milliseconds, "backward_tflops": backward,
            })
            .to_string()
        } else {
            format!(
                "{batch} x {heads} x {length} x {width}, {key_heads} heads of keys, on {} ({})\n\
                 forward   {:10.3} ms  {forward:7.2} TFLOP/s\n\
                 backward  {:10.3} ms  {backward:7.2} TFLOP/s",
                compute.name(),
                versions(compute),
                timing.forward_milliseconds,
                timing.backward_milliseconds,
            )
        };
        let _ = writeln!(std::io::stdout(), "{line}");
        Ok(())
    }

    /// What was asked for, and what is usual on the device where nothing was.
    fn sizes(&self, compute: &Compute) -> Result<AttentionSizes, Failure> {
        let [batch, heads, length, width] = if compute.is_accelerator() {
            [4, 16, 4096, 128]
        } else {
            [1, 4, 256, 64]
        };
        let given =
            |size: Option<NonZeroUsize>, usual: usize| size.map_or(usual, NonZeroUsize::get);
        let heads = given(self.heads, heads);
        let key_heads = given(self.key_heads, heads);
        if !heads.is_multiple_of(key_heads) {
            return Err(Failure::Invalid {
                problem: format!("{heads} heads cannot share {key_heads} heads of keys evenly"),
                hint: "give `--key-heads` a number that divides that of the heads".into(),
            });
        }
        Ok(AttentionSizes {
            batch: given(self.batch, batch),
            heads,
            key_heads,
            length: given(self.length, length),
            width: given(self.width, width),
        })
    }
}
