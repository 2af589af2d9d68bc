//! The part of a network that learns, and the part that stays as it is.

use std::path::Path;

use burn::tensor::{Device, FloatDType, Int, Tensor};

use super::Trained;
use crate::network::tokenizer::{Decoder, Quantiser, Reconstruction, TokenizerNetwork};
use crate::network::weights::WeightsError;
use crate::train::optimiser::{Optimiser, Trainer};

/// What learns.
///
/// What stays as it is is no part of the trainer: it gets no gradient, does not decay, and is not averaged.
#[derive(Debug)]
pub(super) enum Learner {
    /// The whole network.
    Everything(Box<Trainer<TokenizerNetwork>>),
    /// The decoder, which learns to draw the codes that the network gives pictures.
    Decoder {
        /// The network, whose own decoder is out of date.
        network: Box<TokenizerNetwork>,
        trainer: Box<Trainer<Decoder>>,
    },
}

impl Learner {
    /// Starts to train `trained` of `network`, which lies on a device without gradients.
    pub(super) fn new(trained: Trained, network: TokenizerNetwork, optimiser: Optimiser) -> Self {
        match trained {
            Trained::Everything => Self::Everything(Box::new(Trainer::new(network, optimiser))),
            Trained::Decoder => Self::Decoder {
                trainer: Box::new(Trainer::new(network.decoder().clone(), optimiser)),
                network: Box::new(network),
            },
        }
    }

    /// The device that inputs must be made on.
    pub(super) fn device(&self) -> &Device {
        match self {
            Self::Everything(trainer) => trainer.device(),
            Self::Decoder { trainer, .. } => trainer.device(),
        }
    }

    /// Pixels to codes and back, with the gradients of what learns.
    ///
    /// Shapes: `pixels [batch, height, width, 3]` from −1 to 1.
    pub(super) fn reconstruct(
        &self,
        quantiser: &Quantiser,
        pixels: Tensor<4>,
        dtype: FloatDType,
    ) -> Reconstruction {
        match self {
            Self::Everything(trainer) => quantiser.reconstruct(trainer.module(), pixels, dtype),
            Self::Decoder { network, trainer } => {
                let (vectors, latents) = quantiser.encode(network, pixels);
                Reconstruction {
                    pixels: trainer.module().forward(vectors.autodiff(), dtype),
                    quantiser_loss: None,
                    latents,
                }
            }
        }
    }

    /// The codes of latents.
    pub(super) fn codes(&self, quantiser: &Quantiser, latents: Tensor<2>) -> Tensor<1, Int> {
        let network = match self {
            Self::Everything(trainer) => trainer.module(),
            Self::Decoder { network, .. } => network,
        };
        quantiser.codes(network, latents)
    }

    /// The vectors of all codes, `[codes, dimensions]`, where they are learned now.
    pub(super) fn codebook(&self) -> Option<Tensor<2>> {
        match self {
            Self::Everything(trainer) => trainer.module().codebook(),
            Self::Decoder { .. } => None,
        }
    }

    /// Puts other vectors in the place of those that [`Learner::codebook`] gives.
    pub(super) fn set_codebook(&mut self, vectors: Tensor<2>) {
        match self {
            Self::Everything(trainer) => trainer.change(|network| network.with_codebook(vectors)),
            Self::Decoder { .. } => {}
        }
    }

    /// Learns from `loss`.
    pub(super) fn learn(&mut self, loss: Tensor<1>) {
        let _ = match self {
            Self::Everything(trainer) => trainer.learn(loss),
            Self::Decoder { trainer, .. } => trainer.learn(loss),
        };
    }

    /// The norm of the gradient of the last update.
    pub(super) fn norm(&self) -> Option<Tensor<1>> {
        match self {
            Self::Everything(trainer) => trainer.norm(),
            Self::Decoder { trainer, .. } => trainer.norm(),
        }
    }

    /// Takes the share of the schedule that the next update stands at, instead of counting steps.
    pub(super) fn stretch(&mut self, share: f32) {
        match self {
            Self::Everything(trainer) => trainer.stretch(share),
            Self::Decoder { trainer, .. } => trainer.stretch(share),
        }
    }

    /// The whole network with averaged weights where they learned, without gradients.
    pub(super) fn averaged(&self) -> TokenizerNetwork {
        match self {
            Self::Everything(trainer) => trainer.averaged(),
            Self::Decoder { network, trainer } => {
                (**network).clone().with_decoder(trainer.averaged())
            }
        }
    }

    /// Writes a checkpoint of what learns.
    ///
    /// Errors: the file cannot be written.
    pub(super) fn save(&self, path: &Path, position: u64) -> Result<(), WeightsError> {
        match self {
            Self::Everything(trainer) => trainer.save(path, position),
            Self::Decoder { trainer, .. } => trainer.save(path, position),
        }
    }

    /// Goes on from the checkpoint at `path`; returns the position that was saved with it.
    ///
    /// Errors: the file is damaged, or belongs to another network or another part of it.
    pub(super) fn resume(&mut self, path: &Path) -> Result<u64, WeightsError> {
        match self {
            Self::Everything(trainer) => trainer.resume(path),
            Self::Decoder { trainer, .. } => trainer.resume(path),
        }
    }
}
