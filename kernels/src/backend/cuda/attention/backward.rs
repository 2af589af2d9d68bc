//! The gradients of attention, from scores that are made again.

mod hopper;

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cudarc::driver::sys::CUstream;

use super::super::program::{Extent, Program, argument};
use super::super::stream::enqueue;
use super::{Place, Sizes, dims, is_for_hopper, readable, room};

const BACKWARD: Program = Program {
    name: "attention_backward.cu",
    source: include_str!("../attention_backward.cu"),
};

/// Rows of a gradient that a block makes.
const ROWS: u32 = 64;

/// Threads of a block.
const THREADS: u32 = 128;

/// The gradients in queries, keys and values, from these, what was found, the logarithms of the sums of exponentials,
/// and the gradient of what was found.
pub(in super::super) fn attend_backward(
    operands: [CubeTensor; 3],
    found: CubeTensor,
    sums: CubeTensor,
    grad: CubeTensor,
    scale: f32,
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let [queries, keys, values] = operands.map(readable);
    let (found, grad, sums) = (readable(found), readable(grad), into_contiguous(sums));
    let [batch, length, heads, width] = dims(&queries);
    let [_, positions, key_heads, _] = dims(&keys);
    let like = |tensor: &CubeTensor| room(tensor, tensor.meta.shape().clone(), DType::BF16);
    let (in_queries, in_keys, in_values) = (like(&queries), like(&keys), like(&values));
    let slopes = room(&queries, Shape::new([batch, heads, length]), DType::F32);

    let on_hopper = is_for_hopper(&queries);
    let places = [&queries, &keys, &values, &grad, &found].map(Place::of);
    let reads = [&queries, &keys, &values, &grad, &found, &sums].map(|tensor| &tensor.handle);
    let writes = [&slopes, &in_queries, &in_keys, &in_values].map(|tensor| &tensor.handle);
    enqueue(&reads, &writes, move |stream, pointers| {
        let group = heads / key_heads;
        let sizes = Sizes::new([batch, length, positions, heads, group, width], scale)?;
        let given = |index: usize| Given {
            address: pointers[index],
            strides: places[index].strides,
        };
        let operands = Operands {
            given: [0, 1, 2, 3].map(given),
            sums: pointers[5],
            slopes: pointers[6],
        };
        launch_slopes(stream, given(4), operands, sizes)?;
        let outputs = [7, 8, 9].map(|index| pointers[index]);
        if on_hopper {
            return hopper::launch(stream, pointers, &places, outputs, sizes);
        }
        let [in_queries, in_keys, in_values] = outputs;
        for pass in passes(&sizes)? {
            let outputs = match pass.gradient {
                Gradient::Queries => [in_queries, 0],
                Gradient::Keys => [in_keys, 0],
                Gradient::Values => [0, in_values],
                Gradient::KeysAndValues => [in_keys, in_values],
            };
            launch(stream, &pass, operands, outputs, sizes)?;
        }
        Ok(())
    });
    (in_queries, in_keys, in_values)
}

/// `Given` of `attention_backward.cu`.
#[derive(Clone, Copy)]
#[repr(C)]
struct Given {
    address: u64,
    strides: [i64; 3],
}

/// `Operands` of `attention_backward.cu`: queries, keys, values and the gradient of what was found.
#[derive(Clone, Copy)]
#[repr(C)]
struct Operands {
    given: [Given; 4],
    sums: u64,
    slopes: u64,
}

/// What a launch makes.
#[derive(Clone, Copy)]
enum Gradient {
    Queries,
    Keys,
    Values,
    KeysAndValues,
}

/// One launch: its kernel, how many rows pass by at a time, and its blocks.
struct Pass {
    gradient: Gradient,
    kernel: &'static str,
    tile: u32,
    blocks: u32,
}

/// The launches that make all gradients.
fn passes(sizes: &Sizes) -> Result<Vec<Pass>, String> {
    use Gradient::{Keys, KeysAndValues, Queries, Values};
    let kernels: &[(Gradient, &'static str, u32)] = match sizes.padded_width() {
        64 => &[
            (Queries, "attention_queries_64", 64),
            (KeysAndValues, "attention_keys_values_64", 32),
        ],
        128 => &[
            (Queries, "attention_queries_128", 32),
            (KeysAndValues, "attention_keys_values_128", 32),
        ],
        192 => &[
            (Queries, "attention_queries_192", 16),
            (Keys, "attention_keys_192", 16),
            (Values, "attention_values_192", 16),
        ],
        _ => &[
            (Queries, "attention_queries_256", 16),
            (Keys, "attention_keys_256", 16),
            (Values, "attention_values_256", 16),
        ],
    };
    let pass = |&(gradient, kernel, tile)| {
        let blocks = match gradient {
            Queries => sizes.blocks(ROWS)?,
            Keys | Values | KeysAndValues => sizes.key_blocks(ROWS)?,
        };
        Ok(Pass {
            gradient,
            kernel,
            tile,
            blocks,
        })
    };
    kernels.iter().map(pass).collect()
}

/// Sums of the gradient times what was found, one for each query.
fn launch_slopes(
    stream: CUstream,
    mut found: Given,
    operands: Operands,
    mut sizes: Sizes,
) -> Result<(), String> {
    let mut queries = sizes.blocks(1)?;
    let mut grad = operands.given[3];
    let mut slopes = operands.slopes;
    let mut arguments = [
        argument(&mut found),
        argument(&mut grad),
        argument(&mut slopes),
        argument(&mut sizes),
        argument(&mut queries),
    ];
    let extent = Extent {
        grid: [queries.div_ceil(THREADS / 32), 1, 1],
        block: [THREADS, 1, 1],
        shared: 0,
    };
    // SAFETY: the arguments are those of the kernel, and every index it forms lies in the sizes given.
    unsafe { BACKWARD.launch(stream, "attention_slopes", extent, &mut arguments) }
}

/// One or two gradients.
fn launch(
    stream: CUstream,
    pass: &Pass,
    mut operands: Operands,
    [mut first, mut second]: [u64; 2],
    mut sizes: Sizes,
) -> Result<(), String> {
    let mut arguments = [
        argument(&mut operands),
        argument(&mut first),
        argument(&mut second),
        argument(&mut sizes),
    ];
    let extent = Extent {
        grid: [pass.blocks, 1, 1],
        block: [THREADS, 1, 1],
        // Two operands of the block's own rows, and two stages of two that pass by.
        shared: 2 * sizes.padded_width() * (2 * ROWS + 4 * pass.tile),
    };
    // SAFETY: the arguments are those of the kernel, and every index it forms lies in the sizes given.
    unsafe { BACKWARD.launch(stream, pass.kernel, extent, &mut arguments) }
}
