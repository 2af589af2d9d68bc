//! Launches that fail on purpose, for the check that nobody reads what they should have written.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::{CubeBackend, tensor::CubeTensor};

use super::stream::enqueue;

/// How a launch fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It says so.
    Error,
    /// It panics.
    Panic,
}

/// What no device can do.
#[backend_extension(Cube, Fusion)]
pub trait FailingKernels: Backend {
    /// Fails once it is its turn on the device; the result is in the shape and type of `x`.
    #[fusion(dtype = x, shape = x)]
    fn fail(x: FloatTensor<Self>, fault: Fault) -> FloatTensor<Self>;
}

impl FailingKernels for CubeBackend {
    fn fail(x: CubeTensor, fault: Fault) -> CubeTensor {
        let (client, device) = (x.client.clone(), x.device.clone());
        let shape = x.meta.shape().clone();
        let out = empty_device_contiguous_dtype(client, device, shape, x.dtype);
        enqueue(&[&x.handle], &[&out.handle], move |_, _| match fault {
            Fault::Error => Err("this launch fails on purpose".into()),
            Fault::Panic => panic!("this launch panics on purpose"),
        });
        out
    }
}

/// A launch that fails, on a card alone.
pub(crate) fn fail(x: Tensor<2>, fault: Fault) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as FailingKernels>::fail(x.into_dispatch(), fault))
}
