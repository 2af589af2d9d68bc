//! What a reconstruction is punished for.

use burn::tensor::Tensor;
use kernels::row_mean;

use super::TrainTokenizer;

/// Keeps the logarithm finite where a picture is drawn perfectly: as if every picture were off by noise of 66 dB.
const NOISE: f32 = 1e-6;

/// How much each kind of difference weighs.
#[derive(Clone, Copy, Debug)]
pub(super) struct LossWeights {
    l1: f32,
    l2: f32,
    log: f32,
}

impl LossWeights {
    pub(super) fn of(node: &TrainTokenizer) -> Self {
        Self {
            l1: node.loss_l1,
            l2: node.loss_l2,
            log: node.loss_log,
        }
    }

    /// `l1 · mean |d| + l2 · mean d² + log · mean over pictures of ln(mean d² of the picture + 10⁻⁶)`
    ///
    /// Shapes: `difference [batch, height, width, channels]` of values from −1 to 1 → `[1]`.
    pub(super) fn of_difference(self, difference: Tensor<4>) -> Tensor<1> {
        let [b, height, width, channels] = difference.dims();
        let difference = difference.reshape([b, height * width * channels]);
        let absolute = difference.clone().abs().mul_scalar(self.l1);
        let square = difference.clone() * difference;
        let loss = row_mean(absolute + square.clone().mul_scalar(self.l2)).mean();
        if self.log == 0.0 {
            return loss;
        }
        let of_each = row_mean(square);
        loss + of_each.add_scalar(NOISE).log().mean().mul_scalar(self.log)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::LossWeights;

    fn loss(l1: f32, l2: f32, log: f32) -> f32 {
        // Two pictures of two pixels of one channel: off by 0.5 everywhere, and by 1 and 0.
        let difference = [[[[0.5], [-0.5]]], [[[1.0], [0.0]]]];
        let difference = Tensor::<4>::from_data(difference, &Device::flex());
        let weights = LossWeights { l1, l2, log };
        weights.of_difference(difference).into_scalar()
    }

    #[test]
    fn each_term_is_as_worked_out_by_hand() {
        for (found, expected) in [
            (loss(1.0, 0.0, 0.0), 0.5),
            (loss(0.0, 1.0, 0.0), 0.375),
            // The mean of ln(0.25) and ln(0.5).
            (loss(0.0, 0.0, 1.0), -1.039_720_8),
            (loss(2.0, 4.0, 0.5), 1.0 + 1.5 - 0.519_860_4),
        ] {
            assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
        }
    }

    #[test]
    fn a_picture_without_a_fault_has_a_finite_loss() {
        let none = Tensor::<4>::zeros([1, 2, 2, 3], &Device::flex());
        let weights = LossWeights {
            l1: 1.0,
            l2: 1.0,
            log: 1.0,
        };
        let loss: f32 = weights.of_difference(none).into_scalar();
        assert!((loss - -13.815_511).abs() < 1e-3, "{loss}");
    }
}
