//! The official scheduler's own runs: given what its denoiser said and the noise that it drew, every grid is the same.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::tensor::{Device, Tensor, TensorData};
use graph::prelude::*;
use graph::run::Resources;
use serde_json::Value;

use super::{noise, samplers};
use crate::golden::Folder;
use crate::sample::{EditSampler, Start};
use crate::value::{Denoiser, Grid, MicroConditions, Prompt, Query, Scorer, Tokens};

const POSITIONS: usize = 64;
const CODEBOOK: usize = 64;

/// Answers the logits of one step after the other.
struct Recorded {
    /// `[steps, positions, codebook]`.
    logits: Vec<f32>,
    steps: AtomicUsize,
}

impl Scorer for Recorded {
    fn codebook(&self) -> u32 {
        CODEBOOK as u32
    }

    fn grid(&self) -> Grid {
        GRID
    }

    fn read(&self, _: &str, _: &MicroConditions) -> Result<Vec<u32>, NodeError> {
        Ok(Vec::new())
    }

    fn score(&self, query: &Query<'_>) -> Result<Tensor<2>, NodeError> {
        let step = self.steps.fetch_add(1, Ordering::Relaxed);
        let logits: Vec<f32> = query
            .rows
            .iter()
            .flat_map(|row| {
                let first = (step * POSITIONS + *row as usize) * CODEBOOK;
                &self.logits[first..first + CODEBOOK]
            })
            .copied()
            .collect();
        let data = TensorData::new(logits, [query.rows.len(), CODEBOOK]);
        Ok(Tensor::from_data(data, &Device::flex()))
    }

    fn describe(&self) -> String {
        "recorded logits".into()
    }

    fn hash(&self) -> String {
        String::new()
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }
}

const GRID: Grid = Grid {
    rows: 8,
    columns: 8,
};

fn recorded(logits: Vec<f32>) -> Denoiser {
    Denoiser::new(Recorded {
        logits,
        steps: AtomicUsize::new(0),
    })
}

fn start(codes: Vec<u32>) -> Start {
    Start {
        prompt: Prompt::new(vec![String::new()], vec![Vec::new()]),
        negative: None,
        tokens: Tokens::new(codes, GRID, CODEBOOK as u32).expect("the codes fit"),
        policy: None,
    }
}

fn open(name: &str) -> Folder {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/golden");
    Folder::open(&golden.join(name)).expect("the folder is whole")
}

fn arguments(folder: &Folder) -> Value {
    let file = folder.json("scheduler_cases.json");
    file.expect("the folder is whole")
}

fn check(folder: &Folder, case: &str, sampler: &EditSampler, mask: i64) {
    let numbers = |name: &str| {
        let found = folder.numbers::<3>(&format!("sched.{case}.{name}"));
        found.expect("every case has it").0.to_vec()
    };
    let gumbel = folder.numbers::<2>(&format!("sched.{case}.gumbel"));
    let (gumbel, _) = gumbel.expect("every case has it");
    let init = folder.integers::<2>(&format!("sched.{case}.init"));
    let (init, _) = init.expect("every case has it");
    let codes = init
        .iter()
        .map(|code| match *code {
            code if code == mask => Tokens::MASK,
            code => code as u32,
        })
        .collect();
    let noise = noise(&numbers("exp_noise"), gumbel, POSITIONS, CODEBOOK);
    let run = Run::alone(Resources::default());
    let (tokens, history) = sampler
        .sample_with(&recorded(numbers("logits")), &start(codes), &noise, &run)
        .expect("all fits together");

    let grids = |name: &str| {
        let found = folder.integers::<3>(&format!("sched.{case}.{name}"));
        found.expect("every case has it").0.to_vec()
    };
    let (pred, prev) = (grids("pred"), grids("prev"));
    let official = |codes: &[u32]| -> Vec<i64> {
        let code = |code: &u32| match *code {
            Tokens::MASK => mask,
            code => i64::from(code),
        };
        codes.iter().map(code).collect()
    };
    assert_eq!(history.steps.len() * POSITIONS, pred.len(), "{case}");
    for (at, step) in history.steps.iter().enumerate() {
        let here = at * POSITIONS..(at + 1) * POSITIONS;
        let choice = official(&step.choice);
        assert_eq!(choice, pred[here.clone()], "{case}, step {at}, pred");
        let after = official(step.after.codes());
        assert_eq!(after, prev[here], "{case}, step {at}, prev");
    }
    assert!(prev.ends_with(&official(tokens.codes())), "{case}, result");
}

#[test]
fn the_official_schedules_come_again_token_by_token() {
    for (name, expected) in [
        ("amused", &["cos_t6", "lin_t5_partial"][..]),
        ("amused_updown", &["cos_t6"]),
    ] {
        let folder = open(name);
        let arguments = arguments(&folder);
        let samplers = samplers(&arguments).expect("all arguments are known");
        let names: Vec<&str> = samplers.iter().map(|(case, _)| case.as_str()).collect();
        assert_eq!(names, expected);
        for (case, sampler) in &samplers {
            let mask = arguments[case]["mask_token_id"].as_i64();
            check(&folder, case, sampler, mask.expect("it is there"));
        }
    }
}

#[test]
fn the_temperatures_and_the_guidance_are_the_official_ones() {
    let arguments = arguments(&open("amused"));
    for (case, sampler) in samplers(&arguments).expect("all arguments are known") {
        let expected = arguments[&case]["temperatures"].as_array();
        let expected = expected.expect("every case has them");
        assert_eq!(sampler.steps as usize, expected.len());
        for (step, official) in expected.iter().enumerate() {
            let official = official.as_f64().expect("a number") as f32;
            let found = sampler.choice_temperature_at(step, expected.len());
            assert!((found - official).abs() < 1e-5, "{case}, step {step}");
        }
        let guidance = arguments[&case]["g"].as_f64().expect("a number") as f32;
        assert_eq!(sampler.guidance + 1.0, guidance);
    }
}

#[test]
fn noise_that_ends_too_early_is_an_error() {
    let samplers = samplers(&arguments(&open("amused"))).expect("all arguments are known");
    let short = vec![1.0; POSITIONS * CODEBOOK - 1];
    let noise = noise(&short, &[], POSITIONS, CODEBOOK);
    let denoiser = recorded(vec![0.0; POSITIONS * CODEBOOK]);
    let start = start(vec![Tokens::MASK; POSITIONS]);
    let run = Run::alone(Resources::default());
    let result = samplers[0].1.sample_with(&denoiser, &start, &noise, &run);
    let error = result.expect_err("a number is missing").to_string();
    let expected = "the recorded noise ends before step 1";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn an_argument_that_is_unknown_is_an_error() {
    let mut arguments = arguments(&open("amused"));
    arguments["cos_t6"]["masking_schedule"] = "arccos".into();
    let error = samplers(&arguments).expect_err("it is unknown").to_string();
    assert!(error.contains("scheduler_cases.json: cos_t6"), "{error}");
}
