//! The official sampler's own runs: given what its denoiser said at every step, the grids must be equal, token by token.
//!
//! The fixture holds, for each case: `x0` and `p`, the guided choice and its probability at all positions and steps;
//! `after`, the grid after every step (129 is masked); `final`, the result; `gumbel`, the noise where there is some.

use std::sync::Arc;

use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

use crate::golden::official_cases;
use crate::sample::picture::{Answers, Picture};
use crate::sample::{EditSampler, Noise};
use crate::value::Tokens;

const FIXTURE: &[u8] = include_bytes!("../../../tests/fixtures/nld_image/sampler.safetensors");
const ARGUMENTS: &str =
    include_str!("../../../../tests/fixtures/golden/nld_image/sampler_cases.json");
pub(super) const POSITIONS: usize = 256;
const STEPS: usize = 8;
const MASK: u8 = 129;

/// One of the official runs.
pub(super) struct Case {
    pub name: String,
    pub sampler: EditSampler,
    pub noise: Noise,
    pub after: Vec<u32>,
    pub choice: Vec<u32>,
    pub confidence: Vec<f32>,
    pub result: Vec<u32>,
}

/// All official runs.
pub(super) fn cases() -> Vec<Case> {
    let fixture = SafeTensors::deserialize(FIXTURE).expect("the fixture is whole");
    let arguments = serde_json::from_str(ARGUMENTS).expect("the fixture is whole");
    let samplers = official_cases::samplers(&arguments).expect("all arguments are known");
    let case = |(name, sampler): (String, EditSampler)| {
        let array = |what: &str| fixture.tensor(&format!("{name}.{what}"));
        let tokens = |what: &str| codes(array(what).expect("every case has it").data());
        let gumbel = array("gumbel").ok().map(|view| numbers(&view));
        assert_eq!(gumbel.is_some(), sampler.choice_temperature > 0.0, "{name}");
        Case {
            noise: official_cases::noise(gumbel.as_deref(), POSITIONS),
            after: tokens("after"),
            choice: tokens("x0"),
            confidence: numbers(&array("p").expect("every case has it")),
            result: tokens("final"),
            name,
            sampler,
        }
    };
    samplers.into_iter().map(case).collect()
}

/// Codes with the sampler's own sign for masked.
fn codes(bytes: &[u8]) -> Vec<u32> {
    let code = |code: &u8| match *code {
        MASK => Tokens::MASK,
        code => u32::from(code),
    };
    bytes.iter().map(code).collect()
}

fn numbers(view: &TensorView<'_>) -> Vec<f32> {
    let words = view.data().as_chunks::<4>().0.iter();
    words.map(|word| f32::from_le_bytes(*word)).collect()
}

#[test]
fn every_official_run_comes_again_from_what_its_denoiser_said() {
    let cases = cases();
    assert_eq!(cases.len(), 14);
    for case in cases {
        let sampler = &case.sampler;
        let order: Arc<[usize]> = kernels::sampling::stratified_order(16, 16, 42).into();
        let mut picture = Picture::new(vec![Tokens::MASK; POSITIONS], order, sampler);
        for step in 0..STEPS {
            let here = step * POSITIONS..(step + 1) * POSITIONS;
            let choice = &case.choice[here.clone()];
            let confidence = &case.confidence[here.clone()];
            let chance = case.noise.at(0, step as u32);
            let turn = picture.turn(sampler, chance);
            let answers = Answers {
                tokens: &turn.wanted.iter().map(|at| choice[*at]).collect::<Vec<_>>(),
                confidence: &turn
                    .wanted
                    .iter()
                    .map(|at| confidence[*at])
                    .collect::<Vec<_>>(),
            };
            let _ = picture
                .advance(sampler, &turn, &answers, chance)
                .expect("the sampler's own policies always answer");
            assert_eq!(
                picture.codes(),
                &case.after[here],
                "{}, step {step}",
                case.name
            );
        }
        assert!(picture.is_done());
        assert_eq!(
            picture.result(sampler),
            case.result,
            "{}, result",
            case.name
        );
    }
}
