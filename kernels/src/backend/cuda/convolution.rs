//! 3×3 convolutions of bf16 pictures on Hopper, without unfolding them.

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cudarc::driver::sys::{CUstream, CUtensorMap};

use super::program::{Extent, Program, argument, capability_of, multiprocessors};
use super::stream::enqueue;
use super::tensor_map::{Axis, bf16_map};
use crate::Resolution;

const PROGRAM: Program = Program {
    name: "convolution.cu",
    source: include_str!("convolution.cu"),
};

const LAYING: Program = Program {
    name: "convolution_weights.cu",
    source: include_str!("convolution_weights.cu"),
};

/// Hopper's compute capability, the only one whose instructions the program is made of.
const HOPPER: u32 = 90;

/// Channels that are brought at a time: 128 bytes.
const CHUNK: usize = 64;

/// Positions of a tile across and down; the lower half of it is another group's.
const TILE: [usize; 2] = [8, 32];

/// Threads of a block: one group that loads, two that multiply.
const THREADS: u32 = 384;

/// Threads of a block that lays weights.
const LAYING_THREADS: u32 = 256;

/// Numbers of 16 bytes, which addresses and strides are told the copy engine in.
const VECTOR: usize = 8;

/// Whether this is a card with the program's instructions, and these are shapes and types that it is written for.
pub(super) fn serves(
    x: &CubeTensor,
    weight: &CubeTensor,
    addend: Option<&CubeTensor>,
    resolution: Resolution,
) -> bool {
    let [_, _, _, channels] = sizes(x);
    let [outputs, _] = sizes(weight);
    let fits = match resolution {
        Resolution::Kept => true,
        // The places of a line are taken in twos, as one place of twice the channels.
        Resolution::Halved => {
            channels.is_multiple_of(CHUNK) && sizes::<4>(x)[1..3].iter().all(|side| side % 2 == 0)
        }
        // Two results of neighbours lie side by side, and chunks must not reach from one into the other.
        Resolution::Doubled => outputs.is_multiple_of(CHUNK),
    };
    let some = x.meta.shape().num_elements() > 0 && outputs > 0;
    let typed = x.dtype == DType::BF16 && matches!(weight.dtype, DType::F32 | DType::BF16);
    let index = usize::from(x.handle.service.device.index_id);
    let aligned = [Some(x), addend].into_iter().flatten().all(is_aligned);
    fits && some
        && typed
        && aligned
        && channels.is_multiple_of(VECTOR)
        && capability_of(index) == Some(HOPPER)
}

/// `[b, h, w, c] × [out, 9·c] + [out]`, plus a picture where there is one; `bias` is f32.
pub(super) fn convolution(
    x: CubeTensor,
    weight: CubeTensor,
    bias: CubeTensor,
    addend: Option<CubeTensor>,
    resolution: Resolution,
) -> CubeTensor {
    let x = brought(x, resolution);
    let (weight, bias) = (into_contiguous(weight), into_contiguous(bias));
    let addend = addend.map(into_contiguous);
    let [batch, height, width, channels] = sizes(&x);
    let [outputs, _] = sizes(&weight);
    let [rows, columns] = resolution.sides([height, width]);
    let work = Work {
        picture: [batch, height, width, channels],
        strides: strides(&x),
        outputs,
        resolution,
        widened: weight.dtype == DType::F32,
    };
    let empty = |shape: Shape| {
        let (client, device) = (x.client.clone(), x.device.clone());
        empty_device_contiguous_dtype(client, device, shape, DType::BF16)
    };
    let out = empty(Shape::new([batch, rows, columns, outputs]));
    let laid = empty(Shape::new([
        work.copies() * work.copies() * outputs,
        work.taps() * channels,
    ]));

    let mut reads = vec![&x.handle, &weight.handle, &bias.handle];
    reads.extend(addend.as_ref().map(|addend| &addend.handle));
    enqueue(
        &reads,
        &[&laid.handle, &out.handle],
        move |stream, pointers| {
            let (addend, laid, out) = match *pointers {
                [_, _, _, laid, out] => (0, laid, out),
                [_, _, _, addend, laid, out] => (addend, laid, out),
                _ => return Err("a convolution has three or four operands".into()),
            };
            let [x, weight, bias] = [pointers[0], pointers[1], pointers[2]];
            work.lay(stream, weight, laid)?;
            work.convolve(stream, [x, laid, bias, addend, out])
        },
    );
    out
}

/// Whether the memory of a tensor begins where the copy engine can begin.
pub(super) fn is_aligned(tensor: &CubeTensor) -> bool {
    let start = tensor.handle.offset_start.unwrap_or(0);
    start.is_multiple_of(16)
}

