//! Other papers' schedules and orders, against their formulae.

use std::f32::consts::PI;
use std::f64::consts::FRAC_PI_2;
use std::sync::Arc;

use super::script::{CODEBOOK, Trial, grids, plain, sure};
use crate::sample::{EditSampler, EditSamplerOutputs, Policy, Schedule};
use crate::value::{Grid, Tokens};

/// Code 1 everywhere, the surer the further right.
fn rising(_: &[u32], position: usize) -> [f32; CODEBOOK] {
    sure(1, 0.2 + 0.001 * position as f32)
}

/// How many positions are masked after each step.
fn masked(outputs: &EditSamplerOutputs) -> Vec<usize> {
    let count = |codes: &[u32]| codes.iter().filter(|code| **code == Tokens::MASK).count();
    let steps = outputs.history.steps.iter();
    steps.map(|step| count(step.after.codes())).collect()
}

/// What MaskGIT and aMUSEd leave masked: `max(1, min(u − 1, ⌊N · ratio⌋))` where `u` are masked, and nothing at the end.
///
/// In f32, as there: of 64 in 6 steps the fourth leaves 31, for `64 · cos(π/3)` falls short of 32.
fn left(positions: usize, steps: usize, ratio: impl Fn(f32) -> f32) -> Vec<usize> {
    let mut unknown = positions;
    let share = |step: usize| ratio((step + 1) as f32 / steps as f32);
    (0..steps)
        .map(|step| {
            let most = (positions as f32 * share(step)).floor() as usize;
            let leaves = most.min(unknown - 1).max(1);
            unknown = if step + 1 == steps { 0 } else { leaves };
            unknown
        })
        .collect()
}

#[test]
fn cosine_and_linear_leave_masked_what_their_formula_says() {
    let cosine = |time: f32| (time * PI / 2.0).cos();
    let linear = |time: f32| 1.0 - time;
    assert_eq!(left(64, 6, cosine), [61, 55, 45, 31, 16, 0]);
    for (columns, steps) in [(64, 12), (37, 6), (10, 9), (5, 5), (6, 1)] {
        let run = |schedule| {
            let sampler = EditSampler {
                schedule,
                steps: steps as u32,
                ..plain()
            };
            masked(&Trial::new(columns, rising).run(&sampler).expect("all fits"))
        };
        let expected = left(columns, steps, cosine);
        assert_eq!(run(Schedule::Cosine), expected, "{columns} in {steps}");
        let expected = left(columns, steps, linear);
        assert_eq!(run(Schedule::Linear), expected, "{columns} in {steps}");
    }
}

#[test]
fn a_start_counts_what_is_masked_in_it_or_as_much_as_it_is_told() {
    let run = |starting_mask_ratio: f32| {
        let mut start = vec![1; 20];
        start[3..13].fill(-1);
        let grid = Grid {
            rows: 1,
            columns: 20,
        };
        let sampler = EditSampler {
            schedule: Schedule::Linear,
            starting_mask_ratio,
            ..plain()
        };
        let trial = Trial::over(grid, rising).from(&start, grid);
        masked(&trial.run(&sampler).expect("all fits"))
    };
    // 10 are masked: ⌊10 · 0.75⌋ and so on.
    assert_eq!(run(0.0), [7, 5, 2, 0]);
    // 20 · 0.25 = 5: ⌊5 · 0.75⌋ and so on.
    assert_eq!(run(0.25), [3, 2, 1, 0]);
    // 20: ⌊20 · 0.75⌋ and so on, but always one less than before.
    assert_eq!(run(1.0), [9, 8, 5, 0]);
}

