//! The `config.json` of NLD-Image.

use serde::Deserialize;
use serde_json::Value;

use super::{ConfigError, DenoiserConfig, PromptConfig, RopeConfig};
use crate::network::weights::Checkpoint;
use crate::value::MicroConditions;

/// What `model_type` says.
const MODEL_TYPE: &str = "nemotron_labs_diffusion_image";

/// Where the table of codes lies among the weights, and the matrix that scores codes.
pub const CODES: &str = "encoder.gen_embedding.weight";
pub const HEAD: &str = "encoder.gen_predictor.weight";

/// What keeps the norms around the change of resolution finite; the configuration does not tell.
const RESAMPLE_EPSILON: f64 = 1e-6;

/// Rows and columns of tokens of the published model: pictures of 1024 × 1024 pixels.
const SIDE: usize = 64;

/// The conversation that the model was trained on. The turn of the system is LLaVA's.
const TEMPLATE: &str = "<|im_start|>system\n\
    You are a helpful language and vision assistant. You are able to understand the visual content that the user \
    provides, and assist the user with a variety of tasks using natural language.<|im_end|>\n\
    <|im_start|>user\nGenerate an image with the caption:\n {prompt} ORIGINAL WIDTH : {original_width}; \
    ORIGINAL HEIGHT : {original_height}; TOP : {crop_top}; LEFT : {crop_left}; SCORE : {aesthetic_score}<|im_end|>\n\
    <|im_start|>assistant\nSure <SPECIAL_21>{slots}<SPECIAL_22><|im_end|>\n";

/// What the model is told of the photograph where nothing else is said.
const CONDITIONS: MicroConditions = MicroConditions {
    original_width: 1024,
    original_height: 1024,
    crop_top: 0,
    crop_left: 0,
    aesthetic_score: 6.5,
};

/// Why a published configuration makes no denoiser.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishedError {
    /// A field is missing or of another type.
    #[error("as the configuration of NLD-Image: {0}")]
    Field(String),
    /// A field asks for what this program does not compute.
    #[error("`{field}` must be {expected}, but is {found}")]
    Unsupported {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The weights do not tell how many codes there are.
    #[error("the weights hold no matrix `{name}`, which tells how many codes there are")]
    NoTable {
        /// What it is called.
        name: &'static str,
    },
    /// A size is out of range.
    #[error(transparent)]
    Size(#[from] ConfigError),
}

#[derive(Deserialize)]
struct File {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    intermediate_size: usize,
    vocab_size: usize,
    rms_norm_eps: f64,
    mask_token_id: u32,
    eos_token_id: u32,
    #[serde(default = "silu")]
    hidden_act: String,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    #[serde(default = "yes")]
    downsample: bool,
    #[serde(default = "bidirectional")]
    dlm_paradigm: String,
    #[serde(alias = "rope_scaling")]
    rope_parameters: Rope,
    rope_theta: Option<f64>,
}

#[derive(Deserialize)]
struct Rope {
    rope_type: Option<String>,
    #[serde(rename = "type")]
    older_type: Option<String>,
    factor: f64,
    original_max_position_embeddings: usize,
    #[serde(default = "fast")]
    beta_fast: f64,
    #[serde(default = "slow")]
    beta_slow: f64,
    #[serde(default)]
    llama_4_scaling_beta: f64,
    rope_theta: Option<f64>,
    mscale: Option<f64>,
    mscale_all_dim: Option<f64>,
}

fn silu() -> String {
    "silu".into()
}

fn bidirectional() -> String {
    "bidirectional".into()
}

fn yes() -> bool {
    true
}

fn fast() -> f64 {
    32.0
}

fn slow() -> f64 {
    1.0
}

/// Whether `file` is the `config.json` of NLD-Image.
pub fn is_published(file: &Value) -> bool {
    file.get("model_type").and_then(Value::as_str) == Some(MODEL_TYPE)
}

/// The denoiser that `file`, a `config.json`, tells of; the sizes of the codebook are those of the weights.
///
/// Errors: a field is missing, or asks for what this program does not compute.
pub fn read(file: &Value, checkpoint: &Checkpoint) -> Result<DenoiserConfig, PublishedError> {
    read_with(file, |name| {
        let stored = checkpoint.arrays().get(name)?;
        Some(stored.shape().to_vec())
    })
}

/// The same, where `shape` tells the sides of the arrays.
///
/// Errors: as for [`read`].
pub fn read_with(
    file: &Value,
    shape: impl Fn(&str) -> Option<Vec<usize>>,
) -> Result<DenoiserConfig, PublishedError> {
    let table = |name: &'static str| {
        let sides: Option<[usize; 2]> = shape(name).and_then(|shape| shape.try_into().ok());
        sides.ok_or(PublishedError::NoTable { name })
    };
    let mut file = file.clone();
    if let Some(fields) = file.as_object_mut()
        && fields.contains_key("rope_parameters")
    {
        // Both names stand in published files, and say the same.
        let _ = fields.remove("rope_scaling");
    }
    let file =
        File::deserialize(&file).map_err(|error| PublishedError::Field(error.to_string()))?;
    file.check()?;
    let ([codebook, _], [code_rows, _]) = (table(HEAD)?, table(CODES)?);
    let spare = code_rows.saturating_sub(codebook);
    let rope = &file.rope_parameters;
    let key_heads = file.num_key_value_heads.unwrap_or(file.num_attention_heads);
    let config = DenoiserConfig {
        format: DenoiserConfig::FORMAT.into(),
        codebook: u32::try_from(codebook).unwrap_or(u32::MAX),
        spare_codes: u32::try_from(spare).unwrap_or(u32::MAX),
        mask_id: u32::try_from(codebook.saturating_add(1)).unwrap_or(u32::MAX),
        rows: SIDE,
        columns: SIDE,
        vocabulary: file.vocab_size,
        width: file.hidden_size,
        layers: file.num_hidden_layers,
        heads: file.num_attention_heads,
        key_heads,
        head_width: match file.head_dim {
            Some(width) => width,
            None => file
                .hidden_size
                .checked_div(file.num_attention_heads)
                .unwrap_or(0),
        },
        inner_width: file.intermediate_size,
        norm_epsilon: file.rms_norm_eps,
        resample_epsilon: RESAMPLE_EPSILON,
        norm_gains: true,
        rope: RopeConfig {
            theta: rope.rope_theta.or(file.rope_theta).unwrap_or(0.0),
            factor: rope.factor,
            original_positions: rope.original_max_position_embeddings,
            beta_fast: rope.beta_fast,
            beta_slow: rope.beta_slow,
            query_beta: rope.llama_4_scaling_beta,
        },
        prompt: PromptConfig {
            template: TEMPLATE.into(),
            slot: "<SPECIAL_18>".into(),
            length: 0,
            pad: String::new(),
            text_mask_id: file.mask_token_id,
            end_id: file.eos_token_id,
            drop_through: 2,
            conditions: Some(CONDITIONS),
        },
    };
    config.check()?;
    Ok(config)
}

