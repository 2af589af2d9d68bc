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

/// What decides which tokens are plausible.
pub(super) struct Judge {
    /// Logits of the shape of those that are drawn from.
    pub own: CubeTensor,
    /// The share of its row's largest probability by them that a token must have.
    pub share: f32,
}

/// What decides the tokens that are drawn.
struct Chance {
    /// A number for each row.
    uniforms: CubeTensor,
    temperature: f32,
    judge: Option<Judge>,
}

/// The first place of the largest logit of each row, as i32, and its probability: `[rows, codes] → [rows]` each.
pub(super) fn likeliest(logits: CubeTensor) -> (CubeTensor, CubeTensor) {
    pick(logits, None)
}

/// A token drawn for each row by inversion, as i32, of those that are plausible where there is a judge, and its
/// probability among them without temperature.
pub(super) fn draw(
    logits: CubeTensor,
    judge: Option<Judge>,
    uniforms: CubeTensor,
    temperature: f32,
) -> (CubeTensor, CubeTensor) {
    let judge = judge.map(|Judge { own, share }| Judge {
        own: with_dense_rows(own),
        share,
    });
    let chance = Chance {
        uniforms: into_contiguous(uniforms),
        temperature,
        judge,
    };
    pick(logits, Some(chance))
}

fn pick(logits: CubeTensor, chance: Option<Chance>) -> (CubeTensor, CubeTensor) {
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
    let judge = chance.as_ref().and_then(|chance| chance.judge.as_ref());
    let matrices: Vec<&CubeTensor> = [&logits]
        .into_iter()
        .chain(judge.map(|judge| &judge.own))
        .collect();
    // Rows need not be whole packs, only begin where one may.
    let mut packed = u32::from(are_packed(&matrices, 4));
    let pitch = |matrix: &CubeTensor| matrix.meta.strides()[0] as i64;
    let mut own_pitch = judge.map_or(0, |judge| pitch(&judge.own));
    let mut distance = judge.map_or(0.0, |judge| judge.share.ln());
    let mut pitch = pitch(&logits);
    let mut inverse = chance.as_ref().map(|chance| 1.0 / chance.temperature);
    let judges = judge.is_some();
    let reads: Vec<_> = matrices
        .into_iter()
        .chain(chance.as_ref().map(|chance| &chance.uniforms))
        .map(|tensor| &tensor.handle)
        .collect();
    enqueue(
        &reads,
        &[&tokens.handle, &confidence.handle],
        move |stream, pointers| {
            let narrow = |size: usize| {
                i32::try_from(size).map_err(|_| format!("{rows} × {codes} logits are too many"))
            };
            let (height, mut width) = (narrow(rows)?, narrow(codes)?);
            let mut pointers = pointers.to_vec();
            if inverse.is_some() && !judges {
                // One that is absent is not looked at.
                pointers.insert(1, 0);
            }
            let mut arguments: Vec<_> = pointers.iter_mut().map(argument).collect();
            arguments.extend([
                argument(&mut width),
                argument(&mut pitch),
                argument(&mut packed),
            ]);
            let kernel = match &mut inverse {
                None => "likeliest",
                Some(inverse) => {
                    arguments.extend([
                        argument(inverse),
                        argument(&mut own_pitch),
                        argument(&mut distance),
                    ]);
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
