//! Root-mean-square norms of rows, with or without gains and an addition in front.

use burn::tensor::DType;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;

use super::program::{Program, argument};
use super::rows::{launch_over, with_dense_rows};
use super::stream::enqueue;

const PROGRAM: Program = Program {
    name: "norm.cu",
    source: include_str!("norm.cu"),
};

/// Kernels of one operation: f32 and bf16, number by number and packed.
type Kernels = [[&'static str; 2]; 2];

/// By whether something is added in front and whether there are gains.
const NORMS: [[Kernels; 2]; 2] = [
    [
        [
            ["rms_norm_f32", "rms_norm_f32_packed"],
            ["rms_norm_bf16", "rms_norm_bf16_packed"],
        ],
        [
            ["gained_rms_norm_f32", "gained_rms_norm_f32_packed"],
            ["gained_rms_norm_bf16", "gained_rms_norm_bf16_packed"],
        ],
    ],
    [
        [
            ["add_rms_norm_f32", "add_rms_norm_f32_packed"],
            ["add_rms_norm_bf16", "add_rms_norm_bf16_packed"],
        ],
        [
            ["add_gained_rms_norm_f32", "add_gained_rms_norm_f32_packed"],
            [
                "add_gained_rms_norm_bf16",
                "add_gained_rms_norm_bf16_packed",
            ],
        ],
    ],
];

const BACKWARD: Kernels = [
    ["rms_norm_backward_f32", "rms_norm_backward_f32_packed"],
    ["rms_norm_backward_bf16", "rms_norm_backward_bf16_packed"],
];

/// From this many packs a row on, it is worth a block of its own.
const WIDE: usize = 128;

/// `s / √(mean s² + ε) · gain` of each row of `s = x`, in the type of `x`.
pub(super) fn rms_norm(x: CubeTensor, gain: Option<CubeTensor>, epsilon: f32) -> CubeTensor {
    let (_, y) = normed(x, None, gain, epsilon);
    y
}

/// `s = x + change`, and [`rms_norm`] of that; all of one type.
pub(super) fn add_rms_norm(
    x: CubeTensor,
    change: CubeTensor,
    gain: Option<CubeTensor>,
    epsilon: f32,
) -> (CubeTensor, CubeTensor) {
    let like = x.clone();
    let (sum, y) = normed(x, Some(change), gain, epsilon);
    (sum.unwrap_or(like), y)
}

/// The sum, where there is something to add, and the norm.
fn normed(
    x: CubeTensor,
    change: Option<CubeTensor>,
    gain: Option<CubeTensor>,
    mut epsilon: f32,
) -> (Option<CubeTensor>, CubeTensor) {
    let x = with_dense_rows(x);
    let change = change.map(with_dense_rows);
    let gain = gain.map(into_contiguous);
    let [rows, columns] = [x.meta.shape()[0], x.meta.shape()[1]];
    let y = like(&x);
    let sum = change.as_ref().map(|_| like(&x));
    if rows == 0 || columns == 0 {
        return (sum, y);
    }

    let read: Vec<&CubeTensor> = [Some(&x), change.as_ref(), gain.as_ref()]
        .into_iter()
        .flatten()
        .collect();
    let packed = are_packed(&read, columns);
    let kernels = NORMS[usize::from(change.is_some())][usize::from(gain.is_some())];
    let kernel = kernels[usize::from(x.dtype == DType::BF16)][usize::from(packed)];
    let packs = columns / lanes(x.dtype, packed);
    let [mut pitch, mut change_pitch] = [Some(&x), change.as_ref()]
        .map(|matrix| matrix.map_or(0, |matrix| matrix.meta.strides()[0] as i64));
    let (adds, gains) = (change.is_some(), gain.is_some());
    let reads: Vec<_> = read.iter().map(|tensor| &tensor.handle).collect();
    let writes: Vec<_> = sum
        .iter()
        .chain([&y])
        .map(|tensor| &tensor.handle)
        .collect();
    enqueue(&reads, &writes, move |stream, pointers| {
        // Those that are absent are not looked at.
        let mut given = pointers.iter().copied();
        let mut next = |is_there: bool| if is_there { given.next() } else { Some(0) };
        let (Some(mut x), Some(mut change), Some(mut gain), Some(mut sum), Some(mut y)) =
            (next(true), next(adds), next(gains), next(adds), next(true))
        else {
            return Err("a norm needs a place for each of its tensors".into());
        };
        launch_over(
            &PROGRAM,
            stream,
            kernel,
            [rows, columns],
            packs >= WIDE,
            |height, width| {
                vec![
                    argument(&mut x),
                    argument(&mut change),
                    argument(&mut gain),
                    argument(&mut sum),
                    argument(&mut y),
                    argument(height),
                    argument(width),
                    argument(&mut pitch),
                    argument(&mut change_pitch),
                    argument(&mut epsilon),
                ]
            },
        )
    });
    (sum, y)
}

/// The gradient of [`rms_norm`] without gains from what went in and the gradient of the result.
pub(super) fn rms_norm_backward(x: CubeTensor, grad: CubeTensor, mut epsilon: f32) -> CubeTensor {
    let (x, grad) = (with_dense_rows(x), with_dense_rows(grad));
    let [rows, columns] = [x.meta.shape()[0], x.meta.shape()[1]];
    let out = like(&x);
    if rows == 0 || columns == 0 {
        return out;
    }
    let packed = are_packed(&[&x, &grad], columns);
    let kernel = BACKWARD[usize::from(x.dtype == DType::BF16)][usize::from(packed)];
    let packs = columns / lanes(x.dtype, packed);
    let [mut pitch, mut grad_pitch] = [&x, &grad].map(|matrix| matrix.meta.strides()[0] as i64);
    enqueue(
        &[&x.handle, &grad.handle],
        &[&out.handle],
        move |stream, pointers| {
            let (mut x, mut grad, mut out) = (pointers[0], pointers[1], pointers[2]);
            launch_over(
                &PROGRAM,
                stream,
                kernel,
                [rows, columns],
                packs >= WIDE,
                |height, width| {
                    vec![
                        argument(&mut x),
                        argument(&mut grad),
                        argument(&mut out),
                        argument(height),
                        argument(width),
                        argument(&mut pitch),
                        argument(&mut grad_pitch),
                        argument(&mut epsilon),
                    ]
                },
            )
        },
    );
    out
}

/// Room for a dense matrix of the shape and type of `x`.
fn like(x: &CubeTensor) -> CubeTensor {
    let (client, device) = (x.client.clone(), x.device.clone());
    empty_device_contiguous_dtype(client, device, x.meta.shape().clone(), x.dtype)
}

/// Numbers that are read at once.
pub(super) fn lanes(dtype: DType, packed: bool) -> usize {
    if packed { 16 / dtype.size() } else { 1 }
}

/// Whether rows of so many columns, dense and one after the other in all of `tensors`, can be read 16 bytes at a time.
pub(super) fn are_packed(tensors: &[&CubeTensor], columns: usize) -> bool {
    tensors.iter().all(|tensor| {
        let lanes = lanes(tensor.dtype, true);
        let start = tensor.handle.offset_start.unwrap_or(0);
        let strides = tensor.meta.strides();
        let outer = &strides[..strides.len() - 1];
        columns.is_multiple_of(lanes)
            && start.is_multiple_of(16)
            && outer.iter().all(|stride| stride.is_multiple_of(lanes))
    })
}
