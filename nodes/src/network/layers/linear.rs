//! The linear layer.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::{Init, Weight};

/// A linear layer: `x·Wᵀ + b`, in the type of `x`.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[out, in]`.
    pub weight: Weight,
    /// `[out]`.
    pub bias: Option<Param<Tensor<1>>>,
}

impl Linear {
    /// A layer with a bias whose outputs start with `gain` times the spread of its inputs.
    pub fn new(inputs: usize, outputs: usize, gain: f32, init: &mut Init) -> Self {
        let mut layer = Self::without_bias(inputs, outputs, gain, init);
        layer.bias = Some(init.constant_parameter([outputs], 0.0));
        layer
    }

    /// The same without a bias.
    pub fn without_bias(inputs: usize, outputs: usize, gain: f32, init: &mut Init) -> Self {
        let deviation = gain / (inputs as f32).sqrt();
        Self {
            weight: Weight::new([outputs, inputs], deviation, init),
            bias: None,
        }
    }

    /// The layer with a bias where `bias` is true.
    pub fn with_bias_if(
        bias: bool,
        inputs: usize,
        outputs: usize,
        gain: f32,
        init: &mut Init,
    ) -> Self {
        if bias {
            Self::new(inputs, outputs, gain, init)
        } else {
            Self::without_bias(inputs, outputs, gain, init)
        }
    }

    /// `x·Wᵀ + b` for every vector along the last dimension.
    ///
    /// Shapes: `x [.., in]` → `[.., out]`.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let weight = self.weight.matrix(x.dtype().into());
        kernels::linear(x, weight, self.bias.as_ref().map(Param::val))
    }
}
