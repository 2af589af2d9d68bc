//! A published tokenizer's folder: `config.json` and safetensors.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use burn::tensor::Device;
use graph::error::NodeError;
use serde_json::Value;

use super::ema::averages;
use super::keys::own_name;
use super::published::Published;
use super::{VqNetwork, VqTokenizer};
use crate::network::layers::Init;
use crate::network::weights::{Checkpoint, Filled, Kept, WeightsError};

const CONFIG: &str = "config.json";

/// What a denoiser's configuration calls the folder of its tokenizer.
const FOLDER: &str = "mm_vqvae";

/// What the names of a tokenizer's weights begin with among those of NLD-Image.
const INSIDE: &str = "encoder.vqvae.";

impl VqTokenizer {
    /// The tokenizer in `folder`, laid on `device`; `file` is its `config.json`.
    ///
    /// Errors: the layout is unknown, a file is missing or damaged, or weights and configuration disagree.
    pub fn load(folder: &Path, file: &Value, device: &Device) -> Result<Self, NodeError> {
        let published = published(folder, file)?;
        Self::put_together(&Checkpoint::open(folder)?, &published, "", device)
    }

    /// Whether `file` is the `config.json` of a denoiser that has a tokenizer with it.
    pub fn is_inside(file: &Value) -> bool {
        file.get(FOLDER).is_some_and(Value::is_string)
    }

    /// The tokenizer of the NLD-Image checkpoint in `folder`, whose `config.json` is `file`.
    ///
    /// Its shape is told by a folder inside; its weights lie there, or among the denoiser's.
    ///
    /// Errors: as for [`VqTokenizer::load`].
    pub fn load_inside(folder: &Path, file: &Value, device: &Device) -> Result<Self, NodeError> {
        let name = file.get(FOLDER).and_then(Value::as_str).unwrap_or_default();
        let plain = matches!(
            Path::new(name).components().collect::<Vec<_>>().as_slice(),
            [Component::Normal(_)]
        );
        if !plain {
            return Err(NodeError::file(
                folder.join(CONFIG),
                format!("`{FOLDER}` must name a folder beside it, but is {name:?}"),
                "take the configuration that belongs to the weights",
            ));
        }
        let inner = folder.join(name);
        let path = inner.join(CONFIG);
        let text = std::fs::read(&path).map_err(|error| {
            NodeError::file(
                &path,
                format!("cannot read the configuration of the checkpoint's tokenizer: {error}"),
                "fetch the whole checkpoint with this folder",
            )
        })?;
        let file: Value = serde_json::from_slice(&text).map_err(|error| {
            NodeError::file(
                &path,
                format!("this is no tokenizer's configuration: {error}"),
                "fetch the file again",
            )
        })?;
        let published = published(&inner, &file)?;
        match Checkpoint::open(&inner) {
            Ok(checkpoint) => Self::put_together(&checkpoint, &published, "", device),
            Err(WeightsError::None { .. }) => {
                Self::put_together(&Checkpoint::open(folder)?, &published, INSIDE, device)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The tokenizer of those of a checkpoint's weights whose names begin with `prefix`.
    fn put_together(
        checkpoint: &Checkpoint,
        published: &Published,
        prefix: &str,
        device: &Device,
    ) -> Result<Self, NodeError> {
        let filled = fill(checkpoint, published, prefix, device)
            .map_err(|error| error.at(&checkpoint.files()[0]))?;
        let config = published.config.clone();
        Ok(Self::new(config, filled.module, device, filled.hash))
    }
}

fn published(folder: &Path, file: &Value) -> Result<Published, NodeError> {
    Published::read(file).map_err(|error| {
        NodeError::file(
            folder.join(CONFIG),
            format!("this is no tokenizer's configuration: {error}"),
            "take it from the place where the weights are from",
        )
    })
}

fn fill(
    checkpoint: &Checkpoint,
    published: &Published,
    prefix: &str,
    device: &Device,
) -> Result<Filled<VqNetwork>, WeightsError> {
    let network = VqNetwork::new(&published.config, &mut Init::blank(device));
    checkpoint.fill(
        network,
        Kept::Widened,
        keys_of(checkpoint, published, prefix),
    )
}

/// What the network calls each of those arrays of `checkpoint` whose names begin with `prefix`.
///
/// Where an average over the training counts, it takes the place of the weight itself.
pub fn keys_of(
    checkpoint: &Checkpoint,
    published: &Published,
    prefix: &str,
) -> impl Fn(&str) -> Option<String> {
    let names = checkpoint.arrays().keys();
    let names = names.filter_map(|name| name.strip_prefix(prefix));
    let averages: BTreeMap<String, String> = if published.averaged {
        let averages = averages(names).into_iter();
        averages
            .map(|(average, weight)| (average, weight.to_owned()))
            .collect()
    } else {
        BTreeMap::new()
    };
    let averaged: BTreeSet<String> = averages.values().cloned().collect();
    let (config, prefix) = (published.config.clone(), prefix.to_owned());
    move |name| {
        let name = name.strip_prefix(&prefix)?;
        match averages.get(name) {
            Some(weight) => own_name(&config, weight),
            None if averaged.contains(name) => None,
            None => own_name(&config, name),
        }
    }
}
