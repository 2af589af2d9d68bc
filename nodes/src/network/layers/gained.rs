//! Root-mean-square normalisation with gains, which published networks have and small models do not.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::Init;

/// Root-mean-square normalisation, with a gain for each number where the network has them.
#[derive(Module, Debug)]
pub struct Norm {
    /// `[width]`.
    pub weight: Option<Param<Tensor<1>>>,
}

impl Norm {
    /// A norm that changes nothing but the scale.
    pub fn new(width: usize, gains: bool, init: &Init) -> Self {
        Self {
            weight: gains.then(|| init.constant_parameter([width], 1.0)),
        }
    }

    /// `x / √(mean(x²) + ε) · gain`, computed in f32, in the type of `x`.
    pub fn forward<const D: usize>(&self, x: Tensor<D>, epsilon: f64) -> Tensor<D> {
        kernels::rms_norm(x, self.gain(), epsilon as f32)
    }

    /// `s = x + change`, and [`forward`](Self::forward) of that.
    pub fn behind<const D: usize>(
        &self,
        x: Tensor<D>,
        change: Tensor<D>,
        epsilon: f64,
    ) -> (Tensor<D>, Tensor<D>) {
        kernels::add_rms_norm(x, change, self.gain(), epsilon as f32)
    }

    fn gain(&self) -> Option<Tensor<1>> {
        self.weight.as_ref().map(Param::val)
    }
}
