//! The fused cross-entropy: cuBLASLt's products, and between them one kernel for each chunk of logits.

mod chunks;
mod launches;
mod skipping;
mod tiles;

use burn::tensor::{DType, Shape};
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cudarc::driver::sys::CUstream;

use super::program::{Extent, Program, argument};
use super::rows::with_dense_rows;
use super::scratch::Scratch;
use super::stream::enqueue;
use crate::backend::{cast, head_gradient};
use crate::cross_entropy::plan::{Plan, Sizes};
use crate::cross_entropy::{Chunk, Terms};
use launches::{Launches, Outputs, Request};

const PROGRAM: Program = Program {
    name: "cross_entropy.cu",
    source: include_str!("cross_entropy.cu"),
};

/// Rows, head, and what is asked of them.
pub(super) struct Given {
    hidden: CubeTensor,
    /// In the type of `hidden`.
    weight: CubeTensor,
    picks: CubeTensor,
    shares: CubeTensor,
    terms: Terms,
    sizes: Sizes,
    /// The type of the head's gradient.
    gradient: DType,
}

impl Given {
    pub(super) fn new(
        hidden: CubeTensor,
        weight: CubeTensor,
        picks: CubeTensor,
        shares: CubeTensor,
        terms: Terms,
    ) -> Self {
        let gradient = head_gradient(hidden.dtype, weight.dtype);
        let hidden = with_dense_rows(hidden);
        let weight = cast::<CubeBackend>(weight, hidden.dtype.into());
        let weight = with_dense_rows(weight);
        let sizes = Sizes {
            rows: hidden.meta.shape()[0],
            width: hidden.meta.shape()[1],
            codes: weight.meta.shape()[0],
            operand: hidden.dtype.size(),
            gradient: gradient.size(),
            levels: terms.levels.len(),
            // The card says it, when it is asked.
            tiled: false,
            skipping: false,
        };
        Self {
            hidden,
            weight,
            picks: into_contiguous(picks),
            shares: into_contiguous(shares),
            terms,
            sizes,
            gradient,
        }
    }

    /// The loss of each row, `[rows]`.
    pub(super) fn losses(self, chunk: Chunk) -> CubeTensor {
        let losses = self.room(Shape::new([self.sizes.rows]), DType::F32);
        let request = self.request();
        enqueue(
            &[
                &self.hidden.handle,
                &self.weight.handle,
                &self.picks.handle,
                &self.shares.handle,
            ],
            &[&losses.handle],
            move |stream, pointers| {
                let &[hidden, weight, picks, shares, losses] = pointers else {
                    return Err("the losses need five buffers".into());
                };
                let outputs = Outputs {
                    losses,
                    gradients: None,
                };
                // SAFETY: the pointers are those of tensors of the shapes and types that `request` was made from, valid
                // until the task ends and, on this stream, until its work is done.
                unsafe {
                    run(
                        &request,
                        stream,
                        [hidden, weight, picks, shares],
                        outputs,
                        chunk,
                    )
                }
            },
        );
        losses
    }

    /// The loss of each row, and the gradients of their sum weighted by `row_weights` in hidden vectors and head.
    pub(super) fn with_gradients(
        self,
        row_weights: CubeTensor,
        chunk: Chunk,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        let Sizes {
            rows, width, codes, ..
        } = self.sizes;
        let row_weights = into_contiguous(row_weights);
        let losses = self.room(Shape::new([rows]), DType::F32);
        let in_hidden = self.room(Shape::new([rows, width]), self.hidden.dtype);
        let in_weight = self.room(Shape::new([codes, width]), self.gradient);
        let request = self.request();
        enqueue(
            &[
                &self.hidden.handle,
                &self.weight.handle,
                &self.picks.handle,
                &self.shares.handle,
                &row_weights.handle,
            ],
            &[&losses.handle, &in_hidden.handle, &in_weight.handle],
            move |stream, pointers| {
                let &[
                    hidden,
                    weight,
                    picks,
                    shares,
                    weights,
                    losses,
                    in_hidden,
                    in_weight,
                ] = pointers
                else {
                    return Err("losses and gradients need eight buffers".into());
                };
                let outputs = Outputs {
                    losses,
                    gradients: Some([weights, in_hidden, in_weight]),
                };
                // SAFETY: as for the losses alone.
                unsafe {
                    run(
                        &request,
                        stream,
                        [hidden, weight, picks, shares],
                        outputs,
                        chunk,
                    )
                }
            },
        );
        (losses, in_hidden, in_weight)
    }

