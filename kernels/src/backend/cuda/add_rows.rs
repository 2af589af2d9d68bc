//! Rows added up where they belong, the gradient of a table's rows: burn's own way lets all threads add to one row at
//! once, in any order, and waits for them where many have the same.

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cudarc::driver::sys::CUstream;

use super::program::{Extent, Program, argument};
use super::rows::with_dense_rows;
use super::stream::enqueue;

const PROGRAM: Program = Program {
    name: "add_rows.cu",
    source: include_str!("add_rows.cu"),
};

/// Threads of a block, and rows of the result that it takes.
const THREADS: u32 = 128;
const ROWS: u32 = 32;

/// Bytes that sums of shares may take; where one share takes more, there is one.
const PARTS: usize = 64 << 20;

/// What is added is shared out in parts of at least so many rows, and at most so many parts.
const SHARE: usize = 4096;
const SHARES_MAX: usize = 16;

/// Blocks of the launch that joins shares, at most.
const BLOCKS_MAX: u64 = 4096;

/// Whether [`add_rows`] serves these operands.
pub(super) fn served(x: &CubeTensor, ids: &CubeTensor, rows: usize, dtype: DType) -> bool {
    let types = [
        (DType::F32, DType::F32),
        (DType::BF16, DType::F32),
        (DType::BF16, DType::BF16),
    ];
    let [count, width] = [x.meta.shape()[0], x.meta.shape()[1]];
    types.contains(&(x.dtype, dtype)) && ids.dtype == DType::I32 && count * width * rows > 0
}

/// `out[r] = Σ x[i]` over all `i` with `ids[i] = r`: `[n, width]` and `[n]` → `[rows, width]` in `dtype`.
pub(super) fn add_rows(x: CubeTensor, ids: CubeTensor, rows: usize, dtype: DType) -> CubeTensor {
    let (x, ids) = (with_dense_rows(x), into_contiguous(ids));
    let [count, width] = [x.meta.shape()[0], x.meta.shape()[1]];
    let pitch = x.meta.strides()[0];
    let shares = (PARTS / (4 * rows * width)).min(count / SHARE);
    let shares = shares.clamp(1, SHARES_MAX);
    let room = |shape, dtype| {
        empty_device_contiguous_dtype(x.client.clone(), x.device.clone(), shape, dtype)
    };
    let out = room(Shape::new([rows, width]), dtype);
    let sizes = [count, rows, width, pitch, shares];
    if shares == 1 {
        let from = x.dtype;
        enqueue(
            &[&x.handle, &ids.handle],
            &[&out.handle],
            move |stream, pointers| {
                let &[x, ids, out] = pointers else {
                    return Err("rows that are added up need three buffers".into());
                };
                add(stream, [from, dtype], [x, ids, out], sizes)
            },
        );
        return out;
    }
    let parts = room(Shape::new([shares, rows, width]), DType::F32);
    let from = x.dtype;
    enqueue(
        &[&x.handle, &ids.handle],
        &[&parts.handle, &out.handle],
        move |stream, pointers| {
            let &[x, ids, parts, out] = pointers else {
                return Err("rows that are added up in shares need four buffers".into());
            };
            add(stream, [from, DType::F32], [x, ids, parts], sizes)?;
            join(stream, dtype, [parts, out], shares, rows * width)
        },
    );
    out
}

/// Adds each share up; `sizes` are rows that are added, rows of the result, width, elements from row to row, shares.
fn add(
    stream: CUstream,
    dtypes: [DType; 2],
    [mut x, mut ids, mut out]: [u64; 3],
    sizes: [usize; 5],
) -> Result<(), String> {
    let narrow = |size: usize| {
        i32::try_from(size).map_err(|_| format!("rows to add up of {sizes:?} are too many"))
    };
    let [count, rows, width, pitch, shares] = sizes;
    let packed = width.is_multiple_of(2) && pitch.is_multiple_of(2) && x.is_multiple_of(8);
    let kernel = match (dtypes, packed) {
        ([DType::F32, _], false) => "add_rows_f32_f32",
        ([DType::F32, _], true) => "add_rows_f32_f32_packed",
        ([_, DType::F32], false) => "add_rows_bf16_f32",
        ([_, DType::F32], true) => "add_rows_bf16_f32_packed",
        (_, false) => "add_rows_bf16_bf16",
        (_, true) => "add_rows_bf16_bf16_packed",
    };
    let columns = if packed { 2 * THREADS } else { THREADS };
    let (mut count, mut rows, mut width) = (narrow(count)?, narrow(rows)?, narrow(width)?);
    let (mut pitch, mut share) = (pitch as i64, count.unsigned_abs().div_ceil(shares as u32));
    let extent = Extent {
        grid: [
            rows.unsigned_abs().div_ceil(ROWS),
            shares as u32,
            width.unsigned_abs().div_ceil(columns),
        ],
        block: [THREADS, 1, 1],
        shared: 0,
    };
    let mut arguments = [
        argument(&mut x),
        argument(&mut ids),
        argument(&mut out),
        argument(&mut count),
        argument(&mut rows),
        argument(&mut width),
        argument(&mut pitch),
        argument(&mut share),
    ];
    // SAFETY: the arguments are those of the kernel, which reads the places below `count` and writes the rows below `rows`
    // of each share, whatever numbers of rows it reads.
    unsafe { PROGRAM.launch(stream, kernel, extent, &mut arguments) }
}

/// Adds the shares up, in their order.
fn join(
    stream: CUstream,
    dtype: DType,
    [mut parts, mut out]: [u64; 2],
    shares: usize,
    size: usize,
) -> Result<(), String> {
    let kernel = if dtype == DType::BF16 {
        "join_bf16"
    } else {
        "join_f32"
    };
    let (mut shares, mut size) = (shares as i32, size as i64);
    let blocks = size.unsigned_abs().div_ceil(THREADS.into()).min(BLOCKS_MAX);
    let extent = Extent {
        grid: [blocks as u32, 1, 1],
        block: [THREADS, 1, 1],
        shared: 0,
    };
    let mut arguments = [
        argument(&mut parts),
        argument(&mut out),
        argument(&mut shares),
        argument(&mut size),
    ];
    // SAFETY: the arguments are those of the kernel, and every index it forms lies in the shares or below `size`.
    unsafe { PROGRAM.launch(stream, kernel, extent, &mut arguments) }
}
