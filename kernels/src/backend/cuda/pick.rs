//! Tokens of rows of logits, one block to a row.

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;

use super::norm::are_packed;
use super::program::{Extent, Program, argument};
use super::rows::with_dense_rows;
use super::stream::enqueue;

const PROGRAM: Program = Program {
    name: "pick.cu",
    source: include_str!("pick.cu"),
};

/// Threads of a block, as the kernels expect them.
const THREADS: u32 = 256;

/// The first place of the largest logit of each row, as i32, and its probability: `[rows, codes] → [rows]` each.
pub(super) fn likeliest(logits: CubeTensor) -> (CubeTensor, CubeTensor) {
    pick(logits, None)
}

/// A token drawn for each row by inversion, as i32, and its probability without temperature.
pub(super) fn draw(
    logits: CubeTensor,
    uniforms: CubeTensor,
    temperature: f32,
) -> (CubeTensor, CubeTensor) {
    pick(logits, Some((into_contiguous(uniforms), temperature)))
}

fn pick(logits: CubeTensor, chance: Option<(CubeTensor, f32)>) -> (CubeTensor, CubeTensor) {
    let logits = with_dense_rows(logits);
    let [rows, codes] = [logits.meta.shape()[0], logits.meta.shape()[1]];
    let room = |dtype: DType| {
        let (client, device) = (logits.client.clone(), logits.device.clone());
        empty_device_contiguous_dtype(client, device, Shape::new([rows]), dtype)
    };
    let (tokens, confidence) = (room(DType::I32), room(DType::F32));
    if rows == 0 {
        return (tokens, confidence);
    }
    let mut pitch = logits.meta.strides()[0] as i64;
    // Rows need not be whole packs, only begin where one may.
    let mut packed = u32::from(are_packed(&[&logits], 4));
    let mut inverse = chance.as_ref().map(|(_, temperature)| 1.0 / temperature);
    let mut reads = vec![&logits.handle];
    reads.extend(chance.as_ref().map(|(uniforms, _)| &uniforms.handle));
    enqueue(
        &reads,
        &[&tokens.handle, &confidence.handle],
        move |stream, pointers| {
            let narrow = |size: usize| {
                i32::try_from(size).map_err(|_| format!("{rows} × {codes} logits are too many"))
            };
            let (height, mut width) = (narrow(rows)?, narrow(codes)?);
            let mut pointers = pointers.to_vec();
            let mut arguments: Vec<_> = pointers.iter_mut().map(argument).collect();
            arguments.extend([
                argument(&mut width),
                argument(&mut pitch),
                argument(&mut packed),
            ]);
            let kernel = match &mut inverse {
                None => "likeliest",
                Some(inverse) => {
                    arguments.push(argument(inverse));
                    "draw"
                }
            };
            let extent = Extent {
                grid: [height.unsigned_abs(), 1, 1],
                block: [THREADS, 1, 1],
                shared: 0,
            };
            // SAFETY: the arguments are those of the kernel, and every index it forms lies in the shapes given.
            unsafe { PROGRAM.launch(stream, kernel, extent, &mut arguments) }
        },
    );
    (tokens, confidence)
}
