//! Normalisation of groups of channels, as published networks have it.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::Init;

/// Normalisation of groups of channels, with a gain and a shift for each channel.
#[derive(Module, Debug)]
pub struct GroupNorm {
    /// `[channels]`.
    gamma: Param<Tensor<1>>,
    /// `[channels]`.
    beta: Param<Tensor<1>>,
    #[module(skip)]
    groups: usize,
    #[module(skip)]
    epsilon: f64,
}

impl GroupNorm {
    /// A norm of `channels` in `groups` that changes nothing but mean and scale.
    pub fn new(channels: usize, groups: usize, epsilon: f64, init: &Init) -> Self {
        Self {
            gamma: init.constant_parameter([channels], 1.0),
            beta: init.constant_parameter([channels], 0.0),
            groups,
            epsilon,
        }
    }

    /// The norm alone.
    ///
    /// Shapes: `x [batch, height, width, channels]` → the same.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.normalised(x, false)
    }

    /// `y·σ(y)` of the norm.
    ///
    /// Shapes: as for [`GroupNorm::forward`].
    pub fn activated(&self, x: Tensor<4>) -> Tensor<4> {
        self.normalised(x, true)
    }

    fn normalised(&self, x: Tensor<4>, silu: bool) -> Tensor<4> {
        let norm = kernels::GroupNorm {
            groups: self.groups,
            epsilon: self.epsilon as f32,
            silu,
        };
        kernels::group_norm(x, self.gamma.val(), self.beta.val(), norm)
    }
}
