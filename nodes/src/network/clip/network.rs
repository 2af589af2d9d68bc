//! The network as a whole.

use burn::module::{Module, Param};
use burn::tensor::activation::{gelu, sigmoid};
use burn::tensor::{Int, Tensor, TensorData};

use super::ClipConfig;
use super::config::Activation;
use crate::network::layers::{Init, LayerNorm, Linear, attend};

/// The slope of the quick approximation of GELU.
const QUICK: f32 = 1.702;

/// The network, which computes in f32. Fields are called as in published checkpoints.
#[derive(Module, Debug)]
pub struct ClipNetwork {
    text_model: TextModel,
    text_projection: Linear,
    #[module(skip)]
    config: ClipConfig,
}

#[derive(Module, Debug)]
struct TextModel {
    embeddings: Embeddings,
    encoder: Layers,
    final_layer_norm: LayerNorm,
}

#[derive(Module, Debug)]
struct Embeddings {
    token_embedding: Table,
    position_embedding: Table,
}

#[derive(Module, Debug)]
struct Table {
    /// `[ids, width]`.
    weight: Param<Tensor<2>>,
}

#[derive(Module, Debug)]
struct Layers {
    layers: Vec<Layer>,
}

#[derive(Module, Debug)]
struct Layer {
    self_attn: SelfAttention,
    layer_norm1: LayerNorm,
    mlp: FeedForward,
    layer_norm2: LayerNorm,
}

#[derive(Module, Debug)]
struct SelfAttention {
    k_proj: Linear,
    v_proj: Linear,
    q_proj: Linear,
    out_proj: Linear,
}

#[derive(Module, Debug)]
struct FeedForward {
    fc1: Linear,
    fc2: Linear,
}

impl ClipNetwork {
    /// A network of this configuration, which must have passed [`ClipConfig::check`].
    pub fn new(config: &ClipConfig, init: &mut Init) -> Self {
        let width = config.hidden_size;
        let table = |rows: usize, init: &mut Init| Table {
            weight: init.normal_parameter([rows, width], 0.5),
        };
        let embeddings = Embeddings {
            token_embedding: table(config.vocab_size, init),
            position_embedding: table(config.max_position_embeddings, init),
        };
        let layers = (0..config.num_hidden_layers)
            .map(|_| Layer::new(config, init))
            .collect();
        Self {
            text_model: TextModel {
                embeddings,
                encoder: Layers { layers },
                final_layer_norm: LayerNorm::new(width, true, true, init),
            },
            text_projection: Linear::without_bias(width, config.projection_dim, 1.0, init),
            config: config.clone(),
        }
    }

    /// What the array that published files call `name` is called here; `None` where the network has no use for it.
    pub fn name_of(name: &str) -> Option<String> {
        // Early files hold the numbers of the positions, which nobody learns.
        (!name.ends_with(".position_ids")).then(|| name.into())
    }

    /// The sizes.
    pub fn config(&self) -> &ClipConfig {
        &self.config
    }

    /// The vectors of words in front of the last layer, and the vector of the whole text.
    ///
    /// `ends` says where each text ends.
    ///
    /// Shapes: `ids [batch, length]` → `[batch, length, width]` and `[batch, projection]`.
    pub fn forward(&self, ids: Tensor<2, Int>, ends: &[usize]) -> (Tensor<3>, Tensor<2>) {
        let [b, length] = ids.dims();
        let (width, epsilon) = (self.config.hidden_size, self.config.layer_norm_eps);
        let device = ids.device();
        let Embeddings {
            token_embedding,
            position_embedding,
        } = &self.text_model.embeddings;
        let words = token_embedding
            .weight
            .val()
            .select(0, ids.reshape([b * length]));
        let positions = position_embedding.weight.val().narrow(0, 0, length);
        let mut x = words.reshape([b, length, width]) + positions.reshape([1, length, width]);

        let mask: Vec<f32> = (0..length * length)
            .map(|at| {
                let is_later = at % length > at / length;
                if is_later { f32::NEG_INFINITY } else { 0.0 }
            })
            .collect();
        let mask = Tensor::from_data(TensorData::new(mask, [1, length, length]), &device);
        let mut penultimate = x.clone();
        for layer in &self.text_model.encoder.layers {
            penultimate = x.clone();
            x = layer.forward(x, &mask, &self.config);
        }

        let rows: Vec<i32> = ends
            .iter()
            .enumerate()
            .map(|(text, end)| (text * length + end) as i32)
            .collect();
        let rows: Tensor<1, Int> = Tensor::from_data(TensorData::new(rows, [b]), &device);
        let last = x.reshape([b * length, width]).select(0, rows);
        let last = self.text_model.final_layer_norm.forward(last, epsilon);
        (penultimate, self.text_projection.forward(last))
    }
}

impl Layer {
    fn new(config: &ClipConfig, init: &mut Init) -> Self {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let mut square = || Linear::new(width, width, 1.0, init);
        let self_attn = SelfAttention {
            k_proj: square(),
            v_proj: square(),
            q_proj: square(),
            out_proj: square(),
        };
        Self {
            self_attn,
            layer_norm1: LayerNorm::new(width, true, true, init),
            mlp: FeedForward {
                fc1: Linear::new(width, inner, 1.0, init),
                fc2: Linear::new(inner, width, 1.0, init),
            },
            layer_norm2: LayerNorm::new(width, true, true, init),
        }
    }

    fn forward(&self, x: Tensor<3>, mask: &Tensor<3>, config: &ClipConfig) -> Tensor<3> {
        let y = self.layer_norm1.forward(x.clone(), config.layer_norm_eps);
        let attention = &self.self_attn;
        let y = attend(
            attention.q_proj.forward(y.clone()),
            attention.k_proj.forward(y.clone()),
            attention.v_proj.forward(y),
            config.num_attention_heads,
            Some(mask.clone()),
        );
        let x = x + attention.out_proj.forward(y);

        let y = self.layer_norm2.forward(x.clone(), config.layer_norm_eps);
        let y = self.mlp.fc1.forward(y);
        let y = match config.hidden_act {
            Activation::QuickGelu => y.clone() * sigmoid(y.mul_scalar(QUICK)),
            Activation::Gelu => gelu(y),
        };
        x + self.mlp.fc2.forward(y)
    }
}
