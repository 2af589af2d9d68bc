//! The network as a whole.

use burn::module::{Module, Param};
use burn::tensor::activation::silu;
use burn::tensor::{DType, FloatDType, Int, Tensor, TensorData};

use super::UvitConfig;
use super::block::{Block, End};
use super::convolution::Convolution;
use super::layer::Layer;
use crate::network::layers::{Init, Linear, Norm};

/// How many micro-conditions there are: width and height of the whole picture, what was cropped at the top and at the
/// left, and how beautiful it is.
pub const MICRO_CONDITIONS: usize = 5;

/// The slowest frequency of [`spread`] is about one by this.
const SLOWEST: f64 = 10_000.0;

/// The network. Fields are called as in published checkpoints.
#[derive(Module, Debug)]
pub struct UvitNetwork {
    encoder_proj: Linear,
    encoder_proj_layer_norm: Norm,
    embed: Embedding,
    cond_embed: Conditioning,
    down_block: Block,
    project_to_hidden_norm: Norm,
    project_to_hidden: Linear,
    transformer_layers: Vec<Layer>,
    project_from_hidden_norm: Norm,
    project_from_hidden: Linear,
    up_block: Block,
    mlm_layer: Head,
    #[module(skip)]
    config: UvitConfig,
}

#[derive(Module, Debug)]
struct Embedding {
    embeddings: Table,
    layer_norm: Norm,
    conv: Convolution,
}

#[derive(Module, Debug)]
struct Table {
    /// `[ids, channels]`.
    weight: Param<Tensor<2>>,
}

#[derive(Module, Debug)]
struct Conditioning {
    linear_1: Linear,
    linear_2: Linear,
}

#[derive(Module, Debug)]
struct Head {
    conv1: Convolution,
    layer_norm: Norm,
    conv2: Convolution,
}

/// What the network reads.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// `[batch, rows, columns]`, masked ones as [`UvitConfig::mask_id`].
    pub codes: Tensor<3, Int>,
    /// The text word by word, `[batch, words, encoder_hidden_size]`.
    pub words: Tensor<3>,
    /// The text as a whole, `[batch, cond_embed_dim]`.
    pub pooled: Tensor<2>,
    /// The micro-conditions, one row for each picture.
    pub micro: &'a [[f32; MICRO_CONDITIONS]],
}

/// What the network holds at the joints between its parts, channels last.
#[derive(Clone, Debug)]
pub struct Stages {
    /// What the picture shall show, as one vector: `[batch, hidden]`.
    pub cond_embed: Tensor<2>,
    /// The codes as vectors: `[batch, rows, columns, channels]`.
    pub embed: Tensor<4>,
    /// Behind the first block, on cells where the network has them.
    pub down_block: Tensor<4>,
    /// What the transformer sees: `[batch, positions, hidden]`.
    pub project_to_hidden: Tensor<3>,
    /// What it gives: `[batch, positions, channels]`.
    pub project_from_hidden: Tensor<3>,
    /// Behind the second block: `[batch, rows, columns, channels]`.
    pub up_block: Tensor<4>,
}

impl UvitNetwork {
    /// A network of this configuration, which must have passed [`UvitConfig::check`].
    pub fn new(config: &UvitConfig, init: &mut Init) -> Self {
        let (hidden, block) = (config.hidden_size, config.block_out_channels);
        let (inputs, codes) = (config.in_channels, config.codebook_size);
        let linear =
            |from, to, init: &mut Init| Linear::with_bias_if(config.use_bias, from, to, 1.0, init);
        let norm = |width, init: &Init| Norm::new(width, config.ln_elementwise_affine, init);
        let point = |from, to, init: &mut Init| {
            Convolution::new([to, from, 1, 1], config.use_bias.then_some(to), init)
        };
        let conditions = config.micro_cond_embed_dim + config.cond_embed_dim;
        Self {
            encoder_proj: linear(config.encoder_hidden_size, hidden, init),
            encoder_proj_layer_norm: norm(hidden, init),
            embed: Embedding {
                embeddings: Table {
                    weight: init.normal_parameter([config.vocab_size, inputs], 1.0),
                },
                layer_norm: norm(inputs, init),
                conv: point(inputs, block, init),
            },
            cond_embed: Conditioning {
                linear_1: linear(conditions, hidden, init),
                linear_2: linear(hidden, hidden, init),
            },
            down_block: Block::new(config, End::Front, init),
            project_to_hidden_norm: norm(block, init),
            project_to_hidden: linear(block, hidden, init),
            transformer_layers: (0..config.num_hidden_layers)
                .map(|_| Layer::new(config, init))
                .collect(),
            project_from_hidden_norm: norm(hidden, init),
            project_from_hidden: linear(hidden, block, init),
            up_block: Block::new(config, End::Back, init),
            mlm_layer: Head {
                conv1: point(block, inputs, init),
                layer_norm: norm(inputs, init),
                conv2: point(inputs, codes, init),
            },
            config: config.clone(),
        }
    }

