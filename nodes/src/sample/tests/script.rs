//! A denoiser that follows a script, and what a test needs to run the sampler on it.

use std::sync::{Arc, Mutex};

use burn::tensor::{Device, Tensor, TensorData};
use graph::prelude::*;
use graph::run::Resources;

use crate::sample::{EditSampler, EditSamplerInputs, EditSamplerOutputs};
use crate::value::{Denoiser, Grid, MicroConditions, Prompt, Query, Scorer, Tokens};

/// How many codes the script knows.
pub const CODEBOOK: usize = 8;

/// What the sampler asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub tokens: Vec<u32>,
    pub texts: Vec<String>,
    pub guidance: Option<f32>,
    pub negative: Option<Vec<String>>,
    pub rows: Vec<u32>,
}

type Logits = dyn Fn(&[u32], usize) -> [f32; CODEBOOK] + Send + Sync;

/// A denoiser whose logits are a function of a picture's tokens and the position.
pub struct Script {
    pub grid: Grid,
    pub logits: Box<Logits>,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scorer for Script {
    fn codebook(&self) -> u32 {
        CODEBOOK as u32
    }

    fn grid(&self) -> Grid {
        self.grid
    }

    fn read(&self, text: &str, _: &MicroConditions) -> Result<Vec<u32>, NodeError> {
        Ok(text.bytes().map(u32::from).collect())
    }

    fn score(&self, query: &Query<'_>) -> Result<Tensor<2>, NodeError> {
        self.asked.lock().expect("no test panics here").push(Asked {
            tokens: query.tokens.codes().to_vec(),
            texts: query.prompt.texts.to_vec(),
            guidance: query.guidance.map(|guidance| guidance.scale),
            negative: query
                .guidance
                .and_then(|guidance| guidance.negative)
                .map(|negative| negative.texts.to_vec()),
            rows: query.rows.to_vec(),
        });
        let length = query.tokens.grid().length();
        let logits: Vec<f32> = query
            .rows
            .iter()
            .flat_map(|row| {
                let (sample, position) = (*row as usize / length, *row as usize % length);
                (self.logits)(query.tokens.sample(sample), position)
            })
            .collect();
        let shape = [query.rows.len(), CODEBOOK];
        Ok(Tensor::from_data(
            TensorData::new(logits, shape),
            &Device::flex(),
        ))
    }

    fn describe(&self) -> String {
        "a script".into()
    }

    fn hash(&self) -> String {
        String::new()
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }
}

/// Logits under which `code` has the probability `p`, and all others share the rest.
pub fn sure(code: u32, p: f32) -> [f32; CODEBOOK] {
    let mut logits = [0.0; CODEBOOK];
    logits[code as usize] = (p * (CODEBOOK as f32 - 1.0) / (1.0 - p)).ln();
    logits
}

/// A sampler without chance, guidance or editing: the test sets what it is about.
pub fn plain() -> EditSampler {
    let defaults = EditSampler::from_values(&ParamValues::new()).expect("every parameter has one");
    EditSampler {
        steps: 4,
        shift: 1.0,
        guidance: 0.0,
        choice: crate::sample::TokenChoice::Argmax,
        choice_temperature: 0.0,
        edit_threshold: 0.0,
        ..defaults
    }
}

/// A run of the sampler: what it was given, and what the denoiser was asked.
pub struct Trial {
    pub inputs: EditSamplerInputs,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Trial {
    /// One picture of a row of `columns` tokens.
    pub fn new(
        columns: usize,
        logits: impl Fn(&[u32], usize) -> [f32; CODEBOOK] + Send + Sync + 'static,
    ) -> Self {
        Self::over(Grid { rows: 1, columns }, logits)
    }

    /// One picture of `grid` tokens.
    pub fn over(
        grid: Grid,
        logits: impl Fn(&[u32], usize) -> [f32; CODEBOOK] + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::default();
        let script = Script {
            grid,
            logits: Box::new(logits),
            asked: Arc::clone(&asked),
        };
        Self {
            inputs: EditSamplerInputs {
                denoiser: Denoiser::new(script),
                prompt: prompt(&["a duck"]),
                negative: None,
                start: None,
                mask: None,
                custom_policy: None,
            },
            asked,
        }
    }

    /// The same with tokens to start from; −1 is masked.
    pub fn from(mut self, codes: &[i32], grid: Grid) -> Self {
        self.inputs.start = Some(tokens(codes, grid));
        self
    }

    pub fn run(self, sampler: &EditSampler) -> Result<EditSamplerOutputs, NodeError> {
        sampler.run(self.inputs, &mut Run::alone(Resources::default()))
    }
}

pub fn prompt(texts: &[&str]) -> Prompt {
    Prompt::new(
        texts.iter().map(ToString::to_string).collect(),
        texts.iter().map(|text| vec![text.len() as u32]).collect(),
    )
}

/// Tokens from codes, −1 for masked.
pub fn tokens(codes: &[i32], grid: Grid) -> Tokens {
    let codes: Vec<u32> = codes
        .iter()
        .map(|code| u32::try_from(*code).unwrap_or(Tokens::MASK))
        .collect();
    Tokens::new(codes, grid, CODEBOOK as u32).expect("the codes fit")
}

/// Codes as numbers that a test can write: −1 for masked.
pub fn signed(codes: &[u32]) -> Vec<i32> {
    codes
        .iter()
        .map(|code| {
            if *code == Tokens::MASK {
                -1
            } else {
                *code as i32
            }
        })
        .collect()
}

/// The grid after every step.
pub fn grids(outputs: &EditSamplerOutputs) -> Vec<Vec<i32>> {
    outputs
        .history
        .steps
        .iter()
        .map(|step| signed(step.after.codes()))
        .collect()
}
