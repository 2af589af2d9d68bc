//! Copies from one place of a card to another.

use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cudarc::driver::result;

use super::stream::enqueue;

/// `target`, whose memory takes the numbers of `source`: two of one shape and type, and `target` is dense.
pub(super) fn overwrite(target: CubeTensor, source: CubeTensor) -> CubeTensor {
    copy(&into_contiguous(source), &target);
    target
}

/// The numbers of `x` in memory of their own.
pub(super) fn duplicate(x: CubeTensor) -> CubeTensor {
    let x = into_contiguous(x);
    let (client, device, shape) = (x.client.clone(), x.device.clone(), x.meta.shape().clone());
    let out = empty_device_contiguous_dtype(client, device, shape, x.dtype);
    copy(&x, &out);
    out
}

/// Queues the copy of dense numbers to where as many of the same type lie.
fn copy(from: &CubeTensor, to: &CubeTensor) {
    let bytes = from.meta.num_elements() * from.dtype.size();
    let alike = to.meta.num_elements() == from.meta.num_elements() && to.dtype == from.dtype;
    let fit = alike && from.is_contiguous() && to.is_contiguous();
    enqueue(&[&from.handle], &[&to.handle], move |stream, pointers| {
        if !fit {
            return Err("what is copied does not fit where it shall go".into());
        }
        let (from, to) = (pointers[0], pointers[1]);
        // SAFETY: both are memory of tensors that hold so many bytes, and the copy is behind all that was queued.
        unsafe { result::memcpy_dtod_async(to, from, bytes, stream) }
            .map_err(|error| format!("cannot copy {bytes} bytes on the card: {error:?}"))
    });
}
