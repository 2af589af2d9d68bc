//! Root-mean-square normalisation.

use burn::tensor::Tensor;

/// Every vector along the last dimension, scaled to a mean square of 1; computed in f32, returned in the type of `x`.
///
/// `y = x / √(mean(x²) + ε)`
///
/// It has no gain of its own: a gain for each channel belongs into the linear layer in front or behind, which saves its
/// gradient, a sum over all rows.
///
/// Shapes: `x [.., channels]` → the same.
/// Source: Zhang & Sennrich, "Root mean square layer normalization", 2019.
pub fn rms_norm<const D: usize>(x: Tensor<D>, epsilon: f64) -> Tensor<D> {
    kernels::rms_norm(x, None, epsilon as f32)
}

#[cfg(test)]
mod tests {
    use super::rms_norm;
    use burn::tensor::{Device, Tensor};

    #[test]
    fn the_mean_square_of_each_row_is_one() {
        let x = Tensor::<2>::from_floats([[3.0, 4.0], [0.0, -2.0]], &Device::flex());
        let y = rms_norm(x, 0.0).into_data().try_to_vec::<f32>();
        let expected = [3.0, 4.0].map(|value: f32| value / 12.5_f32.sqrt());
        let y = y.expect("the data are f32");
        for (found, wanted) in y
            .iter()
            .zip([expected[0], expected[1], 0.0, -2.0_f32.sqrt()])
        {
            assert!((found - wanted).abs() < 1e-6, "{y:?}");
        }
    }
}
