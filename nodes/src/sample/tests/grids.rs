//! Grids after every step, worked out by hand.

use graph::prelude::*;
use graph::run::{Cancel, Reporter, Resources};
use std::sync::Arc;

use super::script::{CODEBOOK, Trial, grids, plain, prompt, signed, sure};
use crate::sample::{EditSampler, Policy, ResultTokens, TokenChoice};
use crate::value::{Grid, Mask, Tokens};

const ROW: Grid = Grid {
    rows: 1,
    columns: 4,
};

/// Code `position` with a confidence that rises from left to right.
fn rising(_: &[u32], position: usize) -> [f32; CODEBOOK] {
    sure(position as u32, 0.2 + 0.1 * position as f32)
}

#[test]
fn the_surest_positions_are_laid_first() {
    let outputs = Trial::new(4, rising).run(&plain()).expect("all fits");
    assert_eq!(
        grids(&outputs),
        [[-1, -1, -1, 3], [-1, -1, 2, 3], [-1, 1, 2, 3], [0, 1, 2, 3]]
    );
    assert_eq!(outputs.tokens.codes(), [0, 1, 2, 3]);
}

#[test]
fn a_draw_between_equals_goes_to_the_first() {
    let outputs = Trial::new(4, |_, _| sure(5, 0.5)).run(&plain());
    let outputs = outputs.expect("all fits");
    assert_eq!(grids(&outputs)[1], [5, 5, -1, -1]);
}

#[test]
fn few_are_laid_early_and_many_late() {
    let sampler = EditSampler {
        steps: 7,
        shift: 7.0,
        ..plain()
    };
    let outputs = Trial::new(10, |_, _| sure(1, 0.5)).run(&sampler);
    let outputs = outputs.expect("all fits");
    let committed: Vec<u32> = outputs
        .history
        .steps
        .iter()
        .map(|step| step.committed)
        .collect();
    assert_eq!(committed, [1, 1, 1, 1, 1, 1, 4]);
}

#[test]
fn there_are_never_more_steps_than_positions() {
    for (columns, steps) in [(1, 1), (3, 3)] {
        let sampler = EditSampler {
            steps: 64,
            edit_threshold: 0.9,
            ..plain()
        };
        let outputs = Trial::new(columns, rising).run(&sampler).expect("all fits");
        assert_eq!(outputs.history.steps.len(), steps);
        assert!(!outputs.tokens.codes().contains(&Tokens::MASK));
    }
}

#[test]
fn the_stratified_order_is_that_of_the_paper_and_asks_for_nothing_else() {
    let sampler = EditSampler {
        policy: Policy::Stratified,
        ..plain()
    };
    let grid = Grid {
        rows: 4,
        columns: 4,
    };
    let trial = Trial::over(grid, |_, _| sure(2, 0.5));
    let asked = Arc::clone(&trial.asked);
    let outputs = trial.run(&sampler).expect("all fits");
    let rows: Vec<Vec<u32>> = asked
        .lock()
        .expect("nothing panics")
        .iter()
        .map(|asked| asked.rows.clone())
        .collect();
    assert_eq!(
        rows,
        [[0, 2, 8, 14], [3, 5, 7, 15], [1, 6, 9, 11], [4, 10, 12, 13]]
    );
    assert_eq!(outputs.tokens.codes(), [2; 16]);
}

#[test]
fn after_the_cutoff_the_surest_are_laid() {
    let sampler = EditSampler {
        policy: Policy::Stratified,
        order_cutoff: 0.5,
        ..plain()
    };
    let grid = Grid {
        rows: 2,
        columns: 2,
    };
    let stratified = EditSampler {
        order_cutoff: 1.0,
        ..sampler.clone()
    };
    let ordered = grids(&Trial::over(grid, rising).run(&stratified).expect("fits"));
    let cut = grids(&Trial::over(grid, rising).run(&sampler).expect("fits"));
    assert_eq!(cut[..2], ordered[..2]);
    // Of the two that are left, the surer one comes next: the one further right in reading order.
    let left: Vec<usize> = (0..4).filter(|at| cut[1][*at] == -1).collect();
    assert_eq!(cut[2][left[0]], -1);
    assert_eq!(cut[2][left[1]], left[1] as i32);
}

#[test]
fn without_editing_only_masked_positions_are_asked_for() {
    let trial = Trial::new(4, rising);
    let asked = Arc::clone(&trial.asked);
    let outputs = trial.run(&plain()).expect("all fits");
    let rows: Vec<Vec<u32>> = asked
        .lock()
        .expect("nothing panics")
        .iter()
        .map(|asked| asked.rows.clone())
        .collect();
    assert_eq!(rows, [vec![0, 1, 2, 3], vec![0, 1, 2], vec![0, 1], vec![0]]);
    assert_eq!(outputs.history.steps[3].confidence[1..], [0.0; 3]);
}

