//! Layer normalisation.

use burn::module::{Module, Param};
use burn::tensor::{DType, Tensor};

use super::Init;

/// Every vector along the last dimension brought to mean 0 and variance 1, then scaled and shifted by number.
#[derive(Module, Debug)]
pub struct LayerNorm {
    /// `[width]`.
    weight: Option<Param<Tensor<1>>>,
    /// `[width]`.
    bias: Option<Param<Tensor<1>>>,
}

impl LayerNorm {
    /// A norm that neither scales nor shifts.
    pub fn new(width: usize, gains: bool, bias: bool, init: &Init) -> Self {
        let row =
            |wanted: bool, value: f32| wanted.then(|| init.constant_parameter([width], value));
        Self {
            weight: row(gains, 1.0),
            bias: row(bias, 0.0),
        }
    }

    /// `(x − mean x) / √(var x + ε) · weight + bias`, computed in f32, in the type of `x`.
    ///
    /// Shapes: `x [.., width]` → the same.
    /// Source: Ba et al., "Layer normalization", 2016.
    pub fn forward<const D: usize>(&self, x: Tensor<D>, epsilon: f64) -> Tensor<D> {
        let dtype = x.dtype();
        let x = x.cast(DType::F32);
        let centred = x.clone() - x.mean_dim(D - 1);
        let variance = (centred.clone() * centred.clone()).mean_dim(D - 1);
        let mut y = centred / variance.add_scalar(epsilon).sqrt();
        let mut shape = [1; D];
        shape[D - 1] = y.dims()[D - 1];
        if let Some(weight) = &self.weight {
            y = y * weight.val().reshape(shape);
        }
        if let Some(bias) = &self.bias {
            y = y + bias.val().reshape(shape);
        }
        y.cast(dtype)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};
    use graph::param::Seed;
    use graph::random::Random;

    use super::LayerNorm;
    use crate::network::layers::Init;

    #[test]
    fn each_row_gets_mean_zero_and_variance_one() {
        let device = Device::flex();
        let norm = LayerNorm::new(4, true, true, &Init::new(Random::new(Seed(1)), 0, &device));
        let x = Tensor::<2>::from_floats([[1.0, 3.0, 1.0, 3.0], [10.0, 10.0, 14.0, 14.0]], &device);
        let y: Vec<f32> = norm
            .forward(x, 0.0)
            .into_data()
            .try_into_vec()
            .expect("f32");
        assert_eq!(y, [-1.0, 1.0, -1.0, 1.0, -1.0, -1.0, 1.0, 1.0]);
    }
}
