//! The parts that encoder and decoder are made of. Everything is channels-last.

use burn::module::{Module, Param};
use burn::tensor::{FloatDType, Tensor};
use kernels::Resolution;

use crate::network::layers::{Convolution, GroupNorm, Init, Linear};

/// What keeps norms finite, in all layouts.
const EPSILON: f64 = 1e-6;

/// A norm over groups of channels.
pub fn norm(channels: usize, groups: usize, init: &Init) -> GroupNorm {
    GroupNorm::new(channels, groups, EPSILON, init)
}

/// Two convolutions that change a picture a little, each behind a norm and an activation.
#[derive(Module, Debug)]
pub struct Block {
    norm_1: GroupNorm,
    conv_1: Convolution,
    norm_2: GroupNorm,
    conv_2: Convolution,
    shortcut: Option<Convolution>,
}

impl Block {
    /// A block of `inputs` channels that puts out `outputs`.
    pub fn new(inputs: usize, outputs: usize, groups: usize, init: &mut Init) -> Self {
        Self {
            norm_1: norm(inputs, groups, init),
            conv_1: Convolution::new(inputs, outputs, 3, init),
            norm_2: norm(outputs, groups, init),
            conv_2: Convolution::new(outputs, outputs, 3, init),
            shortcut: (inputs != outputs).then(|| Convolution::new(inputs, outputs, 1, init)),
        }
    }

    /// `s(x) + conv(silu(norm(conv(silu(norm(x))))))`, where `s` matches the channels.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let change = self.norm_1.activated(x.clone());
        let change = self.conv_1.around(change, None, Resolution::Kept);
        let change = self.norm_2.activated(change);
        let x = match &self.shortcut {
            None => x,
            Some(shortcut) => shortcut.point(x),
        };
        self.conv_2.around(change, Some(x), Resolution::Kept)
    }

    /// The same block with its weights in `dtype`, laid for it.
    #[must_use]
    pub fn laid(mut self, dtype: FloatDType) -> Self {
        self.conv_1 = self.conv_1.laid(dtype);
        self.conv_2 = self.conv_2.laid(dtype);
        self.shortcut = self.shortcut.map(|shortcut| shortcut.laid(dtype));
        self
    }
}

/// Attention of every position to all, with a single head.
#[derive(Module, Debug)]
pub struct Attention {
    norm: GroupNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
}

impl Attention {
    /// Attention between vectors of `channels` numbers.
    pub fn new(channels: usize, groups: usize, init: &mut Init) -> Self {
        let norm = norm(channels, groups, init);
        let mut linear = || Linear::new(channels, channels, 1.0, init);
        Self {
            norm,
            query: linear(),
            key: linear(),
            value: linear(),
            out: linear(),
        }
    }

    /// `x + out(softmax(q·kᵀ / √channels)·v)` of the positions of `norm(x)`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [b, h, w, c] = x.dims();
        let inner: Tensor<3> = self.norm.forward(x.clone()).reshape([b, h * w, c]);
        let scale = 1.0 / (c as f32).sqrt();
        let scores = kernels::matmul(
            self.query.forward(inner.clone()),
            self.key.forward(inner.clone()).swap_dims(1, 2),
        );
        let mixed = kernels::matmul(kernels::softmax(scores, scale), self.value.forward(inner));
        x + self.out.forward(mixed).reshape([b, h, w, c])
    }
}

/// Some blocks at one resolution, each with attention behind it where there is any, then a change of resolution.
#[derive(Module, Debug)]
pub struct Level {
    blocks: Vec<Block>,
    attention: Vec<Attention>,
    resample: Option<Convolution>,
    #[module(skip)]
    down: bool,
}

/// The sizes of a level.
#[derive(Clone, Copy, Debug)]
pub struct LevelSizes {
    /// Channels that come in.
    pub inputs: usize,
    /// Channels of its blocks.
    pub channels: usize,
    /// How many blocks.
    pub blocks: usize,
    /// Whether attention follows each.
    pub attention: bool,
    /// Groups of the norms.
    pub groups: usize,
    /// Whether the resolution changes behind it.
    pub resamples: bool,
}

impl Level {
    /// A level that halves the resolution behind it (`down`), or doubles it.
    pub fn new(sizes: LevelSizes, down: bool, init: &mut Init) -> Self {
        let LevelSizes {
            inputs,
            channels,
            groups,
            ..
        } = sizes;
        let blocks = (0..sizes.blocks).map(|at| {
            let inputs = if at == 0 { inputs } else { channels };
            Block::new(inputs, channels, groups, init)
        });
        let blocks = blocks.collect();
        let attention = if sizes.attention { sizes.blocks } else { 0 };
        let attention = (0..attention).map(|_| Attention::new(channels, groups, init));
        let attention = attention.collect();
        let resample = sizes.resamples;
        Self {
            blocks,
            attention,
            resample: resample.then(|| Convolution::new(channels, channels, 3, init)),
            down,
        }
    }

    /// The level's output, at the next resolution where it changes.
    pub fn forward(&self, mut x: Tensor<4>) -> Tensor<4> {
        for (at, block) in self.blocks.iter().enumerate() {
            x = block.forward(x);
            if let Some(attention) = self.attention.get(at) {
                x = attention.forward(x);
            }
        }
        match &self.resample {
            None => x,
            Some(layer) if self.down => layer.around(x, None, Resolution::Halved),
            Some(layer) => layer.around(x, None, Resolution::Doubled),
        }
    }

    /// The same level with the weights of its convolutions in `dtype`, laid for them.
    #[must_use]
    pub fn laid(mut self, dtype: FloatDType) -> Self {
        let blocks = self.blocks.into_iter();
        self.blocks = blocks.map(|block| block.laid(dtype)).collect();
        self.resample = self.resample.map(|layer| layer.laid(dtype));
        self
    }
}

/// Two blocks at the coarsest resolution, with attention between them where there is any.
#[derive(Module, Debug)]
pub struct Middle {
    first: Block,
    attention: Option<Attention>,
    second: Block,
}

impl Middle {
    /// The middle of a network with `channels` at its coarsest level.
    pub fn new(channels: usize, attention: bool, groups: usize, init: &mut Init) -> Self {
        Self {
            first: Block::new(channels, channels, groups, init),
            attention: attention.then(|| Attention::new(channels, groups, init)),
            second: Block::new(channels, channels, groups, init),
        }
    }

    /// The same with the weights of its convolutions in `dtype`, laid for them.
    #[must_use]
    pub fn laid(mut self, dtype: FloatDType) -> Self {
        self.first = self.first.laid(dtype);
        self.second = self.second.laid(dtype);
        self
    }

    /// Both blocks, and what stands between them.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.first.forward(x);
        let x = match &self.attention {
            None => x,
            Some(attention) => attention.forward(x),
        };
        self.second.forward(x)
    }
}

/// The vectors of all codes.
#[derive(Module, Debug)]
pub struct Codebook {
    /// `[codes, dimensions]`.
    pub weight: Param<Tensor<2>>,
}
