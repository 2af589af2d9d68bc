//! `smalto bench`: whether the kernels are right here, and how fast they are.

use std::io::Write;

use clap::{Args, Subcommand};
use nodes::compute::Compute;
use serde_json::json;

use super::run::device;
use crate::failure::Failure;

/// Checks and measures the kernels.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Compares every kernel with its reference, values and gradients.
    Verify(Target),
    /// Measures every kernel.
    Kernels(Target),
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

impl Bench {
    /// Writes to standard output; fails where a kernel is wrong.
    pub fn execute(self) -> Result<(), Failure> {
        match self {
            Self::Verify(target) => verify(&target, &device(&target.device)?),
            Self::Kernels(target) => measure(&target, &device(&target.device)?),
        }
    }
}

fn verify(target: &Target, compute: &Compute) -> Result<(), Failure> {
    let reports = kernels::verify(compute.device());
    let wrong = reports.iter().filter(|report| !report.passed).count();
    for report in &reports {
        let line = if target.json {
            json!({
                "device": compute.name(), "kernel": report.kernel, "case": report.case, "what": report.what,
                "error": report.error, "tolerance": report.tolerance, "passed": report.passed,
            })
            .to_string()
        } else {
            format!(
                "{} {:24} {:20} error {:7.1e}, allowed {:7.1e}  {}",
                if report.passed { "ok   " } else { "WRONG" },
                report.kernel,
                report.what,
                report.error,
                report.tolerance,
                report.case
            )
        };
        let _ = writeln!(std::io::stdout(), "{line}");
        if let Some(reason) = &report.failure {
            let _ = writeln!(std::io::stderr(), "      {reason}");
        }
    }
    if wrong > 0 {
        let total = reports.len();
        return Err(Failure::Unequal(format!(
            "{wrong} of {total} comparisons on {} are beyond their tolerance",
            compute.name()
        )));
    }
    Ok(())
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
