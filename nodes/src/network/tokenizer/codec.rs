//! A trained network as the tokenizer that nodes pass on.

use burn::tensor::{Device, FloatDType, Int, Tensor};
use graph::error::NodeError;
use graph::value::Footprint;

use super::config::TokenizerConfig;
use super::{Quantiser, TokenizerNetwork};
use crate::network::weights::{self, Weights};
use crate::value::{Codec, Grid, Image, Tokens, grid};

/// How much memory one layer may take at a time, in bytes; larger batches are worked on in parts.
const LAYER_BYTES: usize = 256 << 20;

/// A trained tokenizer: makes codes in f32 on every device, so that they do not depend on where they are made.
#[derive(Clone, Debug)]
pub struct TrainedTokenizer {
    config: TokenizerConfig,
    network: TokenizerNetwork,
    quantiser: Quantiser,
    /// What pictures are made in.
    dtype: FloatDType,
    device: Device,
    hash: String,
}

impl TrainedTokenizer {
    /// A tokenizer of a network whose parameters lie on `device`.
    pub fn new(config: TokenizerConfig, network: TokenizerNetwork, device: &Device) -> Self {
        let hash = fingerprint(&config, &network);
        Self {
            quantiser: Quantiser::new(&config.quantiser),
            config,
            network,
            dtype: FloatDType::F32,
            device: device.clone(),
            hash,
        }
    }

    /// The same tokenizer making pictures in `dtype`, which is f32 otherwise.
    #[must_use]
    pub fn making_pictures_in(mut self, dtype: FloatDType) -> Self {
        self.dtype = dtype;
        self
    }

    /// The shape of the network.
    pub fn config(&self) -> &TokenizerConfig {
        &self.config
    }

    /// The parameters.
    pub fn network(&self) -> &TokenizerNetwork {
        &self.network
    }

    /// Where the parameters lie.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// What turns latents into codes.
    pub fn quantiser(&self) -> &Quantiser {
        &self.quantiser
    }

    /// How many pictures of `height × width` pixels are worked on at a time.
    fn batch(&self, height: usize, width: usize) -> usize {
        let mut positions = (height / self.config.patch) * (width / self.config.patch);
        let mut largest = 0;
        for stage in &self.config.stages {
            largest = largest.max(positions * stage.channels * 9 * 4);
            positions /= 4;
        }
        (LAYER_BYTES / largest.max(1)).max(1)
    }
}

/// A fingerprint of configuration and parameters, whatever file they came from.
fn fingerprint(config: &TokenizerConfig, network: &TokenizerNetwork) -> String {
    let mut hasher = blake3::Hasher::new();
    let config = serde_json::to_string(config).unwrap_or_default();
    let _ = hasher.update(config.as_bytes());
    let weights = Weights::of(network);
    for name in weights.names() {
        let _ = hasher.update(name.as_bytes());
        if let Some(array) = weights.get(name) {
            let _ = hasher.update(bytemuck::cast_slice(&array.values));
        }
    }
    hasher.finalize().to_hex().to_string()
}

impl Codec for TrainedTokenizer {
    fn codebook(&self) -> u32 {
        self.config.codebook() as u32
    }

    fn stride(&self) -> usize {
        self.config.stride()
    }

    fn encode(&self, image: &Image) -> Result<Tokens, NodeError> {
        let (height, width) = (image.height(), image.width());
        let grid = grid(self, height, width)?;

        let pixels = image.pixels().clone().to_device(&self.device);
        let parts = pixels
            .split(self.batch(height, width), 0)
            .into_iter()
            .map(|part| {
                let part = part.mul_scalar(2.0).sub_scalar(1.0);
                let latents = self.network.encode(part, FloatDType::F32);
                let [b, rows, columns, d] = latents.dims();
                let latents = latents.reshape([b * rows * columns, d]);
                self.quantiser
                    .codes(&self.network, latents)
                    .reshape([b, rows * columns])
            });
        let codes: Tensor<2, Int> = Tensor::cat(parts.collect(), 0);
        Tokens::from_tensor(codes, grid, self.codebook()).map_err(|error| {
            NodeError::failed(
                format!("the tokenizer made no codes: {error}"),
                "are its weights finite numbers?",
            )
        })
    }

    fn decode(&self, tokens: &Tokens) -> Result<Image, NodeError> {
        tokens.check_laid(self.codebook())?;
        let Grid { rows, columns } = tokens.grid();
        let (height, width) = (rows * self.stride(), columns * self.stride());
        let vectors = self.vectors();
        let codes = tokens.to_tensor(0, &self.device);
        let parts = codes
            .split(self.batch(height, width), 0)
            .into_iter()
            .map(|part| {
                let [b, length] = part.dims();
                let part = vectors.clone().select(0, part.reshape([b * length]));
                let part = part.reshape([b, rows, columns, self.config.dimensions()]);
                let pixels = self.network.decode(part, self.dtype);
                pixels.add_scalar(1.0).mul_scalar(0.5).clamp(0.0, 1.0)
            });
        Image::new(Tensor::cat(parts.collect(), 0))
            .map_err(|error| NodeError::failed(error, "this is a mistake of the program"))
    }

    fn vectors(&self) -> Tensor<2> {
        self.quantiser.vectors(&self.network, &self.device)
    }

    fn describe(&self) -> String {
        let widths: Vec<String> = self
            .config
            .stages
            .iter()
            .map(|stage| stage.channels.to_string())
            .collect();
        format!(
            "tokenizer: stride {}, {} codes of {} numbers, {} channels, {:.1} M parameters",
            self.stride(),
            self.codebook(),
            self.config.dimensions(),
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
