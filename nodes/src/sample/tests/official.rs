//! Sampler and denoiser together, with the official network's weights: every grid of the official runs, from nothing but
//! weights, prompt and, where there was some, noise.

use burn::tensor::{Device, FloatDType};
use graph::run::{Resources, Run};

use super::golden::{POSITIONS, cases};
use crate::network::denoiser::golden::{case, network, official_config};
use crate::network::denoiser::{TextReader, TrainedDenoiser};
use crate::sample::Start;
use crate::value::{Denoiser, Grid, Prompt, Tokens};

/// See the fixture's README: guided logits may be 2e-4 off, and a probability then half as much.
const TOLERANCE: f32 = 1e-4;

/// A vocabulary of the one token that must be found by its name: the slot.
const VOCABULARY: &str = r#"{"version": "1.0", "added_tokens": [],
    "model": {"type": "WordLevel", "vocab": {"?": 0, "<SPECIAL_18>": 18}, "unk_token": "?"}}"#;

fn denoiser() -> Denoiser {
    let config = official_config();
    let reader = TextReader::new(VOCABULARY.into(), &config.prompt, config.vocabulary);
    Denoiser::new(TrainedDenoiser::new(
        network(&config),
        reader.expect("the slot has a name"),
        &Device::flex(),
        FloatDType::F32,
    ))
}

#[test]
fn the_official_runs_come_again_token_by_token() {
    let grid = Grid {
        rows: 16,
        columns: 16,
    };
    let blank = Tokens::new(vec![Tokens::MASK; POSITIONS], grid, 128);
    let ids: Vec<u32> = case()["input_ids"].iter().map(|id| *id as u32).collect();
    let start = Start {
        prompt: Prompt::new(vec![String::new()], vec![ids]),
        negative: None,
        tokens: blank.expect("the codes fit"),
        policy: None,
    };
    let denoiser = denoiser();
    for case in cases() {
        let run = Run::alone(Resources::default());
        let (tokens, history) = case
            .sampler
            .sample_with(&denoiser, &start, &case.noise, &run)
            .expect("all fits together");
        for (at, step) in history.steps.iter().enumerate() {
            let here = at * POSITIONS..(at + 1) * POSITIONS;
            let expected = &case.after[here.clone()];
            assert_eq!(step.after.codes(), expected, "{}, step {at}", case.name);

            let (choice, confidence) = (&case.choice[here.clone()], &case.confidence[here]);
            // The official sampler asks for all positions; here those that decide nothing are left out.
            let asked = (0..POSITIONS).filter(|at| step.confidence[*at] > 0.0);
            let mut count = 0;
            for position in asked {
                assert_eq!(step.choice[position], choice[position], "{}", case.name);
                let off = (step.confidence[position] - confidence[position]).abs();
                assert!(off < TOLERANCE, "{}, step {at}: {off} off", case.name);
                count += 1;
            }
            assert!(count >= step.committed && count > 0);
        }
        assert_eq!(history.steps.len() * POSITIONS, case.after.len());
        assert_eq!(tokens.codes(), case.result, "{}, result", case.name);
    }
}
