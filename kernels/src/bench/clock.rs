//! How long any work takes by a device's own clock, and how much of its memory.

use burn::tensor::Device;

use super::cross_entropy::{BenchError, median};
use crate::stamp::Stamp;

/// What one measurement said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement {
    /// The median of the runs.
    pub milliseconds: f64,
    /// By how much a card's free memory shrank in the first run: results, what was between, libraries, and what the
    /// allocators took in advance.
    pub shrunk_bytes: Option<usize>,
}

/// Runs before those that count.
const WARM_UP: usize = 2;

/// Runs of which the median counts.
const RUNS: usize = 5;

/// Measures `run`, whose work is that of `device`.
///
/// Errors: the device fails, or has too little memory.
pub fn measure(device: &Device, run: &dyn Fn()) -> Result<Measurement, BenchError> {
    let device = device.clone().inner();
    let sync = || device.sync().map_err(BenchError::of);
    sync()?;
    let before = Stamp::behind(&device);
    sync()?;
    run();
    sync()?;
    let after = Stamp::behind(&device);
    sync()?;
    let shrunk_bytes = match (before.free(), after.free()) {
        (Some(before), Some(after)) => Some(before.saturating_sub(after)),
        _ => None,
    };
    Ok(Measurement {
        milliseconds: median(&device, [WARM_UP, RUNS], run)?,
        shrunk_bytes,
    })
}
