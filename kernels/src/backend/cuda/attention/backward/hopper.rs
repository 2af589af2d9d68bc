//! The gradients of attention with Hopper's own instructions.

use cudarc::driver::sys::{CUstream, CUtensorMap};

use super::super::super::program::{Extent, Program, argument};
use super::super::{Place, Sizes};

const PROGRAM: Program = Program {
    name: "attention_hopper_backward.cu",
    source: include_str!("../../attention_hopper_backward.cu"),
};

/// Rows of a gradient that a block makes.
const ROWS: u32 = 128;

/// Threads of a block: one group that loads, two that multiply.
const THREADS: u32 = 384;

/// `Queries` of `attention_hopper_backward.cu`.
#[derive(Clone, Copy)]
#[repr(C)]
struct Queries {
    sums: u64,
    slopes: u64,
}

/// A kernel, how many rows pass by at a time, and how many such tiles are under way at once.
struct Kernel {
    name: &'static str,
    tile: u32,
    stages: u32,
}

/// All gradients, `outputs` being those in queries, keys and values.
///
/// Pointers and places are of queries, keys, values and the gradient of what was found; the logarithms and slopes of
/// queries are the pointers 5 and 6.
pub(super) fn launch(
    stream: CUstream,
    pointers: &[u64],
    places: &[Place],
    [in_queries, in_keys, in_values]: [u64; 3],
    sizes: Sizes,
) -> Result<(), String> {
    let narrow = sizes.padded_width() == 64;
    let kernel = |name, tile, stages| Kernel { name, tile, stages };
    let of_queries = if narrow {
        kernel("attention_hopper_queries_64", 128, 2)
    } else {
        kernel("attention_hopper_queries_128", 64, 3)
    };
    let of_keys = if narrow {
        kernel("attention_hopper_keys_values_64", 64, 3)
    } else {
        kernel("attention_hopper_keys_values_128", 64, 2)
    };
    let queries = Queries {
        sums: pointers[5],
        slopes: pointers[6],
    };
    let (query, key, value, grad) = (0, 1, 2, 3);
    let own = |index: usize| places[index].map(pointers[index], ROWS);
    let passing = |index: usize, kernel: &Kernel| places[index].map(pointers[index], kernel.tile);

    let maps = [
        own(query)?,
        own(grad)?,
        passing(key, &of_queries)?,
        passing(value, &of_queries)?,
    ];
    let blocks = sizes.blocks(ROWS)?;
    launch_kernel(
        stream,
        &of_queries,
        maps,
        queries,
        [in_queries, 0],
        blocks,
        sizes,
    )?;
    let maps = [
        own(key)?,
        own(value)?,
        passing(query, &of_keys)?,
        passing(grad, &of_keys)?,
    ];
    let blocks = sizes.key_blocks(ROWS)?;
    launch_kernel(
        stream,
        &of_keys,
        maps,
        queries,
        [in_keys, in_values],
        blocks,
        sizes,
    )
}

/// One kernel, over maps of the block's own operands and those that pass by.
fn launch_kernel(
    stream: CUstream,
    kernel: &Kernel,
    mut maps: [CUtensorMap; 4],
    mut queries: Queries,
    [mut first, mut second]: [u64; 2],
    blocks: u32,
    mut sizes: Sizes,
) -> Result<(), String> {
    let width = sizes.padded_width();
    let mut arguments: Vec<_> = maps.iter_mut().map(argument).collect();
    arguments.extend([
        argument(&mut queries),
        argument(&mut first),
        argument(&mut second),
        argument(&mut sizes),
    ]);
    let extent = Extent {
        grid: [blocks, 1, 1],
        block: [THREADS, 1, 1],
        // Two operands of the block's own rows, two of each tile and two numbers of each of its queries, from a
        // multiple of 1024 bytes on.
        shared: 4 * width * (ROWS + kernel.stages * kernel.tile)
            + 8 * kernel.stages * kernel.tile
            + 1024,
    };
    // SAFETY: the arguments are those of the kernel; the maps know the tensors' sizes, and what it writes lies in those
    // of the gradients.
    unsafe { PROGRAM.launch(stream, kernel.name, extent, &mut arguments) }
}
