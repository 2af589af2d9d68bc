//! The network as a whole.

mod memory;

use burn::module::{Module, Param};
use burn::tensor::{FloatDType, Int, Tensor};

use super::layer::{KeysValues, Layer, own};
use super::{ConfigError, DenoiserConfig, Rotary};
use crate::network::layers::{Init, Linear, Norm, Weight};

pub use memory::{Memory, Part};

/// The network. Fields are called as in published checkpoints.
#[derive(Module, Debug)]
pub struct DenoiserNetwork {
    encoder: Encoder,
    #[module(skip)]
    config: DenoiserConfig,
}

#[derive(Module, Debug)]
struct Encoder {
    embed_tokens: Table,
    gen_embedding: Table,
    downsample_gen: Downsample,
    layers: Vec<Layer>,
    norm: Norm,
    upsample_gen: Upsample,
    gen_predictor: Linear,
}

#[derive(Module, Debug)]
struct Table {
    /// `[ids, width]`.
    weight: Weight,
}

#[derive(Module, Debug)]
struct Downsample {
    downsample: Resample,
}

#[derive(Module, Debug)]
struct Upsample {
    upsample: Resample,
}

#[derive(Module, Debug)]
struct Resample {
    norm: Norm,
    conv: Kernel,
}

#[derive(Module, Debug)]
struct Kernel {
    /// `[out, in, 2, 2]`, or `[in, out, 2, 2]` where it enlarges.
    weight: Param<Tensor<4>>,
}

/// What the network reads: ids in front of the picture, codes cell by cell, ids behind it.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// `[batch, before]`.
    pub before: Tensor<2, Int>,
    /// `[batch, 4 · cells]`, masked ones as the configuration's `mask_id`, in the order of [`cell_order`](super::cell_order);
    /// or those of a part of the batch, which the other parts see again.
    pub codes: Tensor<2, Int>,
    /// `[batch, after]`, or `None` where nothing stands behind.
    pub after: Option<Tensor<2, Int>>,
}

impl Sequence {
    /// How many positions the stack sees.
    pub fn length(&self) -> usize {
        let after = self.after.as_ref().map_or(0, |after| after.dims()[1]);
        self.before.dims()[1] + self.codes.dims()[1] / 4 + after
    }

    /// Its parts: `before`, `codes`, and `after` where there is any.
    pub fn parts(&self) -> Vec<Tensor<2, Int>> {
        let parts = [Some(&self.before), Some(&self.codes), self.after.as_ref()];
        parts.into_iter().flatten().cloned().collect()
    }

    /// The sequence of its [`parts`](Self::parts).
    pub fn joined(parts: &[Tensor<2, Int>]) -> Self {
        Self {
            before: parts[0].clone(),
            codes: parts[1].clone(),
            after: parts.get(2).cloned(),
        }
    }
}

impl DenoiserNetwork {
    /// A network of this configuration, which must have passed [`DenoiserConfig::check`].
    pub fn new(config: &DenoiserConfig, init: &mut Init) -> Self {
        let width = config.width;
        // The four tokens of a cell add up.
        let spread = 1.0 / (4.0 * width as f32).sqrt();
        let resample = |spread: f32, init: &mut Init| Resample {
            norm: Norm::new(width, config.norm_gains, init),
            conv: Kernel {
                weight: init.normal_parameter([width, width, 2, 2], spread),
            },
        };
        let encoder = Encoder {
            embed_tokens: Table {
                weight: Weight::new([config.vocabulary, width], 0.5, init),
            },
            gen_embedding: code_table(config, init),
            downsample_gen: Downsample {
                downsample: resample(spread, init),
            },
            layers: (0..config.layers)
                .map(|_| Layer::new(config, init))
                .collect(),
            norm: Norm::new(width, config.norm_gains, init),
            upsample_gen: Upsample {
                upsample: resample(2.0 * spread, init),
            },
            gen_predictor: code_head(config, init),
        };
        Self {
            encoder,
            config: config.clone(),
        }
    }

    /// The same network for another tokenizer: what knows the codes, their vectors and the head, starts anew for
    /// `codebook` of them; layers and words stay.
    ///
    /// Errors: the network cannot have as many.
    pub fn with_codes_anew(mut self, codebook: u32, init: &mut Init) -> Result<Self, ConfigError> {
        self.config = self.config.with_codebook(codebook);
        self.config.check()?;
        self.encoder.gen_embedding = code_table(&self.config, init);
        self.encoder.gen_predictor = code_head(&self.config, init);
        Ok(self)
    }

    /// The same network with its changes of resolution lying in memory as they are multiplied, so that no step has to lay
    /// them so.
    #[must_use]
    pub fn laid_out(mut self) -> Self {
        let lay = |kernel: &mut Kernel, order: [isize; 4], back: [isize; 4]| {
            let id = kernel.weight.id;
            let weight = kernel.weight.val().permute(order);
            let shape = weight.dims();
            let columns = shape[3];
            // A matrix has its numbers one behind the other.
            let dense = weight.reshape([shape[0] * shape[1] * shape[2], columns]);
            kernel.weight = Param::initialized(id, dense.reshape(shape).permute(back));
        };
        let Encoder {
            downsample_gen,
            upsample_gen,
            ..
        } = &mut self.encoder;
        lay(
            &mut downsample_gen.downsample.conv,
            [0, 2, 3, 1],
            [0, 3, 1, 2],
        );
        lay(&mut upsample_gen.upsample.conv, [2, 3, 1, 0], [3, 2, 0, 1]);
        self
    }

    /// The sizes.
    pub fn config(&self) -> &DenoiserConfig {
        &self.config
    }

