//! Convolutions as published checkpoints store them, on pictures whose channels come last.

use burn::module::{Module, Param};
use burn::tensor::{FloatDType, Tensor};
use kernels::Resolution;

use super::Init;

/// A convolution of 3 × 3 taps, or of a single one.
#[derive(Module, Debug)]
pub struct Convolution {
    /// `[out, in, height, width]`.
    weight: Param<Tensor<4>>,
    /// `[out]`.
    bias: Param<Tensor<1>>,
}

impl Convolution {
    /// A convolution of `side × side` taps, which are 1 or 9, that keeps the spread of its inputs.
    pub fn new(inputs: usize, outputs: usize, side: usize, init: &mut Init) -> Self {
        let deviation = 1.0 / ((inputs * side * side) as f32).sqrt();
        Self {
            weight: init.normal_parameter([outputs, inputs, side, side], deviation),
            bias: init.constant_parameter([outputs], 0.0),
        }
    }

    /// The convolution of 3 × 3 taps, plus `addend` where there is one, in the type of `x`.
    ///
    /// Shapes: `x [batch, height, width, in]` → `[batch, height, width, out]`, with the sides that `resolution` makes.
    pub fn around(
        &self,
        x: Tensor<4>,
        addend: Option<Tensor<4>>,
        resolution: Resolution,
    ) -> Tensor<4> {
        let [outputs, inputs, _, _] = self.weight.dims();
        let weight = self.weight.val().permute([0, 2, 3, 1]);
        let weight = weight.reshape([outputs, 9 * inputs]);
        kernels::convolution_3x3(x, weight, Some(self.bias.val()), addend, resolution)
    }

    /// The convolution of a single tap: a linear layer for each position, in the type of `x`.
    ///
    /// Shapes: `x [.., in]` → `[.., out]`.
    pub fn point<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let [outputs, inputs, _, _] = self.weight.dims();
        let weight = self.weight.val().reshape([outputs, inputs]);
        kernels::linear(x, weight, Some(self.bias.val()))
    }

    /// The same convolution with its weight in `dtype`, and in memory as [`Convolution::around`] reads it.
    #[must_use]
    pub fn laid(mut self, dtype: FloatDType) -> Self {
        let [outputs, inputs, height, width] = self.weight.dims();
        self.weight = self.weight.map(|weight| {
            let taps = weight.cast(dtype).permute([0, 2, 3, 1]);
            // Only through another shape are the numbers put in that order.
            let taps: Tensor<2> = taps.reshape([outputs, height * width * inputs]);
            let taps: Tensor<4> = taps.reshape([outputs, height, width, inputs]);
            taps.permute([0, 3, 1, 2])
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::module::conv2d;
    use burn::tensor::ops::{ConvOptions, PadMode};
    use burn::tensor::{Device, FloatDType, Tensor};
    use graph::param::Seed;
    use graph::random::Random;
    use kernels::Resolution;

    use super::Convolution;
    use crate::network::layers::Init;

    fn init() -> Init {
        Init::new(Random::new(Seed(5)), 0, &Device::flex())
    }

    fn apart(one: Tensor<4>, other: Tensor<4>) -> f32 {
        assert_eq!(one.dims(), other.dims());
        (one - other).abs().max().into_scalar::<f32>()
    }

    /// What burn makes of it, channels first.
    fn expected(layer: &Convolution, x: Tensor<4>, stride: usize, around: usize) -> Tensor<4> {
        let options = ConvOptions::new([stride; 2], [around; 2], [1; 2], 1);
        let (weight, bias) = (layer.weight.val(), layer.bias.val());
        let y = conv2d(x.permute([0, 3, 1, 2]), weight, Some(bias), options);
        y.permute([0, 2, 3, 1])
    }

    #[test]
    fn a_published_weight_does_what_it_does_elsewhere() {
        let mut init = init();
        let layer = Convolution::new(3, 5, 3, &mut init);
        let x = init.normal([2, 6, 4, 3], 1.0);
        let kept = layer.around(x.clone(), None, Resolution::Kept);
        assert!(apart(kept, expected(&layer, x.clone(), 1, 1)) < 1e-5);

        let halved = layer.around(x.clone(), None, Resolution::Halved);
        let padded = x.permute([0, 3, 1, 2]);
        let padded = padded.pad((0, 1, 0, 1), PadMode::Constant(0.0));
        let padded = padded.permute([0, 2, 3, 1]);
        assert!(apart(halved, expected(&layer, padded, 2, 0)) < 1e-5);

        let point = Convolution::new(3, 2, 1, &mut init);
        let x = init.normal([1, 2, 3, 3], 1.0);
        let expected = expected(&point, x.clone(), 1, 0);
        assert!(apart(point.point(x), expected) < 1e-5);
    }

    #[test]
    fn a_weight_laid_otherwise_does_the_same() {
        let mut init = init();
        let layer = Convolution::new(4, 3, 3, &mut init);
        let x = init.normal([1, 5, 4, 4], 1.0);
        let addend = init.normal([1, 10, 8, 3], 1.0);
        let run = |layer: &Convolution| {
            layer.around(x.clone(), Some(addend.clone()), Resolution::Doubled)
        };
        let before = run(&layer);
        let layer = layer.laid(FloatDType::F32);
        assert_eq!(layer.weight.dims(), [3, 4, 3, 3]);
        assert_eq!(apart(run(&layer), before), 0.0);
    }
}
