//! Checkpoints of random numbers in the shape of published ones: to try loading and speed without fetching gigabytes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;
use graph::error::NodeError;
use half::bf16;
use rayon::prelude::*;
use safetensors::serialize_to_file;
use safetensors::tensor::{Dtype, View};
use serde_json::{Map, Value, json};

use super::{DenoiserConfig, DenoiserNetwork, published};
use crate::network::layers::Init;
use crate::network::weights::{self, write_whole};

/// How large a file may be before the next one begins.
const SHARD: u64 = 5_000_000_000;

/// The spread of the random numbers.
const SPREAD: f32 = 0.02;

/// How many numbers are drawn from one start.
const BLOCK: usize = 1 << 16;

/// A published model's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// NLD-Image as published: about 10 billion numbers without its vision tower, 20 GB.
    Nld8b,
    /// The same architecture with hardly any numbers.
    NldTiny,
}

/// Sizes in the order in which `config.json` lists them here.
struct Sizes {
    hidden: usize,
    layers: usize,
    heads: usize,
    key_heads: usize,
    head: usize,
    inner: usize,
    vocabulary: usize,
    codes: usize,
}

impl Shape {
    fn sizes(self) -> Sizes {
        match self {
            Self::Nld8b => Sizes {
                hidden: 4096,
                layers: 34,
                heads: 32,
                key_heads: 8,
                head: 128,
                inner: 14336,
                vocabulary: 132_101,
                codes: 131_072,
            },
            Self::NldTiny => Sizes {
                hidden: 48,
                layers: 2,
                heads: 4,
                key_heads: 2,
                head: 16,
                inner: 64,
                vocabulary: 160,
                codes: 64,
            },
        }
    }

    /// The `config.json`.
    fn file(self) -> Value {
        let sizes = self.sizes();
        json!({
            "architectures": ["NemotronLabsDiffusionImageForMaskedDiffusion"],
            "model_type": "nemotron_labs_diffusion_image",
            "attention_bias": false,
            "mlp_bias": false,
            "hidden_act": "silu",
            "dlm_paradigm": "bidirectional",
            "downsample": true,
            "hidden_size": sizes.hidden,
            "num_hidden_layers": sizes.layers,
            "num_attention_heads": sizes.heads,
            "num_key_value_heads": sizes.key_heads,
            "head_dim": sizes.head,
            "intermediate_size": sizes.inner,
            "vocab_size": sizes.vocabulary,
            "rms_norm_eps": 1e-5,
            "mask_token_id": 100,
            "eos_token_id": 11,
            "rope_parameters": {
                "rope_type": "yarn", "rope_theta": 1e6, "factor": 16.0, "beta_fast": 32.0, "beta_slow": 1.0,
                "original_max_position_embeddings": 16384, "llama_4_scaling_beta": 0.1,
                "mscale": 1.0, "mscale_all_dim": 1.0,
            },
        })
    }

    /// The sizes, as loading the `config.json` tells them.
    ///
    /// Errors: none but mistakes of the program.
    pub fn config(self) -> Result<DenoiserConfig, NodeError> {
        let sizes = self.sizes();
        let table = |rows: usize| vec![rows, sizes.hidden];
        let tables = [
            (published::CODES, table(sizes.codes + 256)),
            (published::HEAD, table(sizes.codes)),
        ];
        let tables: BTreeMap<&str, Vec<usize>> = tables.into_iter().collect();
        let config = published::read_with(&self.file(), |name| tables.get(name).cloned());
        config.map_err(|error| {
            NodeError::failed(error, "this is a mistake of the program, please report it")
        })
    }

    /// Names and shapes of all arrays.
    fn arrays(self) -> Result<BTreeMap<String, Vec<usize>>, NodeError> {
        let sizes = self.sizes();
        let table = |rows: usize| vec![rows, sizes.hidden];
        let config = self.config()?;
        let network = DenoiserNetwork::new(&config, &mut Init::blank(&Device::flex()));
        let mut arrays = weights::shapes(&network);
        // The text head is among the published ones, so that a loader has something to pass over.
        let _ = arrays.insert("diffusion_head.weight".into(), table(sizes.vocabulary));
        Ok(arrays)
    }
}

/// Random numbers, drawn when they are written.
struct Random {
    shape: Vec<usize>,
    seed: u64,
    /// What all numbers are near to: the gain of a norm is near 1.
    mean: f32,
}

impl Random {
    fn count(&self) -> usize {
        self.shape.iter().product()
    }
}

impl View for Random {
    fn dtype(&self) -> Dtype {
        Dtype::BF16
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let mut bytes = vec![0; self.data_len()];
        let blocks = bytes.par_chunks_mut(2 * BLOCK).enumerate();
        blocks.for_each(|(at, block)| {
            let mut state = mixed(self.seed ^ mixed(at as u64 + 1)) | 1;
            for word in block.as_chunks_mut::<2>().0 {
                // The sum of four small draws is near enough to a normal one.
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let [a, b, c, d, ..] = state.to_le_bytes().map(f32::from);
                let normal = (a + b + c + d - 510.0) / 148.0;
                *word = bf16::from_f32(self.mean + SPREAD * normal).to_le_bytes();
            }
        });
        Cow::Owned(bytes)
    }