/// Lays 1 everywhere, left to right; once two are laid, is sure that the first should be 6 and nearly sure of the second.
fn second_thoughts(codes: &[u32], position: usize) -> [f32; CODEBOOK] {
    let laid = codes.iter().filter(|code| **code != Tokens::MASK).count();
    match position {
        0 if laid >= 2 => sure(6, 0.8),
        1 if laid >= 2 => sure(7, 0.6),
        _ => sure(1, 0.5 - 0.1 * position as f32),
    }
}

#[test]
fn a_visible_token_is_replaced_where_the_denoiser_is_surer_than_the_threshold() {
    let check = |threshold: f32, limit: u32, expected: [[i32; 4]; 4]| {
        let sampler = EditSampler {
            edit_threshold: threshold,
            edit_limit: limit,
            result: ResultTokens::Committed,
            ..plain()
        };
        let outputs = Trial::new(4, second_thoughts)
            .run(&sampler)
            .expect("all fits");
        assert_eq!(grids(&outputs), expected, "threshold {threshold}");
        assert_eq!(signed(outputs.tokens.codes()), expected[3]);
        outputs.history.steps[2].edited
    };
    let never = [[1, -1, -1, -1], [1, 1, -1, -1], [1, 1, 1, -1], [1, 1, 1, 1]];
    let first = [[1, -1, -1, -1], [1, 1, -1, -1], [6, 1, 1, -1], [6, 1, 1, 1]];
    let both = [[1, -1, -1, -1], [1, 1, -1, -1], [6, 7, 1, -1], [6, 7, 1, 1]];
    assert_eq!(check(0.9, 0, never), 0);
    assert_eq!(check(0.7, 0, first), 1);
    assert_eq!(check(0.55, 0, both), 2);
    // One edit a step: the surer of the two first, the other a step later.
    let one_by_one = [[1, -1, -1, -1], [1, 1, -1, -1], [6, 1, 1, -1], [6, 7, 1, 1]];
    assert_eq!(check(0.55, 1, one_by_one), 1);
}

#[test]
fn the_official_result_is_the_last_choice_everywhere() {
    let sampler = EditSampler {
        edit_threshold: 0.9,
        result: ResultTokens::Official,
        ..plain()
    };
    let outputs = Trial::new(4, second_thoughts)
        .run(&sampler)
        .expect("all fits");
    assert_eq!(grids(&outputs)[3], [1, 1, 1, 1]);
    assert_eq!(outputs.tokens.codes(), [6, 7, 1, 1]);
}

#[test]
fn the_edit_window_ends_where_it_says() {
    let sampler = EditSampler {
        edit_threshold: 0.55,
        edit_to: 0.5,
        result: ResultTokens::Committed,
        ..plain()
    };
    let outputs = Trial::new(4, second_thoughts)
        .run(&sampler)
        .expect("all fits");
    assert_eq!(outputs.tokens.codes(), [1, 1, 1, 1]);
}

#[test]
fn guidance_is_asked_for_within_its_window_alone() {
    let check = |from: f64, to: f64, expected: [bool; 8]| {
        let sampler = EditSampler {
            steps: 8,
            guidance: 5.0,
            guidance_from: from,
            guidance_to: to,
            ..plain()
        };
        let mut trial = Trial::new(8, |_, _| sure(1, 0.5));
        trial.inputs.negative = Some(prompt(&["blurred"]));
        let asked = Arc::clone(&trial.asked);
        let _ = trial.run(&sampler).expect("all fits");
        let asked = asked.lock().expect("nothing panics");
        let guided: Vec<bool> = asked.iter().map(|asked| asked.guidance.is_some()).collect();
        assert_eq!(guided, expected, "{from} to {to}");
        for asked in asked.iter().filter(|asked| asked.guidance.is_some()) {
            assert_eq!(asked.guidance, Some(5.0));
            assert_eq!(asked.negative, Some(vec!["blurred".to_string()]));
        }
    };
    const Y: bool = true;
    const N: bool = false;
    check(0.0, 1.0, [Y; 8]);
    // k = 2 … 6 of 8, counted from 1, both ends included.
    check(0.25, 0.75, [N, Y, Y, Y, Y, Y, N, N]);
    check(0.7, 0.7, [N, N, N, N, Y, N, N, N]);
}

#[test]
fn inpainting_keeps_what_lies_outside_the_region() {
    let check = |sampler: EditSampler, expected: [u32; 4]| {
        let mut trial = Trial::new(4, |_, _| sure(2, 0.8)).from(&[5, 5, 5, 5], ROW);
        let inside = [false, true, true, false];
        trial.inputs.mask = Some(Mask::new(inside, 1, 4).expect("four pixels"));
        let outputs = trial.run(&sampler).expect("all fits");
        assert_eq!(outputs.tokens.codes(), expected);
        assert_eq!(signed(outputs.history.start.codes()), [5, -1, -1, 5]);
        assert_eq!(outputs.history.steps.len(), 2);
    };
    let editing = EditSampler {
        edit_threshold: 0.5,
        ..plain()
    };
    let editing_all = EditSampler {
        edit_start: true,
        ..editing.clone()
    };
    let stratified = EditSampler {
        policy: Policy::Stratified,
        ..plain()
    };
    check(plain(), [5, 2, 2, 5]);
    check(stratified, [5, 2, 2, 5]);
    check(editing, [5, 2, 2, 5]);
    check(editing_all, [2, 2, 2, 2]);
}

