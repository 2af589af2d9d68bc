//! A tokenizer's folder: `config.json` and `model.safetensors`.

use std::path::Path;

use burn::tensor::Device;
use graph::error::NodeError;

use super::config::TokenizerConfig;
use super::{TokenizerNetwork, TrainedTokenizer};
use crate::network::layers::Init;
use crate::network::weights::{self, Precision};

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.safetensors";

impl TrainedTokenizer {
    /// The tokenizer in `folder`, laid on `device`.
    ///
    /// Errors: a file is missing or damaged, or weights and configuration disagree.
    pub fn load(folder: &Path, device: &Device) -> Result<Self, NodeError> {
        let path = folder.join(CONFIG);
        let text = std::fs::read(&path).map_err(|error| {
            NodeError::file(
                &path,
                format!("cannot read a tokenizer's configuration: {error}"),
                format!("give a folder that holds `{CONFIG}` and `{WEIGHTS}`"),
            )
        })?;
        let config: TokenizerConfig = serde_json::from_slice(&text).map_err(|error| {
            NodeError::file(
                &path,
                format!("this is no tokenizer's configuration: {error}"),
                "take it from the folder that `tokenizer.save` wrote",
            )
        })?;
        config.check().map_err(|error| {
            NodeError::file(
                &path,
                error,
                "mend the configuration, or take the right one",
            )
        })?;

        let network = TokenizerNetwork::new(&config, &mut Init::blank(device));
        let path = folder.join(WEIGHTS);
        let network = weights::load(network, &path).map_err(|error| error.at(&path))?;
        Ok(Self::new(config, network, device))
    }

    /// Writes the tokenizer to `folder`, which is made where it is missing.
    ///
    /// Errors: the folder cannot be written.
    pub fn save(&self, folder: &Path, precision: Precision) -> Result<(), NodeError> {
        let path = folder.join(CONFIG);
        let failed = |error: std::io::Error| {
            NodeError::file(
                &path,
                format!("cannot write a tokenizer: {error}"),
                "is the folder writable, and is there room?",
            )
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        weights::save(self.network(), &folder.join(WEIGHTS), precision)?;

        let mut text = serde_json::to_string_pretty(self.config())
            .map_err(|error| failed(std::io::Error::other(error)))?;
        text.push('\n');
        let file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        std::fs::write(file.path(), text).map_err(failed)?;
        let _ = file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}
