//! Encoder, codebook and decoder.

use burn::module::Module;
use burn::nn::GroupNorm;
use burn::nn::conv::Conv2d;
use burn::tensor::activation::silu;
use burn::tensor::{Device, Int, Tensor};

use super::block::{Codebook, Level, LevelSizes, Middle, convolution, norm};
use super::config::{Matching, VqConfig};
use crate::network::layers::Init;

/// How much memory the scores of latents against all codes may take at a time, in bytes.
const SCORES: usize = 256 << 20;

/// Red, green and blue.
const COLOURS: usize = 3;

/// What keeps the length of a vector from being 0.
const SHORTEST: f32 = 1e-12;

/// A published tokenizer's network.
#[derive(Module, Debug)]
pub struct VqNetwork {
    encoder: Half,
    /// From the encoder's channels to a code's numbers.
    narrow: Conv2d,
    codebook: Codebook,
    /// From a code's numbers to the decoder's channels.
    widen: Conv2d,
    decoder: Half,
    #[module(skip)]
    matching: Matching,
}

/// An encoder or a decoder; its levels stand in the order in which they run.
#[derive(Module, Debug)]
struct Half {
    conv_in: Conv2d,
    levels: Vec<Level>,
    middle: Middle,
    norm_out: GroupNorm,
    conv_out: Conv2d,
}

/// The channels in and out of what stands before and behind the levels, and those of the middle.
struct Ends {
    first: [usize; 2],
    middle: usize,
    last: [usize; 2],
}

impl VqNetwork {
    /// A network of this configuration, which must have passed [`VqConfig::check`].
    pub fn new(config: &VqConfig, init: &mut Init, device: &Device) -> Self {
        Self {
            encoder: Half::encoder(config, init, device),
            narrow: convolution(config.latent, config.dimensions, 1, device),
            codebook: Codebook {
                weight: init.normal_parameter([config.codes, config.dimensions], 1.0),
            },
            widen: convolution(config.dimensions, config.latent, 1, device),
            decoder: Half::decoder(config, init, device),
            matching: config.matching,
        }
    }

    /// What the encoder makes of pixels, before it is narrowed to a code's numbers.
    ///
    /// Shapes: `[batch, 3, height, width]` → `[batch, latent, rows, columns]`.
    pub fn features(&self, pixels: Tensor<4>) -> Tensor<4> {
        let x = self.encoder.conv_in.forward(pixels);
        let x = self
            .encoder
            .levels
            .iter()
            .fold(x, |x, level| level.forward(x));
        self.encoder.close(self.encoder.middle.forward(x))
    }

    /// What codes are matched to.
    ///
    /// Shapes: `features [batch, latent, rows, columns]` → `[batch, dimensions, rows, columns]`.
    pub fn latents(&self, features: Tensor<4>) -> Tensor<4> {
        self.narrow.forward(features)
    }

    /// The codes that fit latents best.
    ///
    /// Shapes: `[batch, dimensions, rows, columns]` → `[batch, rows · columns]`.
    pub fn codes(&self, latents: Tensor<4>) -> Tensor<2, Int> {
        let [b, d, h, w] = latents.dims();
        let rows = latents.permute([0, 2, 3, 1]).reshape([b * h * w, d]);
        let rows = match self.matching {
            Matching::DotProduct | Matching::Nearest => rows,
            Matching::Direction => scaled(rows),
        };
        let vectors = self.vectors();
        let at_once = (SCORES / 4 / vectors.dims()[0]).clamp(1, b * h * w);
        let parts = rows.split(at_once, 0).into_iter().map(|part| {
            let dots = part.matmul(vectors.clone().transpose());
            kernels::argmax(match self.matching {
                Matching::DotProduct => dots,
                // The square of the latent is the same for all codes.
                Matching::Nearest | Matching::Direction => {
                    let squares = vectors.clone().square().sum_dim(1).transpose();
                    dots.mul_scalar(2.0) - squares
                }
            })
        });
        Tensor::cat(parts.collect(), 0).reshape([b, h * w])
    }

