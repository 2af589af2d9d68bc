//! A block of the stack: attention to everything, then a gated feed-forward layer.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{DenoiserConfig, Rotary};
use crate::network::layers::{Init, Linear, Norm};

/// The keys of a layer's attention and the values behind them, `[batch, length, key heads, head width]` each.
pub type KeysValues = (Tensor<4>, Tensor<4>);

/// A layer looks at its own keys and values alone.
pub fn own(keys_values: KeysValues) -> KeysValues {
    keys_values
}

/// A block of the stack. Fields are called as in published checkpoints.
#[derive(Module, Debug)]
pub struct Layer {
    input_layernorm: Norm,
    self_attn: Attention,
    post_attention_layernorm: Norm,
    mlp: FeedForward,
    #[module(skip)]
    epsilon: f64,
}

impl Layer {
    /// A block that starts close to doing nothing.
    pub fn new(config: &DenoiserConfig, init: &mut Init) -> Self {
        let norm = |init: &Init| Norm::new(config.width, config.norm_gains, init);
        Self {
            input_layernorm: norm(init),
            self_attn: Attention::new(config, init),
            post_attention_layernorm: norm(init),
            mlp: FeedForward::new(config, init),
            epsilon: config.norm_epsilon,
        }
    }

    /// `x + attention(norm(x))`, then `x + mlp(norm(x))`.
    ///
    /// Shapes: `x [batch, length, width]` → the same.
    pub fn forward(&self, x: Tensor<3>, rotary: &Rotary) -> Tensor<3> {
        let (x, change) = self.changed(x, None, rotary, own);
        x + change
    }

    /// What [`forward`](Self::forward) makes of `x + change`, as two summands again: the next sum is formed in one pass
    /// with the norm behind it, whosever that is.
    ///
    /// Queries look at what `seen` makes of the layer's keys and values: at these with [`own`], or at more of them.
    ///
    /// Shapes: `x` and `change [batch, length, width]` → two of the same.
    pub fn changed(
        &self,
        x: Tensor<3>,
        change: Option<Tensor<3>>,
        rotary: &Rotary,
        seen: impl FnOnce(KeysValues) -> KeysValues,
    ) -> (Tensor<3>, Tensor<3>) {
        let norm = &self.input_layernorm;
        let (x, inner) = match change {
            None => (x.clone(), norm.forward(x, self.epsilon)),
            Some(change) => norm.behind(x, change, self.epsilon),
        };
        let change = self.self_attn.forward(inner, rotary, seen);
        let (x, inner) = self
            .post_attention_layernorm
            .behind(x, change, self.epsilon);
        (x, self.mlp.forward(inner))
    }

    /// `attention(norm(x))`.
    ///
    /// Shapes: `x [batch, length, width]` → the same.
    pub fn attended(&self, x: Tensor<3>, rotary: &Rotary) -> Tensor<3> {
        let inner = self.input_layernorm.forward(x, self.epsilon);
        self.self_attn.forward(inner, rotary, own)
    }
}

/// Attention to all positions, without a mask; heads may share keys and values.
#[derive(Module, Debug)]
struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    o_proj: Linear,
    #[module(skip)]
    head_width: usize,
}

impl Attention {
    fn new(config: &DenoiserConfig, init: &mut Init) -> Self {
        let (width, head) = (config.width, config.head_width);
        let (asking, asked) = (config.heads * head, config.key_heads * head);
        Self {
            q_proj: Linear::without_bias(width, asking, 1.0, init),
            k_proj: Linear::without_bias(width, asked, 1.0, init),
            v_proj: Linear::without_bias(width, asked, 1.0, init),
            o_proj: Linear::without_bias(asking, width, residual_gain(config), init),
            head_width: head,
        }
    }

    fn forward(
        &self,
        x: Tensor<3>,
        rotary: &Rotary,
        seen: impl FnOnce(KeysValues) -> KeysValues,
    ) -> Tensor<3> {
        let [b, l, _] = x.dims();
        let d = self.head_width;
        let split = |y: Tensor<3>| -> Tensor<4> {
            let heads = y.dims()[2] / d;
            y.reshape([b, l, heads, d])
        };
        let queries = rotary.queries(split(self.q_proj.forward(x.clone())));
        let keys = rotary.keys(split(self.k_proj.forward(x.clone())));
        let values = split(self.v_proj.forward(x));
        let (keys, values) = seen((keys, values));
        let heads = queries.dims()[2];
        let mixed = kernels::attention(queries, keys, values, 1.0);
        self.o_proj.forward(mixed.reshape([b, l, heads * d]))
    }
}

/// `down(silu(gate(x)) · up(x))`
#[derive(Module, Debug)]
struct FeedForward {
    gate_proj: Linear,
    up_proj: Linear,
    down_proj: Linear,
}

impl FeedForward {
    fn new(config: &DenoiserConfig, init: &mut Init) -> Self {
        let (width, inner) = (config.width, config.inner_width);
        Self {
            gate_proj: Linear::without_bias(width, inner, 1.0, init),
            up_proj: Linear::without_bias(width, inner, 1.0, init),
            down_proj: Linear::without_bias(inner, width, residual_gain(config), init),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let gate = self.gate_proj.forward(x.clone());
        let gated = kernels::swiglu(gate, self.up_proj.forward(x));
        self.down_proj.forward(gated)
    }
}

/// Small enough that a deep stack starts with the spread of a shallow one.
fn residual_gain(config: &DenoiserConfig) -> f32 {
    1.0 / (2.0 * config.layers as f32).sqrt()
}
