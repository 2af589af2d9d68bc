//! Attention at the sizes of a large network: time by the device's own clock.

use burn::backend::Dispatch;
use burn::tensor::{DType, Device, Tensor};

use super::cross_entropy::{BenchError, median};
use super::random;
use crate::attention;
use crate::backend::TensorKernels;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionSizes {
    /// Sequences.
    pub batch: usize,
    /// Heads that ask.
    pub heads: usize,
    /// Heads that are asked, which divide `heads`.
    pub key_heads: usize,
    /// Positions of a sequence, each of which asks and is asked.
    pub length: usize,
    /// Numbers of a head's vectors.
    pub width: usize,
}

/// What the measurement said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttentionTiming {
    /// Attention, the median of the runs.
    pub forward_milliseconds: f64,
    /// Its gradients in queries, keys and values, the median of the runs.
    pub backward_milliseconds: f64,
}

/// Runs before those that count.
const WARM_UP: usize = 3;

/// Runs of which the median counts.
const RUNS: usize = 11;

/// Calls of a run: one alone is too short for a clock.
const CALLS: usize = 10;

/// Measures [`attention`] and its gradients with random bf16 operands (f32 on the CPU).
///
/// Errors: the device failed, or has too little memory.
/// Panics: when the key heads do not divide the heads.
pub fn bench_attention(
    sizes: AttentionSizes,
    device: &Device,
) -> Result<AttentionTiming, BenchError> {
    let AttentionSizes {
        batch,
        heads,
        key_heads,
        length,
        width,
    } = sizes;
    let device = device.clone().inner();
    let (dtype, calls) = if device == Device::flex() {
        (DType::F32, 1)
    } else {
        (DType::BF16, CALLS)
    };
    let draw = |heads| -> Tensor<4> { random([batch, length, heads, width], dtype, &device) };
    let (queries, keys, values) = (draw(heads), draw(key_heads), draw(key_heads));
    let grad = draw(heads);
    let scale = 1.0 / (width as f32).sqrt();
    let found = || attention(queries.clone(), keys.clone(), values.clone(), scale);
    let forward = median(&device, [WARM_UP, RUNS], &|| {
        for _ in 0..calls {
            let _ = found();
        }
    })?;

    let operands = || [&queries, &keys, &values].map(|x| x.clone().into_dispatch());
    let [q, k, v] = operands();
    let (found, sums) = <Dispatch as TensorKernels>::attend(q, k, v, scale);
    let backward = median(&device, [WARM_UP, RUNS], &|| {
        for _ in 0..calls {
            let [q, k, v] = operands();
            let (found, sums) = (found.clone(), sums.clone());
            let grad = grad.clone().into_dispatch();
            let _ = <Dispatch as TensorKernels>::attend_backward(q, k, v, found, sums, grad, scale);
        }
    })?;
    Ok(AttentionTiming {
        forward_milliseconds: forward / calls as f64,
        backward_milliseconds: backward / calls as f64,
    })
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::{AttentionSizes, bench_attention};

    #[test]
    fn small_attention_is_measured_on_the_processor() {
        let sizes = AttentionSizes {
            batch: 1,
            heads: 4,
            key_heads: 2,
            length: 16,
            width: 8,
        };
        let timing = bench_attention(sizes, &Device::flex()).expect("it runs");
        assert!(
            timing.forward_milliseconds > 0.0 && timing.backward_milliseconds > 0.0,
            "{timing:?}"
        );
    }
}