/// The picture as the copy engine can take it.
fn brought(x: CubeTensor, resolution: Resolution) -> CubeTensor {
    let strides = strides(&x);
    let told = |stride: &usize| *stride > 0 && stride.is_multiple_of(VECTOR);
    let pairs = match resolution {
        Resolution::Kept | Resolution::Doubled => true,
        Resolution::Halved => strides[2] == x.meta.shape()[3],
    };
    if strides[..3].iter().all(told) && pairs && strides[3] == 1 && !x.meta.is_tiled() {
        return x;
    }
    into_contiguous(x)
}

/// Numbers from place to place along each dimension; along one with a single place, where burn may say anything, those
/// of a position.
fn strides(x: &CubeTensor) -> [usize; 4] {
    let [_, _, _, channels] = sizes(x);
    std::array::from_fn(|dim| match x.meta.shape()[dim] {
        1 => channels,
        _ => x.meta.strides()[dim],
    })
}

fn sizes<const D: usize>(tensor: &CubeTensor) -> [usize; D] {
    std::array::from_fn(|dim| tensor.meta.shape()[dim])
}

/// All that a convolution depends on but addresses.
struct Work {
    /// Batch, height, width, channels.
    picture: [usize; 4],
    /// Numbers from picture to picture, line to line, position to position.
    strides: [usize; 4],
    outputs: usize,
    resolution: Resolution,
    /// Whether the weight is f32.
    widened: bool,
}

/// As `Shape` in the program.
#[repr(C)]
#[derive(Clone, Copy)]
struct Sizes {
    batch: i32,
    height: i32,
    width: i32,
    channels: i32,
    outputs: i32,
    side: i32,
    halved: i32,
    copies: i32,
}

impl Work {
    /// Results across and down that a position stands for.
    fn copies(&self) -> usize {
        match self.resolution {
            Resolution::Kept | Resolution::Halved => 1,
            Resolution::Doubled => 2,
        }
    }

    /// Taps across and down, once those that meet the same position are one.
    fn side(&self) -> usize {
        match self.resolution {
            Resolution::Kept | Resolution::Halved => 3,
            Resolution::Doubled => 2,
        }
    }

    fn taps(&self) -> usize {
        self.side() * self.side()
    }

    /// Rows and columns of positions that tiles are made of.
    fn places(&self) -> [usize; 2] {
        let [_, height, width, _] = self.picture;
        match self.resolution {
            Resolution::Kept | Resolution::Doubled => [height, width],
            Resolution::Halved => [height / 2, width / 2],
        }
    }

    /// Puts the weight at `laid` in bf16, taps added up where they meet the same position.
    fn lay(&self, stream: CUstream, mut weight: u64, mut laid: u64) -> Result<(), String> {
        let [_, _, _, channels] = self.picture;
        let mut copies = narrow(self.copies())?;
        let (mut outputs, mut channels) = (narrow(self.outputs)?, narrow(channels)?);
        let mut total = (self.copies() * self.copies() * self.outputs * self.taps()) as u64
            * channels.unsigned_abs() as u64;
        let extent = Extent {
            grid: [
                total.div_ceil(LAYING_THREADS.into()).min(1 << 16) as u32,
                1,
                1,
            ],
            block: [LAYING_THREADS, 1, 1],
            shared: 0,
        };
        let mut arguments = [
            argument(&mut weight),
            argument(&mut laid),
            argument(&mut outputs),
            argument(&mut channels),
            argument(&mut copies),
            argument(&mut total),
        ];
        let kernel = if self.widened { "lay_f32" } else { "lay_bf16" };
        // SAFETY: the arguments are those of the kernel, and every index it forms lies in the shapes given.
        unsafe { LAYING.launch(stream, kernel, extent, &mut arguments) }
    }

