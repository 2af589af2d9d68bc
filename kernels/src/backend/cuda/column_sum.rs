//! Sums over rows, the gradient of a bias.

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cudarc::driver::sys::CUstream;

use super::program::{Extent, Program, argument};
use super::stream::enqueue;

const PROGRAM: Program = Program {
    name: "column_sum.cu",
    source: include_str!("column_sum.cu"),
};

/// Rows that one block adds up at least: fewer would make more partial sums than they save time.
const ROWS_PER_BLOCK_MIN: usize = 64;

/// Ranges of rows at most, so that the second launch stays short.
const RANGES_MAX: usize = 512;

/// The sum over all rows in f32: `[rows, columns] → [columns]`.
pub(super) fn column_sum(x: CubeTensor) -> CubeTensor {
    let x = if rows_are_dense(&x) {
        x
    } else {
        into_contiguous(x)
    };
    let (shape, pitch) = (x.meta.shape(), x.meta.strides()[0]);
    let (rows, columns) = (shape[0], shape[1]);
    let rows_per_block = rows.div_ceil(RANGES_MAX).max(ROWS_PER_BLOCK_MIN);
    let ranges = rows.div_ceil(rows_per_block).max(1);

    let sums = |shape| {
        empty_device_contiguous_dtype(x.client.clone(), x.device.clone(), shape, DType::F32)
    };
    let partial = sums(Shape::new([ranges, columns]));
    let total = sums(Shape::new([columns]));
    let first = if x.dtype == DType::BF16 {
        "column_sum_bf16"
    } else {
        "column_sum_f32"
    };

    enqueue(
        &[&x.handle],
        &[&partial.handle, &total.handle],
        move |stream, pointers| {
            let &[x, partial, total] = pointers else {
                return Err("a column sum needs three buffers".into());
            };
            add(
                stream,
                first,
                [x, partial],
                [rows, columns, pitch, rows_per_block],
            )?;
            add(
                stream,
                "column_sum_f32",
                [partial, total],
                [ranges, columns, columns, ranges],
            )
        },
    );
    total
}

/// One launch; `sizes` are rows, columns, elements from row to row, rows per block.
fn add(
    stream: CUstream,
    kernel: &'static str,
    [mut x, mut sums]: [u64; 2],
    [rows, columns, pitch, rows_per_block]: [usize; 4],
) -> Result<(), String> {
    let narrow = |size: usize| {
        u32::try_from(size)
            .map_err(|_| format!("a column sum over {rows} × {columns} is too large"))
    };
    let (mut height, mut width, mut step) =
        (narrow(rows)?, narrow(columns)?, narrow(rows_per_block)?);
    let mut pitch = pitch as i64;
    let extent = Extent {
        grid: [width.div_ceil(32).max(1), height.div_ceil(step).max(1), 1],
        block: [32, 8, 1],
        shared: 0,
    };
    let mut arguments = [
        argument(&mut x),
        argument(&mut sums),
        argument(&mut height),
        argument(&mut width),
        argument(&mut pitch),
        argument(&mut step),
    ];
    // SAFETY: the arguments are those of the kernel, and every index it forms is below rows × columns.
    unsafe { PROGRAM.launch(stream, kernel, extent, &mut arguments) }
}

/// Whether neighbouring columns are neighbours in memory.
fn rows_are_dense(x: &CubeTensor) -> bool {
    !x.meta.is_tiled() && x.meta.strides()[1] == 1
}
