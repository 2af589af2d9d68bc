//! A published tokenizer as nodes pass it on.

use burn::tensor::{Device, FloatDType, Int, Tensor};
use graph::error::NodeError;
use graph::value::Footprint;

use super::{PixelRange, VqConfig, VqNetwork};
use crate::network::weights;
use crate::value::{Codec, Grid, Image, Tokens, grid};

/// A published tokenizer: makes codes in f32 on every device, so that they do not depend on where they are made.
#[derive(Clone, Debug)]
pub struct VqTokenizer {
    config: VqConfig,
    network: VqNetwork,
    /// What pictures are made in.
    dtype: FloatDType,
    device: Device,
    hash: String,
}

impl VqTokenizer {
    /// A tokenizer of a network whose parameters lie on `device`; `hash` tells the files that it came from.
    pub fn new(config: VqConfig, network: VqNetwork, device: &Device, hash: String) -> Self {
        Self {
            config,
            network: network.laid_out(FloatDType::F32),
            dtype: FloatDType::F32,
            device: device.clone(),
            hash,
        }
    }

    /// The same tokenizer making pictures in `dtype`, which is f32 otherwise.
    #[must_use]
    pub fn making_pictures_in(mut self, dtype: FloatDType) -> Self {
        self.network = self.network.laid_out(dtype);
        self.dtype = dtype;
        self
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
    /// Shapes: `[batch, height, width, 3]` from 0 to 1 → the same.
    fn taken(&self, pixels: Tensor<4>) -> Tensor<4> {
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
        pixels.clamp(0.0, 1.0)
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
            let taken = self.taken(picture);
            let features = self.network.features(taken, FloatDType::F32);
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
            self.given(self.network.decode(laid, self.dtype))
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
