//! What a sampler's step lays and replaces, a block to each picture.

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;

use super::program::{Extent, Program, argument};
use super::stream::enqueue;
use crate::sampling::POSITIONS_MAX;

const PROGRAM: Program = Program {
    name: "step.cu",
    source: include_str!("step.cu"),
};

/// Threads of a block, at most; each holds as many positions as `step.cu` says.
const THREADS: usize = 1024;

/// Whether [`step`] serves these operands: `words` are tokens, codes, frames and turns.
pub(super) fn serves(words: &[CubeTensor; 4], confidence: &CubeTensor) -> bool {
    let are_whole = words.iter().all(|words| words.dtype == DType::I32);
    let positions = words[1].meta.shape()[1];
    are_whole && confidence.dtype == DType::F32 && (1..=POSITIONS_MAX).contains(&positions)
}

/// What a step leaves of pictures: `[pictures, positions]` codes to `[4 · pictures, positions]`.
pub(super) fn step(words: [CubeTensor; 4], confidence: CubeTensor, mask: u32) -> CubeTensor {
    let [tokens, codes, frames, turns] = words.map(into_contiguous);
    let confidence = into_contiguous(confidence);
    let [pictures, positions] = [codes.meta.shape()[0], codes.meta.shape()[1]];
    let (client, device) = (codes.client.clone(), codes.device.clone());
    let shape = Shape::new([4 * pictures, positions]);
    let out = empty_device_contiguous_dtype(client, device, shape, DType::I32);
    if pictures == 0 {
        return out;
    }
    let reads = [&tokens, &confidence, &codes, &frames, &turns].map(|x| &x.handle);
    enqueue(&reads, &[&out.handle], move |stream, pointers| {
        let mut pointers = pointers.to_vec();
        let (mut count, mut mask) = (positions as u32, mask.cast_signed());
        let blocks = u32::try_from(pictures).map_err(|_| "there are too many pictures")?;
        let mut arguments: Vec<_> = pointers.iter_mut().map(argument).collect();
        arguments.extend([argument(&mut count), argument(&mut mask)]);
        let extent = Extent {
            grid: [blocks, 1, 1],
            block: [positions.next_multiple_of(32).min(THREADS) as u32, 1, 1],
            shared: 0,
        };
        // SAFETY: the arguments are those of the kernel, and the shapes were looked at when the step was asked for: every
        // place below the number of positions that a frame names lies in its picture.
        unsafe { PROGRAM.launch(stream, "step", extent, &mut arguments) }
    });
    out
}

/// The numbers that have these bits, in the same memory.
pub(super) fn from_bits(bits: CubeTensor) -> CubeTensor {
    let bits = into_contiguous(bits);
    let (client, device, shape) = (
        bits.client.clone(),
        bits.device.clone(),
        bits.meta.shape().clone(),
    );
    CubeTensor::new_contiguous(client, device, shape, bits.handle.clone(), DType::F32)
}
