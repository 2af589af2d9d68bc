//! A published tokenizer as nodes pass it on.

use burn::tensor::{Device, Int, Tensor};
use graph::error::NodeError;
use graph::value::Footprint;

use super::{PixelRange, VqConfig, VqNetwork};
use crate::network::weights;
use crate::value::{Codec, Grid, Image, Tokens, grid};

/// A published tokenizer: computes in f32 on every device, so that codes do not depend on where they are made.
#[derive(Clone, Debug)]
pub struct VqTokenizer {
    config: VqConfig,
    network: VqNetwork,
    device: Device,
    hash: String,
}

impl VqTokenizer {
    /// A tokenizer of a network whose parameters lie on `device`; `hash` tells the files that it came from.
    pub fn new(config: VqConfig, network: VqNetwork, device: &Device, hash: String) -> Self {
        Self {
            config,
            network,
            device: device.clone(),
            hash,
        }
    }

    /// What the network looks like.
    pub fn config(&self) -> &VqConfig {
        &self.config
    }

    /// The parameters.
    pub fn network(&self) -> &VqNetwork {
        &self.network
    }

    /// Pixels as the network takes them.
    ///
    /// Shapes: `[batch, height, width, 3]` from 0 to 1 → `[batch, 3, height, width]`.
    fn taken(&self, pixels: Tensor<4>) -> Tensor<4> {
        let pixels = pixels.permute([0, 3, 1, 2]);
        match self.config.range {
            PixelRange::Signed => pixels.mul_scalar(2.0).sub_scalar(1.0),
            PixelRange::Unsigned => pixels,
        }
    }

    /// Pixels as pictures are made of them; the inverse of [`VqTokenizer::taken`], clamped.
    fn given(&self, pixels: Tensor<4>) -> Tensor<4> {
        let pixels = match self.config.range {
            PixelRange::Signed => pixels.add_scalar(1.0).mul_scalar(0.5),
            PixelRange::Unsigned => pixels,
        };
        pixels.clamp(0.0, 1.0).permute([0, 2, 3, 1])
    }
}

impl Codec for VqTokenizer {
    fn codebook(&self) -> u32 {
        self.config.codes as u32
    }

    fn stride(&self) -> usize {
        self.config.stride()
    }

    fn encode(&self, image: &Image) -> Result<Tokens, NodeError> {
        let grid = grid(self, image.height(), image.width())?;
        // One picture at a time: at full resolution a single one fills gigabytes.
        let pixels = image.pixels().clone().to_device(&self.device);
        let codes = pixels.split(1, 0).into_iter().map(|picture| {
            let features = self.network.features(self.taken(picture));
            self.network.codes(self.network.latents(features))
        });
        let codes: Tensor<2, Int> = Tensor::cat(codes.collect(), 0);
        Tokens::from_tensor(codes, grid, self.codebook()).map_err(|error| {
            NodeError::failed(
                format!("the tokenizer made no codes: {error}"),
                "are its weights those of this configuration?",
            )
        })
    }

    fn decode(&self, tokens: &Tokens) -> Result<Image, NodeError> {
        tokens.check_laid(self.codebook())?;
        let Grid { rows, columns } = tokens.grid();
        let codes = tokens.to_tensor(0, &self.device);
        let pictures = codes.split(1, 0).into_iter().map(|codes| {
            let laid = self.network.laid(codes, rows, columns);
            self.given(self.network.decode(laid))
        });
        Image::new(Tensor::cat(pictures.collect(), 0))
            .map_err(|error| NodeError::failed(error, "this is a mistake of the program"))
    }

    fn vectors(&self) -> Tensor<2> {
        self.network.vectors()
    }

    fn describe(&self) -> String {
        let widths = self.config.decoder_widths.iter();
        let widths: Vec<String> = widths.map(ToString::to_string).collect();
        format!(
            "tokenizer: stride {}, {} codes of {} numbers, {} channels, {:.1} M parameters",
            self.stride(),
            self.codebook(),
            self.config.dimensions,
            widths.join("/"),
            weights::bytes(&self.network) as f64 / 4e6,
        )
    }

    fn hash(&self) -> String {
        self.hash.clone()
    }

    fn footprint(&self) -> Footprint {
        weights::footprint(weights::bytes(&self.network), &self.device)
    }
}
