//! Log-sum-exp of rows in one pass: burn's reductions give a row to one thread where nothing is tuned.

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;

use super::program::{Extent, Program, argument};
use super::stream::enqueue;

const PROGRAM: Program = Program {
    name: "log_sum_exp.cu",
    source: include_str!("log_sum_exp.cu"),
};

/// From this many columns on, a row is worth a block of its own.
const WIDE: usize = 2048;

/// `log Σ e^x` of each row, in f32: `[rows, columns] → [rows]`.
pub(super) fn log_sum_exp(x: CubeTensor) -> CubeTensor {
    let dense = !x.meta.is_tiled() && x.meta.strides()[1] == 1;
    let x = if dense { x } else { into_contiguous(x) };
    let (rows, columns) = (x.meta.shape()[0], x.meta.shape()[1]);
    let mut pitch = x.meta.strides()[0] as i64;
    let (client, device) = (x.client.clone(), x.device.clone());
    let out = empty_device_contiguous_dtype(client, device, Shape::new([rows]), DType::F32);
    if rows == 0 {
        return out;
    }

    let kernel = if x.dtype == DType::BF16 {
        "log_sum_exp_bf16"
    } else {
        "log_sum_exp_f32"
    };
    enqueue(&[&x.handle], &[&out.handle], move |stream, pointers| {
        let (mut x, mut out) = (pointers[0], pointers[1]);
        let narrow = |size: usize| {
            u32::try_from(size)
                .map_err(|_| format!("log-sum-exp of {rows} × {columns} is too large"))
        };
        let (mut rows, mut columns) = (narrow(rows)?, narrow(columns)?);
        let [threads, lines] = if columns as usize >= WIDE {
            [256, 1]
        } else {
            [32, 8]
        };
        let extent = Extent {
            grid: [rows.div_ceil(lines), 1, 1],
            block: [threads, lines, 1],
        };
        let mut arguments = [
            argument(&mut x),
            argument(&mut out),
            argument(&mut rows),
            argument(&mut columns),
            argument(&mut pitch),
        ];
        // SAFETY: the arguments are those of the kernel, and every index it forms is below rows × columns.
        unsafe { PROGRAM.launch(stream, kernel, extent, &mut arguments) }
    });
    out
}