    /// Queues the products; `pointers` are those of picture, weight, bias, addend (or 0) and result.
    fn convolve(&self, stream: CUstream, pointers: [u64; 5]) -> Result<(), String> {
        let [x, laid, mut bias, mut addend, mut out] = pointers;
        let wide = if self.outputs <= CHUNK {
            CHUNK
        } else {
            2 * CHUNK
        };
        let mut maps = [
            self.picture_map(x)?,
            self.weight_map(laid, wide)?,
            self.result_map(if addend == 0 { out } else { addend })?,
            self.result_map(out)?,
        ];
        let [batch, _, _, channels] = self.picture;
        let [height, width] = self.places();
        let mut sizes = Sizes {
            batch: narrow(batch)?,
            height: narrow(height)?,
            width: narrow(width)?,
            channels: narrow(channels)?,
            outputs: narrow(self.outputs)?,
            side: narrow(self.side())?,
            halved: i32::from(self.resolution == Resolution::Halved),
            copies: narrow(self.copies())?,
        };
        let [across, down] = TILE;
        let kinds = self.outputs.div_ceil(wide) * self.copies() * self.copies();
        let mut tiles = (batch * height.div_ceil(down) * width.div_ceil(across) * kinds) as i64;
        let blocks = tiles.min(i64::from(multiprocessors()?)) as u32;
        let (kernel, shared) = if wide == CHUNK {
            ("convolve_64", shared_bytes(CHUNK))
        } else {
            ("convolve_128", shared_bytes(2 * CHUNK))
        };
        let [picture, weight, added, result] = &mut maps;
        let mut arguments = [
            argument(picture),
            argument(weight),
            argument(added),
            argument(result),
            argument(&mut bias),
            argument(&mut addend),
            argument(&mut out),
            argument(&mut sizes),
            argument(&mut tiles),
        ];
        let extent = Extent {
            grid: [blocks, 1, 1],
            block: [THREADS, 1, 1],
            shared,
        };
        // SAFETY: the arguments are those of the kernel; the copy engine stays in the arrays of the maps, and what is
        // written without it lies in the shapes given.
        unsafe { PROGRAM.launch(stream, kernel, extent, &mut arguments) }
    }

    /// Boxes of a tile with what is around it.
    fn picture_map(&self, address: u64) -> Result<CUtensorMap, String> {
        let [batch, height, width, channels] = self.picture;
        let [picture, line, position, _] = self.strides;
        let [across, down] = TILE;
        let axis = |size, stride, side: usize| Axis {
            size,
            stride,
            side: side as u32,
        };
        let axes = match self.resolution {
            Resolution::Kept | Resolution::Doubled => [
                axis(channels, 1, CHUNK),
                axis(width, position, across + self.side() - 1),
                axis(1, position, 1),
                axis(height, line, down + self.side() - 1),
                axis(batch, picture, 1),
            ],
            // Two positions side by side are one, and so are two lines.
            Resolution::Halved => [
                axis(2 * channels, 1, CHUNK),
                axis(width / 2, 2 * position, across),
                axis(2, line, 1),
                axis(height / 2, 2 * line, down),
                axis(batch, picture, 1),
            ],
        };
        bf16_map(address, &axes)
    }

    /// Boxes of one tap of `wide` outputs.
    fn weight_map(&self, address: u64, wide: usize) -> Result<CUtensorMap, String> {
        let [_, _, _, channels] = self.picture;
        let (taps, outputs, copies) = (self.taps(), self.outputs, self.copies());
        let axis = |size, stride, side: usize| Axis {
            size,
            stride,
            side: side as u32,
        };
        let axes = [
            axis(channels, 1, CHUNK),
            axis(taps, channels, 1),
            axis(outputs, taps * channels, wide),
            axis(copies * copies, outputs * taps * channels, 1),
        ];
        bf16_map(address, &axes)
    }

    /// Boxes of half a tile of results.
    fn result_map(&self, address: u64) -> Result<CUtensorMap, String> {
        let [batch, _, _, _] = self.picture;
        let [height, width] = self.places();
        let (outputs, copies) = (self.outputs, self.copies());
        if !outputs.is_multiple_of(VECTOR) {
            // The copy engine cannot write such results, and is not asked to.
            return Ok(CUtensorMap { opaque: [0; 16] });
        }
        let position = copies * outputs;
        let line = width * position;
        let [across, down] = TILE;
        let axis = |size, stride, side: usize| Axis {
            size,
            stride,
            side: side as u32,
        };
        let axes = [
            axis(position, 1, CHUNK),
            axis(width, position, across),
            axis(copies, line, 1),
            axis(height, copies * line, down / 2),
            axis(batch, height * copies * line, 1),
        ];
        bf16_map(address, &axes)
    }
}

/// What a block with tiles of `wide` outputs takes of shared memory: as `Memory` in the program, from a multiple of 1024
/// bytes on.
fn shared_bytes(wide: usize) -> u32 {
    let [across, down] = TILE;
    let line = 2 * CHUNK;
    let picture = ((across + 2) * (down + 2) * line).next_multiple_of(1024);
    let weights = 65536;
    let results = across * down * 2 * wide;
    (2 * picture + weights + results + 1024) as u32
}

fn narrow(size: usize) -> Result<i32, String> {
    i32::try_from(size).map_err(|_| format!("a side of {size} is too large for a convolution"))
}