impl File {
    fn check(&self) -> Result<(), PublishedError> {
        let no = |field, expected: &str, found: String| {
            Err(PublishedError::Unsupported {
                field,
                expected: expected.into(),
                found,
            })
        };
        if self.hidden_act != "silu" {
            return no("hidden_act", "silu", self.hidden_act.clone());
        }
        if self.dlm_paradigm != "bidirectional" {
            return no("dlm_paradigm", "bidirectional", self.dlm_paradigm.clone());
        }
        for (field, found, expected) in [
            ("attention_bias", self.attention_bias, false),
            ("mlp_bias", self.mlp_bias, false),
            ("downsample", self.downsample, true),
        ] {
            if found != expected {
                return no(field, &expected.to_string(), found.to_string());
            }
        }
        let rope = &self.rope_parameters;
        let kind = rope.rope_type.as_ref().or(rope.older_type.as_ref());
        if let Some(kind) = kind.filter(|kind| *kind != "yarn") {
            return no("rope_type", "yarn", kind.clone());
        }
        // Only then are the vectors not scaled as well.
        if rope.mscale.is_none() || rope.mscale != rope.mscale_all_dim {
            let found = format!("{:?}", rope.mscale);
            return no("mscale", "the same as `mscale_all_dim`", found);
        }
        Ok(())
    }
}

/// The part of an NLD-Image checkpoint that a parameter belongs to if a denoiser has no use for it.
pub fn unused(name: &str) -> Option<&'static str> {
    let parts = [
        ("encoder.vqvae.", "tokenizer"),
        ("encoder.vision_tower.", "vision tower"),
        ("encoder.mm_projector.", "projector of pictures"),
        (
            "encoder.image_newline",
            "end of a row of a picture that is read",
        ),
        ("diffusion_head.", "text head"),
    ];
    let part = parts.iter().find(|(start, _)| name.starts_with(start));
    part.map(|(_, part)| *part)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use super::read;
    use crate::network::weights::Checkpoint;

    fn golden() -> (Value, Checkpoint) {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/golden/nld_image");
        let text = std::fs::read(folder.join("config.json")).expect("the fixture is there");
        let checkpoint = Checkpoint::open(&folder).expect("the fixture is whole");
        (
            serde_json::from_slice(&text).expect("it is JSON"),
            checkpoint,
        )
    }

    #[test]
    fn the_sizes_of_the_codebook_are_those_of_the_weights() {
        let (file, checkpoint) = golden();
        let config = read(&file, &checkpoint).expect("the fixture is sound");
        assert_eq!((config.codebook, config.mask_id), (128, 129));
        assert_eq!(config.spare_codes, 256);
    }

    #[test]
    fn what_is_not_computed_is_refused_by_its_name() {
        let (file, checkpoint) = golden();
        for (path, value, named) in [
            ("/num_attention_heads", json!(0), "heads"),
            ("/num_key_value_heads", json!(3), "key_heads"),
            ("/head_dim", json!(15), "head_width"),
            ("/hidden_size", json!(1_u64 << 60), "width"),
            ("/num_hidden_layers", json!(1_u64 << 40), "layers"),
            ("/hidden_act", json!("gelu"), "hidden_act"),
            ("/attention_bias", json!(true), "attention_bias"),
            ("/rope_parameters/rope_type", json!("linear"), "rope_type"),
            ("/rope_parameters/mscale", json!(2.0), "mscale"),
            ("/rms_norm_eps", json!(0.0), "norm_epsilon"),
            ("/mask_token_id", json!(100_000), "text_mask_id"),
        ] {
            let mut file = file.clone();
            let place = file.pointer_mut(path).expect("the field is there");
            *place = value;
            let error = read(&file, &checkpoint).expect_err("it is not sound");
            assert!(error.to_string().contains(named), "{path}: {error}");
        }
    }
}
