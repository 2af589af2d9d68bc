//! Normalisation of groups of channels, for pictures whose channels come last.

pub(crate) mod parity;

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::backend::TensorKernels;

/// How groups of channels are normalised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupNorm {
    /// How many groups the channels form; neighbouring channels are in one.
    pub groups: usize,
    /// What keeps a group finite whose numbers are all alike.
    pub epsilon: f32,
    /// Whether `y·σ(y)` of the result is wanted instead of the result `y`.
    pub silu: bool,
}

/// Each picture's groups of channels at mean 0 and variance 1, scaled and shifted channel by channel, and with an
/// activation behind it where wanted.
///
/// `y = gain·(x − mean) / √(variance + ε) + shift`, or `y·σ(y)` of that; mean and variance are those of all positions
/// and channels of a group.
///
/// Computed in f32, in the type of `x` when it comes out.
///
/// Shapes: `x [batch, height, width, channels]`, `gain` and `shift [channels]` → as `x`.
/// Panics: when `gain` or `shift` does not have one number for each channel, or the groups do not divide the channels.
pub fn group_norm(x: Tensor<4>, gain: Tensor<1>, shift: Tensor<1>, norm: GroupNorm) -> Tensor<4> {
    let [_, _, _, channels] = x.dims();
    assert_eq!(
        (gain.dims(), shift.dims()),
        ([channels], [channels]),
        "group_norm: gain and shift must have one number for each of the {channels} channels"
    );
    assert!(
        norm.groups > 0 && channels.is_multiple_of(norm.groups),
        "group_norm: {channels} channels do not form {} groups",
        norm.groups
    );
    let (x, gain, shift) = (
        x.into_dispatch(),
        gain.into_dispatch(),
        shift.into_dispatch(),
    );
    Tensor::from_dispatch(<Dispatch as TensorKernels>::group_norm(
        x, gain, shift, norm,
    ))
}
