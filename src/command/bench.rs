//! `smalto bench`: whether the kernels are right here, and how fast they are.

mod attention;
mod network;
mod picture;
mod sample;
mod step;
mod train;
mod verify;

use std::io::Write;
use std::num::NonZeroUsize;

use clap::{Args, Subcommand};
use graph::engine::guarded;
use graph::error::NodeError;
use kernels::{BenchError, Chunk, HeadSizes};
use nodes::compute::Compute;
use nodes::tokenizer::Direction;
use serde_json::json;

use self::picture::Picture;
use super::run::device;
use crate::failure::Failure;

/// Bytes.
const MEBIBYTE: usize = 1 << 20;

/// Checks and measures the kernels.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Compares kernels with their references, values and gradients.
    Verify(verify::Verify),
    /// Measures every kernel.
    Kernels(Target),
    /// Measures the grouped cross-entropy of a large head, in time and memory.
    Gce(Head),
    /// Measures attention and its gradients.
    Attention(attention::Attention),
    /// Measures a step of the sampler with a network of random weights, in time and memory.
    Step(step::Step),
    /// Measures whole runs of the sampler with such a network, with editing and guidance.
    Sample(sample::Sample),
    /// Measures the updates of `train.gce` for such a network.
    Train(train::Train),
    /// Measures how a picture is made of codes, by a network of Emu3.5's shape with random weights.
    Decode(Picture),
    /// Measures how codes are made of a picture, by the same.
    Encode(Picture),
}

/// The head to measure.
#[derive(Debug, Args)]
pub struct Head {
    /// Hidden vectors; 4096, or 256 on the CPU.
    #[arg(long)]
    rows: Option<NonZeroUsize>,
    /// Numbers of a hidden vector; 4096, or 256 on the CPU.
    #[arg(long)]
    dim: Option<NonZeroUsize>,
    /// Codes; 131072, or 16384 on the CPU.
    #[arg(long)]
    vocab: Option<NonZeroUsize>,
    /// Codes of a group; 0 measures plain cross-entropy.
    #[arg(long, default_value_t = 8)]
    group: usize,
    /// MiB that the loss may take beside operands and gradients.
    #[arg(long)]
    memory: Option<NonZeroUsize>,
    /// Nats by which the logits of targets stand out, as of a head that is sure.
    #[arg(long, default_value_t = 0.0)]
    margin: f32,
    /// Probability below which tiles are left out of the gradients, whose error is then told.
    #[arg(long, default_value_t = 0.0, value_parser = probability)]
    skip: f32,
    #[command(flatten)]
    target: Target,
}

/// Where to compute, and how to tell.
#[derive(Debug, Args)]
pub struct Target {
    /// The device: auto, cpu, cuda or cuda:INDEX.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Write one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// What nodes have measured, or why they could not.
fn measured<T>(work: impl FnOnce() -> Result<T, NodeError>) -> Result<T, Failure> {
    guarded(work).map_err(|error| {
        if let NodeError::OutOfMemory(reason) = error {
            return BenchError::OutOfMemory(reason).into();
        }
        if let NodeError::Panicked(reason) = error {
            return BenchError::Device(reason).into();
        }
        let hint = error.hint().unwrap_or("give other sizes").to_owned();
        Failure::invalid(error.problem(), hint)
    })
}

fn probability(text: &str) -> Result<f32, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (0.0..1.0).contains(number));
    number.ok_or_else(|| "a probability of at least 0 and below 1 is expected".into())
}

impl Bench {
    /// Writes to standard output; fails where a kernel is wrong.
    pub fn execute(self) -> Result<(), Failure> {
        match self {
            Self::Verify(verify) => verify.compare(),
            Self::Kernels(target) => measure(&target, &device(&target.device)?),
            Self::Attention(attention) => attention.measure(),
            Self::Gce(head) => head.measure(&device(&head.target.device)?),
            Self::Step(step) => step.measure(),
            Self::Sample(sample) => sample.measure(),
            Self::Train(train) => train.measure(),
            Self::Decode(picture) => picture.measure(Direction::Decode),
            Self::Encode(picture) => picture.measure(Direction::Encode),
        }
    }
}