    fn request(&self) -> Request {
        Request {
            sizes: self.sizes,
            picks: self.picks.meta.shape()[1],
            terms: self.terms.clone(),
            hidden_pitch: self.hidden.meta.strides()[0],
            weight_pitch: self.weight.meta.strides()[0],
            wide: self.hidden.dtype == DType::F32,
            wide_gradient: self.gradient == DType::F32,
        }
    }

    fn room(&self, shape: Shape, dtype: DType) -> CubeTensor {
        let (client, device) = (self.hidden.client.clone(), self.hidden.device.clone());
        empty_device_contiguous_dtype(client, device, shape, dtype)
    }
}

/// Queues everything on `stream`, with as much memory as `chunk` says or, where the card has not that much, with less.
///
/// # Safety
/// As for [`Launches::run`].
unsafe fn run(
    request: &Request,
    stream: CUstream,
    operands: [u64; 4],
    outputs: Outputs,
    chunk: Chunk,
) -> Result<(), String> {
    let tiled = tiles::served(request, operands)?;
    let sizes = Sizes {
        tiled,
        skipping: tiled && chunk.skip > 0.0 && skipping::served(request),
        ..request.sizes
    };
    let mut bytes = chunk.bytes;
    let mut refused = usize::MAX;
    loop {
        let plan = if outputs.gradients.is_some() {
            Plan::of_gradients(sizes, bytes)
        } else {
            Plan::of_losses(sizes, bytes)
        };
        let launches = Launches::new(request, sizes, plan, chunk.skip);
        let needed = launches.memory.bytes;
        if let Some(scratch) = Scratch::take(stream, needed)? {
            // SAFETY: the caller vouches for all but the scratch, which is as large as the launches ask.
            return unsafe { launches.run(stream, operands, outputs, scratch.address) };
        }
        if needed >= refused {
            return Err(format!(
                "OutOfMemory: the cross-entropy wants {needed} bytes of the card beside operands and gradients"
            ));
        }
        refused = needed;
        bytes = needed / 2;
    }
}

/// `x` times a number, in the memory of `x` where nobody else holds it; a number of 1 costs next to nothing.
pub(super) fn scale(x: CubeTensor, factor: CubeTensor) -> CubeTensor {
    let own = x.can_mut() && x.is_contiguous();
    let x = if own { x } else { x.copy() };
    let x = into_contiguous(x);
    let mut count = x.meta.shape().num_elements() as u64;
    let kernel = if x.dtype == DType::F32 {
        "times_f32"
    } else {
        "times_bf16"
    };
    enqueue(&[&factor.handle], &[&x.handle], move |stream, pointers| {
        let (mut factor, mut numbers) = (pointers[0], pointers[1]);
        let extent = Extent {
            grid: [
                u32::try_from(count.div_ceil(2048))
                    .unwrap_or(u32::MAX)
                    .clamp(1, 2048),
                1,
                1,
            ],
            block: [256, 1, 1],
            shared: 0,
        };
        let mut arguments = [
            argument(&mut numbers),
            argument(&mut count),
            argument(&mut factor),
        ];
        // SAFETY: the arguments are those of the kernel, and it writes `count` numbers in place.
        unsafe { PROGRAM.launch(stream, kernel, extent, &mut arguments) }
    });
    x
}