    /// The picture's cells as vectors: what the stack sees of it.
    ///
    /// Shapes: `codes [batch, 4 · cells]` → `[batch, cells, width]`.
    pub fn cells(&self, codes: Tensor<2, Int>, dtype: FloatDType) -> Tensor<3> {
        let [b, n] = codes.dims();
        let width = self.config.width;
        let Resample { norm, conv } = &self.encoder.downsample_gen.downsample;
        let epsilon = self.config.resample_epsilon;
        let (codes, table) = (codes.reshape([b * n]), &self.encoder.gen_embedding.weight);
        let vectors = if table.is_tracked() {
            // A gradient passes through the norm of a table once, and not once for each token.
            let table = norm.forward(table.matrix(dtype), epsilon);
            kernels::lookup(table, codes, dtype)
        } else {
            norm.forward(table.rows(codes, dtype), epsilon).cast(dtype)
        };
        let weight = conv.weight.val().permute([0, 2, 3, 1]);
        let weight = weight.reshape([width, 4 * width]);
        kernels::linear(vectors.reshape([b, n / 4, 4 * width]), weight, None)
    }

    /// The vectors of ids.
    ///
    /// Shapes: `ids [batch, length]` → `[batch, length, width]`.
    pub fn text(&self, ids: Tensor<2, Int>, dtype: FloatDType) -> Tensor<3> {
        let [b, l] = ids.dims();
        let (ids, table) = (ids.reshape([b * l]), &self.encoder.embed_tokens.weight);
        let vectors = if table.is_tracked() {
            kernels::lookup(table.matrix(dtype), ids, dtype)
        } else {
            table.rows(ids, dtype).cast(dtype)
        };
        vectors.reshape([b, l, self.config.width])
    }

    /// The vectors behind the stack's last norm, of the whole sequence.
    ///
    /// `rotary` must be made for the length of the whole sequence.
    ///
    /// Shapes: → `[batch, before + cells + after, width]`.
    pub fn states(&self, sequence: Sequence, rotary: &Rotary, dtype: FloatDType) -> Tensor<3> {
        let x = self.embedded(sequence, dtype);
        self.through(x, rotary, |_, keys_values| own(keys_values))
    }

    /// `x` behind the stack and its last norm; the queries of a layer look at what `seen` makes of the layer's number and
    /// of its keys and values.
    ///
    /// Shapes: `x [batch, length, width]` → the same.
    fn through(
        &self,
        mut x: Tensor<3>,
        rotary: &Rotary,
        mut seen: impl FnMut(usize, KeysValues) -> KeysValues,
    ) -> Tensor<3> {
        let mut change = None;
        for (at, layer) in self.encoder.layers.iter().enumerate() {
            let looked_at = |keys_values| seen(at, keys_values);
            let (sum, next) = layer.changed(x, change, rotary, looked_at);
            (x, change) = (sum, Some(next));
        }
        let (norm, epsilon) = (&self.encoder.norm, self.config.norm_epsilon);
        match change {
            None => norm.forward(x, epsilon),
            Some(change) => norm.behind(x, change, epsilon).1,
        }
    }

    /// What the stack is given: the whole sequence as vectors.
    ///
    /// Shapes: → `[batch, before + cells + after, width]`.
    pub fn embedded(&self, sequence: Sequence, dtype: FloatDType) -> Tensor<3> {
        let before = self.text(sequence.before, dtype);
        let cells = self.cells(sequence.codes, dtype);
        let times = before.dims()[0] / cells.dims()[0].max(1);
        let cells = match times {
            0 | 1 => cells,
            times => cells.repeat_dim(0, times),
        };
        let mut parts = vec![before, cells];
        parts.extend(sequence.after.map(|after| self.text(after, dtype)));
        Tensor::cat(parts, 1)
    }

    /// The blocks of the stack.
    pub fn layers(&self) -> &[Layer] {
        &self.encoder.layers
    }

    /// The cells' vectors behind the stack and the norm of the enlargement; what follows is linear.
    ///
    /// Shapes: → `[batch, cells, width]`.
    pub fn features(&self, sequence: Sequence, rotary: &Rotary, dtype: FloatDType) -> Tensor<3> {
        let (before, cells) = (sequence.before.dims()[1], sequence.codes.dims()[1] / 4);
        let states = self.states(sequence, rotary, dtype);
        self.featured(states.narrow(1, before, cells))
    }

    /// The cells' vectors behind the norm of the enlargement.
    ///
    /// Shapes: `states [batch, cells, width]` → the same.
    fn featured(&self, states: Tensor<3>) -> Tensor<3> {
        let norm = &self.encoder.upsample_gen.upsample.norm;
        norm.forward(states, self.config.resample_epsilon)
    }

    /// The four tokens of each cell as vectors.
    ///
    /// Shapes: `features [n, width]` → `[4 · n, width]`.
    pub fn enlarge(&self, features: Tensor<2>) -> Tensor<2> {
        let [n, width] = features.dims();
        let weight = self.encoder.upsample_gen.upsample.conv.weight.val();
        let weight = weight.permute([2, 3, 1, 0]).reshape([4 * width, width]);
        kernels::linear(features, weight, None).reshape([4 * n, width])
    }

    /// The matrix that turns a token's vector into logits, `[codebook, width]`; in `dtype` where it is kept in bytes.
    pub fn head(&self, dtype: FloatDType) -> Tensor<2> {
        self.encoder.gen_predictor.weight.matrix(dtype)
    }
}

/// The vectors of codes, mask and all.
fn code_table(config: &DenoiserConfig, init: &mut Init) -> Table {
    Table {
        weight: Weight::new([config.code_rows(), config.width], 0.1, init),
    }
}

/// What scores codes.
fn code_head(config: &DenoiserConfig, init: &mut Init) -> Linear {
    Linear::without_bias(config.width, config.codebook as usize, 0.5, init)
}