    /// The sizes.
    pub fn config(&self) -> &UvitConfig {
        &self.config
    }

    /// Everything up to the head, computed in `dtype`.
    pub fn stages(&self, input: Input<'_>, dtype: FloatDType) -> Stages {
        let epsilon = self.config.layer_norm_eps;
        let text = self.encoder_proj.forward(input.words.cast(dtype));
        let text = self.encoder_proj_layer_norm.forward(text, epsilon);
        let cond_embed = self.condition(input.pooled, input.micro, dtype);
        let embed = self.embedded(input.codes, dtype);
        let down_block = self
            .down_block
            .forward(embed.clone(), cond_embed.clone(), text.clone());

        let [b, h, w, c] = down_block.dims();
        let x: Tensor<3> = down_block.clone().reshape([b, h * w, c]);
        let x = self.project_to_hidden_norm.forward(x, epsilon);
        let project_to_hidden = self.project_to_hidden.forward(x);
        let mut x = project_to_hidden.clone();
        for layer in &self.transformer_layers {
            x = layer.forward(x, cond_embed.clone(), text.clone());
        }
        let x = self.project_from_hidden_norm.forward(x, epsilon);
        let project_from_hidden = self.project_from_hidden.forward(x);

        let x = project_from_hidden.clone().reshape([b, h, w, c]);
        let up_block = self.up_block.forward(x, cond_embed.clone(), text);
        Stages {
            cond_embed,
            embed,
            down_block,
            project_to_hidden,
            project_from_hidden,
            up_block,
        }
    }

    /// The head up to its last norm; what follows is linear.
    ///
    /// Shapes: `x [n, channels]`, vectors behind the second block → `[n, in_channels]`.
    pub fn features(&self, x: Tensor<2>) -> Tensor<2> {
        let x = self.mlm_layer.conv1.point(x);
        self.mlm_layer
            .layer_norm
            .forward(x, self.config.layer_norm_eps)
    }

    /// Logits of features, in f32.
    ///
    /// Shapes: `features [n, in_channels]` → `[n, codebook_size]`.
    pub fn logits(&self, features: Tensor<2>) -> Tensor<2> {
        self.mlm_layer.conv2.point(features.cast(DType::F32))
    }

    fn embedded(&self, codes: Tensor<3, Int>, dtype: FloatDType) -> Tensor<4> {
        let [b, h, w] = codes.dims();
        let Embedding {
            embeddings,
            layer_norm,
            conv,
        } = &self.embed;
        let vectors = embeddings
            .weight
            .val()
            .select(0, codes.reshape([b * h * w]));
        let vectors = vectors.reshape([b, h, w, self.config.in_channels]);
        let vectors = layer_norm.forward(vectors.cast(dtype), self.config.layer_norm_eps);
        conv.point(vectors)
    }

    fn condition(
        &self,
        pooled: Tensor<2>,
        micro: &[[f32; MICRO_CONDITIONS]],
        dtype: FloatDType,
    ) -> Tensor<2> {
        let spread: Vec<f32> = micro
            .iter()
            .flatten()
            .flat_map(|value| spread(*value, self.config.micro_cond_encode_dim))
            .collect();
        let shape = [micro.len(), self.config.micro_cond_embed_dim];
        let device = pooled.device();
        let spread = Tensor::from_data(TensorData::new(spread, shape), (&device, DType::F32));
        let all = Tensor::cat(vec![pooled.cast(DType::F32), spread], 1).cast(dtype);
        let Conditioning { linear_1, linear_2 } = &self.cond_embed;
        linear_2.forward(silu(linear_1.forward(all)))
    }
}

/// A number as `count` waves of it: cosines first, from fast to slow, then sines.
///
/// Source: Vaswani et al., "Attention is all you need", 2017.
fn spread(value: f32, count: usize) -> Vec<f32> {
    let half = count / 2;
    // As the official code does, angles are formed in f32: large numbers would differ otherwise.
    let angles: Vec<f64> = (0..half)
        .map(|at| (-SLOWEST.ln() * at as f64 / half as f64).exp())
        .map(|frequency| f64::from(frequency as f32 * value))
        .collect();
    let cosines = angles.iter().map(|angle| angle.cos() as f32);
    let sines = angles.iter().map(|angle| angle.sin() as f32);
    cosines.chain(sines).collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn a_number_becomes_cosines_and_sines() {
        let found = spread(2.0, 4);
        let wanted = [2.0_f64.cos(), 0.02_f64.cos(), 2.0_f64.sin(), 0.02_f64.sin()];
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((f64::from(*found) - wanted).abs() < 1e-6, "{found}");
        }
    }
}