#[test]
fn under_cosine_and_linear_equals_are_laid_together() {
    let run = |schedule| {
        let sampler = EditSampler {
            schedule,
            ..plain()
        };
        // Two of four are the surest alike.
        let trial = Trial::new(4, |_, position| match position {
            0 | 3 => sure(2, 0.5),
            _ => sure(1, 0.2 + 0.1 * position as f32),
        });
        masked(&trial.run(&sampler).expect("all fits"))
    };
    assert_eq!(run(Schedule::Shift), [3, 2, 1, 0]);
    // Each step leaves what is strictly below the cut: two instead of three, then one less each.
    assert_eq!(run(Schedule::Linear), [2, 1, 1, 0]);
    assert_eq!(run(Schedule::Cosine), [2, 1, 1, 0]);
}

#[test]
fn arccos_lays_what_its_formula_says() {
    for (columns, steps) in [(256_usize, 32_usize), (100, 7), (10, 9), (3, 1)] {
        let laid = |step: usize| {
            let time = (step + 1) as f64 / steps as f64;
            let share = 1.0 - time.acos() / FRAC_PI_2;
            ((columns as f64 * share).floor() as usize).max(step + 1)
        };
        let expected: Vec<usize> = (0..steps).map(|step| columns - laid(step)).collect();
        let sampler = EditSampler {
            schedule: Schedule::Arccos,
            steps: steps as u32,
            policy: Policy::Halton,
            ..plain()
        };
        let outputs = Trial::new(columns, rising).run(&sampler).expect("all fits");
        assert_eq!(masked(&outputs), expected, "{columns} in {steps}");
    }
}

/// The digits of `index` in base `base`, mirrored at the point.
fn mirrored(index: usize, base: usize) -> f64 {
    let (mut rest, mut value, mut place) = (index, 0.0, 1.0);
    while rest > 0 {
        place /= base as f64;
        value += (rest % base) as f64 * place;
        rest /= base;
    }
    value
}

#[test]
fn halton_lays_where_the_sequence_falls_first_and_asks_for_nothing_else() {
    for (rows, columns) in [(4, 5), (5, 2), (8, 8), (1, 7)] {
        let grid = Grid { rows, columns };
        let sampler = EditSampler {
            policy: Policy::Halton,
            steps: grid.length() as u32,
            ..plain()
        };
        let trial = Trial::over(grid, rising);
        let asked = Arc::clone(&trial.asked);
        let _ = trial.run(&sampler).expect("all fits");
        let asked = asked.lock().expect("nothing panics");
        let found: Vec<Vec<u32>> = asked.iter().map(|asked| asked.rows.clone()).collect();

        let mut expected: Vec<Vec<u32>> = Vec::new();
        for index in 1..50 * grid.length() {
            let row = (rows as f64 * mirrored(index, 2)).floor() as usize;
            let column = (columns as f64 * mirrored(index, 3)).floor() as usize;
            let position = vec![(row * columns + column) as u32];
            if !expected.contains(&position) {
                expected.push(position);
            }
        }
        assert_eq!(found, expected, "{rows} × {columns}");
    }
}

#[test]
fn halton_keeps_to_its_order_in_a_region_and_gives_way_after_the_cutoff() {
    let grid = Grid {
        rows: 2,
        columns: 3,
    };
    let run = |order_cutoff: f64| {
        let sampler = EditSampler {
            policy: Policy::Halton,
            order_cutoff,
            ..plain()
        };
        let trial = Trial::over(grid, rising).from(&[-1, 5, -1, -1, -1, 5], grid);
        grids(&trial.run(&sampler).expect("all fits"))
    };
    // The sequence falls on 4, 2, 3, 1, 5, 0; of these 1 and 5 are laid already.
    assert_eq!(
        run(1.0),
        [
            [-1, 5, -1, -1, 1, 5],
            [-1, 5, 1, -1, 1, 5],
            [-1, 5, 1, 1, 1, 5],
            [1, 5, 1, 1, 1, 5]
        ]
    );
    // After half of the steps the surer comes first: the one further right.
    assert_eq!(run(0.5)[2], [-1, 5, 1, 1, 1, 5]);
    assert_eq!(run(0.25)[1], [-1, 5, -1, 1, 1, 5]);
}
