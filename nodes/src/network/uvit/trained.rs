//! A trained network with its text encoder as the denoiser that nodes pass on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::Tensor;
use graph::error::NodeError;
use graph::value::Footprint;

use super::{Condition, MICRO_CONDITIONS, UvitConfig, UvitModel};
use crate::network::clip::{ClipEncoder, ClipTextError, Encoded};
use crate::network::weights;
use crate::value::{Grid, MicroConditions, Prompt, Query, Scorer};

/// How many encoded texts are kept, so that a text is encoded once and not at each step.
const KEPT: usize = 256;

/// The score that aMUSEd is commonly asked with.
const SCORE: f32 = 6.0;

/// A trained U-ViT with the text encoder that it was trained with.
///
/// Guidance is as everywhere in Smalto: `(1 + g) · conditional − g · unconditional`.
/// The published guidance scale `s` of aMUSEd means `unconditional + s · (conditional − unconditional)`, so that
/// `g = s − 1`.
#[derive(Clone, Debug)]
pub struct TrainedUvit {
    model: UvitModel,
    encoder: ClipEncoder,
    stride: usize,
    hash: String,
    kept: Arc<Mutex<Known>>,
}

/// Encoded texts by their ids; those that were not asked for longest come first.
type Known = VecDeque<(Vec<u32>, Encoded)>;

impl TrainedUvit {
    /// A denoiser whose codes stand for `stride` pixels along each side.
    pub fn new(model: UvitModel, encoder: ClipEncoder, stride: usize, hash: String) -> Self {
        Self {
            model,
            encoder,
            stride,
            hash,
            kept: Arc::default(),
        }
    }

    /// The sizes.
    pub fn config(&self) -> &UvitConfig {
        self.model.config()
    }

    /// The text encoder.
    pub fn encoder(&self) -> &ClipEncoder {
        &self.encoder
    }

    /// How many encoded texts are kept.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        let kept = self.kept.lock();
        kept.unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The prompts' conditions for pictures of `grid`.
    fn condition(&self, prompt: &Prompt, grid: Grid) -> Condition {
        let encoded = self.encoded(&prompt.ids);
        let words = encoded.iter().map(|text| text.words.clone()).collect();
        let pooled = encoded.iter().map(|text| text.pooled.clone()).collect();
        let micro = prompt.conditions.iter();
        Condition {
            words: Tensor::stack(words, 0),
            pooled: Tensor::stack(pooled, 0),
            micro: micro.map(|micro| self.micro(micro, grid)).collect(),
        }
    }

    /// The numbers that the network reads; what a prompt leaves open is as for a photograph of the picture's own size.
    fn micro(&self, conditions: &MicroConditions, grid: Grid) -> [f32; MICRO_CONDITIONS] {
        let conditions = conditions.or(MicroConditions {
            original_width: (grid.columns * self.stride) as u32,
            original_height: (grid.rows * self.stride) as u32,
            aesthetic_score: SCORE,
            ..MicroConditions::default()
        });
        [
            conditions.original_width as f32,
            conditions.original_height as f32,
            conditions.crop_top as f32,
            conditions.crop_left as f32,
            conditions.aesthetic_score,
        ]
    }

    /// Texts as vectors, each of them encoded but once.
    fn encoded(&self, texts: &[Vec<u32>]) -> Vec<Encoded> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = Known::new();
        let mut new: Vec<&[u32]> = Vec::new();
        for text in texts {
            let is_known = known.iter().any(|(ids, _)| ids == text);
            if is_known || new.contains(&text.as_slice()) {
                continue;
            }
            match kept.iter().position(|(ids, _)| ids == text) {
                // What was asked for last is thrown away last.
                Some(at) => known.extend(kept.remove(at)),
                None => new.push(text),
            }
        }
        let vectors = self.encoder.encode(&new);
        known.extend(new.iter().map(|ids| ids.to_vec()).zip(vectors));
        let found = texts.iter().filter_map(|text| {
            let (_, encoded) = known.iter().find(|(ids, _)| ids == text)?;
            Some(encoded.clone())
        });
        let found = found.collect();
        kept.extend(known);
        let surplus = kept.len().saturating_sub(KEPT);
        drop(kept.drain(..surplus));
        found
    }

    fn check(&self, prompt: &Prompt, batch: usize) -> Result<(), NodeError> {
        if prompt.batch() != batch {
            return Err(NodeError::input(
                "prompt",
                format!("one text for each of {batch} pictures"),
                format!("{} texts", prompt.batch()),
            ));
        }
        let mut misfits = prompt.ids.iter().filter_map(|ids| self.encoder.misfit(ids));
        let Some(found) = misfits.next() else {
            return Ok(());
        };
        let config = self.encoder.config();
        Err(NodeError::input(
            "prompt",
            format!(
                "{} ids below {}, as this denoiser reads text",
                config.max_position_embeddings, config.vocab_size
            ),
            format!("{found}; encode the text with the same denoiser"),
        ))
    }
}

fn unreadable(error: ClipTextError) -> NodeError {
    NodeError::failed(error, "change the prompt")
}

impl Scorer for TrainedUvit {
    fn codebook(&self) -> u32 {
        self.config().codebook_size as u32
    }

    fn grid(&self) -> Grid {
        self.model.grid()
    }

    fn read(&self, text: &str, _: &MicroConditions) -> Result<Vec<u32>, NodeError> {
        Ok(self.encoder.read(text).map_err(unreadable)?.ids)
    }

    fn remarks(&self, text: &str) -> Vec<String> {
        let cut = self.encoder.read(text).map(|reading| reading.cut);
        match cut {
            Ok(cut) if !cut.is_empty() => vec![format!(
                "the text is longer than this denoiser reads; it does not see the end, {cut:?}"
            )],
            Ok(_) | Err(_) => Vec::new(),
        }
    }

    fn score(&self, query: &Query<'_>) -> Result<Tensor<2>, NodeError> {
        let (grid, batch) = (query.tokens.grid(), query.tokens.batch());
        self.check(query.prompt, batch)?;
        let lead = query.guidance.and_then(|guidance| guidance.lead());
        let other = match query.guidance.zip(lead) {
            None => None,
            Some((guidance, lead)) => {
                let other = match guidance.negative {
                    Some(negative) => {
                        self.check(negative, batch)?;
                        self.condition(negative, grid)
                    }
                    None => self.condition(&self.unconditional(query.prompt)?, grid),
                };
                Some((other, lead))
            }
        };
        let own = self.condition(query.prompt, grid);
        self.model.logits(query.tokens, query.rows, own, other)
    }

    fn describe(&self) -> String {
        let config = self.config();
        format!(
            "aMUSEd denoiser of {side} × {side} tokens and {} codes: {} layers of {}",
            config.codebook_size,
            config.num_hidden_layers,
            config.hidden_size,
            side = config.sample_size,
        )
    }

    fn hash(&self) -> String {
        self.hash.clone()
    }

    fn footprint(&self) -> Footprint {
        let networks = (self.model.network(), self.encoder.network());
        let bytes = weights::bytes(networks.0) + weights::bytes(networks.1);
        weights::footprint(bytes, self.model.device())
    }
}

impl TrainedUvit {
    /// The empty text in place of each prompt, under the same conditions.
    fn unconditional(&self, prompt: &Prompt) -> Result<Prompt, NodeError> {
        let ids = self.encoder.read("").map_err(unreadable)?.ids;
        let batch = prompt.batch();
        Ok(Prompt {
            texts: vec![String::new(); batch].into(),
            ids: vec![ids; batch].into(),
            conditions: prompt.conditions.clone(),
        })
    }
}
