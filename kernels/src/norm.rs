//! Root-mean-square normalisation, with what stands around it in a transformer.

pub(crate) mod parity;

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::backend::TensorKernels;
use crate::rows::matrix;

/// Every vector along the last dimension scaled to a mean square of 1, and each of its numbers by a gain where there are
/// any; computed in f32, in the type of `x`.
///
/// `y = x / √(mean x² + ε) · gain`
///
/// Shapes: `x [.., channels]`, `gain [channels]` of any float type → the shape of `x`.
/// Panics: when there is not one gain for each channel.
/// Source: Zhang and Sennrich, "Root mean square layer normalization", 2019.
pub fn rms_norm<const D: usize>(x: Tensor<D>, gain: Option<Tensor<1>>, epsilon: f32) -> Tensor<D> {
    let dims = x.dims();
    let gain = gain.map(|gain| fitting(gain, &x));
    let x = matrix(x).into_dispatch();
    let y = match gain {
        None => <Dispatch as TensorKernels>::rms_norm(x, epsilon),
        Some(gain) => {
            <Dispatch as TensorKernels>::gained_rms_norm(x, gain.into_dispatch(), epsilon)
        }
    };
    Tensor::<2>::from_dispatch(y).reshape(dims)
}

/// What a residual layer does between two of its branches: adds what one has changed, and normalises for the next.
///
/// `s = x + change`, `y = s / √(mean s² + ε) · gain`, with `s` as it is rounded.
///
/// Shapes: `x` and `change [.., channels]` of one type, `gain [channels]` of any float type → `s` and `y`, as `x`.
/// Panics: when shapes or types differ, or there is not one gain for each channel.
pub fn add_rms_norm<const D: usize>(
    x: Tensor<D>,
    change: Tensor<D>,
    gain: Option<Tensor<1>>,
    epsilon: f32,
) -> (Tensor<D>, Tensor<D>) {
    let dims = x.dims();
    assert!(
        dims == change.dims() && x.dtype() == change.dtype(),
        "add_rms_norm: x {dims:?} of {:?} and change {:?} of {:?} must be of one shape and type",
        x.dtype(),
        change.dims(),
        change.dtype()
    );
    let gain = gain.map(|gain| fitting(gain, &x));
    let (x, change) = (matrix(x).into_dispatch(), matrix(change).into_dispatch());
    let (sum, y) = match gain {
        None => <Dispatch as TensorKernels>::add_rms_norm(x, change, epsilon),
        Some(gain) => {
            let gain = gain.into_dispatch();
            <Dispatch as TensorKernels>::add_gained_rms_norm(x, change, gain, epsilon)
        }
    };
    (
        Tensor::<2>::from_dispatch(sum).reshape(dims),
        Tensor::<2>::from_dispatch(y).reshape(dims),
    )
}

/// The gains in the type of `x`.
fn fitting<const D: usize>(gain: Tensor<1>, x: &Tensor<D>) -> Tensor<1> {
    let channels = x.dims()[D - 1];
    assert_eq!(
        gain.dims(),
        [channels],
        "rms_norm: there must be one gain for each of the {channels} channels of x"
    );
    gain.cast(x.dtype())
}
