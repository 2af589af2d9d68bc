//! How long the kernels take on a device.

mod attention;
mod clock;
mod cross_entropy;

use std::time::Instant;

use burn::tensor::{DType, Device, Int, IntDType, Tensor, TensorData};

use crate::noise::Noise;
use crate::rows::{log_sum_exp, row_mean};
use crate::{
    Chunk, GroupLevel, GroupNorm, Objective, Resolution, argmax, convolution_3x3, dequantise,
    group_norm, grouped_cross_entropy, linear, lookup, matmul, rms_norm, round_rows, softmax,
    unfold_3x3,
};

pub use attention::{AttentionSizes, AttentionTiming, bench_attention};
pub use clock::{Measurement, measure};
pub use cross_entropy::{BenchError, HeadSizes, HeadTiming, bench_cross_entropy};

/// What one measurement said.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// The kernel's name.
    pub kernel: &'static str,
    /// Sizes, type and direction.
    pub case: String,
    /// The median of the runs.
    pub milliseconds: f64,
    /// Billions of multiplications and additions a second; 0 where the kernel only moves memory.
    pub gflops: f64,
    /// Billions of bytes of inputs and outputs a second.
    pub gigabytes_per_second: f64,
}

/// Runs before the clock starts: compiling, planning and allocating happen in them.
const WARM_UP: usize = 3;

/// Runs measured.
const RUNS: usize = 11;

/// Measures the kernels on `device`: sizes of a training step on a GPU, small ones on the CPU.
pub fn bench(device: &Device) -> Vec<Timing> {
    let device = device.clone().inner();
    let (scale, dtype) = if device == Device::flex() {
        (16, DType::F32)
    } else {
        (1, DType::BF16)
    };
    let mut timings = Vec::new();

    for [rows, inputs, outputs] in [
        [16384 / scale, 1024, 4096 / scale],
        [65536 / scale, 576, 64],
    ] {
        let x: Tensor<2> = random([rows, inputs], dtype, &device);
        let weight: Tensor<2> = random([outputs, inputs], DType::F32, &device);
        let operations = 2 * rows * inputs * outputs;
        let bytes = dtype.size() * (rows * inputs + rows * outputs + inputs * outputs);
        let case = format!("[{rows}, {inputs}] to {outputs}, {dtype:?}");
        timings.push(time(
            "linear",
            format!("{case}, forward"),
            &device,
            [operations, bytes],
            || {
                let _ = linear(x.clone(), weight.clone(), None);
            },
        ));
        let tracked = x.clone().autodiff().require_grad();
        let master = weight.clone().autodiff().require_grad();
        timings.push(time(
            "linear",
            format!("{case}, forward and backward"),
            &device,
            [3 * operations, 3 * bytes],
            || {
                let y = linear(tracked.clone(), master.clone(), None);
                let _ = y.mean().backward();
            },
        ));
    }

    for [batch, m, k, n] in [[2048 / scale, 88, 64, 88], [2048 / scale, 88, 88, 64]] {
        let a: Tensor<3> = random([batch, m, k], dtype, &device);
        let b: Tensor<3> = random([batch, n, k], dtype, &device);
        let bytes = dtype.size() * batch * (m * k + k * n + m * n);
        let case = format!("{batch} × [{m}, {k}] by [{k}, {n}] transposed, {dtype:?}");
        timings.push(time(
            "matmul",
            case,
            &device,
            [2 * batch * m * k * n, bytes],
            || {
                let _ = matmul(a.clone(), b.clone().swap_dims(1, 2));
            },
        ));
    }

    let [batch, side, channels] = [64 / scale, 64, 64];
    let x: Tensor<4> = random([batch, side, side, channels], dtype, &device);
    let bytes = 10 * dtype.size() * batch * side * side * channels;
    let case = format!("[{batch}, {side}, {side}, {channels}], {dtype:?}");
    timings.push(time(
        "unfold_3x3",
        format!("{case}, forward"),
        &device,
        [0, bytes],
        || {
            let _ = unfold_3x3(x.clone());
        },
    ));
    let tracked = x.autodiff().require_grad();
    timings.push(time(
        "unfold_3x3",
        format!("{case}, forward and backward"),
        &device,
        [0, 2 * bytes],
        || {
            let _ = unfold_3x3(tracked.clone()).mean().backward();
        },
    ));
    timings.extend(pictures(scale, dtype, &device));
    timings.extend(rows(scale, dtype, &device));
    timings.push(cross_entropy(scale, dtype, &device));
    timings
}

