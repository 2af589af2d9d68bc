//! Compares every kernel with its reference on the first CUDA device, or on the CPU without the feature, and times it.
//!
//! `cargo run --release -p kernels --features cuda --example verify`

use std::process::ExitCode;

use burn::tensor::Device;

fn main() -> ExitCode {
    #[cfg(feature = "cuda")]
    let device = Device::cuda(0);
    #[cfg(not(feature = "cuda"))]
    let device = Device::flex();

    let mut passed = true;
    for report in kernels::verify(&device) {
        passed &= report.passed;
        let verdict = if report.passed { "ok  " } else { "FAIL" };
        let (kernel, what, error, tolerance) =
            (report.kernel, report.what, report.error, report.tolerance);
        println!(
            "{verdict} {kernel:24} {what:22} {error:8.1e} of {tolerance:8.1e}  {}",
            report.case
        );
        if let Some(reason) = report.failure {
            println!("     {reason}");
        }
    }
    for timing in kernels::bench(&device) {
        println!(
            "{:24} {:8.3} ms {:8.0} GFLOP/s {:6.0} GB/s  {}",
            timing.kernel,
            timing.milliseconds,
            timing.gflops,
            timing.gigabytes_per_second,
            timing.case
        );
    }
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
