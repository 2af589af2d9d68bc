//! Encoder, codebook and decoder.

use burn::module::Module;
use burn::tensor::{FloatDType, Int, Tensor};
use kernels::Resolution;

use super::block::{Codebook, Level, LevelSizes, Middle, norm};
use super::config::{Matching, VqConfig};
use crate::network::layers::{Convolution, GroupNorm, Init};

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
    narrow: Convolution,
    codebook: Codebook,
    /// From a code's numbers to the decoder's channels.
    widen: Convolution,
    decoder: Half,
    #[module(skip)]
    matching: Matching,
}

/// An encoder or a decoder; its levels stand in the order in which they run.
#[derive(Module, Debug)]
struct Half {
    conv_in: Convolution,
    levels: Vec<Level>,
    middle: Middle,
    norm_out: GroupNorm,
    conv_out: Convolution,
}

/// The channels in and out of what stands before and behind the levels, and those of the middle.
struct Ends {
    first: [usize; 2],
    middle: usize,
    last: [usize; 2],
}

impl VqNetwork {
    /// A network of this configuration, which must have passed [`VqConfig::check`].
    pub fn new(config: &VqConfig, init: &mut Init) -> Self {
        Self {
            encoder: Half::encoder(config, init),
            narrow: Convolution::new(config.latent, config.dimensions, 1, init),
            codebook: Codebook {
                weight: init.normal_parameter([config.codes, config.dimensions], 1.0),
            },
            widen: Convolution::new(config.dimensions, config.latent, 1, init),
            decoder: Half::decoder(config, init),
            matching: config.matching,
        }
    }

    /// The same network with the weights of its convolutions laid for them, those of the decoder in `dtype`.
    #[must_use]
    pub fn laid_out(mut self, dtype: FloatDType) -> Self {
        self.encoder = self.encoder.laid(FloatDType::F32);
        self.decoder = self.decoder.laid(dtype);
        self
    }

    /// What the encoder makes of pixels in f32, before it is narrowed to a code's numbers, computed in `dtype`.
    ///
    /// Shapes: `[batch, height, width, 3]` → `[batch, rows, columns, latent]`.
    pub fn features(&self, pixels: Tensor<4>, dtype: FloatDType) -> Tensor<4> {
        let x = self.encoder.open(pixels.cast(dtype));
        let x = self
            .encoder
            .levels
            .iter()
            .fold(x, |x, level| level.forward(x));
        let x = self.encoder.middle.forward(x);
        self.encoder.close(x).cast(FloatDType::F32)
    }

    /// What codes are matched to.
    ///
    /// Shapes: `features [batch, rows, columns, latent]` → `[batch, rows, columns, dimensions]`.
    pub fn latents(&self, features: Tensor<4>) -> Tensor<4> {
        self.narrow.point(features)
    }

    /// The codes that fit latents best.
    ///
    /// Shapes: `[batch, rows, columns, dimensions]` → `[batch, rows · columns]`.
    pub fn codes(&self, latents: Tensor<4>) -> Tensor<2, Int> {
        let [b, h, w, d] = latents.dims();
        let rows = latents.reshape([b * h * w, d]);
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
    /// Shapes: `codes [batch, rows · columns]` → `[batch, rows, columns, dimensions]`.
    pub fn laid(&self, codes: Tensor<2, Int>, rows: usize, columns: usize) -> Tensor<4> {
        let [b, length] = codes.dims();
        let vectors = self.vectors().select(0, codes.reshape([b * length]));
        let d = vectors.dims()[1];
        vectors.reshape([b, rows, columns, d])
    }

    /// The pixels of codes' vectors in f32, not clamped, computed in `dtype`.
    ///
    /// Shapes: `[batch, rows, columns, dimensions]` → `[batch, height, width, 3]`.
    pub fn decode(&self, laid: Tensor<4>, dtype: FloatDType) -> Tensor<4> {
        let x = self.decoder.open(self.widen.point(laid.cast(dtype)));
        let x = self.decoder.middle.forward(x);
        let levels = self.decoder.levels.iter();
        let x = levels.fold(x, |x, level| level.forward(x));
        self.decoder.close(x).cast(FloatDType::F32)
    }
}

/// Each row at length 1.
fn scaled(rows: Tensor<2>) -> Tensor<2> {
    let lengths = rows.clone().square().sum_dim(1).sqrt();
    rows / lengths.clamp_min(SHORTEST)
}

impl Half {
    fn encoder(config: &VqConfig, init: &mut Init) -> Self {
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
            Level::new(sizes, true, init)
        });
        let levels = levels.collect();
        let ends = Ends {
            first: [COLOURS, config.first],
            middle: inputs,
            last: [inputs, config.latent],
        };
        Self::around(config, levels, ends, init)
    }

    fn decoder(config: &VqConfig, init: &mut Init) -> Self {
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
            Level::new(sizes, false, init)
        });
        let levels = levels.collect();
        let ends = Ends {
            first: [config.latent, coarsest],
            middle: coarsest,
            last: [inputs, COLOURS],
        };
        Self::around(config, levels, ends, init)
    }

    /// `levels` with what stands before and behind them.
    fn around(config: &VqConfig, levels: Vec<Level>, ends: Ends, init: &mut Init) -> Self {
        let groups = config.norm_groups;
        Self {
            conv_in: Convolution::new(ends.first[0], ends.first[1], 3, init),
            levels,
            middle: Middle::new(ends.middle, config.middle_attention, groups, init),
            norm_out: norm(ends.last[0], groups, init),
            conv_out: Convolution::new(ends.last[0], ends.last[1], 3, init),
        }
    }

    /// The convolution that begins either half.
    fn open(&self, x: Tensor<4>) -> Tensor<4> {
        self.conv_in.around(x, None, Resolution::Kept)
    }

    /// The norm, the activation and the convolution that end either half.
    fn close(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.norm_out.activated(x);
        self.conv_out.around(x, None, Resolution::Kept)
    }

    /// The same half with the weights of its convolutions in `dtype`, laid for them.
    fn laid(mut self, dtype: FloatDType) -> Self {
        self.conv_in = self.conv_in.laid(dtype);
        let levels = self.levels.into_iter();
        self.levels = levels.map(|level| level.laid(dtype)).collect();
        self.middle = self.middle.laid(dtype);
        self.conv_out = self.conv_out.laid(dtype);
        self
    }
}
