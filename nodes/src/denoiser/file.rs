//! A denoiser's folder, whoever has published it.

use std::path::Path;

use burn::tensor::{Device, FloatDType};
use graph::error::NodeError;
use serde_json::Value;

use crate::network::denoiser::{TrainedDenoiser, published};
use crate::value::Denoiser;

const CONFIG: &str = "config.json";

/// A denoiser, and what there is to say of how it was loaded.
pub struct Opened {
    /// The denoiser.
    pub denoiser: Denoiser,
    /// What of the checkpoint was passed over, a sentence each.
    pub notes: Vec<String>,
}

/// The denoiser in `folder`, laid on `device`, computing in `dtype`.
///
/// Errors: a file is missing or damaged, weights and configuration disagree, or nobody knows the layout.
pub fn open(folder: &Path, device: &Device, dtype: FloatDType) -> Result<Opened, NodeError> {
    let config = std::fs::read(folder.join(CONFIG)).ok();
    let config: Option<Value> = config.and_then(|text| serde_json::from_slice(&text).ok());
    if let Some(config) = config.filter(published::is_published) {
        let (denoiser, passed_over) =
            TrainedDenoiser::load_published(folder, &config, device, dtype)?;
        let notes = passed_over.into_iter();
        return Ok(Opened {
            denoiser: Denoiser::new(denoiser),
            notes: notes
                .map(|(part, count)| {
                    format!(
                        "the checkpoint's {part} is not needed and was not loaded ({count} arrays)"
                    )
                })
                .collect(),
        });
    }
    Ok(Opened {
        denoiser: Denoiser::new(TrainedDenoiser::load(folder, device, dtype)?),
        notes: Vec::new(),
    })
}
