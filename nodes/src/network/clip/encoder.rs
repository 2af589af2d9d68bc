//! A text encoder ready to read: tokenizer and network.

use std::path::Path;

use burn::tensor::{Device, Int, Tensor, TensorData};
use graph::error::NodeError;
use serde_json::Value;

use super::{ClipConfig, ClipNetwork, ClipReader, ClipTextError, Reading};
use crate::network::layers::Init;
use crate::network::weights::{Checkpoint, Kept};

/// How many texts are worked on at a time.
const AT_ONCE: usize = 16;

/// A tokenizer and a network on a device.
#[derive(Clone, Debug)]
pub struct ClipEncoder {
    network: ClipNetwork,
    reader: ClipReader,
    device: Device,
    hash: String,
}

/// A text as vectors.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Word by word, as the last layer but one has them: `[words, width]`.
    pub words: Tensor<2>,
    /// As a whole: `[projection]`.
    pub pooled: Tensor<1>,
}

impl ClipEncoder {
    /// An encoder of a network whose parameters lie on `device`; `hash` is a fingerprint of them.
    pub fn new(network: ClipNetwork, reader: ClipReader, device: &Device, hash: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        let config = serde_json::to_string(network.config()).unwrap_or_default();
        for part in [config.as_bytes(), hash.as_bytes(), reader.file()] {
            let _ = hasher.update(part);
        }
        Self {
            network,
            reader,
            device: device.clone(),
            hash: hasher.finalize().to_hex().to_string(),
        }
    }

    /// The encoder of a pipeline: its folders `text_encoder` and `tokenizer`.
    ///
    /// Errors: files are missing or damaged, or they disagree.
    pub fn load(pipeline: &Path, device: &Device) -> Result<Self, NodeError> {
        let folder = pipeline.join("text_encoder");
        let path = folder.join("config.json");
        let text = std::fs::read(&path).map_err(|error| {
            NodeError::file(
                &path,
                format!("the pipeline's text encoder cannot be read, {error}"),
                "fetch `text_encoder/config.json`, `text_encoder/model.safetensors` and the folder `tokenizer` \
                 too, from where the transformer is from",
            )
        })?;
        let config = serde_json::from_slice::<Value>(&text)
            .map_err(|error| error.to_string())
            .and_then(|file| ClipConfig::of(&file).map_err(|error| error.to_string()));
        let hint = "take the text encoder that belongs to the transformer";
        let config = config.map_err(|problem| {
            let problem = format!("this is no text encoder that can be read: {problem}");
            NodeError::file(&path, problem, hint)
        })?;
        let tokenizer = pipeline.join("tokenizer");
        let reader = ClipReader::open(
            &tokenizer,
            config.vocab_size,
            config.max_position_embeddings,
        )
        .map_err(|error| {
            NodeError::file(
                &tokenizer,
                error,
                "fetch `tokenizer/vocab.json` and `tokenizer/merges.txt`, or `tokenizer/tokenizer.json`, from where \
                 the text encoder is from",
            )
        })?;
        let checkpoint = Checkpoint::open(&folder)?;
        config
            .check_held(checkpoint.numbers())
            .map_err(|error| NodeError::file(&path, error, hint))?;
        let blank = ClipNetwork::new(&config, &mut Init::blank(device));
        let filled = checkpoint.fill(blank, Kept::Widened, ClipNetwork::name_of);
        let filled = filled.map_err(|error| match checkpoint.files().first() {
            Some(file) => error.at(file),
            None => error.into(),
        })?;
        Ok(Self::new(filled.module, reader, device, &filled.hash))
    }

    /// The sizes.
    pub fn config(&self) -> &ClipConfig {
        self.network.config()
    }

    /// The parameters.
    pub fn network(&self) -> &ClipNetwork {
        &self.network
    }

    /// A fingerprint of configuration, tokenizer and parameters.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// `text` as ids, cut where it is too long.
    ///
    /// Errors: the text holds what the tokenizer cannot read.
    pub fn read(&self, text: &str) -> Result<Reading, ClipTextError> {
        self.reader.read(text)
    }

    /// What is wrong with `ids` as a text of this encoder.
    pub fn misfit(&self, ids: &[u32]) -> Option<String> {
        let config = self.config();
        if ids.len() != config.max_position_embeddings {
            return Some(format!("{} ids", ids.len()));
        }
        let beyond = ids.iter().find(|id| **id as usize >= config.vocab_size);
        beyond.map(|id| format!("id {id}"))
    }

    /// Texts as vectors; their ids must fit.
    pub fn encode(&self, texts: &[&[u32]]) -> Vec<Encoded> {
        texts
            .chunks(AT_ONCE)
            .flat_map(|texts| self.encode_at_once(texts))
            .collect()
    }

    fn encode_at_once(&self, texts: &[&[u32]]) -> Vec<Encoded> {
        let (batch, length) = (texts.len(), self.config().max_position_embeddings);
        let ids: Vec<i32> = texts
            .iter()
            .flat_map(|ids| ids.iter())
            .map(|id| *id as i32)
            .collect();
        let ids: Tensor<2, Int> =
            Tensor::from_data(TensorData::new(ids, [batch, length]), &self.device);
        let ends: Vec<usize> = texts.iter().map(|ids| self.end(ids)).collect();
        let (words, pooled) = self.network.forward(ids, &ends);
        (0..batch)
            .map(|text| Encoded {
                words: words.clone().narrow(0, text, 1).squeeze_dim(0),
                pooled: pooled.clone().narrow(0, text, 1).squeeze_dim(0),
            })
            .collect()
    }

    /// Where a text ends.
    fn end(&self, ids: &[u32]) -> usize {
        let end = match self.config().eos_token_id {
            ClipConfig::EARLY_END => ids.iter().max().copied(),
            end => Some(end),
        };
        ids.iter().position(|id| Some(*id) == end).unwrap_or(0)
    }
}