/// A decoder's work on a picture: a convolution to which what it changes is added, and the norm before it.
fn pictures(scale: usize, dtype: DType, device: &Device) -> Vec<Timing> {
    let [side, channels] = [512 / scale, 256];
    let x: Tensor<4> = random([1, side, side, channels], dtype, device);
    let weight: Tensor<2> = random([channels, 9 * channels], DType::F32, device);
    let numbers = side * side * channels;
    let case = format!("[1, {side}, {side}, {channels}], {dtype:?}");
    let work = [2 * numbers * 9 * channels, 3 * dtype.size() * numbers];
    let convolution = time("convolution_3x3", case.clone(), device, work, || {
        let addend = Some(x.clone());
        let _ = convolution_3x3(x.clone(), weight.clone(), None, addend, Resolution::Kept);
    });
    let norm = GroupNorm {
        groups: 32,
        epsilon: 1e-6,
        silu: true,
    };
    let ones: Tensor<1> = Tensor::ones([channels], (device, DType::F32));
    let work = [0, 2 * dtype.size() * numbers];
    let normalised = time("group_norm", case, device, work, || {
        let _ = group_norm(x.clone(), ones.clone(), ones.clone(), norm);
    });
    vec![convolution, normalised]
}

/// Work on rows: attention's scores, the pixels of a tokenizer's batch, the logits that tokens are picked from, and tokens
/// in their table.
fn rows(scale: usize, dtype: DType, device: &Device) -> Vec<Timing> {
    let [scores, channels, logits] = [
        [90112 / scale, 88],
        [262_144 / scale, 128],
        [16384 / scale, 4096],
    ];
    let bytes = |[rows, columns]: [usize; 2], dtype: DType| dtype.size() * rows * columns;
    let mut timings = Vec::new();
    let kernels = [
        (
            "softmax",
            scores,
            softmax as fn(Tensor<2>, f32) -> Tensor<2>,
        ),
        ("rms_norm", channels, |x, epsilon| {
            rms_norm(x, None, epsilon)
        }),
    ];
    for (kernel, shape, run) in kernels {
        let x: Tensor<2> = random(shape, dtype, device);
        let case = format!("{shape:?}, {dtype:?}");
        timings.push(time(
            kernel,
            format!("{case}, forward"),
            device,
            [0, 2 * bytes(shape, dtype)],
            || {
                let _ = run(x.clone(), 0.125);
            },
        ));
        let tracked = x.clone().autodiff().require_grad();
        timings.push(time(
            kernel,
            format!("{case}, forward and backward"),
            device,
            [0, 5 * bytes(shape, dtype)],
            || {
                let _ = run(tracked.clone(), 0.125).mean().backward();
            },
        ));
    }
    let x: Tensor<2> = random(logits, DType::F32, device);
    let case = format!("{logits:?}, {:?}", DType::F32);
    let work = [0, bytes(logits, DType::F32)];
    timings.push(time("row_mean", case.clone(), device, work, || {
        let _ = row_mean(x.clone());
    }));
    timings.push(time("log_sum_exp", case.clone(), device, work, || {
        let _ = log_sum_exp(x.clone());
    }));
    timings.push(time("argmax", case.clone(), device, work, || {
        let _ = argmax(x.clone());
    }));
    let work = [0, 2 * bytes(logits, DType::F32)];
    timings.push(time("round_rows", case, device, work, || {
        let _ = round_rows(x.clone(), 127.0);
    }));
    timings.push(dequantising(logits, dtype, device));
    timings.push(look_up(scale, dtype, device));
    timings
}

