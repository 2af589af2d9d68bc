//! Vector quantisation: a code is the learned vector that fits a latent best.

use burn::tensor::{Int, Tensor};

use super::config::{CodeGradient, Matching};

/// How much memory the scores of latents against all vectors may take at a time, in bytes.
const SCORES: usize = 256 << 20;

/// Vector quantisation with learned vectors.
#[derive(Clone, Copy, Debug)]
pub struct CodebookQuantiser {
    /// What fits best.
    pub matching: Matching,
    /// How the encoder learns through the choice.
    pub gradient: CodeGradient,
    /// The weight of the pull of latents towards their vectors.
    pub commitment: f32,
}

impl CodebookQuantiser {
    /// The codes of latents.
    ///
    /// Shapes: `latents [n, dimensions]`, `vectors [codes, dimensions]` → `[n]`.
    pub fn codes(&self, latents: Tensor<2>, vectors: &Tensor<2>) -> Tensor<1, Int> {
        let [n, _] = latents.dims();
        let rows = (SCORES / 4 / vectors.dims()[0]).clamp(1, n);
        let parts = latents
            .split(rows, 0)
            .into_iter()
            .map(|part| kernels::argmax(self.scores(part, vectors.clone())));
        Tensor::cat(parts.collect(), 0)
    }

    /// Latents replaced by the vectors that fit them best, and what the vectors have to learn from it.
    ///
    /// Straight through: `loss = mean((v − sg(z))²) + commitment · mean((z − sg(v))²)`, and the gradient of the result is
    /// taken for that of the latents.
    /// By index: the gradient goes through `softmax` of the scores besides, as if the choice were soft.
    ///
    /// Shapes: `latents [n, dimensions]`, `vectors [codes, dimensions]` → `[n, dimensions]`, `[1]`.
    /// Source: van den Oord et al., "Neural discrete representation learning", 2017; Shi et al., "Scalable image
    /// tokenization with index backpropagation quantization", 2024.
    pub fn round(&self, latents: Tensor<2>, vectors: Tensor<2>) -> (Tensor<2>, Tensor<1>) {
        let codes = self.codes(latents.clone().inner(), &vectors.clone().inner());
        let codes = if latents.is_autodiff() {
            codes.autodiff()
        } else {
            codes
        };
        let chosen = vectors.clone().select(0, codes);
        let pull = (chosen.clone() - latents.clone().detach()).square().mean();
        let commitment = (latents.clone() - chosen.clone().detach()).square().mean();
        let loss = pull + commitment.mul_scalar(self.commitment);

        let rounded = match self.gradient {
            CodeGradient::StraightThrough => latents.clone() + (chosen - latents).detach(),
            CodeGradient::Index => {
                // The hard choice has the gradient of the vectors, the soft one that of the choice.
                let shares = kernels::softmax(self.scores(latents, vectors.clone()), 1.0);
                let soft = shares.matmul(vectors.detach());
                chosen + (soft.clone() - soft.detach())
            }
        };
        (rounded, loss)
    }

    fn scores(&self, latents: Tensor<2>, vectors: Tensor<2>) -> Tensor<2> {
        let dots = latents.matmul(vectors.clone().transpose());
        match self.matching {
            Matching::DotProduct => dots,
            // The square of the latent is the same for all vectors.
            Matching::Nearest => {
                let squares = vectors.square().sum_dim(1).transpose();
                dots.mul_scalar(2.0) - squares
            }
        }
    }
}
