//! The official sampler's own runs: given what its denoiser said at every step, the grids must be equal, token by token.
//!
//! The fixture holds, for each case: `x0` and `p`, the guided choice and its probability at all positions and steps;
//! `after`, the grid after every step (129 is masked); `final`, the result; `gumbel`, the noise where there is some.

use std::sync::Arc;

use safetensors::SafeTensors;

use super::script::plain;
use crate::sample::picture::{Answers, Picture};
use crate::sample::{Curve, EditSampler, Policy};
use crate::value::Tokens;

pub(super) const FIXTURE: &[u8] =
    include_bytes!("../../../tests/fixtures/nld_image/sampler.safetensors");
pub(super) const POSITIONS: usize = 256;
const STEPS: usize = 8;
const MASK: u8 = 129;

/// The arguments that all cases share.
pub(super) fn official() -> EditSampler {
    EditSampler {
        steps: STEPS as u32,
        shift: 3.0,
        ..plain()
    }
}

/// Codes with the sampler's own sign for masked.
pub(super) fn codes(bytes: &[u8]) -> Vec<u32> {
    bytes
        .iter()
        .map(|code| match *code {
            MASK => Tokens::MASK,
            code => u32::from(code),
        })
        .collect()
}

#[track_caller]
fn check(case: &str, sampler: &EditSampler) {
    let fixture = SafeTensors::deserialize(FIXTURE).expect("the fixture is whole");
    let bytes = |name: &str| {
        fixture
            .tensor(&format!("{case}.{name}"))
            .map(|view| view.data())
    };
    let numbers = |name: &str| {
        bytes(name).map(|bytes| {
            bytes
                .chunks_exact(4)
                .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
                .collect::<Vec<f32>>()
        })
    };
    let choice = codes(bytes("x0").expect("every case has it"));
    let after = codes(bytes("after").expect("every case has it"));
    let confidence = numbers("p").expect("every case has it");
    let uniforms: Vec<f32> = match numbers("gumbel") {
        Ok(noise) => noise.iter().map(|noise| (-(-noise).exp()).exp()).collect(),
        Err(_) => vec![0.5; STEPS * POSITIONS],
    };

    let order: Arc<[usize]> = kernels::sampling::stratified_order(16, 16, 42).into();
    let mut picture = Picture::new(vec![Tokens::MASK; POSITIONS], order, sampler);
    for step in 0..STEPS {
        let here = step * POSITIONS..(step + 1) * POSITIONS;
        let (choice, confidence) = (&choice[here.clone()], &confidence[here.clone()]);
        let wanted = picture.wanted(sampler);
        let answers = Answers {
            tokens: &wanted.iter().map(|at| choice[*at]).collect::<Vec<_>>(),
            confidence: &wanted.iter().map(|at| confidence[*at]).collect::<Vec<_>>(),
        };
        let _ = picture
            .advance(sampler, &answers, &uniforms[here.clone()])
            .expect("the sampler's own policies always answer");
        assert_eq!(picture.codes(), &after[here], "{case}, step {step}");
    }
    let result = codes(bytes("final").expect("every case has it"));
    assert_eq!(picture.result(sampler), result, "{case}, result");
}

#[test]
fn the_stratified_policy_equals_the_official_one() {
    let stratified = EditSampler {
        policy: Policy::Stratified,
        ..official()
    };
    check("strat_s3", &stratified);
    check("strat_s3_g0", &stratified);
    check("strat_s3_cfgint", &stratified);
    check(
        "strat_s5",
        &EditSampler {
            shift: 5.0,
            ..stratified.clone()
        },
    );
    check(
        "strat_s3_cutoff",
        &EditSampler {
            order_cutoff: 0.5,
            ..stratified
        },
    );
}

#[test]
fn the_mmada_policy_equals_the_official_one() {
    check("mmada_s3", &official());
    // Its probabilities are those behind top-k and top-p already.
    check("mmada_s3_topk_topp", &official());
    check(
        "mmada_s5",
        &EditSampler {
            shift: 5.0,
            ..official()
        },
    );
    check(
        "mmada_s3_alg1",
        &EditSampler {
            choice_temperature: 1.0,
            ..official()
        },
    );
    check(
        "mmada_s5_dyn",
        &EditSampler {
            shift: 5.0,
            choice_temperature: 5.0,
            dynamic: true,
            curve: Curve::Cosine,
            minimum: 0.2,
            ..official()
        },
    );
}

#[test]
fn editing_equals_the_official_one() {
    let check_editing = |case: &str, policy: Policy, shift: f32, threshold: f32| {
        check(
            case,
            &EditSampler {
                policy,
                shift,
                edit_threshold: threshold,
                ..official()
            },
        );
    };
    check_editing("strat_s3_edit", Policy::Stratified, 3.0, 0.6);
    check_editing("strat_s5_edit", Policy::Stratified, 5.0, 0.4);
    check_editing("mmada_s3_edit", Policy::Mmada, 3.0, 0.43);
    check_editing("mmada_s5_edit_low", Policy::Mmada, 5.0, 0.05);
}