    fn data_len(&self) -> usize {
        2 * self.count()
    }
}

/// A number that looks nothing like its neighbours (the finaliser of splitmix64).
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Writes a checkpoint of `shape` to `folder`, which is made where it is missing: weights in several files with their
/// index, `config.json`, and a `tokenizer.json` that knows the signs of the template and reads all else as unknown.
///
/// Returns how many numbers were written. The same shape gives the same bytes.
///
/// Errors: the folder cannot be written.
pub fn write(shape: Shape, folder: &Path) -> Result<u64, NodeError> {
    let failed = |problem: String| {
        NodeError::file(
            folder,
            format!("cannot write a model: {problem}"),
            "is the folder writable, and is there room?",
        )
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    let shards = shards(shape.arrays()?);
    let total = shards.len();
    let (mut map, mut numbers) = (Map::new(), 0);
    for (at, shard) in shards.into_iter().enumerate() {
        let name = format!("model-{:05}-of-{total:05}.safetensors", at + 1);
        for (array, random) in &shard {
            let _ = map.insert(array.clone(), json!(name));
            numbers += random.count() as u64;
        }
        let path = folder.join(name);
        serialize_to_file(shard, None, &path).map_err(|error| failed(error.to_string()))?;
    }
    let index = json!({"metadata": {"total_size": 2 * numbers}, "weight_map": map});
    for (name, content) in [
        ("model.safetensors.index.json", index),
        ("tokenizer.json", vocabulary(shape.sizes().vocabulary)),
        ("config.json", shape.file()),
    ] {
        write_whole(&folder.join(name), content.to_string().as_bytes())?;
    }
    Ok(numbers)
}

/// The arrays of each file.
fn shards(arrays: BTreeMap<String, Vec<usize>>) -> Vec<Vec<(String, Random)>> {
    let mut shards: Vec<Vec<(String, Random)>> = Vec::new();
    let mut room = 0;
    for (at, (name, shape)) in arrays.into_iter().enumerate() {
        let mean = if name.contains("norm") { 1.0 } else { 0.0 };
        let random = Random {
            shape,
            seed: mixed(at as u64 + 1),
            mean,
        };
        let bytes = random.data_len() as u64;
        if bytes > room || shards.is_empty() {
            shards.push(Vec::new());
            room = SHARD;
        }
        room = room.saturating_sub(bytes);
        if let Some(shard) = shards.last_mut() {
            shard.push((name, random));
        }
    }
    shards
}

/// A `tokenizer.json` with the signs of the template at their published places, and fillers for all other ids.
fn vocabulary(size: usize) -> Value {
    let signs = [
        (0, "<unk>"),
        (10, "<|im_start|>"),
        (11, "<|im_end|>"),
        (18, "<SPECIAL_18>"),
        (21, "<SPECIAL_21>"),
        (22, "<SPECIAL_22>"),
    ];
    let mut vocabulary: Map<String, Value> = signs
        .iter()
        .map(|(id, sign)| ((*sign).to_owned(), json!(id)))
        .collect();
    let _ = vocabulary.insert("picture".into(), json!(size - 1));
    let added: Vec<Value> = signs
        .iter()
        .map(|(id, sign)| {
            json!({
                "id": id, "content": sign, "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true,
            })
        })
        .collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null,
        "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "<unk>"},
    })
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, FloatDType};

    use super::{Shape, write};
    use crate::denoiser::file::open;
    use crate::network::weights::WeightType;
    use crate::value::{Grid, Guidance, MicroConditions, Prompt, Query, Tokens};

    #[test]
    fn what_was_written_loads_and_scores() {
        let folder = tempfile::tempdir().expect("there is room");
        let numbers = write(Shape::NldTiny, folder.path()).expect("there is room");
        assert!(numbers > 10_000, "{numbers}");
        let opened = open(
            folder.path(),
            &Device::flex(),
            FloatDType::BF16,
            WeightType::AsStored,
        );
        let opened = opened.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(opened.notes.len(), 1, "the text head is passed over");
        let scorer = opened.denoiser.scorer();
        let grid = Grid {
            rows: 4,
            columns: 6,
        };
        let tokens = Tokens::masked(1, grid, scorer.codebook()).expect("the grid is not empty");
        let plain = MicroConditions::default();
        let prompt = Prompt {
            texts: ["a picture".to_owned()].into(),
            ids: [scorer.read("a picture", &plain).expect("it is short")].into(),
            conditions: [plain].into(),
        };
        let logits = scorer.score(&Query {
            tokens: &tokens,
            prompt: &prompt,
            guidance: Some(Guidance::plain(2.0)),
            rows: &[0, 23],
        });
        let logits = logits.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(logits.dims(), [2, 64]);
        let values: Vec<f32> = logits.into_data().convert::<f32>().iter::<f32>().collect();
        assert!(values.iter().all(|value| value.is_finite()) && values[0] != values[1]);
    }
}
