//! Whole runs of the official sampler, from the weights to the grid after every step.

use burn::tensor::FloatDType;
use graph::run::{Resources, Run};

use super::Case;
use crate::golden::{Computed, Folder, Found, GoldenError, official_cases, vq};
use crate::network::denoiser::{TextReader, TrainedDenoiser};
use crate::network::vq::VqTokenizer;
use crate::sample::{EditSampler, Start, pick_all};
use crate::value::{Denoiser, Grid, MicroConditions, Prompt, Query, Tokens};

/// What the runs are told by.
const CASES: &str = "sampler_cases.json";

/// What the names of pictures begin with; the name of a run follows.
const PICTURE: &str = "image_u8.";

/// Computes every run that [`CASES`] lists, and the pictures of those that the case has pictures of.
pub(super) fn compute(
    folder: &Folder,
    case: Case,
    computed: &mut Computed,
) -> Result<(), GoldenError> {
    let samplers = official_cases::samplers(&folder.json(CASES)?)?;
    let device = case.device.clone();
    let grid = case.config.grid();
    let (codebook, ids) = (case.config.codebook, case.prompt());
    let mask = i64::from(case.config.mask_id);
    let start = Start {
        prompt: Prompt {
            texts: [String::new()].into(),
            ids: [ids].into(),
            conditions: [MicroConditions::default()].into(),
        },
        negative: None,
        tokens: blank(grid, codebook)?,
        policy: None,
    };
    let denoiser = case.denoiser()?;
    for (name, sampler) in samplers {
        let recorded = format!("sampler.{name}.gumbel");
        let noise = if folder.case().contains_key(&recorded) {
            Some(folder.numbers::<2>(&recorded)?.0)
        } else {
            None
        };
        if noise.is_some() {
            computed.inputs.push(recorded);
        }
        let noise = official_cases::noise(noise, grid.length());
        let run = Run::alone(Resources::default());
        let (tokens, history) = sampler.sample_with(&denoiser, &start, &noise, &run)?;

        let (mut after, mut chosen, mut sure) = (Vec::new(), Vec::new(), Vec::new());
        let mut seen = start.tokens.clone();
        for (at, step) in history.steps.iter().enumerate() {
            let (codes, confidence) = everywhere(&denoiser, &sampler, &start.prompt, &seen, at)?;
            chosen.extend(codes);
            sure.extend(confidence);
            seen = step.after.clone();
            after.extend(official(&seen, mask));
        }
        let found = [
            ("after", Found::Integers(after)),
            ("x0", Found::Integers(chosen)),
            ("p", Found::numbers_like(sure, super::GUIDED)),
            ("final", Found::Integers(official(&tokens, mask))),
        ];
        for (what, found) in found {
            computed.add(format!("sampler.{name}.{what}"), found);
        }
        let picture = format!("{PICTURE}{name}");
        if folder.case().contains_key(&picture) {
            let tokenizer = VqTokenizer::load_inside(folder.path(), folder.config(), &device)?;
            let network = tokenizer.network();
            let codes = tokens.to_tensor(0, &device);
            let laid = network.laid(codes, grid.rows, grid.columns);
            let pixels = network.decode(laid, FloatDType::F32);
            let bytes = vq::bytes(pixels, tokenizer.config().range);
            computed.add(picture, Found::Pixels(bytes));
        }
    }
    Ok(())
}

fn blank(grid: Grid, codebook: u32) -> Result<Tokens, GoldenError> {
    Tokens::masked(1, grid, codebook).map_err(|error| GoldenError::Input {
        name: "grid_ids".into(),
        expected: error.to_string(),
    })
}

/// Codes with `mask` where nothing is laid.
fn official(tokens: &Tokens, mask: i64) -> Vec<i64> {
    let codes = tokens.codes().iter();
    codes
        .map(|code| match *code {
            Tokens::MASK => mask,
            code => i64::from(code),
        })
        .collect()
}

/// What the denoiser would lay at each position, and how sure it is, whatever the sampler has use for.
fn everywhere(
    denoiser: &Denoiser,
    sampler: &EditSampler,
    prompt: &Prompt,
    seen: &Tokens,
    step: usize,
) -> Result<(Vec<i64>, Vec<f32>), GoldenError> {
    let rows: Vec<u32> = (0..seen.codes().len() as u32).collect();
    let steps = (sampler.steps as usize).min(rows.len());
    let guidance = sampler.guides(step, steps).then_some(sampler.leading(None));
    let scores = denoiser.scorer().scores(&Query {
        tokens: seen,
        prompt,
        guidance,
        rows: &rows,
    })?;
    let (codes, confidence) = pick_all(&scores, sampler)?;
    Ok((codes.into_iter().map(i64::from).collect(), confidence))
}

impl Case {
    /// The ids of the prompt as nodes pass them on.
    fn prompt(&self) -> Vec<u32> {
        self.ids.iter().map(|id| *id as u32).collect()
    }

    /// The network as samplers ask it.
    fn denoiser(self) -> Result<Denoiser, GoldenError> {
        // The ids are given, so of all words the reader needs to know the slot alone.
        let slot = &self.config.prompt.slot;
        let id = self.ids.get(self.front).copied().unwrap_or(0);
        let vocabulary = serde_json::json!({
            "version": "1.0", "added_tokens": [],
            "model": {"type": "WordLevel", "vocab": {"?": 0, slot: id}, "unk_token": "?"},
        });
        let file = vocabulary.to_string().into_bytes();
        let reader = TextReader::new(file, &self.config.prompt, self.config.vocabulary);
        let reader = reader.map_err(|error| GoldenError::Input {
            name: "slot_positions".into(),
            expected: error.to_string(),
        })?;
        let dtype = burn::tensor::FloatDType::F32;
        Ok(Denoiser::new(TrainedDenoiser::hashed(
            self.network,
            reader,
            &self.device,
            dtype,
            String::new(),
        )))
    }
}
