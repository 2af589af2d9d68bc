//! The fused cross-entropy at the sizes of a large head: time by the device's own clock, and memory.

use std::time::Instant;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use half::bf16;
use rayon::prelude::*;

use crate::noise::Noise;
use crate::stamp::Stamp;
use crate::{Chunk, GroupLevel, Objective, cross_entropy_rows, grouped_cross_entropy};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadSizes {
    /// Rows.
    pub rows: usize,
    /// Numbers of a hidden vector.
    pub width: usize,
    /// Codes.
    pub codes: usize,
    /// Codes of a group; 0 for plain cross-entropy.
    pub group: usize,
    /// What the loss may take beside operands and gradients, and leave out of these.
    pub chunk: Chunk,
    /// Nats that the target's logit has more than random numbers give it, as a head has that is sure.
    pub margin: f32,
}

/// What the measurement said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadTiming {
    /// The losses alone, the median of the runs.
    pub forward_milliseconds: f64,
    /// Losses and both gradients, the median of the runs.
    pub milliseconds: f64,
    /// What the loss took of a card beside operands and gradients.
    pub extra_bytes: Option<usize>,
    /// By how much a card's free memory shrank in the first run: gradients, what the loss took, libraries, and what the
    /// allocators took in advance.
    pub shrunk_bytes: Option<usize>,
    /// From the call to the first loss, compiling and all, but for making random numbers.
    pub first_loss_seconds: f64,
    /// The mean loss of a row, in nats.
    pub loss: f32,
    /// Of the gradients in hidden vectors and head, where some may be left out: the length of the difference from the
    /// whole by the length of the whole.
    pub gradient_errors: Option<[f32; 2]>,
}

/// Why a measurement came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BenchError {
    /// The device has too little memory.
    #[error("the device has too little memory: {0}")]
    OutOfMemory(String),
    /// The device failed.
    #[error("the device failed: {0}")]
    Device(String),
}

impl BenchError {
    pub(super) fn of(error: impl std::fmt::Debug) -> Self {
        let reason = format!("{error:?}");
        // Errors of memory reach us as text inside others.
        let words = [
            "OutOfMemory",
            "out of device memory",
            "can't allocate buffer",
        ];
        if words.iter().any(|words| reason.contains(words)) {
            return Self::OutOfMemory(reason);
        }
        Self::Device(reason)
    }
}

/// Runs before those that count.
const WARM_UP: usize = 2;

/// Runs of which the median counts.
const RUNS: usize = 5;

/// Measures [`grouped_cross_entropy`] with random bf16 operands (f32 on the CPU): `N(0, 1)` hidden vectors and a head
/// of `N(0, 0.02²)`.
pub fn bench_cross_entropy(sizes: HeadSizes, device: &Device) -> Result<HeadTiming, BenchError> {
    let device = device.clone().inner();
    let HeadSizes {
        rows, width, codes, ..
    } = sizes;
    let mut numbers = [
        normal([rows, width], 1.0, 1)?,
        normal([codes, width], 0.02, 2)?,
    ];
    point_out(&mut numbers, sizes);
    let start = Instant::now();
    let head = Head::new(sizes, numbers, &device);
    head.sync()?;
    let before = head.stamp();
    head.sync()?;
    let loss = head.loss();
    let value = loss.clone().inner();
    let gradients = loss.backward();
    head.sync()?;
    let after = head.stamp();
    head.sync()?;
    let value = value.try_into_data().map_err(BenchError::of)?;
    let value: Vec<f32> = value.try_into_vec().map_err(BenchError::of)?;
    let first_loss_seconds = start.elapsed().as_secs_f64();
    drop(gradients);
    let shrunk_bytes = match (before.free(), after.free()) {
        (Some(before), Some(after)) => Some(before.saturating_sub(after)),
        _ => None,
    };

    Ok(HeadTiming {
        forward_milliseconds: head.median(&|| {
            let _ = head.losses();
        })?,
        milliseconds: head.median(&|| {
            let _ = head.loss().backward();
        })?,
        extra_bytes: shrunk_bytes.and_then(|_| scratch_peak()),
        shrunk_bytes,
        first_loss_seconds,
        loss: value.first().copied().unwrap_or(f32::NAN),
        gradient_errors: head.gradient_errors()?,
    })
}

