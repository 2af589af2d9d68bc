//! A block of convolutions at one end of the U-ViT.

use burn::module::{Module, Param};
use burn::tensor::activation::{gelu, silu};
use burn::tensor::{DType, Tensor};

use super::UvitConfig;
use super::convolution::Convolution;
use crate::network::layers::{Attention, Init, Linear, Norm};

/// What keeps the norms in front of attention finite; no configuration changes it.
const ATTENTION_EPSILON: f64 = 1e-6;

/// What keeps a channel's share finite.
const RESPONSE_EPSILON: f64 = 1e-6;

/// How many times wider a mix of channels is inside.
const INNER: usize = 4;

/// Mixes of neighbouring positions and attention to the text by turns, with a change of resolution in front or behind.
/// Fields are called as in published checkpoints.
#[derive(Module, Debug)]
pub struct Block {
    downsample: Option<Resample>,
    res_blocks: Vec<Mix>,
    attention_blocks: Vec<Crossing>,
    upsample: Option<Resample>,
    #[module(skip)]
    epsilon: f64,
}

/// At which end of the network a block stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In front of the transformer.
    Front,
    /// Behind it.
    Back,
}

#[derive(Module, Debug)]
struct Resample {
    norm: Norm,
    conv: Convolution,
}

impl Block {
    /// A block that starts with draws.
    pub fn new(config: &UvitConfig, end: End, init: &mut Init) -> Self {
        let width = config.block_out_channels;
        let resample = |wanted: bool, init: &mut Init| {
            wanted.then(|| Resample {
                norm: Norm::new(width, config.ln_elementwise_affine, init),
                conv: Convolution::new(
                    [width, width, 2, 2],
                    config.use_bias.then_some(width),
                    init,
                ),
            })
        };
        Self {
            downsample: resample(config.downsample && end == End::Front, init),
            res_blocks: (0..config.num_res_blocks)
                .map(|_| Mix::new(config, init))
                .collect(),
            attention_blocks: (0..config.num_res_blocks)
                .map(|_| Crossing::new(config, init))
                .collect(),
            upsample: resample(config.upsample && end == End::Back, init),
            epsilon: config.layer_norm_eps,
        }
    }

    /// Everything in turn.
    ///
    /// Shapes: `x [batch, height, width, channels]`, `condition [batch, hidden]`, `text [batch, words, hidden]`
    /// → `[batch, .., .., channels]`, its sides halved or doubled where the block does that.
    pub fn forward(&self, x: Tensor<4>, condition: Tensor<2>, text: Tensor<3>) -> Tensor<4> {
        let mut x = match &self.downsample {
            None => x,
            Some(Resample { norm, conv }) => conv.halve(norm.forward(x, self.epsilon)),
        };
        for (mix, crossing) in self.res_blocks.iter().zip(&self.attention_blocks) {
            x = mix.forward(x, condition.clone());
            let [b, h, w, c] = x.dims();
            let positions = x.reshape([b, h * w, c]);
            x = crossing
                .forward(positions, text.clone())
                .reshape([b, h, w, c]);
        }
        match &self.upsample {
            None => x,
            Some(Resample { norm, conv }) => conv.double(norm.forward(x, self.epsilon)),
        }
    }
}

/// Neighbours by channel, then channels by position; what the picture shall show scales and shifts the result.
///
/// Source: Woo et al., "ConvNeXt V2", 2023.
#[derive(Module, Debug)]
struct Mix {
    depthwise: Convolution,
    norm: Norm,
    channelwise_linear_1: Linear,
    channelwise_norm: Response,
    channelwise_linear_2: Linear,
    cond_embeds_mapper: Linear,
    #[module(skip)]
    epsilon: f64,
}

impl Mix {
    fn new(config: &UvitConfig, init: &mut Init) -> Self {
        let width = config.block_out_channels;
        let linear =
            |from, to, init: &mut Init| Linear::with_bias_if(config.use_bias, from, to, 1.0, init);
        Self {
            depthwise: Convolution::new([width, 1, 3, 3], config.use_bias.then_some(width), init),
            norm: Norm::new(width, config.ln_elementwise_affine, init),
            channelwise_linear_1: linear(width, INNER * width, init),
            channelwise_norm: Response::new(INNER * width, init),
            channelwise_linear_2: linear(INNER * width, width, init),
            cond_embeds_mapper: linear(config.hidden_size, 2 * width, init),
            epsilon: config.layer_norm_eps,
        }
    }

    fn forward(&self, x: Tensor<4>, condition: Tensor<2>) -> Tensor<4> {
        let [b, _, _, c] = x.dims();
        let y = self
            .norm
            .forward(self.depthwise.depthwise(x.clone()), self.epsilon);
        let y = gelu(self.channelwise_linear_1.forward(y));
        let y = self
            .channelwise_linear_2
            .forward(self.channelwise_norm.forward(y));
        let y = x + y;
        let change = self.cond_embeds_mapper.forward(silu(condition));
        let change: Tensor<4> = change.reshape([b, 1, 1, 2 * c]);
        let (scale, shift) = (change.clone().narrow(3, 0, c), change.narrow(3, c, c));
        y * scale.add_scalar(1.0) + shift
    }
}

/// Lets channels that answer strongly over the whole picture stand out against the others.
///
/// `γ · x · n + β + x`, where `n` is a channel's length over all positions by the mean length of all channels.
#[derive(Module, Debug)]
struct Response {
    /// `[1, 1, 1, channels]`.
    gamma: Param<Tensor<4>>,
    /// `[1, 1, 1, channels]`.
    beta: Param<Tensor<4>>,
}

impl Response {
    fn new(channels: usize, init: &mut Init) -> Self {
        let mut row = || init.normal_parameter([1, 1, 1, channels], 0.02);
        Self {
            gamma: row(),
            beta: row(),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let dtype = x.dtype();
        let x = x.cast(DType::F32);
        let squares = x.clone() * x.clone();
        let lengths = squares.sum_dim(1).sum_dim(2).sqrt();
        let shares = lengths.clone() / lengths.mean_dim(3).add_scalar(RESPONSE_EPSILON);
        let y = self.gamma.val() * (x.clone() * shares) + self.beta.val() + x;
        y.cast(dtype)
    }
}

/// Attention of each position to the text, twice, without a feed-forward layer.
#[derive(Module, Debug)]
struct Crossing {
    kv_mapper: Option<Linear>,
    norm1: Norm,
    attn1: Attention,
    norm2: Norm,
    attn2: Attention,
}

impl Crossing {
    fn new(config: &UvitConfig, init: &mut Init) -> Self {
        let (width, hidden) = (config.block_out_channels, config.hidden_size);
        let mapped = width != hidden;
        let attention =
            |init: &mut Init| Attention::new(width, config.block_num_heads, config.use_bias, init);
        Self {
            kv_mapper: mapped
                .then(|| Linear::with_bias_if(config.use_bias, hidden, width, 1.0, init)),
            norm1: Norm::new(width, true, init),
            attn1: attention(init),
            norm2: Norm::new(width, true, init),
            attn2: attention(init),
        }
    }

    fn forward(&self, x: Tensor<3>, text: Tensor<3>) -> Tensor<3> {
        let text = match &self.kv_mapper {
            None => text,
            Some(mapper) => mapper.forward(silu(text)),
        };
        let asked = self.norm1.forward(x.clone(), ATTENTION_EPSILON);
        let x = self.attn1.forward(asked, text.clone()) + x;
        let asked = self.norm2.forward(x.clone(), ATTENTION_EPSILON);
        self.attn2.forward(asked, text) + x
    }
}
