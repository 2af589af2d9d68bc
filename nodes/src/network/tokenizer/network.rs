//! Encoder and decoder of a tokenizer.

use burn::module::{Module, Param};
use burn::tensor::{FloatDType, Tensor};

use super::config::{QuantiserConfig, TokenizerConfig};
use crate::network::layers::{
    Init, Linear, ResidualBlock, depth_to_space, rms_norm, space_to_depth,
};

const EPSILON: f64 = 1e-6;

/// The parameters of a tokenizer.
#[derive(Module, Debug)]
pub struct TokenizerNetwork {
    encoder: Encoder,
    decoder: Decoder,
    /// The learned vectors, `[codes, dimensions]`, where the quantiser has any.
    codebook: Option<Param<Tensor<2>>>,
}

/// Pixels to latents: stages from fine to coarse.
#[derive(Module, Debug)]
struct Encoder {
    stages: Vec<EncoderStage>,
    output: Linear,
}

#[derive(Module, Debug)]
struct EncoderStage {
    factor: usize,
    input: Linear,
    blocks: Vec<ResidualBlock>,
}

/// The part of a tokenizer that makes pixels of vectors: stages from coarse to fine.
#[derive(Module, Debug)]
pub struct Decoder {
    input: Linear,
    stages: Vec<DecoderStage>,
}

#[derive(Module, Debug)]
struct DecoderStage {
    blocks: Vec<ResidualBlock>,
    output: Linear,
    factor: usize,
}

impl TokenizerNetwork {
    /// A fresh network; `config` has passed [`TokenizerConfig::check`].
    pub fn new(config: &TokenizerConfig, init: &mut Init) -> Self {
        let codebook = match &config.quantiser {
            QuantiserConfig::Scalar { .. } => None,
            QuantiserConfig::Codebook {
                codes, dimensions, ..
            } => Some(init.normal_parameter([*codes, *dimensions], 1.0)),
        };
        Self {
            encoder: Encoder::new(config, init),
            decoder: Decoder::new(config, init),
            codebook,
        }
    }

    /// The learned vectors, `[codes, dimensions]`, where the quantiser has any.
    pub fn codebook(&self) -> Option<Tensor<2>> {
        self.codebook.as_ref().map(Param::val)
    }

    /// The same network with other learned vectors.
    #[must_use]
    pub fn with_codebook(mut self, vectors: Tensor<2>) -> Self {
        self.codebook = self
            .codebook
            .map(|param| Param::initialized(param.id, vectors));
        self
    }

    /// The part that makes pixels.
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// The same network with another decoder of the same shape.
    #[must_use]
    pub fn with_decoder(mut self, decoder: Decoder) -> Self {
        self.decoder = decoder;
        self
    }

    /// Latents in f32, computed in `dtype`.
    ///
    /// Shapes: `pixels [batch, height, width, 3]` from −1 to 1 → `[batch, rows, columns, dimensions]`.
    pub fn encode(&self, pixels: Tensor<4>, dtype: FloatDType) -> Tensor<4> {
        let mut x = pixels.cast(dtype);
        for stage in &self.encoder.stages {
            x = stage.input.forward(space_to_depth(x, stage.factor));
            for block in &stage.blocks {
                x = block.forward(x);
            }
        }
        let x = rms_norm(x.cast(FloatDType::F32), EPSILON);
        self.encoder.output.forward(x)
    }

    /// Pixels in f32, computed in `dtype`.
    ///
    /// Shapes: `vectors [batch, rows, columns, dimensions]` → `[batch, height, width, 3]`, about from −1 to 1.
    pub fn decode(&self, vectors: Tensor<4>, dtype: FloatDType) -> Tensor<4> {
        self.decoder.forward(vectors, dtype)
    }
}

impl Encoder {
    fn new(config: &TokenizerConfig, init: &mut Init) -> Self {
        let mut channels = 3;
        let mut factor = config.patch;
        let mut stages = Vec::new();
        for stage in &config.stages {
            stages.push(EncoderStage {
                factor,
                input: Linear::new(factor * factor * channels, stage.channels, 1.0, init),
                blocks: blocks(stage.channels, stage.encoder_blocks, init),
            });
            channels = stage.channels;
            factor = 2;
        }
        Self {
            stages,
            output: Linear::new(channels, config.dimensions(), 1.0, init),
        }
    }
}

impl Decoder {
    /// Pixels in f32, computed in `dtype`.
    ///
    /// Shapes: `vectors [batch, rows, columns, dimensions]` → `[batch, height, width, 3]`, about from −1 to 1.
    pub fn forward(&self, vectors: Tensor<4>, dtype: FloatDType) -> Tensor<4> {
        let mut x = self.input.forward(vectors).cast(dtype);
        let last = self.stages.len() - 1;
        for (at, stage) in self.stages.iter().enumerate() {
            for block in &stage.blocks {
                x = block.forward(x);
            }
            if at == last {
                x = rms_norm(x, EPSILON);
            }
            x = depth_to_space(stage.output.forward(x), stage.factor);
        }
        x.cast(FloatDType::F32)
    }

    fn new(config: &TokenizerConfig, init: &mut Init) -> Self {
        let coarsest = config.stages.last().map_or(3, |stage| stage.channels);
        let input = Linear::new(config.dimensions(), coarsest, 1.0, init);
        let mut stages = Vec::new();
        for (at, stage) in config.stages.iter().enumerate().rev() {
            let (factor, channels) = match at {
                0 => (config.patch, 3),
                _ => (2, config.stages[at - 1].channels),
            };
            stages.push(DecoderStage {
                blocks: blocks(stage.channels, stage.decoder_blocks, init),
                output: Linear::new(stage.channels, factor * factor * channels, 1.0, init),
                factor,
            });
        }
        Self { input, stages }
    }
}

fn blocks(channels: usize, count: usize, init: &mut Init) -> Vec<ResidualBlock> {
    (0..count)
        .map(|_| ResidualBlock::new(channels, init))
        .collect()
}
