//! Root-mean-square normalisation with gains, which published networks have and small models do not.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::{Init, rms_norm};

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
        let dtype = x.dtype();
        let y = rms_norm(x, epsilon);
        match &self.weight {
            None => y,
            Some(weight) => {
                let mut shape = [1; D];
                shape[D - 1] = weight.dims()[0];
                (y * weight.val().cast(dtype).reshape(shape)).cast(dtype)
            }
        }
    }
}
