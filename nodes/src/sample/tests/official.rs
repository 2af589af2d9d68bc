//! Sampler and denoiser together, with the official network's weights: every grid of the official runs, from nothing but
//! weights and prompt.
//!
//! The two cases with noise are left to the test that is given the noise.

use burn::tensor::{Device, FloatDType};
use graph::run::{Resources, Run};
use safetensors::SafeTensors;

use super::golden::{FIXTURE, POSITIONS, codes, official};
use crate::network::denoiser::golden::{case, network, official_config};
use crate::network::denoiser::{TextReader, TrainedDenoiser};
use crate::sample::{EditSampler, Policy, Start};
use crate::value::{Denoiser, Grid, Prompt, Tokens};

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

/// The official runs without noise, and their arguments.
fn cases() -> [(&'static str, EditSampler); 12] {
    let guided = EditSampler {
        guidance: 5.0,
        ..official()
    };
    let stratified = EditSampler {
        policy: Policy::Stratified,
        ..guided.clone()
    };
    let shifted = |sampler: &EditSampler| EditSampler {
        shift: 5.0,
        ..sampler.clone()
    };
    let editing = |sampler: &EditSampler, edit_threshold| EditSampler {
        edit_threshold,
        ..sampler.clone()
    };
    let unguided = EditSampler {
        guidance: 0.0,
        ..stratified.clone()
    };
    let window = EditSampler {
        guidance_from: 0.25,
        guidance_to: 0.75,
        ..stratified.clone()
    };
    let cutoff = EditSampler {
        order_cutoff: 0.5,
        ..stratified.clone()
    };
    let filtered = EditSampler {
        top_k: 24,
        top_p: 0.9,
        ..guided.clone()
    };
    [
        ("strat_s3", stratified.clone()),
        ("strat_s5", shifted(&stratified)),
        ("strat_s3_g0", unguided),
        ("strat_s3_cfgint", window),
        ("strat_s3_cutoff", cutoff),
        ("mmada_s3", guided.clone()),
        ("mmada_s5", shifted(&guided)),
        ("mmada_s3_topk_topp", filtered),
        ("strat_s3_edit", editing(&stratified, 0.6)),
        ("strat_s5_edit", editing(&shifted(&stratified), 0.4)),
        ("mmada_s3_edit", editing(&guided, 0.43)),
        ("mmada_s5_edit_low", editing(&shifted(&guided), 0.05)),
    ]
}

#[test]
fn the_official_runs_come_again_token_by_token() {
    let fixture = SafeTensors::deserialize(FIXTURE).expect("the fixture is whole");
    let grid = Grid {
        rows: 16,
        columns: 16,
    };
    let blank = Tokens::new(vec![Tokens::MASK; POSITIONS], grid, 128);
    let ids: Vec<u32> = case()["input_ids"].iter().map(|id| *id as u32).collect();
    let start = Start {
        prompt: Prompt {
            texts: [String::new()].into(),
            ids: [ids].into(),
        },
        negative: None,
        tokens: blank.expect("the codes fit"),
        policy: None,
    };
    let denoiser = denoiser();
    for (name, sampler) in cases() {
        let run = Run::alone(Resources::default());
        let (tokens, history) = sampler
            .sample(&denoiser, &start, &run)
            .expect("all fits together");
        let array = |what: &str| {
            let view = fixture.tensor(&format!("{name}.{what}"));
            codes(view.expect("every case has it").data())
        };
        let after = array("after");
        for (step, expected) in after.chunks_exact(POSITIONS).enumerate() {
            let found = history.steps[step].after.codes();
            let differ = (0..POSITIONS).filter(|at| found[*at] != expected[*at]);
            assert_eq!(differ.count(), 0, "{name}, step {step}");
        }
        assert_eq!(tokens.codes(), array("final"), "{name}, result");
    }
}
