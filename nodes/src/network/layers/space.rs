//! Trading resolution for channels, and back.

use burn::tensor::Tensor;

/// Squares of `factor × factor` positions laid along the channels.
///
/// `out[b, y, x, (v·factor + u)·channels + c] = x[b, y·factor + v, x·factor + u, c]`
///
/// Shapes: `x [batch, height, width, channels]` → `[batch, height / factor, width / factor, factor²·channels]`.
/// Panics: when a side is no multiple of `factor`.
pub fn space_to_depth(x: Tensor<4>, factor: usize) -> Tensor<4> {
    let [b, h, w, c] = x.dims();
    x.reshape([b, h / factor, factor, w / factor, factor * c])
        .swap_dims(2, 3)
        .reshape([b, h / factor, w / factor, factor * factor * c])
}

/// The inverse of [`space_to_depth`].
///
/// Shapes: `x [batch, height, width, factor²·channels]` → `[batch, height·factor, width·factor, channels]`.
/// Panics: when the channels are no multiple of `factor²`.
pub fn depth_to_space(x: Tensor<4>, factor: usize) -> Tensor<4> {
    let [b, h, w, c] = x.dims();
    let channels = c / (factor * factor);
    x.reshape([b, h, w, factor, factor * channels])
        .swap_dims(2, 3)
        .reshape([b, h * factor, w * factor, channels])
}

#[cfg(test)]
mod tests {
    use super::{depth_to_space, space_to_depth};
    use burn::tensor::{Device, Int, Tensor};

    #[test]
    fn squares_move_to_the_channels_and_back() {
        let x = Tensor::<1, Int>::arange(0..24, &Device::flex())
            .float()
            .reshape([1, 2, 4, 3]);
        let deep = space_to_depth(x.clone(), 2);
        assert_eq!(deep.dims(), [1, 1, 2, 12]);
        let first = deep.clone().narrow(2, 0, 1).into_data().try_to_vec::<f32>();
        let expected = [0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17].map(|value| value as f32);
        assert_eq!(first.expect("the data are f32"), expected);
        assert_eq!(depth_to_space(deep, 2).into_data(), x.into_data());
    }
}
