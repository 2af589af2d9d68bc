//! `smalto bench decode` and `smalto bench encode`.

use std::io::Write;
use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use nodes::tokenizer::{Direction, PictureType, bench};
use serde_json::json;

use super::{MEBIBYTE, Target, device, versions};
use crate::failure::Failure;

/// The picture to measure.
#[derive(Debug, Args)]
pub struct Picture {
    /// Pixels along each side, a multiple of 16; 1024, or 64 on the CPU.
    #[arg(long)]
    side: Option<NonZeroUsize>,
    /// What is computed in; bf16, or f32 on the CPU.
    #[arg(long, value_enum)]
    compute: Option<NumberType>,
    #[command(flatten)]
    target: Target,
}

/// What is computed in.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum NumberType {
    F32,
    Bf16,
}

impl Picture {
    /// Writes to standard output.
    pub fn measure(&self, direction: Direction) -> Result<(), Failure> {
        let compute = device(&self.target.device)?;
        let usual = if compute.is_accelerator() { 1024 } else { 64 };
        let side = self.side.map_or(usual, NonZeroUsize::get);
        if !side.is_multiple_of(16) {
            return Err(Failure::invalid(
                format!("`--side` must be a multiple of 16, but is {side}"),
                "a token spans 16 × 16 pixels",
            ));
        }
        let numbers = match self.compute {
            Some(NumberType::F32) => PictureType::F32,
            Some(NumberType::Bf16) => PictureType::Bf16,
            None if compute.is_accelerator() => PictureType::Bf16,
            None => PictureType::F32,
        };
        let measured = bench(direction, side, numbers, compute.device())?;
        let shrunk = measured
            .shrunk_bytes
            .map(|bytes| bytes as f64 / MEBIBYTE as f64);
        let what = match direction {
            Direction::Encode => "encode",
            Direction::Decode => "decode",
        };
        let line = if self.target.json {
            json!({
                "device": compute.name(), "versions": versions(&compute),
                "what": what, "side": side, "compute": format!("{numbers:?}"),
                "ms": measured.milliseconds, "shrunk_mib": shrunk,
            })
            .to_string()
        } else {
            let shrunk = shrunk.map_or("not told by this device".into(), |mib| {
                format!("{mib:.0} MiB")
            });
            format!(
                "{what} {side} x {side}, {numbers:?}, on {} ({})\n\
                 time            {:10.3} ms\n\
                 memory taken    {shrunk}",
                compute.name(),
                versions(&compute),
                measured.milliseconds,
            )
        };
        let _ = writeln!(std::io::stdout(), "{line}");
        Ok(())
    }
}
