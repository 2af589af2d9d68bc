//! A denoiser's folder, whoever has published it.

use std::path::Path;

use burn::tensor::{Device, FloatDType};
use graph::error::NodeError;
use serde_json::Value;

use crate::network::denoiser::{TrainedDenoiser, published};
use crate::network::uvit::TrainedUvit;
use crate::network::weights::WeightType;
use crate::value::Denoiser;

const CONFIG: &str = "config.json";

/// What a pipeline of diffusers has in its folder.
const PIPELINE: &str = "model_index.json";

/// The folder of a pipeline that holds what scores codes.
const TRANSFORMER: &str = "transformer";

/// A denoiser, and what there is to say of how it was loaded.
pub struct Opened {
    /// The denoiser.
    pub denoiser: Denoiser,
    /// What of the checkpoint was passed over, a sentence each.
    pub notes: Vec<String>,
}

/// The denoiser in `folder`, laid on `device`, computing in `dtype`, its matrices kept as `weights` says.
///
/// Errors: a file is missing or damaged, weights and configuration disagree, or nobody knows the layout.
pub fn open(
    folder: &Path,
    device: &Device,
    dtype: FloatDType,
    weights: WeightType,
) -> Result<Opened, NodeError> {
    let whole = |denoiser: Denoiser| Opened {
        denoiser,
        notes: Vec::new(),
    };
    if folder.join(PIPELINE).is_file() {
        let denoiser = TrainedUvit::load(folder, device, dtype, weights)?;
        return Ok(whole(Denoiser::new(denoiser)));
    }
    let above = folder.parent().filter(|_| folder.ends_with(TRANSFORMER));
    if above.is_some_and(|above| above.join(PIPELINE).is_file()) {
        return Err(NodeError::file(
            folder,
            "this is one part of a pipeline, which does not read text by itself",
            format!("give the folder above, which holds `{PIPELINE}`"),
        ));
    }
    let config = std::fs::read(folder.join(CONFIG)).ok();
    let config: Option<Value> = config.and_then(|text| serde_json::from_slice(&text).ok());
    if let Some(config) = config.filter(published::is_published) {
        let (denoiser, passed_over) =
            TrainedDenoiser::load_published(folder, &config, device, dtype, weights)?;
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
    let denoiser = TrainedDenoiser::load(folder, device, dtype, weights)?;
    Ok(whole(Denoiser::new(denoiser)))
}
