//! A pipeline's folder as diffusers lays it: `model_index.json` and a folder for each part.

use std::path::Path;

use burn::module::Module;
use burn::tensor::{Device, FloatDType};
use graph::error::NodeError;
use serde_json::Value;

use super::{TrainedUvit, UvitConfig, UvitModel, UvitNetwork};
use crate::network::clip::ClipEncoder;
use crate::network::layers::Init;
use crate::network::weights::{self, Checkpoint, Kept, WeightType};

const CONFIG: &str = "config.json";
const TRANSFORMER: &str = "transformer";

/// Pixels a code stands for along each side, where the pipeline has no tokenizer that tells.
const STRIDE: usize = 16;

impl TrainedUvit {
    /// The denoiser of the pipeline in `folder`, laid on `device`, computing in `dtype`, the matrices of its
    /// transformer kept as `weights` says.
    ///
    /// Errors: a file is missing or damaged, or the files disagree.
    pub fn load(
        folder: &Path,
        device: &Device,
        dtype: FloatDType,
        weights: WeightType,
    ) -> Result<Self, NodeError> {
        let part = folder.join(TRANSFORMER);
        let path = part.join(CONFIG);
        let file = json(&path)?;
        let hint = "take the configuration that belongs to the weights";
        let config = UvitConfig::of(&file).map_err(|error| NodeError::file(&path, error, hint))?;
        // It is small, and says at once when it is missing.
        let encoder = ClipEncoder::load(folder, device)?;
        let (words, whole) = (
            encoder.config().hidden_size,
            encoder.config().projection_dim,
        );
        if (words, whole) != (config.encoder_hidden_size, config.cond_embed_dim) {
            return Err(NodeError::file(
                &path,
                format!(
                    "the transformer reads vectors of {} and {} numbers, but the text encoder writes {words} and {whole}",
                    config.encoder_hidden_size, config.cond_embed_dim
                ),
                "take the text encoder that belongs to the transformer",
            ));
        }
        let checkpoint = Checkpoint::open(&part)?;
        config
            .check_held(checkpoint.numbers())
            .map_err(|error| NodeError::file(&path, error, hint))?;
        let blank = UvitNetwork::new(&config, &mut Init::blank_of(device, weights));
        let network = filled(&checkpoint, blank)?;
        let hash = fingerprint(&checkpoint, &config, &encoder)?;
        let model = UvitModel::new(network, device, dtype);
        Ok(Self::new(model, encoder, stride(folder), hash))
    }
}

fn filled<M: Module>(checkpoint: &Checkpoint, blank: M) -> Result<M, NodeError> {
    let filled = checkpoint.fill(blank, Kept::Widened, |name| Some(name.into()));
    let filled = filled.map_err(|error| match checkpoint.files().first() {
        Some(path) => error.at(path),
        None => error.into(),
    })?;
    Ok(filled.module)
}

/// A fingerprint of all that the denoiser's answers depend on.
fn fingerprint(
    checkpoint: &Checkpoint,
    config: &UvitConfig,
    encoder: &ClipEncoder,
) -> Result<String, NodeError> {
    let mut hasher = blake3::Hasher::new();
    let config = serde_json::to_string(config).unwrap_or_default();
    for part in [
        config.as_str(),
        encoder.hash(),
        &weights::hash(checkpoint.files())?,
    ] {
        let _ = hasher.update(part.as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn json(path: &Path) -> Result<Value, NodeError> {
    let text = std::fs::read(path).map_err(|error| {
        NodeError::file(
            path,
            format!("cannot read a pipeline's transformer: {error}"),
            format!(
                "give a folder that holds `{TRANSFORMER}`, `text_encoder` and `tokenizer`, as diffusers lays them"
            ),
        )
    })?;
    serde_json::from_slice(&text).map_err(|error| {
        NodeError::file(
            path,
            format!("this is no configuration: {error}"),
            "fetch the file again",
        )
    })
}

/// How many pixels a code of the pipeline stands for along each side: its tokenizer halves between its blocks.
fn stride(folder: &Path) -> usize {
    let text = std::fs::read(folder.join("vqvae").join(CONFIG)).unwrap_or_default();
    let config: Option<Value> = serde_json::from_slice(&text).ok();
    let blocks =
        config.and_then(|config| Some(config.get("block_out_channels")?.as_array()?.len()));
    match blocks {
        Some(blocks @ 1..=16) => 1 << (blocks - 1),
        Some(_) | None => STRIDE,
    }
}
