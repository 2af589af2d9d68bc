//! What a transformer's layer does between its products.

use burn::tensor::DType;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;

use super::norm::{are_packed, lanes};
use super::program::{Extent, Program, argument};
use super::rows::with_dense_rows;
use super::stream::enqueue;

const PROGRAM: Program = Program {
    name: "layer.cu",
    source: include_str!("layer.cu"),
};

/// Threads of a block; nothing is shared in it.
const THREADS: u64 = 256;

/// Blocks of a launch at most; each goes on until all is done.
const BLOCKS: u64 = 1 << 20;

/// Kernels of one operation: f32 and bf16, number by number and packed.
type Kernels = [[&'static str; 2]; 2];

const ROTATE: Kernels = [
    ["rotate_f32", "rotate_f32_packed"],
    ["rotate_bf16", "rotate_bf16_packed"],
];

const SWIGLU: Kernels = [
    ["swiglu_f32", "swiglu_f32_packed"],
    ["swiglu_bf16", "swiglu_bf16_packed"],
];

const SWIGLU_BACKWARD: Kernels = [
    ["swiglu_backward_f32", "swiglu_backward_f32_packed"],
    ["swiglu_backward_bf16", "swiglu_backward_bf16_packed"],
];

/// The halves of every vector turned: `[b, l, h, 2·n]` by `[l, n]` each, in f32, to a dense tensor.
pub(super) fn rotate(x: CubeTensor, cos: CubeTensor, sin: CubeTensor) -> CubeTensor {
    let x = if x.meta.is_tiled() || x.meta.strides()[3] != 1 {
        into_contiguous(x)
    } else {
        x
    };
    let (cos, sin) = (into_contiguous(cos), into_contiguous(sin));
    let [batch, length, heads, width] = std::array::from_fn(|dim| x.meta.shape()[dim]);
    let half = width / 2;
    let out = dense(&x);
    let packed = are_packed(&[&x], half) && are_packed(&[&cos, &sin], half);
    let kernel = ROTATE[usize::from(x.dtype == DType::BF16)][usize::from(packed)];
    let mut strides: [i64; 3] = std::array::from_fn(|dim| x.meta.strides()[dim] as i64);
    let mut total = (batch * length * heads * half / lanes(x.dtype, packed)) as u64;
    if total == 0 {
        return out;
    }
    enqueue(
        &[&x.handle, &cos.handle, &sin.handle],
        &[&out.handle],
        move |stream, pointers| {
            let mut pointers: [u64; 4] = pointers.try_into().map_err(|_| "four tensors turn")?;
            let [x, cos, sin, out] = pointers.each_mut().map(argument);
            let [mut length, mut heads, mut half] = narrow(kernel, [length, heads, half])?;
            let [batch_stride, place_stride, head_stride] = strides.each_mut().map(argument);
            let mut arguments = [
                x,
                cos,
                sin,
                out,
                argument(&mut length),
                argument(&mut heads),
                argument(&mut half),
                batch_stride,
                place_stride,
                head_stride,
                argument(&mut total),
            ];
            // SAFETY: the arguments are those of the kernel, and every index it forms lies in the shapes given.
            unsafe { PROGRAM.launch(stream, kernel, extent(total), &mut arguments) }
        },
    );
    out
}

/// `silu(gate)·up` of two matrices of one shape and type.
pub(super) fn swiglu(gate: CubeTensor, up: CubeTensor) -> CubeTensor {
    let (gate, up) = (with_dense_rows(gate), with_dense_rows(up));
    let [rows, columns] = [gate.meta.shape()[0], gate.meta.shape()[1]];
    let out = dense(&gate);
    let packed = are_packed(&[&gate, &up], columns);
    let kernel = SWIGLU[usize::from(gate.dtype == DType::BF16)][usize::from(packed)];
    let mut pitches = [&gate, &up].map(|matrix| matrix.meta.strides()[0] as i64);
    let mut total = (rows * columns / lanes(gate.dtype, packed)) as u64;
    if total == 0 {
        return out;
    }
    enqueue(
        &[&gate.handle, &up.handle],
        &[&out.handle],
        move |stream, pointers| {
            let mut pointers: [u64; 3] = pointers.try_into().map_err(|_| "a gate has three")?;
            let [gate, up, out] = pointers.each_mut().map(argument);
            let [mut columns] = narrow(kernel, [columns])?;
            let [gate_pitch, up_pitch] = pitches.each_mut().map(argument);
            let mut arguments = [
                gate,
                up,
                out,
                argument(&mut columns),
                gate_pitch,
                up_pitch,
                argument(&mut total),
            ];
            // SAFETY: the arguments are those of the kernel, and every index it forms lies in the shapes given.
            unsafe { PROGRAM.launch(stream, kernel, extent(total), &mut arguments) }
        },
    );
    out
}

/// The gradients of [`swiglu`] in `gate` and in `up`, from both and that of the result; all of one type.
pub(super) fn swiglu_backward(
    gate: CubeTensor,
    up: CubeTensor,
    grad: CubeTensor,
) -> (CubeTensor, CubeTensor) {
    let [gate, up, grad] = [gate, up, grad].map(with_dense_rows);
    let [rows, columns] = [gate.meta.shape()[0], gate.meta.shape()[1]];
    let outs = (dense(&gate), dense(&up));
    let packed = are_packed(&[&gate, &up, &grad], columns);
    let kernel = SWIGLU_BACKWARD[usize::from(gate.dtype == DType::BF16)][usize::from(packed)];
    let mut pitches = [&gate, &up, &grad].map(|matrix| matrix.meta.strides()[0] as i64);
    let mut total = (rows * columns / lanes(gate.dtype, packed)) as u64;
    if total == 0 {
        return outs;
    }
    enqueue(
        &[&gate.handle, &up.handle, &grad.handle],
        &[&outs.0.handle, &outs.1.handle],
        move |stream, pointers| {
            let mut pointers: [u64; 5] = pointers.try_into().map_err(|_| "five gates turn back")?;
            let [gate, up, grad, to_gate, to_up] = pointers.each_mut().map(argument);
            let [mut columns] = narrow(kernel, [columns])?;
            let [gate_pitch, up_pitch, grad_pitch] = pitches.each_mut().map(argument);
            let mut arguments = [
                gate,
                up,
                grad,
                to_gate,
                to_up,
                argument(&mut columns),
                gate_pitch,
                up_pitch,
                grad_pitch,
                argument(&mut total),
            ];
            // SAFETY: the arguments are those of the kernel, and every index it forms lies in the shapes given.
            unsafe { PROGRAM.launch(stream, kernel, extent(total), &mut arguments) }
        },
    );
    outs
}

/// Room for a dense tensor of the shape and type of `x`.
fn dense(x: &CubeTensor) -> CubeTensor {
    let (client, device) = (x.client.clone(), x.device.clone());
    empty_device_contiguous_dtype(client, device, x.meta.shape().clone(), x.dtype)
}

/// The sizes as kernels take them.
fn narrow<const N: usize>(kernel: &str, sizes: [usize; N]) -> Result<[u32; N], String> {
    let mut narrow = [0; N];
    for (narrow, size) in narrow.iter_mut().zip(sizes) {
        *narrow =
            u32::try_from(size).map_err(|_| format!("`{kernel}` of {sizes:?} is too large"))?;
    }
    Ok(narrow)
}

/// Blocks for so many threads of work.
fn extent(total: u64) -> Extent {
    Extent {
        grid: [total.div_ceil(THREADS).min(BLOCKS) as u32, 1, 1],
        block: [THREADS as u32, 1, 1],
        shared: 0,
    }
}
