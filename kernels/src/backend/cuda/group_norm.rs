//! Normalisation of groups of channels: one pass for sums, one for the result.

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cudarc::driver::sys::CUstream;

use super::program::{Extent, Program, argument};
use super::stream::enqueue;
use crate::group_norm::GroupNorm;

const PROGRAM: Program = Program {
    name: "group_norm.cu",
    source: include_str!("group_norm.cu"),
};

/// Threads of a block that goes over positions.
const THREADS: usize = 256;

/// Channels of a thread.
const LANES: usize = 8;

/// About how many blocks go over a batch: some for each multiprocessor of the largest card.
const BLOCKS: usize = 1056;

/// Groups of a block that settles their factors, a warp to each.
const SETTLED: u32 = 8;

/// Whether the kernels are written for so many channels, and the picture begins at a multiple of 16 bytes.
pub(super) fn serves(x: &CubeTensor) -> bool {
    let channels = x.meta.shape()[3];
    let batch = x.meta.shape()[0];
    let some = x.meta.shape().num_elements() > 0;
    let aligned = super::convolution::is_aligned(x);
    some && aligned
        && channels.is_multiple_of(LANES)
        && channels <= THREADS * LANES
        && batch < 1 << 16
}

/// As `Work` in the program.
#[repr(C)]
#[derive(Clone, Copy)]
struct Work {
    positions: i32,
    channels: i32,
    groups: i32,
    chunk: i32,
}

/// `[b, h, w, c]` and twice `[c]`, both f32, to the first.
pub(super) fn group_norm(
    x: CubeTensor,
    gain: CubeTensor,
    shift: CubeTensor,
    norm: GroupNorm,
) -> CubeTensor {
    let [x, gain, shift] = [x, gain, shift].map(into_contiguous);
    let [batch, height, width, channels] = std::array::from_fn(|dim| x.meta.shape()[dim]);
    let positions = height * width;
    // Positions that the threads of a block take at a time.
    let lanes = THREADS / (channels / LANES);
    let wanted = BLOCKS.div_ceil(batch).min(positions.div_ceil(lanes));
    let chunk = positions.div_ceil(wanted).next_multiple_of(lanes);
    let blocks = positions.div_ceil(chunk);

    let empty = |shape: Shape, dtype| {
        empty_device_contiguous_dtype(x.client.clone(), x.device.clone(), shape, dtype)
    };
    let sums = empty(Shape::new([batch, blocks, norm.groups, 2]), DType::F32);
    let factors = empty(Shape::new([batch, channels, 2]), DType::F32);
    let y = empty(x.meta.shape().clone(), x.dtype);

    let launches = Launches {
        bf16: x.dtype == DType::BF16,
        batch,
        blocks,
        norm,
    };
    let reads = [&x.handle, &gain.handle, &shift.handle];
    let writes = [&sums.handle, &factors.handle, &y.handle];
    enqueue(&reads, &writes, move |stream, pointers| {
        let narrow = |size: usize| {
            i32::try_from(size).map_err(|_| format!("a picture of {size} positions is too large"))
        };
        let work = Work {
            positions: narrow(positions)?,
            channels: narrow(channels)?,
            groups: narrow(norm.groups)?,
            chunk: narrow(chunk)?,
        };
        match *pointers {
            [x, gain, shift, sums, factors, y] => {
                launches.sum(stream, work, x, sums)?;
                launches.settle(stream, work, [x, sums, gain, shift, factors])?;
                launches.apply(stream, work, [x, y, factors])
            }
            _ => Err("a norm has three operands and three results".into()),
        }
    });
    y
}

/// What the three launches have in common.
struct Launches {
    bf16: bool,
    batch: usize,
    blocks: usize,
    norm: GroupNorm,
}

impl Launches {
    fn over_positions(&self) -> Extent {
        Extent {
            grid: [self.blocks as u32, self.batch as u32, 1],
            block: [THREADS as u32, 1, 1],
            shared: 0,
        }
    }

    fn sum(
        &self,
        stream: CUstream,
        mut work: Work,
        mut x: u64,
        mut sums: u64,
    ) -> Result<(), String> {
        let mut arguments = [argument(&mut x), argument(&mut sums), argument(&mut work)];
        let kernel = if self.bf16 { "sum_bf16" } else { "sum_float" };
        // SAFETY: the arguments are those of the kernel, and every index it forms lies in the shapes given.
        unsafe { PROGRAM.launch(stream, kernel, self.over_positions(), &mut arguments) }
    }

    fn settle(&self, stream: CUstream, mut work: Work, pointers: [u64; 5]) -> Result<(), String> {
        let [mut x, mut sums, mut gain, mut shift, mut factors] = pointers;
        let (mut blocks, mut epsilon) = (self.blocks as i32, self.norm.epsilon);
        let mut arguments = [
            argument(&mut x),
            argument(&mut sums),
            argument(&mut gain),
            argument(&mut shift),
            argument(&mut factors),
            argument(&mut work),
            argument(&mut blocks),
            argument(&mut epsilon),
        ];
        let extent = Extent {
            grid: [
                (self.norm.groups as u32).div_ceil(SETTLED),
                self.batch as u32,
                1,
            ],
            block: [32, SETTLED, 1],
            shared: 0,
        };
        let kernel = if self.bf16 {
            "settle_bf16"
        } else {
            "settle_float"
        };
        // SAFETY: as above.
        unsafe { PROGRAM.launch(stream, kernel, extent, &mut arguments) }
    }

    fn apply(&self, stream: CUstream, mut work: Work, pointers: [u64; 3]) -> Result<(), String> {
        let [mut x, mut y, mut factors] = pointers;
        let mut activated = i32::from(self.norm.silu);
        let mut arguments = [
            argument(&mut x),
            argument(&mut y),
            argument(&mut factors),
            argument(&mut work),
            argument(&mut activated),
        ];
        let kernel = if self.bf16 {
            "apply_bf16"
        } else {
            "apply_float"
        };
        // SAFETY: as above.
        unsafe { PROGRAM.launch(stream, kernel, self.over_positions(), &mut arguments) }
    }
}
