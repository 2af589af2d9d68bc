//! A layer of the transformer between the two blocks of convolutions.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::{gelu, silu};

use super::UvitConfig;
use crate::network::layers::{Attention, Init, LayerNorm, Linear, Norm};

/// Attention of the positions to each other, attention to the text, then a gated feed-forward layer.
/// Fields are called as in published checkpoints.
#[derive(Module, Debug)]
pub struct Layer {
    norm1: Adaptive<Norm>,
    attn1: Attention,
    norm2: Adaptive<Norm>,
    attn2: Attention,
    norm3: Adaptive<LayerNorm>,
    ff: FeedForward,
    #[module(skip)]
    epsilon: f64,
}

impl Layer {
    /// A layer that starts with draws.
    pub fn new(config: &UvitConfig, init: &mut Init) -> Self {
        let (width, gains, bias) = (
            config.hidden_size,
            config.ln_elementwise_affine,
            config.use_bias,
        );
        let attention =
            |init: &mut Init| Attention::new(width, config.num_attention_heads, bias, init);
        let change = |init: &mut Init| Linear::with_bias_if(bias, width, 2 * width, 0.1, init);
        let adaptive = |init: &mut Init| Adaptive {
            linear: change(init),
            norm: Norm::new(width, gains, init),
        };
        Self {
            norm1: adaptive(init),
            attn1: attention(init),
            norm2: adaptive(init),
            attn2: attention(init),
            norm3: Adaptive {
                linear: change(init),
                norm: LayerNorm::new(width, gains, gains && bias, init),
            },
            ff: FeedForward::new(config, init),
            epsilon: config.layer_norm_eps,
        }
    }

    /// Each part on the normed vectors, added to them.
    ///
    /// Shapes: `x [batch, positions, hidden]`, `condition [batch, hidden]`, `text [batch, words, hidden]` → as `x`.
    pub fn forward(&self, x: Tensor<3>, condition: Tensor<2>, text: Tensor<3>) -> Tensor<3> {
        let condition = silu(condition);
        let normed = self.norm1.norm.forward(x.clone(), self.epsilon);
        let normed = changed(normed, &self.norm1.linear, condition.clone());
        let x = x + self.attn1.forward(normed.clone(), normed);

        let normed = self.norm2.norm.forward(x.clone(), self.epsilon);
        let normed = changed(normed, &self.norm2.linear, condition.clone());
        let x = x + self.attn2.forward(normed, text);

        let normed = self.norm3.norm.forward(x.clone(), self.epsilon);
        let normed = changed(normed, &self.norm3.linear, condition);
        x + self.ff.forward(normed)
    }
}

/// A norm whose result is scaled and shifted by what the picture shall show.
#[derive(Module, Debug)]
struct Adaptive<N: Module> {
    linear: Linear,
    norm: N,
}

/// `x · (1 + scale) + shift`, both of them made of `condition` by `linear`, the scale first.
fn changed(x: Tensor<3>, linear: &Linear, condition: Tensor<2>) -> Tensor<3> {
    let [b, _, width] = x.dims();
    let change: Tensor<3> = linear.forward(condition).reshape([b, 1, 2 * width]);
    let (scale, shift) = (
        change.clone().narrow(2, 0, width),
        change.narrow(2, width, width),
    );
    x * scale.add_scalar(1.0) + shift
}

/// `contract(value · gelu(gate))`, where one linear layer makes value and gate.
#[derive(Module, Debug)]
struct FeedForward {
    /// The list of the published network: what expands, nothing at inference, and what contracts.
    net: (Expansion, Nothing, Linear),
}

#[derive(Module, Debug)]
struct Expansion {
    proj: Linear,
}

/// The place of a layer that works in training alone and learns nothing.
#[derive(Module, Debug)]
struct Nothing {}

impl FeedForward {
    fn new(config: &UvitConfig, init: &mut Init) -> Self {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let linear =
            |from, to, init: &mut Init| Linear::with_bias_if(config.use_bias, from, to, 1.0, init);
        let proj = linear(width, 2 * inner, init);
        Self {
            net: (Expansion { proj }, Nothing {}, linear(inner, width, init)),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let (expansion, _, contraction) = &self.net;
        let wide = expansion.proj.forward(x);
        let inner = wide.dims()[2] / 2;
        let (value, gate) = (
            wide.clone().narrow(2, 0, inner),
            wide.narrow(2, inner, inner),
        );
        contraction.forward(value * gelu(gate))
    }
}