impl Head {
    fn measure(&self, compute: &Compute) -> Result<(), Failure> {
        let [rows, width, codes] = if compute.is_accelerator() {
            [4096, 4096, 131_072]
        } else {
            [256, 256, 16_384]
        };
        let given =
            |size: Option<NonZeroUsize>, usual: usize| size.map_or(usual, NonZeroUsize::get);
        let sizes = HeadSizes {
            rows: given(self.rows, rows),
            width: given(self.dim, width),
            codes: given(self.vocab, codes),
            group: self.group,
            chunk: Chunk {
                bytes: self.memory.map_or(Chunk::default().bytes, |mebibytes| {
                    mebibytes.get().saturating_mul(MEBIBYTE)
                }),
                skip: self.skip,
            },
            margin: self.margin,
        };
        let timing = kernels::bench_cross_entropy(sizes, compute.device())?;
        let HeadSizes {
            rows, width, codes, ..
        } = sizes;
        let operations = 2.0 * rows as f64 * width as f64 * codes as f64;
        let teraflops =
            |products: f64, milliseconds: f64| products * operations / milliseconds / 1e9;
        let forward = teraflops(1.0, timing.forward_milliseconds);
        let both = teraflops(3.0, timing.milliseconds);
        let mebibytes = |bytes: Option<usize>| bytes.map(|bytes| bytes as f64 / MEBIBYTE as f64);
        let (extra, shrunk) = (
            mebibytes(timing.extra_bytes),
            mebibytes(timing.shrunk_bytes),
        );
        let line = if self.target.json {
            json!({
                "device": compute.name(), "versions": versions(compute),
                "rows": rows, "dim": width, "vocab": codes, "group": self.group,
                "memory_mib": sizes.chunk.bytes / MEBIBYTE,
                "forward_ms": timing.forward_milliseconds, "forward_tflops": forward,
                "both_ms": timing.milliseconds, "both_tflops": both,
                "extra_mib": extra, "shrunk_mib": shrunk, "first_loss_s": timing.first_loss_seconds, "loss": timing.loss,
                "margin": sizes.margin, "skip": sizes.chunk.skip, "gradient_errors": timing.gradient_errors,
            })
            .to_string()
        } else {
            let extra = extra.map_or("not told by this device".into(), |mib| {
                format!("{mib:.0} MiB")
            });
            format!(
                "{rows} x {width} x {codes}, {}, on {} ({})\n\
                 forward               {:10.3} ms  {forward:7.2} TFLOP/s\n\
                 forward and backward  {:10.3} ms  {both:7.2} TFLOP/s\n\
                 extra memory          {extra}\n\
                 first loss            {:.2} s after the start, loss {:.4}{}",
                match self.group {
                    0 => "no groups".into(),
                    group => format!("groups of {group}"),
                },
                compute.name(),
                versions(compute),
                timing.forward_milliseconds,
                timing.milliseconds,
                timing.first_loss_seconds,
                timing.loss,
                timing.gradient_errors.map_or_else(String::new, |[hidden, head]| {
                    format!(
                        "\nleft out of gradients  {hidden:.1e} of that in hidden vectors, {head:.1e} of that in the head"
                    )
                }),
            )
        };
        let _ = writeln!(std::io::stdout(), "{line}");
        Ok(())
    }
}

/// What computes, for whoever compares figures.
fn versions(compute: &Compute) -> String {
    #[cfg(feature = "cuda")]
    if let Some(card) = compute.card() {
        return kernels::versions(card);
    }
    let _ = compute;
    format!("smalto {}", env!("CARGO_PKG_VERSION"))
}

fn measure(target: &Target, compute: &Compute) -> Result<(), Failure> {
    for timing in kernels::bench(compute.device()) {
        let line = if target.json {
            json!({
                "device": compute.name(), "kernel": timing.kernel, "case": timing.case,
                "milliseconds": timing.milliseconds, "gflops": timing.gflops,
                "gigabytes_per_second": timing.gigabytes_per_second,
            })
            .to_string()
        } else {
            format!(
                "{:24} {:10.3} ms {:10.1} GFLOP/s  {}",
                timing.kernel, timing.milliseconds, timing.gflops, timing.case
            )
        };
        let _ = writeln!(std::io::stdout(), "{line}");
    }
    Ok(())
}
