//! A denoiser's folder: `config.json`, `tokenizer.json` and `model.safetensors`.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Device, FloatDType};
use graph::error::NodeError;
use serde_json::Value;

use super::{DenoiserConfig, DenoiserNetwork, TextReader, TrainedDenoiser, published};
use crate::network::layers::Init;
use crate::network::weights::{
    self, Checkpoint, Filled, Kept, Precision, WeightType, WeightsError,
};

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
const WEIGHTS: &str = "model.safetensors";

impl TrainedDenoiser {
    /// The denoiser in `folder`, laid on `device`, computing in `dtype`, its matrices kept as `weights` says.
    ///
    /// Errors: a file is missing or damaged, or the files disagree.
    pub fn load(
        folder: &Path,
        device: &Device,
        dtype: FloatDType,
        weights: WeightType,
    ) -> Result<Self, NodeError> {
        let path = folder.join(CONFIG);
        let config: DenoiserConfig = serde_json::from_slice(&read(&path)?).map_err(|error| {
            NodeError::file(
                &path,
                format!("this is no denoiser's configuration: {error}"),
                "take it from the folder that `denoiser.save` wrote",
            )
        })?;
        config.check().map_err(|error| {
            NodeError::file(
                &path,
                error,
                "mend the configuration, or take the right one",
            )
        })?;
        let path = folder.join(TOKENIZER);
        let reader =
            TextReader::new(read(&path)?, &config.prompt, config.vocabulary).map_err(|error| {
                NodeError::file(&path, error, "take the file that belongs to this denoiser")
            })?;
        let network = DenoiserNetwork::new(&config, &mut Init::blank_of(device, weights));
        let path = folder.join(WEIGHTS);
        let network = weights::load(network, &path).map_err(|error| error.at(&path))?;
        Ok(Self::new(network, reader, device, dtype))
    }

    /// The NLD-Image checkpoint in `folder`, whose `config.json` is `file`, laid on `device`, computing in `dtype`, its
    /// matrices kept as `weights` says; and the parts of it that were passed over, each with how many arrays it has.
    ///
    /// Errors: a file is missing or damaged, the files disagree, or the configuration asks for what is not computed.
    pub fn load_published(
        folder: &Path,
        file: &Value,
        device: &Device,
        dtype: FloatDType,
        weights: WeightType,
    ) -> Result<(Self, BTreeMap<&'static str, usize>), NodeError> {
        let checkpoint = Checkpoint::open(folder)?;
        let path = folder.join(CONFIG);
        let config = published::read(file, &checkpoint).map_err(|error| {
            NodeError::file(
                &path,
                format!("this is no configuration of a denoiser: {error}"),
                "take it from the place where the weights are from",
            )
        })?;
        let path = folder.join(TOKENIZER);
        let reader = TextReader::new(read(&path)?, &config.prompt, config.vocabulary)
            .and_then(TextReader::checked)
            .map_err(|error| {
                NodeError::file(&path, error, "take the file that belongs to this denoiser")
            })?;
        let filled = Self::fill_published(&checkpoint, &config, device, dtype, weights)
            .map_err(|error| error.at(&checkpoint.files()[0]))?;
        let mut passed_over = BTreeMap::new();
        for name in &filled.passed_over {
            *passed_over
                .entry(published::unused(name).unwrap_or("others"))
                .or_default() += 1;
        }
        let denoiser = Self::hashed(filled.module, reader, device, dtype, filled.hash);
        Ok((denoiser, passed_over))
    }

    /// The network of an NLD-Image checkpoint.
    ///
    /// Errors: the weights are not those of `config`.
    pub(crate) fn fill_published(
        checkpoint: &Checkpoint,
        config: &DenoiserConfig,
        device: &Device,
        dtype: FloatDType,
        weights: WeightType,
    ) -> Result<Filled<DenoiserNetwork>, WeightsError> {
        // To widen what is computed in two bytes anyway would take memory for nothing.
        let kept = match dtype {
            FloatDType::BF16 | FloatDType::F16 => Kept::AsStored,
            _ => Kept::Widened,
        };
        let network = DenoiserNetwork::new(config, &mut Init::blank_of(device, weights));
        checkpoint.fill(network, kept, |name| {
            published::unused(name).is_none().then(|| name.into())
        })
    }

    /// Writes the denoiser to `folder`, which is made where it is missing; each file is written whole or not at all.
    ///
    /// Errors: the folder cannot be written.
    pub fn save(&self, folder: &Path, precision: Precision) -> Result<(), NodeError> {
        let path = folder.join(CONFIG);
        let failed = |problem: String| {
            NodeError::file(
                &path,
                format!("cannot write a denoiser: {problem}"),
                "is the folder writable, and is there room?",
            )
        };
        std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
        let mut config = serde_json::to_string_pretty(self.config())
            .map_err(|error| failed(error.to_string()))?;
        config.push('\n');
        weights::save(self.network(), &folder.join(WEIGHTS), precision)?;
        weights::write_whole(&folder.join(TOKENIZER), self.reader().file())?;
        weights::write_whole(&path, config.as_bytes())?;
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, NodeError> {
    std::fs::read(path).map_err(|error| {
        NodeError::file(
            path,
            format!("cannot read a denoiser: {error}"),
            format!("give a folder that holds `{CONFIG}`, `{TOKENIZER}` and `{WEIGHTS}`"),
        )
    })
}
