//! Work on rows, a warp or more to each: burn's own reductions give a row to one thread where nothing is tuned.

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cudarc::driver::sys::CUstream;

use super::program::{Extent, Program, argument};
use super::stream::enqueue;

const PROGRAM: Program = Program {
    name: "rows.cu",
    source: include_str!("rows.cu"),
};

/// From this many columns on, a row is worth a block of its own.
const WIDE: usize = 2048;

/// The mean of each row, in f32: `[rows, columns] → [rows]`.
pub(super) fn row_mean(x: CubeTensor) -> CubeTensor {
    let shape = Shape::new([x.meta.shape()[0]]);
    let share = 1.0 / x.meta.shape()[1] as f32;
    forward(
        x,
        shape,
        DType::F32,
        ["weighted_sum_f32", "weighted_sum_bf16"],
        share,
    )
}

/// `log Σ e^x` of each row, in f32: `[rows, columns] → [rows]`.
pub(super) fn log_sum_exp(x: CubeTensor) -> CubeTensor {
    let shape = Shape::new([x.meta.shape()[0]]);
    forward(
        x,
        shape,
        DType::F32,
        ["log_sum_exp_f32", "log_sum_exp_bf16"],
        0.0,
    )
}

/// The first place of the largest number of each row, as i32: `[rows, columns] → [rows]`.
pub(super) fn argmax(x: CubeTensor) -> CubeTensor {
    let shape = Shape::new([x.meta.shape()[0]]);
    forward(x, shape, DType::I32, ["argmax_f32", "argmax_bf16"], 0.0)
}

/// `softmax(scale·x)` of each row, in the type of `x`.
pub(super) fn softmax(x: CubeTensor, scale: f32) -> CubeTensor {
    let (shape, dtype) = (x.meta.shape().clone(), x.dtype);
    forward(x, shape, dtype, ["softmax_f32", "softmax_bf16"], scale)
}

/// The gradient of [`softmax`] from its result and the gradient of that.
pub(super) fn softmax_backward(y: CubeTensor, grad: CubeTensor, scale: f32) -> CubeTensor {
    of_two(
        y,
        grad,
        ["softmax_backward_f32", "softmax_backward_bf16"],
        scale,
    )
}

/// `guided`, with −∞ where `own < max(own) + ln share`, of two matrices of one type, in theirs.
pub(super) fn plausible(guided: CubeTensor, own: CubeTensor, share: f32) -> CubeTensor {
    of_two(guided, own, ["plausible_f32", "plausible_bf16"], share.ln())
}

/// `s · round(x / s)`, where `s` is the largest size in the row through `steps`, in f32: `[rows, columns]` → the same.
pub(super) fn round_rows(x: CubeTensor, steps: f32) -> CubeTensor {
    let shape = x.meta.shape().clone();
    let kernels = ["round_rows_f32", "round_rows_bf16"];
    forward(x, shape, DType::F32, kernels, steps)
}

/// `code · scale` of each row, in `dtype`: `[rows, columns] × [rows] → [rows, columns]`, i8 and f32.
pub(super) fn dequantise(codes: CubeTensor, scales: CubeTensor, dtype: DType) -> CubeTensor {
    let (codes, scales) = (with_dense_rows(codes), into_contiguous(scales));
    let [rows, columns] = [codes.meta.shape()[0], codes.meta.shape()[1]];
    let mut pitch = codes.meta.strides()[0] as i64;
    let (client, device, shape) = (
        codes.client.clone(),
        codes.device.clone(),
        codes.meta.shape().clone(),
    );
    let out = empty_device_contiguous_dtype(client, device, shape, dtype);
    if rows == 0 {
        return out;
    }
    let kernel = ["dequantise_f32", "dequantise_bf16"][usize::from(dtype == DType::BF16)];
    enqueue(
        &[&codes.handle, &scales.handle],
        &[&out.handle],
        move |stream, pointers| {
            let (mut codes, mut scales, mut out) = (pointers[0], pointers[1], pointers[2]);
            launch(stream, kernel, [rows, columns], |height, width| {
                vec![
                    argument(&mut codes),
                    argument(&mut scales),
                    argument(&mut out),
                    argument(height),
                    argument(width),
                    argument(&mut pitch),
                ]
            })
        },
    );
    out
}