/// Operands and targets on a device.
struct Head {
    hidden: Tensor<2>,
    weight: Tensor<2>,
    targets: Tensor<1, Int>,
    row_weights: Vec<f32>,
    objective: Objective,
    chunk: Chunk,
    device: Device,
}

impl Head {
    fn new(sizes: HeadSizes, [hidden, weight]: [Vec<bf16>; 2], device: &Device) -> Self {
        let HeadSizes {
            rows,
            width,
            codes,
            group,
            chunk,
            ..
        } = sizes;
        let objective = if group == 0 {
            Objective::Plain
        } else {
            let size = group;
            Objective::Groups(vec![GroupLevel { size, weight: 0.2 }])
        };
        let tracked = |numbers, shape| operand(numbers, shape, device).autodiff().require_grad();
        let targets: Vec<i32> = (0..rows).map(|row| target(row, codes) as i32).collect();
        Self {
            hidden: tracked(hidden, [rows, width]),
            weight: tracked(weight, [codes, width]),
            targets: Tensor::from_data(TensorData::new(targets, [rows]), device),
            row_weights: vec![1.0 / rows as f32; rows],
            objective,
            chunk,
            device: device.clone(),
        }
    }

    /// The mean loss of a row.
    fn loss(&self) -> Tensor<1> {
        self.loss_within(self.chunk)
    }

    fn loss_within(&self, chunk: Chunk) -> Tensor<1> {
        grouped_cross_entropy(
            self.hidden.clone(),
            self.weight.clone(),
            self.targets.clone(),
            &self.row_weights,
            &self.objective,
            chunk,
        )
    }

    /// How far both gradients are from the whole, if some of it may be left out.
    fn gradient_errors(&self) -> Result<Option<[f32; 2]>, BenchError> {
        if self.chunk.skip <= 0.0 {
            return Ok(None);
        }
        let whole = Chunk {
            skip: 0.0,
            ..self.chunk
        };
        let of = |chunk: Chunk| {
            let gradients = self.loss_within(chunk).backward();
            [&self.hidden, &self.weight].map(|operand| operand.grad(&gradients))
        };
        let mut errors = [0.0; 2];
        for ((error, part), whole) in errors.iter_mut().zip(of(self.chunk)).zip(of(whole)) {
            let (Some(part), Some(whole)) = (part, whole) else {
                return Err(BenchError::Device("there is no gradient".into()));
            };
            let length = |x: Tensor<2>| x.cast(DType::F32).powi_scalar(2).sum().sqrt();
            let off = length(part - whole.clone()) / length(whole);
            let off = off.try_into_data().map_err(BenchError::of)?;
            let off: Vec<f32> = off.try_into_vec().map_err(BenchError::of)?;
            *error = off.first().copied().unwrap_or(f32::NAN);
        }
        Ok(Some(errors))
    }

    /// The losses alone.
    fn losses(&self) -> Tensor<1> {
        cross_entropy_rows(
            self.hidden.clone(),
            self.weight.clone(),
            self.targets.clone(),
            &self.objective,
            self.chunk,
        )
    }

    /// A stamp behind all that is queued.
    fn stamp(&self) -> Stamp {
        Stamp::behind(&self.device)
    }

    fn sync(&self) -> Result<(), BenchError> {
        self.device.sync().map_err(BenchError::of)
    }

    /// The median time of [`RUNS`] runs, in milliseconds.
    fn median(&self, run: &dyn Fn()) -> Result<f64, BenchError> {
        median(&self.device, [WARM_UP, RUNS], run)
    }
}

