//! The parts that encoder and decoder are made of. Everything is channels-first, in f32.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{GroupNorm, GroupNormConfig, PaddingConfig2d};
use burn::tensor::activation::silu;
use burn::tensor::ops::PadMode;
use burn::tensor::{Device, Tensor};

use crate::network::layers::{Init, Linear};

/// What keeps norms finite, in all layouts.
const EPSILON: f64 = 1e-6;

/// A convolution that keeps the resolution.
///
/// Shapes: `[batch, inputs, height, width]` → `[batch, outputs, height, width]`.
pub fn convolution(inputs: usize, outputs: usize, kernel: usize, device: &Device) -> Conv2d {
    let around = kernel / 2;
    Conv2dConfig::new([inputs, outputs], [kernel, kernel])
        .with_padding(PaddingConfig2d::Explicit(around, around, around, around))
        .init(device)
}

/// A norm over groups of channels.
pub fn norm(channels: usize, groups: usize, device: &Device) -> GroupNorm {
    GroupNormConfig::new(groups, channels)
        .with_epsilon(EPSILON)
        .init(device)
}

/// Two convolutions that change a picture a little, each behind a norm and an activation.
#[derive(Module, Debug)]
pub struct Block {
    norm_1: GroupNorm,
    conv_1: Conv2d,
    norm_2: GroupNorm,
    conv_2: Conv2d,
    shortcut: Option<Conv2d>,
}

impl Block {
    /// A block of `inputs` channels that puts out `outputs`.
    pub fn new(inputs: usize, outputs: usize, groups: usize, device: &Device) -> Self {
        Self {
            norm_1: norm(inputs, groups, device),
            conv_1: convolution(inputs, outputs, 3, device),
            norm_2: norm(outputs, groups, device),
            conv_2: convolution(outputs, outputs, 3, device),
            shortcut: (inputs != outputs).then(|| convolution(inputs, outputs, 1, device)),
        }
    }

    /// `s(x) + conv(silu(norm(conv(silu(norm(x))))))`, where `s` matches the channels.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let change = self.conv_1.forward(silu(self.norm_1.forward(x.clone())));
        let change = self.conv_2.forward(silu(self.norm_2.forward(change)));
        match &self.shortcut {
            None => x + change,
            Some(shortcut) => shortcut.forward(x) + change,
        }
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
    pub fn new(channels: usize, groups: usize, init: &mut Init, device: &Device) -> Self {
        let mut linear = || Linear::new(channels, channels, 1.0, init);
        Self {
            norm: norm(channels, groups, device),
            query: linear(),
            key: linear(),
            value: linear(),
            out: linear(),
        }
    }

    /// `x + out(softmax(q·kᵀ / √channels)·v)` of the positions of `norm(x)`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [b, c, h, w] = x.dims();
        let inner = self.norm.forward(x.clone());
        let inner = inner.reshape([b, c, h * w]).swap_dims(1, 2);
        let scale = 1.0 / (c as f32).sqrt();
        let scores = kernels::matmul(
            self.query.forward(inner.clone()),
            self.key.forward(inner.clone()).swap_dims(1, 2),
        );
        let mixed = kernels::matmul(kernels::softmax(scores, scale), self.value.forward(inner));
        let change = self.out.forward(mixed).swap_dims(1, 2);
        x + change.reshape([b, c, h, w])
    }
}

/// Some blocks at one resolution, each with attention behind it where there is any, then a change of resolution.
#[derive(Module, Debug)]
pub struct Level {
    blocks: Vec<Block>,
    attention: Vec<Attention>,
    resample: Option<Conv2d>,
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
    pub fn new(sizes: LevelSizes, down: bool, init: &mut Init, device: &Device) -> Self {
        let LevelSizes {
            inputs,
            channels,
            groups,
            ..
        } = sizes;
        let blocks = (0..sizes.blocks).map(|at| {
            let inputs = if at == 0 { inputs } else { channels };
            Block::new(inputs, channels, groups, device)
        });
        let blocks = blocks.collect();
        let attention = if sizes.attention { sizes.blocks } else { 0 };
        let attention = (0..attention).map(|_| Attention::new(channels, groups, init, device));
        let resample = if down {
            Conv2dConfig::new([channels, channels], [3, 3])
                .with_stride([2, 2])
                .init(device)
        } else {
            convolution(channels, channels, 3, device)
        };
        Self {
            blocks,
            attention: attention.collect(),
            resample: sizes.resamples.then_some(resample),
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
            // The published networks pad at the right and at the bottom alone.
            Some(conv) if self.down => conv.forward(x.pad((0, 1, 0, 1), PadMode::Constant(0.0))),
            Some(conv) => conv.forward(doubled(x)),
        }
    }
}

/// Every pixel four times.
///
/// Shapes: `[batch, channels, height, width]` → `[batch, channels, 2·height, 2·width]`.
fn doubled(x: Tensor<4>) -> Tensor<4> {
    let [b, c, h, w] = x.dims();
    let x: Tensor<6> = x.reshape([b, c, h, 1, w, 1]);
    x.expand([b, c, h, 2, w, 2]).reshape([b, c, 2 * h, 2 * w])
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
    pub fn new(
        channels: usize,
        attention: bool,
        groups: usize,
        init: &mut Init,
        device: &Device,
    ) -> Self {
        Self {
            first: Block::new(channels, channels, groups, device),
            attention: attention.then(|| Attention::new(channels, groups, init, device)),
            second: Block::new(channels, channels, groups, device),
        }
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
