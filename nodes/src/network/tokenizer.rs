//! The tokenizer: a convolutional encoder, a quantiser, a convolutional decoder.

mod codebook;
mod codec;
mod config;
mod file;
mod network;
mod scalar;

#[cfg(test)]
mod tests;

use burn::tensor::{Device, FloatDType, Int, Tensor};

pub use codebook::CodebookQuantiser;
pub use codec::TrainedTokenizer;
pub use config::{CodeGradient, ConfigError, Matching, QuantiserConfig, Stage, TokenizerConfig};
pub use network::{Decoder, TokenizerNetwork};
pub use scalar::ScalarQuantiser;

/// What turns latents into codes.
#[derive(Clone, Debug)]
pub enum Quantiser {
    /// Each dimension is rounded to a level.
    Scalar(ScalarQuantiser),
    /// The learned vector that fits best is chosen.
    Codebook(CodebookQuantiser),
}

/// A picture on its way through a tokenizer.
#[derive(Clone, Debug)]
pub struct Reconstruction {
    /// What the decoder makes of the codes, `[batch, height, width, 3]`, about from −1 to 1.
    pub pixels: Tensor<4>,
    /// What the quantiser has to learn, `[1]`; `None` where it learns nothing.
    pub quantiser_loss: Option<Tensor<1>>,
    /// What the encoder makes of the picture, `[batch · rows · columns, dimensions]`.
    pub latents: Tensor<2>,
}

impl Quantiser {
    /// The quantiser of a configuration.
    pub fn new(config: &QuantiserConfig) -> Self {
        match config {
            QuantiserConfig::Scalar { levels } => Self::Scalar(ScalarQuantiser::new(levels)),
            QuantiserConfig::Codebook {
                matching,
                gradient,
                commitment,
                ..
            } => Self::Codebook(CodebookQuantiser {
                matching: *matching,
                gradient: *gradient,
                commitment: *commitment,
            }),
        }
    }

    /// The codes of latents.
    ///
    /// Shapes: `latents [n, dimensions]` → `[n]`.
    pub fn codes(&self, network: &TokenizerNetwork, latents: Tensor<2>) -> Tensor<1, Int> {
        match self {
            Self::Scalar(scalar) => scalar.codes(latents),
            Self::Codebook(quantiser) => {
                quantiser.codes(latents.clone(), &self.vectors(network, &latents.device()))
            }
        }
    }

    /// The vectors of all codes, `[codes, dimensions]`.
    pub fn vectors(&self, network: &TokenizerNetwork, device: &Device) -> Tensor<2> {
        match (self, network.codebook()) {
            (Self::Scalar(scalar), _) => scalar.vectors(device),
            (Self::Codebook(_), Some(vectors)) => vectors,
            (Self::Codebook(_), None) => {
                unreachable!("a network is made with the codebook that its configuration asks for")
            }
        }
    }

    /// Pixels to codes and back, with gradients.
    ///
    /// Shapes: `pixels [batch, height, width, 3]` from −1 to 1.
    pub fn reconstruct(
        &self,
        network: &TokenizerNetwork,
        pixels: Tensor<4>,
        dtype: FloatDType,
    ) -> Reconstruction {
        let latents = network.encode(pixels, dtype);
        let [b, rows, columns, d] = latents.dims();
        let latents = latents.reshape([b * rows * columns, d]);
        let (rounded, quantiser_loss) = match self {
            Self::Scalar(scalar) => (scalar.round(latents.clone()), None),
            Self::Codebook(quantiser) => {
                let vectors = self.vectors(network, &latents.device());
                let (rounded, loss) = quantiser.round(latents.clone(), vectors);
                (rounded, Some(loss))
            }
        };
        let vectors = rounded.reshape([b, rows, columns, d]);
        Reconstruction {
            pixels: network.decode(vectors, dtype),
            quantiser_loss,
            latents,
        }
    }

    /// Pixels to the vectors of their codes, and the latents that were rounded to them.
    ///
    /// These are the very vectors that a decoder is given when it draws the codes: all is computed in f32, and nothing
    /// here gathers gradients.
    ///
    /// Shapes: `pixels [batch, height, width, 3]` from −1 to 1 → `[batch, rows, columns, dimensions]`,
    /// `[batch · rows · columns, dimensions]`.
    pub fn encode(&self, network: &TokenizerNetwork, pixels: Tensor<4>) -> (Tensor<4>, Tensor<2>) {
        let latents = network.encode(pixels.inner(), FloatDType::F32);
        let [b, rows, columns, d] = latents.dims();
        let latents = latents.reshape([b * rows * columns, d]);
        let codes = self.codes(network, latents.clone());
        let vectors = self.vectors(network, &latents.device()).select(0, codes);
        (vectors.reshape([b, rows, columns, d]), latents)
    }
}