/// A matrix of one byte a number, as numbers.
fn dequantising(shape: [usize; 2], dtype: DType, device: &Device) -> Timing {
    let numbers: Tensor<2> = random(shape, DType::F32, device);
    let codes = (numbers * 127.0).int().cast(IntDType::I8);
    let scales: Tensor<1> = random([shape[0]], DType::F32, device);
    let case = format!("{shape:?}, I8 to {dtype:?}");
    let bytes = (1 + dtype.size()) * shape[0] * shape[1];
    time("dequantise", case, device, [0, bytes], || {
        let _ = dequantise(codes.clone(), scales.clone(), dtype.into());
    })
}

/// The tokens of a training step looked up in their table, half of them masked, and what the table learns of them.
fn look_up(scale: usize, dtype: DType, device: &Device) -> Timing {
    let [count, rows, width] = [65536 / scale, 4352 / scale, 256];
    let table = random([rows, width], DType::F32, device)
        .autodiff()
        .require_grad();
    let id = |at: usize| {
        if at.is_multiple_of(2) {
            rows - 1
        } else {
            at * 7 % rows
        }
    };
    let ids: Vec<i32> = (0..count).map(|at| id(at) as i32).collect();
    let ids = Tensor::<1, Int>::from_data(TensorData::new(ids, [count]), device);
    let bytes = 4 * dtype.size() * count * width + size_of::<f32>() * rows * width;
    let case = format!("{count} of [{rows}, {width}], {dtype:?}, forward and backward");
    time("lookup", case, device, [0, bytes], || {
        let found = lookup(table.clone(), ids.clone(), dtype.into());
        let _ = found.mean().backward();
    })
}

/// A training step's loss with two levels of groups, forward and backward.
fn cross_entropy(scale: usize, dtype: DType, device: &Device) -> Timing {
    let [rows, width, codes] = [16384 / scale, 256, 4096 / scale];
    let hidden = random([rows, width], dtype, device)
        .autodiff()
        .require_grad();
    let weight = random([codes, width], DType::F32, device)
        .autodiff()
        .require_grad();
    let targets: Vec<i32> = (0..rows).map(|row| (row * 7 % codes) as i32).collect();
    let targets = Tensor::<1, Int>::from_data(TensorData::new(targets, [rows]), device);
    let row_weights = vec![1.0; rows];
    let levels = [8, 64].map(|size| GroupLevel { size, weight: 0.2 });
    let objective = Objective::Groups(levels.to_vec());

    let work = [
        6 * rows * width * codes,
        3 * size_of::<f32>() * rows * codes,
    ];
    let case = format!("[{rows}, {width}] to {codes}, {dtype:?}, forward and backward");
    time("grouped_cross_entropy", case, device, work, || {
        let loss = grouped_cross_entropy(
            hidden.clone(),
            weight.clone(),
            targets.clone(),
            &row_weights,
            &objective,
            Chunk::default(),
        );
        let _ = loss.backward();
    })
}

/// The median time of `run`, which does `work` operations and moves so many bytes.
fn time(
    kernel: &'static str,
    case: String,
    device: &Device,
    [operations, bytes]: [usize; 2],
    run: impl Fn(),
) -> Timing {
    for _ in 0..WARM_UP {
        run();
    }
    // An error of the device shows as a time of nothing here, and in full in `verify`.
    let _ = device.sync();
    let mut seconds: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            let _ = device.sync();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    let median = seconds[RUNS / 2];
    Timing {
        kernel,
        case,
        milliseconds: median * 1e3,
        gflops: operations as f64 / median / 1e9,
        gigabytes_per_second: bytes as f64 / median / 1e9,
    }
}

/// A random tensor, the same at every call.
fn random<const D: usize>(shape: [usize; D], dtype: DType, device: &Device) -> Tensor<D> {
    let values = Noise::new(0).fine(shape.iter().product());
    Tensor::<D>::from_data(TensorData::new(values, shape), (device, DType::F32)).cast(dtype)
}