/// One kernel (f32 or bf16) from one matrix to a dense output.
fn forward(
    x: CubeTensor,
    shape: Shape,
    dtype: DType,
    kernels: [&'static str; 2],
    mut number: f32,
) -> CubeTensor {
    let x = with_dense_rows(x);
    let [rows, columns] = [x.meta.shape()[0], x.meta.shape()[1]];
    let mut pitch = x.meta.strides()[0] as i64;
    let (client, device) = (x.client.clone(), x.device.clone());
    let out = empty_device_contiguous_dtype(client, device, shape, dtype);
    if rows == 0 {
        return out;
    }
    let kernel = kernels[usize::from(x.dtype == DType::BF16)];
    enqueue(&[&x.handle], &[&out.handle], move |stream, pointers| {
        let (mut x, mut out) = (pointers[0], pointers[1]);
        launch(stream, kernel, [rows, columns], |height, width| {
            vec![
                argument(&mut x),
                argument(&mut out),
                argument(height),
                argument(width),
                argument(&mut pitch),
                argument(&mut number),
            ]
        })
    });
    out
}

/// One kernel (f32 or bf16) from two matrices of one shape and type to a dense third.
fn of_two(a: CubeTensor, b: CubeTensor, kernels: [&'static str; 2], mut number: f32) -> CubeTensor {
    let (a, b) = (with_dense_rows(a), with_dense_rows(b));
    let [rows, columns] = [a.meta.shape()[0], a.meta.shape()[1]];
    let [mut a_pitch, mut b_pitch] = [&a, &b].map(|x| x.meta.strides()[0] as i64);
    let (client, device, shape) = (a.client.clone(), a.device.clone(), a.meta.shape().clone());
    let out = empty_device_contiguous_dtype(client, device, shape, a.dtype);
    if rows == 0 {
        return out;
    }
    let kernel = kernels[usize::from(a.dtype == DType::BF16)];
    enqueue(
        &[&a.handle, &b.handle],
        &[&out.handle],
        move |stream, pointers| {
            let (mut a, mut b, mut out) = (pointers[0], pointers[1], pointers[2]);
            launch(stream, kernel, [rows, columns], |height, width| {
                vec![
                    argument(&mut a),
                    argument(&mut b),
                    argument(&mut out),
                    argument(height),
                    argument(width),
                    argument(&mut a_pitch),
                    argument(&mut b_pitch),
                    argument(&mut number),
                ]
            })
        },
    );
    out
}

/// Launches a kernel of this file over the rows.
fn launch(
    stream: CUstream,
    kernel: &'static str,
    sizes: [usize; 2],
    arguments: impl FnOnce(&mut u32, &mut u32) -> Vec<*mut std::ffi::c_void>,
) -> Result<(), String> {
    launch_over(&PROGRAM, stream, kernel, sizes, sizes[1] >= WIDE, arguments)
}

/// Launches a kernel over the rows with the arguments it takes, given places that hold rows and columns: a block to each
/// row where rows are `wide`, else a warp.
pub(super) fn launch_over(
    program: &Program,
    stream: CUstream,
    kernel: &'static str,
    [rows, columns]: [usize; 2],
    wide: bool,
    arguments: impl FnOnce(&mut u32, &mut u32) -> Vec<*mut std::ffi::c_void>,
) -> Result<(), String> {
    let narrow = |size: usize| {
        u32::try_from(size).map_err(|_| format!("`{kernel}` of {rows} × {columns} is too large"))
    };
    let (mut height, mut width) = (narrow(rows)?, narrow(columns)?);
    let [threads, lines] = if wide { [256, 1] } else { [32, 8] };
    let extent = Extent {
        grid: [height.div_ceil(lines), 1, 1],
        block: [threads, lines, 1],
        shared: 0,
    };
    let mut arguments = arguments(&mut height, &mut width);
    // SAFETY: the arguments are those of the kernel, and every index it forms is below rows × columns.
    unsafe { program.launch(stream, kernel, extent, &mut arguments) }
}

/// The matrix with neighbouring columns as neighbours in memory.
pub(super) fn with_dense_rows(x: CubeTensor) -> CubeTensor {
    let dense = x.meta.strides()[1] == 1 || x.meta.shape()[1] == 1;
    if dense && !x.meta.is_tiled() {
        x
    } else {
        into_contiguous(x)
    }
}