/// The median time of `runs` after others to warm up, by the device's own clock, in milliseconds.
pub(super) fn median(
    device: &Device,
    [warm_up, runs]: [usize; 2],
    run: &dyn Fn(),
) -> Result<f64, BenchError> {
    let mut times = Vec::with_capacity(runs);
    for number in 0..warm_up + runs {
        let before = Stamp::behind(device);
        run();
        let after = Stamp::behind(device);
        device.sync().map_err(BenchError::of)?;
        let time = after
            .since(&before)
            .ok_or_else(|| BenchError::Device("it did not tell the time".into()))?;
        if number >= warm_up {
            times.push(time.as_secs_f64() * 1e3);
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(times[runs / 2])
}

/// The most that a task of this process took of a card for its own length.
fn scratch_peak() -> Option<usize> {
    #[cfg(feature = "cuda")]
    return Some(crate::backend::scratch_peak());
    #[cfg(not(feature = "cuda"))]
    None
}

/// The numbers as a matrix: bf16 on a card, f32 on the CPU.
fn operand(values: Vec<bf16>, shape: [usize; 2], device: &Device) -> Tensor<2> {
    let dtype = if *device == Device::flex() {
        DType::F32
    } else {
        DType::BF16
    };
    Tensor::from_data(TensorData::new(values, shape), (device, dtype))
}

/// The target of a row.
fn target(row: usize, codes: usize) -> usize {
    row * 7919 % codes
}

/// Turns hidden vectors towards the codes of their targets, whose logits grow by the margin.
fn point_out([hidden, weight]: &mut [Vec<bf16>; 2], sizes: HeadSizes) {
    if sizes.margin == 0.0 {
        return;
    }
    let width = sizes.width;
    hidden
        .par_chunks_mut(width)
        .enumerate()
        .for_each(|(row, hidden)| {
            let code = &weight[target(row, sizes.codes) * width..][..width];
            let square: f32 = code.iter().map(|value| value.to_f32().powi(2)).sum();
            for (value, towards) in hidden.iter_mut().zip(code) {
                let more = sizes.margin / square * towards.to_f32();
                *value = bf16::from_f32(value.to_f32() + more);
            }
        });
}

/// Normal random numbers, the same at every call.
fn normal(shape: [usize; 2], deviation: f32, seed: u64) -> Result<Vec<bf16>, BenchError> {
    const PART: usize = 1 << 16;
    let [rows, columns] = shape;
    let too_many =
        || BenchError::OutOfMemory(format!("{rows} × {columns} numbers on the processor"));
    let count = rows.checked_mul(columns).ok_or_else(too_many)?;
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| too_many())?;
    values.resize(count, bf16::ZERO);
    values
        .par_chunks_mut(PART)
        .enumerate()
        .for_each(|(part, values)| {
            let mut noise = Noise::new(seed << 32 | part as u64);
            for value in values {
                // Four uniform numbers of (−1, 1) and variance 1/3 add up to one that is close to normal.
                let bits = noise.bits();
                let sum: f32 = [0, 16, 32, 48]
                    .map(|shift| f32::from((bits >> shift) as u16) / 32768.0 - 1.0)
                    .iter()
                    .sum();
                *value = bf16::from_f32(sum * deviation * 0.75_f32.sqrt());
            }
        });
    Ok(values)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::{BenchError, HeadSizes, bench_cross_entropy};
    use crate::Chunk;

    #[test]
    fn a_head_beyond_all_memory_is_refused() {
        let sizes = HeadSizes {
            rows: usize::MAX,
            width: 2,
            codes: 64,
            group: 0,
            chunk: Chunk::default(),
            margin: 0.0,
        };
        let refused = bench_cross_entropy(sizes, &Device::flex());
        assert!(
            matches!(refused, Err(BenchError::OutOfMemory(_))),
            "{refused:?}"
        );
    }

    #[test]
    fn a_small_head_is_measured_on_the_processor() {
        let sizes = HeadSizes {
            rows: 32,
            width: 8,
            codes: 64,
            group: 8,
            chunk: Chunk::default(),
            margin: 0.0,
        };
        let timing = bench_cross_entropy(sizes, &Device::flex()).expect("it runs");
        assert!(timing.milliseconds > 0.0 && timing.forward_milliseconds > 0.0);
        // ln 64 and a fifth of ln 8, as the head says nothing yet.
        assert!((timing.loss - 4.57).abs() < 0.2, "{timing:?}");
        assert_eq!(timing.extra_bytes, None);
        assert_eq!(timing.gradient_errors, None);
    }

    #[test]
    fn targets_stand_out_by_the_margin_and_the_processor_leaves_out_nothing() {
        let sizes = HeadSizes {
            rows: 32,
            width: 64,
            codes: 64,
            group: 0,
            chunk: Chunk {
                skip: 0.01,
                ..Chunk::default()
            },
            margin: 12.0,
        };
        let timing = bench_cross_entropy(sizes, &Device::flex()).expect("it runs");
        // About ln (1 + 63·e⁻¹¹), where nothing stood out 4.2.
        assert!(timing.loss < 0.01, "{timing:?}");
        assert_eq!(timing.gradient_errors, Some([0.0, 0.0]));
    }
}
