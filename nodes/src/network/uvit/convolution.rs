//! The convolutions of a U-ViT, on pictures whose channels come last.

use burn::module::{Module, Param};
use burn::tensor::{DType, Tensor};

use crate::network::layers::{Init, depth_to_space, space_to_depth};

/// A convolution, its weight as in published checkpoints.
#[derive(Module, Debug)]
pub struct Convolution {
    /// `[out, in, height, width]`, but `[in, out, 2, 2]` where it enlarges.
    weight: Param<Tensor<4>>,
    /// `[out]`.
    bias: Option<Param<Tensor<1>>>,
}

impl Convolution {
    /// A convolution with a weight of `shape` and, where wanted, a bias for each of `outputs`.
    pub fn new(shape: [usize; 4], outputs: Option<usize>, init: &mut Init) -> Self {
        let reach: usize = shape[1..].iter().product();
        let deviation = 1.0 / (reach as f32).sqrt();
        Self {
            weight: init.normal_parameter(shape, deviation),
            bias: outputs.map(|outputs| init.constant_parameter([outputs], 0.0)),
        }
    }

    /// A 1 × 1 convolution: a linear layer for each position.
    ///
    /// Shapes: `x [.., in]` → `[.., out]`.
    pub fn point<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let [outputs, inputs, _, _] = self.weight.dims();
        let weight = self.weight.val().reshape([outputs, inputs]);
        kernels::linear(x, weight, self.bias())
    }

    /// A 3 × 3 convolution of each channel by itself, zero beyond the border, summed up in f32.
    ///
    /// Shapes: `x [batch, height, width, channels]` → the same.
    pub fn depthwise(&self, x: Tensor<4>) -> Tensor<4> {
        let dtype = x.dtype();
        let [b, h, w, c] = x.dims();
        let around: Tensor<3> = kernels::unfold_3x3(x).reshape([b * h * w, 9, c]);
        let weight = self.weight.val().reshape([c, 9]).swap_dims(0, 1);
        let sums = around.cast(DType::F32) * weight.reshape([1, 9, c]).cast(DType::F32);
        let sums: Tensor<4> = sums.sum_dim(1).reshape([b, h, w, c]);
        self.biased(sums).cast(dtype)
    }

    /// A 2 × 2 convolution of cells that do not overlap.
    ///
    /// Shapes: `x [batch, height, width, in]` → `[batch, height / 2, width / 2, out]`.
    pub fn halve(&self, x: Tensor<4>) -> Tensor<4> {
        let [outputs, inputs, _, _] = self.weight.dims();
        let weight = self.weight.val().permute([0, 2, 3, 1]);
        let weight = weight.reshape([outputs, 4 * inputs]);
        kernels::linear(space_to_depth(x, 2), weight, self.bias())
    }

    /// The transposed 2 × 2 convolution: each position becomes a cell.
    ///
    /// Shapes: `x [batch, height, width, in]` → `[batch, 2 · height, 2 · width, out]`.
    pub fn double(&self, x: Tensor<4>) -> Tensor<4> {
        let [inputs, outputs, _, _] = self.weight.dims();
        let weight = self.weight.val().permute([2, 3, 1, 0]);
        let weight = weight.reshape([4 * outputs, inputs]);
        self.biased(depth_to_space(kernels::linear(x, weight, None), 2))
    }

    fn bias(&self) -> Option<Tensor<1>> {
        self.bias.as_ref().map(Param::val)
    }

    fn biased(&self, x: Tensor<4>) -> Tensor<4> {
        let Some(bias) = self.bias() else {
            return x;
        };
        let dtype = x.dtype();
        let outputs = bias.dims()[0];
        x + bias.cast(dtype).reshape([1, 1, 1, outputs])
    }
}

#[cfg(test)]
mod tests {
    use burn::module::Param;
    use burn::tensor::{Device, Tensor};
    use graph::param::Seed;
    use graph::random::Random;

