//! The 3×3 neighbourhood and its adjoint, 16 bytes at a time where the channels allow it.

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;

use super::program::{Extent, Program, argument};
use super::stream::enqueue;

const PROGRAM: Program = Program {
    name: "unfold.cu",
    source: include_str!("unfold.cu"),
};

/// Threads of a block; both kernels are bound by memory, not by anything a block shares.
const THREADS: u32 = 256;

/// `[b, h, w, c] → [b, h, w, 9·c]`.
pub(super) fn unfold(x: CubeTensor) -> CubeTensor {
    launch(
        x,
        9,
        1,
        [
            "unfold_vectors",
            "unfold_vectors",
            "unfold_f32",
            "unfold_bf16",
        ],
    )
}

/// `[b, h, w, 9·c] → [b, h, w, c]`.
pub(super) fn fold(x: CubeTensor) -> CubeTensor {
    launch(
        x,
        1,
        9,
        [
            "fold_vectors_f32",
            "fold_vectors_bf16",
            "fold_f32",
            "fold_bf16",
        ],
    )
}

/// Runs one of `kernels` (f32 and bf16 by vectors, f32 and bf16 by elements); input and output have `taps_in` and
/// `taps_out` times the channels.
fn launch(
    x: CubeTensor,
    taps_out: usize,
    taps_in: usize,
    kernels: [&'static str; 4],
) -> CubeTensor {
    let x = if x.meta.is_tiled() || x.meta.strides()[3] != 1 {
        into_contiguous(x)
    } else {
        x
    };
    let [batch, height, width, channels_in] = std::array::from_fn(|dim| x.meta.shape()[dim]);
    let channels = channels_in / taps_in;
    let shape = Shape::new([batch, height, width, channels * taps_out]);
    let (client, device) = (x.client.clone(), x.device.clone());
    let out = empty_device_contiguous_dtype(client, device, shape, x.dtype);

    let lanes = if vectors_fit(&x, channels) {
        16 / x.dtype.size()
    } else {
        1
    };
    let kernel = kernels[usize::from(lanes == 1) * 2 + usize::from(x.dtype == DType::BF16)];
    let strides: [i64; 3] = std::array::from_fn(|dim| (x.meta.strides()[dim] / lanes) as i64);
    let mut total = (batch * height * width * channels * taps_out / lanes) as u64;
    if total == 0 {
        return out;
    }

    enqueue(&[&x.handle], &[&out.handle], move |stream, pointers| {
        let narrow = |size: usize| {
            i32::try_from(size).map_err(|_| format!("a picture side of {size} is too large"))
        };
        let (mut x, mut out) = (pointers[0], pointers[1]);
        let (mut height, mut width) = (narrow(height)?, narrow(width)?);
        let mut channels = narrow(channels / lanes)?;
        let [mut batch_stride, mut row_stride, mut column_stride] = strides;
        let blocks = total.div_ceil(u64::from(THREADS)).min(1 << 20) as u32;
        let mut arguments = [
            argument(&mut x),
            argument(&mut out),
            argument(&mut height),
            argument(&mut width),
            argument(&mut channels),
            argument(&mut batch_stride),
            argument(&mut row_stride),
            argument(&mut column_stride),
            argument(&mut total),
        ];
        let extent = Extent {
            grid: [blocks, 1, 1],
            block: [THREADS, 1, 1],
            shared: 0,
        };
        // SAFETY: the arguments are those of the kernel, and every index it forms lies in the shapes given.
        unsafe { PROGRAM.launch(stream, kernel, extent, &mut arguments) }
    });
    out
}

/// Whether every vector of channels starts at a multiple of 16 bytes.
fn vectors_fit(x: &CubeTensor, channels: usize) -> bool {
    let size = x.dtype.size();
    let lanes = 16 / size;
    let start = x.handle.offset_start.unwrap_or(0) as usize;
    let strides = x.meta.strides();
    channels.is_multiple_of(lanes)
        && start.is_multiple_of(16)
        && strides[..3]
            .iter()
            .all(|stride| stride.is_multiple_of(lanes))
}
