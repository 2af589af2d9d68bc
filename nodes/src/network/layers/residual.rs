//! The residual block of convolutional networks.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, activation::silu};
use kernels::Resolution;

use super::{Init, Linear, rms_norm};

const EPSILON: f64 = 1e-6;

/// Two 3×3 convolutions that change a picture a little, each behind a norm and an activation.
#[derive(Module, Debug)]
pub struct ResidualBlock {
    conv_1: Linear,
    conv_2: Linear,
}

impl ResidualBlock {
    /// A block that starts close to doing nothing.
    pub fn new(channels: usize, init: &mut Init) -> Self {
        Self {
            conv_1: Linear::new(9 * channels, channels, 1.0, init),
            conv_2: Linear::new(9 * channels, channels, 0.1, init),
        }
    }

    /// `x + conv(silu(norm(conv(silu(norm(x))))))`
    ///
    /// Shapes: `x [batch, height, width, channels]` → the same.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let change = silu(rms_norm(x.clone(), EPSILON));
        let change = convolve(&self.conv_1, change, None);
        convolve(&self.conv_2, silu(rms_norm(change, EPSILON)), Some(x))
    }
}

/// The convolution whose taps are the inputs of `layer`, plus `addend`.
fn convolve(layer: &Linear, x: Tensor<4>, addend: Option<Tensor<4>>) -> Tensor<4> {
    let weight = layer.weight.matrix(x.dtype().into());
    let bias = layer.bias.as_ref().map(Param::val);
    kernels::convolution_3x3(x, weight, bias, addend, Resolution::Kept)
}
