//! Attention without stored scores: tiles of keys and values pass by tiles of queries.

mod backward;

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cudarc::driver::sys::{CUstream, CUtensorMap};

pub(super) use backward::attend_backward;

use super::program::{Extent, Program, argument, capability_of, multiprocessors};
use super::stream::enqueue;
use super::tensor_map::{Axis, DEPTH, bf16_map};

const FORWARD: Program = Program {
    name: "attention.cu",
    source: include_str!("attention.cu"),
};

const HOPPER: Program = Program {
    name: "attention_hopper.cu",
    source: include_str!("attention_hopper.cu"),
};

/// The first cards that multiply bf16.
const AMPERE: u32 = 80;

/// The cards that have Hopper's own instructions.
const HOPPER_CARD: u32 = 90;

/// The widest head that the kernels take.
const WIDTH_MAX: usize = 256;

/// The widest head that Hopper's own kernels take.
const HOPPER_WIDTH_MAX: usize = 128;

/// Whether [`attend`] serves these operands.
pub(super) fn served(queries: &CubeTensor, scale: f32) -> bool {
    let width = queries.meta.shape()[3];
    let fits = width <= WIDTH_MAX && width.is_multiple_of(8);
    let card = capability_of(index(queries));
    queries.dtype == DType::BF16 && fits && scale > 0.0 && card.is_some_and(|card| card >= AMPERE)
}

/// Whether Hopper's own kernels serve these operands.
fn is_for_hopper(queries: &CubeTensor) -> bool {
    let fits = queries.meta.shape()[3] <= HOPPER_WIDTH_MAX;
    fits && capability_of(index(queries)) == Some(HOPPER_CARD)
}

/// What queries find, and the logarithms of their sums of exponentials.
pub(super) fn attend(
    queries: CubeTensor,
    keys: CubeTensor,
    values: CubeTensor,
    scale: f32,
) -> (CubeTensor, CubeTensor) {
    let [queries, keys, values] = [queries, keys, values].map(readable);
    let [batch, length, heads, width] = dims(&queries);
    let [_, positions, key_heads, _] = dims(&keys);
    let found = room(&queries, queries.meta.shape().clone(), DType::BF16);
    let sums = room(&queries, Shape::new([batch, heads, length]), DType::F32);

    let on_hopper =
        capability_of(index(&queries)) == Some(HOPPER_CARD) && width <= HOPPER_WIDTH_MAX;
    let places = [&queries, &keys, &values].map(Place::of);
    let reads = [&queries.handle, &keys.handle, &values.handle];
    enqueue(
        &reads,
        &[&found.handle, &sums.handle],
        move |stream, pointers| {
            let sizes = Sizes::new(
                [batch, length, positions, heads, heads / key_heads, width],
                scale,
            )?;
            if on_hopper {
                launch_on_hopper(stream, pointers, &places, sizes)
            } else {
                launch(stream, pointers, &places, sizes)
            }
        },
    );
    (found, sums)
}

/// `Sizes` of `attention.cuh`.
#[derive(Clone, Copy)]
#[repr(C)]
struct Sizes {
    batch: u32,
    length: u32,
    positions: u32,
    heads: u32,
    group: u32,
    width: u32,
    scale: f32,
}

impl Sizes {
    fn new(sizes: [usize; 6], scale: f32) -> Result<Self, String> {
        let [batch, length, positions, heads, group, width] =
            narrow(sizes).ok_or_else(|| format!("attention of {sizes:?} is too large"))?;
        let scale = scale * std::f32::consts::LOG2_E;
        Ok(Self {
            batch,
            length,
            positions,
            heads,
            group,
            width,
            scale,
        })
    }

    /// The widths that kernels are made for: multiples of 64.
    fn padded_width(&self) -> u32 {
        self.width.next_multiple_of(64)
    }

    /// How many blocks of so many queries there are in all.
    fn blocks(&self, queries: u32) -> Result<u32, String> {
        let blocks = u64::from(self.length.div_ceil(queries));
        Self::blocks_of_heads(blocks, self.batch, self.heads)
    }

    /// How many blocks of so many keys there are in all.
    fn key_blocks(&self, keys: u32) -> Result<u32, String> {
        let blocks = u64::from(self.positions.div_ceil(keys));
        Self::blocks_of_heads(blocks, self.batch, self.heads / self.group)
    }

    fn blocks_of_heads(blocks: u64, batch: u32, heads: u32) -> Result<u32, String> {
        let blocks = blocks * u64::from(batch) * u64::from(heads);
        i32::try_from(blocks)
            .map(i32::unsigned_abs)
            .map_err(|_| format!("attention in {blocks} blocks is too large"))
    }
}

/// The numbers as i32 would have them, none negative.
fn narrow<const N: usize>(sizes: [usize; N]) -> Option<[u32; N]> {
    let fit = sizes.iter().all(|size| i32::try_from(*size).is_ok());
    fit.then(|| sizes.map(|size| size as u32))
}

/// Where a tensor `[batch, places, heads, width]` lies: its sizes, and elements from batch to batch, place to place and
/// head to head, as `Strides` of `attention_tiles.cuh` has them.
#[derive(Clone, Copy)]
struct Place {
    dims: [usize; 4],
    strides: [i64; 3],
}

