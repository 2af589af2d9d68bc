//! A tokenizer's folder, whoever has published it.

use std::path::Path;

use burn::tensor::{Device, FloatDType};
use graph::error::NodeError;
use serde_json::Value;

use crate::network::tokenizer::{TokenizerConfig, TrainedTokenizer};
use crate::network::vq::VqTokenizer;
use crate::value::Tokenizer;

const CONFIG: &str = "config.json";

/// Where a pipeline of diffusers keeps its tokenizer.
const PIPELINE: &str = "model_index.json";
const PIPELINE_PART: &str = "vqvae";

/// The tokenizer in `folder`, laid on `device`, which makes pictures in `dtype`.
///
/// Errors: a file is missing or damaged, weights and configuration disagree, or nobody knows the layout.
pub fn open(folder: &Path, device: &Device, dtype: FloatDType) -> Result<Tokenizer, NodeError> {
    let part = folder.join(PIPELINE_PART);
    if folder.join(PIPELINE).is_file() && part.is_dir() {
        return open(&part, device, dtype);
    }
    let path = folder.join(CONFIG);
    let text = std::fs::read(&path).map_err(|error| {
        NodeError::file(
            &path,
            format!("cannot read a tokenizer's configuration: {error}"),
            format!("give a folder that holds `{CONFIG}` and the weights as safetensors"),
        )
    })?;
    let config: Value = serde_json::from_slice(&text).map_err(|error| {
        NodeError::file(
            &path,
            format!("this is no tokenizer's configuration: {error}"),
            "take it from the place where the weights are from",
        )
    })?;
    let architecture = config.get("architecture").and_then(Value::as_str);
    if architecture == Some(TokenizerConfig::ARCHITECTURE) {
        let trained = TrainedTokenizer::load(folder, device)?;
        return Ok(Tokenizer::new(trained.making_pictures_in(dtype)));
    }
    let published = if VqTokenizer::is_inside(&config) {
        VqTokenizer::load_inside(folder, &config, device)?
    } else {
        VqTokenizer::load(folder, &config, device)?
    };
    Ok(Tokenizer::new(published.making_pictures_in(dtype)))
}