    /// The vectors of all codes as the decoder is given them, `[codes, dimensions]`.
    pub fn vectors(&self) -> Tensor<2> {
        let vectors = self.codebook.weight.val();
        match self.matching {
            Matching::DotProduct | Matching::Nearest => vectors,
            Matching::Direction => scaled(vectors),
        }
    }

    /// The vectors of codes, laid out as a picture.
    ///
    /// Shapes: `codes [batch, rows · columns]` → `[batch, dimensions, rows, columns]`.
    pub fn laid(&self, codes: Tensor<2, Int>, rows: usize, columns: usize) -> Tensor<4> {
        let [b, length] = codes.dims();
        let vectors = self.vectors().select(0, codes.reshape([b * length]));
        let d = vectors.dims()[1];
        vectors.reshape([b, rows, columns, d]).permute([0, 3, 1, 2])
    }

    /// The pixels of codes' vectors, not clamped.
    ///
    /// Shapes: `[batch, dimensions, rows, columns]` → `[batch, 3, height, width]`.
    pub fn decode(&self, laid: Tensor<4>) -> Tensor<4> {
        let x = self.decoder.conv_in.forward(self.widen.forward(laid));
        let x = self.decoder.middle.forward(x);
        let levels = self.decoder.levels.iter();
        self.decoder
            .close(levels.fold(x, |x, level| level.forward(x)))
    }
}

/// Each row at length 1.
fn scaled(rows: Tensor<2>) -> Tensor<2> {
    let lengths = rows.clone().square().sum_dim(1).sqrt();
    rows / lengths.clamp_min(SHORTEST)
}

impl Half {
    fn encoder(config: &VqConfig, init: &mut Init, device: &Device) -> Self {
        let widths = &config.encoder_widths;
        let mut inputs = config.first;
        let levels = widths.iter().enumerate().map(|(at, &channels)| {
            let sizes = LevelSizes {
                inputs,
                channels,
                blocks: config.blocks,
                attention: config.attention[at],
                groups: config.norm_groups,
                resamples: at + 1 < widths.len(),
            };
            inputs = channels;
            Level::new(sizes, true, init, device)
        });
        let levels = levels.collect();
        let ends = Ends {
            first: [COLOURS, config.first],
            middle: inputs,
            last: [inputs, config.latent],
        };
        Self::around(config, levels, ends, init, device)
    }

    fn decoder(config: &VqConfig, init: &mut Init, device: &Device) -> Self {
        let widths = &config.decoder_widths;
        let coarsest = widths[widths.len() - 1];
        let mut inputs = coarsest;
        let levels = widths.iter().enumerate().rev().map(|(at, &channels)| {
            let sizes = LevelSizes {
                inputs,
                channels,
                blocks: config.blocks + 1,
                attention: config.attention[at],
                groups: config.norm_groups,
                resamples: at > 0,
            };
            inputs = channels;
            Level::new(sizes, false, init, device)
        });
        let levels = levels.collect();
        let ends = Ends {
            first: [config.latent, coarsest],
            middle: coarsest,
            last: [inputs, COLOURS],
        };
        Self::around(config, levels, ends, init, device)
    }

    /// `levels` with what stands before and behind them.
    fn around(
        config: &VqConfig,
        levels: Vec<Level>,
        ends: Ends,
        init: &mut Init,
        device: &Device,
    ) -> Self {
        let groups = config.norm_groups;
        Self {
            conv_in: convolution(ends.first[0], ends.first[1], 3, device),
            levels,
            middle: Middle::new(ends.middle, config.middle_attention, groups, init, device),
            norm_out: norm(ends.last[0], groups, device),
            conv_out: convolution(ends.last[0], ends.last[1], 3, device),
        }
    }

    /// The norm, the activation and the convolution that end either half.
    fn close(&self, x: Tensor<4>) -> Tensor<4> {
        self.conv_out.forward(silu(self.norm_out.forward(x)))
    }
}