impl Place {
    fn of(tensor: &CubeTensor) -> Self {
        let dims = dims(tensor);
        // What is there once has no next, and its stride may be anything.
        let dense = [dims[1] * dims[2] * dims[3], dims[2] * dims[3], dims[3]];
        let strides = std::array::from_fn(|dim| {
            let own = tensor.meta.strides()[dim];
            (if dims[dim] == 1 { dense[dim] } else { own }) as i64
        });
        Self { dims, strides }
    }

    /// For the copy engine, which brings 64 numbers of `rows` places of a head at a time.
    fn map(&self, address: u64, rows: u32) -> Result<CUtensorMap, String> {
        let axis = |dim: usize, side| Axis {
            size: self.dims[dim],
            stride: if dim == 3 {
                1
            } else {
                self.strides[dim] as usize
            },
            side,
        };
        let axes = [axis(3, DEPTH), axis(2, 1), axis(1, rows), axis(0, 1)];
        bf16_map(address, &axes)
    }
}

/// The kernel of Hopper's own, which lives on each multiprocessor until all is done.
fn launch_on_hopper(
    stream: CUstream,
    pointers: &[u64],
    places: &[Place; 3],
    mut sizes: Sizes,
) -> Result<(), String> {
    const QUERIES: u32 = 128;
    const TILE: u32 = 128;
    const STAGES: u32 = 2;
    let kernel = if sizes.width <= 64 {
        "attention_hopper_64"
    } else {
        "attention_hopper_128"
    };
    let mut queries = places[0].map(pointers[0], QUERIES)?;
    let mut keys = places[1].map(pointers[1], TILE)?;
    let mut values = places[2].map(pointers[2], TILE)?;
    let (mut found, mut sums) = (pointers[3], pointers[4]);
    let blocks = sizes.blocks(QUERIES)?.min(multiprocessors()?);
    let mut arguments = [
        argument(&mut queries),
        argument(&mut keys),
        argument(&mut values),
        argument(&mut found),
        argument(&mut sums),
        argument(&mut sizes),
    ];
    let extent = Extent {
        grid: [blocks, 1, 1],
        block: [384, 1, 1],
        // From a multiple of 1024 bytes on.
        shared: 2 * sizes.padded_width() * (QUERIES + 2 * STAGES * TILE) + 1024,
    };
    // SAFETY: the arguments are those of the kernel; the maps know the tensors' sizes, and what it writes lies in those
    // of the results.
    unsafe { HOPPER.launch(stream, kernel, extent, &mut arguments) }
}

/// The kernel of every card.
fn launch(
    stream: CUstream,
    pointers: &[u64],
    places: &[Place; 3],
    mut sizes: Sizes,
) -> Result<(), String> {
    const QUERIES: u32 = 64;
    let width = sizes.padded_width();
    let (kernel, tile) = match width {
        64 => ("attention_64", 64),
        128 => ("attention_128", 32),
        192 => ("attention_192", 32),
        _ => ("attention_256", 32),
    };
    let [mut queries, mut keys, mut values] = [0, 1, 2].map(|index| pointers[index]);
    let (mut found, mut sums) = (pointers[3], pointers[4]);
    let [mut from_query, mut from_key, mut from_value] = places.map(|place| place.strides);
    let blocks = sizes.blocks(QUERIES)?;
    let mut arguments = [
        argument(&mut queries),
        argument(&mut keys),
        argument(&mut values),
        argument(&mut found),
        argument(&mut sums),
        argument(&mut from_query),
        argument(&mut from_key),
        argument(&mut from_value),
        argument(&mut sizes),
    ];
    let extent = Extent {
        grid: [blocks, 1, 1],
        block: [128, 1, 1],
        // Queries, and two stages of keys and values.
        shared: 2 * width * (QUERIES + 4 * tile),
    };
    // SAFETY: the arguments are those of the kernel, and every index it forms lies in the sizes given.
    unsafe { FORWARD.launch(stream, kernel, extent, &mut arguments) }
}

/// The tensor as the kernels can read it: as it lies where numbers of a head are neighbours and every head begins at a
/// multiple of 16 bytes, else a copy.
fn readable(tensor: CubeTensor) -> CubeTensor {
    let start = tensor.handle.offset_start.unwrap_or(0);
    let dims = dims(&tensor);
    let strides = tensor.meta.strides();
    let apart =
        (0..3).all(|dim| dims[dim] == 1 || (strides[dim] > 0 && strides[dim].is_multiple_of(8)));
    if !tensor.meta.is_tiled() && strides[3] == 1 && apart && start.is_multiple_of(16) {
        return tensor;
    }
    into_contiguous(tensor)
}

/// Room for numbers side by side.
fn room(like: &CubeTensor, shape: Shape, dtype: DType) -> CubeTensor {
    empty_device_contiguous_dtype(like.client.clone(), like.device.clone(), shape, dtype)
}

/// The card that a tensor lies on.
fn index(tensor: &CubeTensor) -> usize {
    tensor.handle.service.device.index_id.into()
}

/// The four sizes of a tensor.
fn dims(tensor: &CubeTensor) -> [usize; 4] {
    std::array::from_fn(|dim| tensor.meta.shape()[dim])
}