#[test]
fn with_nothing_masked_the_steps_edit_alone_and_only_if_asked_to() {
    let repair = |sampler: &EditSampler| {
        let trial = Trial::new(4, |_, position| match position {
            3 => sure(7, 0.3),
            _ => sure(2, 0.8),
        });
        let outputs = trial.from(&[2, 5, 2, 2], ROW).run(sampler);
        outputs.expect("all fits")
    };
    let sampler = EditSampler {
        steps: 3,
        edit_threshold: 0.5,
        edit_start: true,
        result: ResultTokens::Committed,
        ..plain()
    };
    let outputs = repair(&sampler);
    assert_eq!(outputs.tokens.codes(), [2, 2, 2, 2]);
    let edited: Vec<u32> = outputs
        .history
        .steps
        .iter()
        .map(|step| step.edited)
        .collect();
    assert_eq!(edited, [1, 0, 0]);

    let untouched = repair(&EditSampler {
        edit_start: false,
        ..sampler
    });
    assert_eq!(untouched.tokens.codes(), [2, 5, 2, 2]);
    assert!(untouched.history.steps.is_empty());
}

/// Logits that depend on everything: which picture it is, what is laid, where.
fn lively(codes: &[u32], position: usize) -> [f32; CODEBOOK] {
    let mut state = codes.iter().fold(position as u32 + 1, |state, code| {
        state.wrapping_mul(31).wrapping_add(code.wrapping_add(7))
    });
    std::array::from_fn(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as f32 / 20_000.0
    })
}

#[test]
fn a_picture_of_a_batch_equals_the_picture_made_alone() {
    let policies = [
        Policy::Mmada,
        Policy::MaskGit,
        Policy::Stratified,
        Policy::Halton,
    ];
    for policy in policies {
        let sampler = EditSampler {
            steps: 5,
            choice: TokenChoice::Multinomial,
            temperature: 0.9,
            choice_temperature: 1.0,
            dynamic: true,
            policy,
            edit_threshold: 0.3,
            commit_threshold: 0.5,
            swaps: 1,
            post_steps: 3,
            remask: 0.3,
            refine_rounds: 2,
            refine_share: 0.2,
            at_once: 2,
            pictures: 5,
            seed: Seed(11),
            ..plain()
        };
        let grid = Grid {
            rows: 3,
            columns: 5,
        };
        let batch = Trial::over(grid, lively).run(&sampler).expect("all fits");
        assert_eq!(batch.tokens.batch(), 5);
        for number in 0..5 {
            let alone = EditSampler {
                pictures: 1,
                first: number,
                ..sampler.clone()
            };
            let alone = Trial::over(grid, lively).run(&alone).expect("all fits");
            assert_eq!(
                alone.tokens.codes(),
                batch.tokens.sample(number as usize),
                "{policy:?}, picture {number}"
            );
        }
        assert_ne!(batch.tokens.sample(0), batch.tokens.sample(1));
        let other = EditSampler {
            seed: Seed(12),
            ..sampler
        };
        let other = Trial::over(grid, lively).run(&other).expect("all fits");
        assert_ne!(other.tokens, batch.tokens);
    }
}

#[test]
fn pictures_with_more_and_with_less_to_fill_go_side_by_side() {
    let trial = Trial::new(4, rising).from(&[-1, -1, -1, -1, 7, 7, 7, -1, 6, 6, 6, 6], ROW);
    let outputs = trial.run(&plain()).expect("all fits");
    assert_eq!(outputs.tokens.sample(0), [0, 1, 2, 3]);
    assert_eq!(outputs.tokens.sample(1), [7, 7, 7, 3]);
    assert_eq!(outputs.tokens.sample(2), [6, 6, 6, 6]);
    assert_eq!(outputs.history.steps.len(), 4);
}

#[test]
fn a_cancelled_run_ends_within_a_step() {
    /// Cancels as soon as the second step begins.
    struct Impatient(Cancel);
    impl Reporter for Impatient {
        fn progress(&self, done: u64, _: u64) {
            if done == 1 {
                self.0.cancel();
            }
        }
        fn preview(&self, _: Preview) {}
        fn note(&self, _: &str) {}
    }
    let cancel = Cancel::default();
    let reporter = Arc::new(Impatient(cancel.clone()));
    let mut run = Run::new(".", cancel, reporter, Arc::new(Resources::default()));
    let trial = Trial::new(4, rising);
    let outputs = plain().run(trial.inputs, &mut run);
    assert_eq!(outputs.err(), Some(NodeError::Cancelled));
    assert_eq!(trial.asked.lock().expect("nothing panics").len(), 1);
}