    use super::Convolution;
    use crate::network::layers::Init;

    const CHANNELS: usize = 3;
    const SIDES: (usize, usize) = (4, 6);

    fn draws(seed: u64) -> Init {
        Init::new(Random::new(Seed(seed)), 0, &Device::flex())
    }

    fn convolution(shape: [usize; 4], outputs: usize) -> Convolution {
        let mut convolution = Convolution::new(shape, Some(outputs), &mut draws(1));
        convolution.bias = Some(Param::from_tensor(draws(2).normal([outputs], 1.0)));
        convolution
    }

    fn flat<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
        let values: Vec<f32> = tensor.into_data().try_into_vec().expect("f32");
        values.into_iter().map(f64::from).collect()
    }

    fn picture() -> Tensor<4> {
        draws(3).normal([2, SIDES.0, SIDES.1, CHANNELS], 1.0)
    }

    /// Compares each number of `found` with what `wanted` says of its place.
    fn compare(found: Tensor<4>, wanted: impl Fn([usize; 4]) -> f64) {
        let [_, h, w, c] = found.dims();
        for (at, found) in flat(found).into_iter().enumerate() {
            let place = [at / (h * w * c), at / (w * c) % h, at / c % w, at % c];
            let wanted = wanted(place);
            assert!(
                (found - wanted).abs() < 1e-5,
                "{place:?}: {found} is not {wanted}"
            );
        }
    }

    fn at(picture: &[f64], [b, y, x, c]: [usize; 4]) -> f64 {
        picture[((b * SIDES.0 + y) * SIDES.1 + x) * CHANNELS + c]
    }

    #[test]
    fn each_channel_is_convolved_by_itself() {
        let convolution = convolution([CHANNELS, 1, 3, 3], CHANNELS);
        let (weight, bias) = (flat(convolution.weight.val()), bias(&convolution));
        let numbers = flat(picture());
        compare(convolution.depthwise(picture()), |[b, y, x, c]| {
            let mut sum = bias[c];
            for (v, u) in (0..9).map(|near| (near / 3, near % 3)) {
                let (row, column) = (y + v, x + u);
                if (1..=SIDES.0).contains(&row) && (1..=SIDES.1).contains(&column) {
                    sum += weight[c * 9 + v * 3 + u] * at(&numbers, [b, row - 1, column - 1, c]);
                }
            }
            sum
        });
    }

    #[test]
    fn cells_become_positions() {
        let convolution = convolution([5, CHANNELS, 2, 2], 5);
        let (weight, bias) = (flat(convolution.weight.val()), bias(&convolution));
        let numbers = flat(picture());
        let halved = convolution.halve(picture());
        assert_eq!(halved.dims(), [2, 2, 3, 5]);
        compare(halved, |[b, y, x, o]| {
            let mut sum = bias[o];
            for place in 0..4 * CHANNELS {
                let (i, v, u) = (place / 4, place / 2 % 2, place % 2);
                let weight = weight[o * 4 * CHANNELS + place];
                sum += weight * at(&numbers, [b, 2 * y + v, 2 * x + u, i]);
            }
            sum
        });
    }

    #[test]
    fn positions_become_cells() {
        let convolution = convolution([CHANNELS, 5, 2, 2], 5);
        let (weight, bias) = (flat(convolution.weight.val()), bias(&convolution));
        let numbers = flat(picture());
        let doubled = convolution.double(picture());
        assert_eq!(doubled.dims(), [2, 8, 12, 5]);
        compare(doubled, |[b, y, x, o]| {
            let place = o * 4 + y % 2 * 2 + x % 2;
            let inputs =
                (0..CHANNELS).map(|i| weight[i * 20 + place] * at(&numbers, [b, y / 2, x / 2, i]));
            bias[o] + inputs.sum::<f64>()
        });
    }

    fn bias(convolution: &Convolution) -> Vec<f64> {
        flat(convolution.bias().expect("it has one"))
    }
}
