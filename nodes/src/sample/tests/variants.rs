//! Other papers' ways of laying and correcting, each against its rule written out here.

use graph::param::Seed;
use graph::random::Random;
use std::sync::Arc;

use super::script::{CODEBOOK, Trial, grids, plain, sure};
use crate::sample::{EditSampler, Policy, RemaskRule, ResultTokens, TokenChoice};
use crate::value::{Grid, Tokens};

const ROW: Grid = Grid {
    rows: 1,
    columns: 8,
};

/// How many positions were laid, and how many replaced, at each step.
fn counts(outputs: &crate::sample::EditSamplerOutputs) -> Vec<(u32, u32)> {
    let steps = outputs.history.steps.iter();
    steps.map(|step| (step.committed, step.edited)).collect()
}

#[test]
fn what_is_surer_than_the_commit_threshold_is_laid_with_the_schedules_own() {
    const SURE: [f32; 8] = [0.3, 0.9, 0.2, 0.8, 0.85, 0.25, 0.4, 0.7];
    let run = |commit_threshold: f32, policy: Policy| {
        let sampler = EditSampler {
            commit_threshold,
            policy,
            steps: 8,
            ..plain()
        };
        let trial = Trial::new(8, |_, position| sure(1, SURE[position]));
        grids(&trial.run(&sampler).expect("all fits"))
    };
    for threshold in [0.0_f32, 0.15, 0.35, 0.75, 0.99] {
        // LLaDA 2.1: Γ = {masked, p > τ}; the schedule's one a step, the surest, is laid in any case.
        let mut open: Vec<usize> = (0..8).collect();
        let mut expected = Vec::new();
        while !open.is_empty() {
            let first = *open
                .iter()
                .max_by(|left, right| SURE[**left].total_cmp(&SURE[**right]))
                .expect("it is not empty");
            open.retain(|at| *at != first && (threshold == 0.0 || SURE[*at] <= threshold));
            let mut grid = vec![1; 8];
            open.iter().for_each(|at| grid[*at] = -1);
            expected.push(grid);
        }
        assert_eq!(run(threshold, Policy::Mmada), expected, "{threshold}");
    }
    // In an order, the next one is laid whether sure or not: ⌊8 · 1/3⌋, then ⌊8 · 2/3⌋.
    let ordered = run(0.75, Policy::Halton);
    assert_eq!(ordered[0], [-1, 1, 1, 1, 1, -1, -1, -1]);
    assert_eq!(ordered[1], [-1, 1, 1, 1, 1, 1, -1, -1]);
}

#[test]
fn steps_behind_the_last_edit_until_nothing_changes() {
    /// Position `n` is thought wrong as soon as all before it are right, and everything is laid.
    fn one_by_one(codes: &[u32], position: usize) -> [f32; CODEBOOK] {
        let is_laid = !codes.contains(&Tokens::MASK);
        let right = codes.iter().take_while(|code| **code == 7).count();
        if is_laid && position <= right {
            sure(7, 0.9)
        } else {
            sure(1, 0.5)
        }
    }
    let run = |post_steps: u32, edit_threshold: f32| {
        let sampler = EditSampler {
            steps: 1,
            post_steps,
            edit_threshold,
            result: ResultTokens::Committed,
            ..plain()
        };
        let outputs = Trial::new(4, one_by_one).run(&sampler).expect("all fits");
        (counts(&outputs), outputs.tokens.codes().to_vec())
    };
    assert_eq!(run(0, 0.6), (vec![(4, 0)], vec![1; 4]));
    let two = vec![(4, 0), (0, 1), (0, 1)];
    assert_eq!(run(2, 0.6), (two, vec![7, 7, 1, 1]));
    // The sixth changes nothing and is the last.
    let all = vec![(4, 0), (0, 1), (0, 1), (0, 1), (0, 1), (0, 0)];
    assert_eq!(run(16, 0.6), (all, vec![7; 4]));
    // Surer than nobody is: the first changes nothing. Without editing there is none.
    assert_eq!(run(16, 0.95), (vec![(4, 0), (0, 0)], vec![1; 4]));
    assert_eq!(run(16, 0.0), (vec![(4, 0)], vec![1; 4]));
}

#[test]
fn the_surest_other_tokens_are_swapped_whatever_the_threshold() {
    const P: [f32; 4] = [0.3, 0.5, 0.4, 0.2];
    let run = |swaps: u32, post_steps: u32, choice: TokenChoice| {
        let sampler = EditSampler {
            steps: 1,
            swaps,
            post_steps,
            choice,
            edit_start: true,
            result: ResultTokens::Committed,
            // So cold that drawing takes the likeliest.
            swap_temperature: 0.02,
            temperature: 0.02,
            ..plain()
        };
        let trial = Trial::new(4, |_, position| sure(6, P[position]));
        let grid = Grid {
            rows: 1,
            columns: 4,
        };
        let trial = trial.from(&[1, 1, 6, 1], grid);
        grids(&trial.run(&sampler).expect("all fits"))
    };
    for choice in [TokenChoice::Argmax, TokenChoice::Multinomial] {
        // GIDD: score = (z′ ≠ z)·p(z′); the largest scores are swapped. 0.3, 0.5, 0, 0.2.
        assert_eq!(run(1, 0, choice), [[1, 6, 6, 1]]);
        assert_eq!(run(2, 0, choice), [[6, 6, 6, 1]]);
        // One a step until nothing differs.
        let expected = [[1, 6, 6, 1], [6, 6, 6, 1], [6, 6, 6, 6], [6, 6, 6, 6]];
        assert_eq!(run(1, 16, choice), expected);
    }
    assert!(run(0, 16, TokenChoice::Argmax).is_empty());
}

#[test]
fn masked_and_visible_tokens_are_drawn_at_temperatures_of_their_own() {
    let run = |temperature: f32, swap_temperature: f32| {
        let sampler = EditSampler {
            steps: 1,
            swaps: 64,
            choice: TokenChoice::Multinomial,
            edit_start: true,
            result: ResultTokens::Committed,
            temperature,
            swap_temperature,
            seed: Seed(3),
            ..plain()
        };
        let mut start = vec![-1; 64];
        start[32..].fill(0);
        let grid = Grid {
            rows: 8,
            columns: 8,
        };
        let trial = Trial::over(grid, |_, _| sure(5, 0.5)).from(&start, grid);
        let outputs = trial.run(&sampler).expect("all fits");
        let likeliest = |half: &[u32]| half.iter().filter(|code| **code == 5).count();
        let (masked, visible) = outputs.tokens.codes().split_at(32);
        (likeliest(masked), likeliest(visible))
    };
    let (masked, visible) = run(100.0, 0.01);
    assert!(masked < 16 && visible == 32, "{masked} {visible}");
    let (masked, visible) = run(0.01, 100.0);
    assert!(masked == 32 && visible < 16, "{masked} {visible}");
}

/// The grids of a run in which tokens are masked again, by the rule written out.
///
/// `α` is the share that is laid. Each laid token is masked again with its probability, and as many masked ones are laid
/// besides those of the schedule, the surest first.
fn remasking(
    seed: Seed,
    steps: usize,
    sure: &[f32],
    probability: impl Fn(f32, usize, &[usize]) -> f32,
) -> Vec<Vec<i32>> {
    let length = sure.len();
    let mut laid: Vec<usize> = Vec::new();
    let mut grids = Vec::new();
    for step in 0..steps {
        let count = length / steps;
        // (1 − α_s) / α_t
        let most = (length - laid.len() - count) as f32 / laid.len() as f32;
        let uniforms = Random::new(seed).stream(2).uniforms(0, step as u32, length);
        let again: Vec<usize> = laid
            .iter()
            .copied()
            .filter(|at| uniforms[*at] < probability(most.min(1.0), *at, &laid))
            .collect();
        let mut open: Vec<usize> = (0..length).filter(|at| !laid.contains(at)).collect();
        assert!(count + again.len() <= open.len(), "the test needs no limit");
        open.sort_by(|left, right| sure[*right].total_cmp(&sure[*left]));
        open.truncate(count + again.len());
        laid.extend(open);
        laid.retain(|at| !again.contains(at));
        laid.sort_unstable();
        let grid = (0..length).map(|at| if laid.contains(&at) { 1 } else { -1 });
        grids.push(grid.collect());
    }
    grids
}

#[test]
fn tokens_are_masked_again_by_the_rule_and_the_schedule_stays() {
    let sureness: Vec<f32> = (0..64)
        .map(|at| 0.2 + ((at * 37) % 64) as f32 / 100.0)
        .collect();
    let run = |seed: Seed, remask: f32, remask_rule: RemaskRule| {
        let sampler = EditSampler {
            steps: 8,
            remask,
            remask_rule,
            seed,
            ..plain()
        };
        let sureness = sureness.clone();
        let trial = Trial::new(64, move |_, position| sure(1, sureness[position]));
        grids(&trial.run(&sampler).expect("all fits"))
    };
    let mut again = 0;
    for seed in [1, 2, 3].map(Seed) {
        let cap = remasking(seed, 8, &sureness, |most, _, _| most.min(0.2));
        assert_eq!(run(seed, 0.2, RemaskRule::Cap), cap);
        let rescale = remasking(seed, 8, &sureness, |most, _, _| most * 0.3);
        assert_eq!(run(seed, 0.3, RemaskRule::Rescale), rescale);
        let confidence = remasking(seed, 8, &sureness, |most, at, laid| {
            let weight = |at: usize| (-sureness[at]).exp();
            let all: f32 = laid.iter().map(|at| weight(*at)).sum();
            (3.0 * most * weight(at) / all).min(most)
        });
        assert_eq!(run(seed, 3.0, RemaskRule::Confidence), confidence);
        for grids in [cap, rescale, confidence] {
            for (step, grid) in grids.iter().enumerate() {
                let masked = grid.iter().filter(|code| **code == -1).count();
                assert_eq!(masked, 56 - 8 * step);
            }
            let pairs = grids
                .windows(2)
                .flat_map(|pair| pair[0].iter().zip(&pair[1]));
            again += pairs.filter(|(before, after)| after < before).count();
        }
    }
    assert!(again > 20, "{again} were masked again");
}

#[test]
fn no_more_are_masked_again_than_can_be_laid_besides() {
    let sampler = EditSampler {
        steps: 4,
        remask: 1.0,
        seed: Seed(5),
        ..plain()
    };
    let outputs = Trial::new(8, |_, position| sure(1, 0.3 + 0.01 * position as f32)).run(&sampler);
    let outputs = outputs.expect("all fits");
    // 2 of 8 a step. At the second 2 are laid, and (1 − 4/8) / (2/8) is above 1, so both are masked again; at the third
    // (1 − 6/8) / (4/8) is a half of 4, and at the last nothing may be masked again.
    let committed: Vec<u32> = outputs
        .history
        .steps
        .iter()
        .map(|step| step.committed)
        .collect();
    assert_eq!((committed[0], committed[1], committed[3]), (2, 4, 2));
    assert!((2..=4).contains(&committed[2]));
    assert_eq!(outputs.tokens.codes(), [1; 8]);
}

#[test]
fn what_is_masked_again_in_a_region_was_laid_in_it() {
    let sampler = EditSampler {
        steps: 4,
        remask: 1.0,
        edit_start: true,
        edit_threshold: 0.99,
        ..plain()
    };
    let trial = Trial::new(8, |_, _| sure(1, 0.5)).from(&[5, -1, -1, -1, -1, 5, 5, 5], ROW);
    for grid in grids(&trial.run(&sampler).expect("all fits")) {
        assert_eq!((grid[0], &grid[5..]), (5, &[5, 5, 5][..]));
    }
}

#[test]
fn refining_fills_a_share_of_the_positions_with_their_likeliest_tokens() {
    let seed = Seed(9);
    let sampler = EditSampler {
        steps: 2,
        refine_rounds: 3,
        refine_share: 0.25,
        // So hot that the first two steps lay anything.
        choice: TokenChoice::Multinomial,
        temperature: 100.0,
        seed,
        ..plain()
    };
    let trial = Trial::new(8, |_, _| sure(4, 0.5));
    let asked = Arc::clone(&trial.asked);
    let outputs = trial.run(&sampler).expect("all fits");
    let mut expected = grids(&outputs)[1].clone();
    assert!(!expected.contains(&-1));
    for round in 2..5 {
        // The two of eight whose numbers are smallest.
        let uniforms = Random::new(seed).stream(3).uniforms(0, round, 8);
        let mut positions: Vec<usize> = (0..8).collect();
        positions.sort_by(|left, right| uniforms[*left].total_cmp(&uniforms[*right]));
        positions.truncate(2);
        positions.iter().for_each(|at| expected[*at] = 4);
        assert_eq!(grids(&outputs)[round as usize], expected);

        positions.sort_unstable();
        let rows: Vec<u32> = positions.iter().map(|at| *at as u32).collect();
        let asked = &asked.lock().expect("nothing panics")[round as usize];
        assert_eq!(asked.rows, rows);
        let masked = (0..8).filter(|at| asked.tokens[*at] == Tokens::MASK);
        assert_eq!(masked.collect::<Vec<_>>(), positions);
    }
    assert_eq!(counts(&outputs)[2..], [(2, 0); 3]);
    assert_eq!(super::script::signed(outputs.tokens.codes()), expected);
}

#[test]
fn refining_goes_on_from_the_result_and_keeps_what_lies_outside_the_region() {
    let sampler = EditSampler {
        steps: 1,
        refine_rounds: 1,
        refine_share: 1.0,
        ..plain()
    };
    let start = [5, -1, -1, 5, 5, 5, 5, 5];
    let trial = Trial::new(8, |_, _| sure(2, 0.5)).from(&start, ROW);
    let outputs = trial.run(&sampler).expect("all fits");
    assert_eq!(outputs.tokens.codes(), [5, 2, 2, 5, 5, 5, 5, 5]);
    assert_eq!(counts(&outputs), [(2, 0), (2, 0)]);

    // With nothing masked a picture is refined where its start may be edited.
    let refined = |edit_start: bool| {
        let sampler = EditSampler {
            edit_start,
            ..sampler.clone()
        };
        let trial = Trial::new(8, |_, _| sure(2, 0.5)).from(&[5; 8], ROW);
        trial
            .run(&sampler)
            .expect("all fits")
            .tokens
            .codes()
            .to_vec()
    };
    assert_eq!(refined(false), [5; 8]);
    assert_eq!(refined(true), [2; 8]);

    // The official result differs from what was laid: it is what is refined.
    let official = EditSampler {
        edit_threshold: 0.9,
        result: ResultTokens::Official,
        refine_share: 0.0,
        ..sampler
    };
    let trial = Trial::new(8, |codes, _| match codes.contains(&Tokens::MASK) {
        true => sure(3, 0.5),
        false => sure(2, 0.5),
    });
    let start = [5, 5, 5, 5, 5, 5, 5, -1];
    let official = EditSampler {
        edit_start: true,
        ..official
    };
    let outputs = trial.from(&start, ROW).run(&official).expect("all fits");
    assert_eq!(outputs.tokens.codes(), [3; 8]);
}

#[test]
fn the_guidance_of_steps_behind_the_last_is_that_of_the_last() {
    for (guidance_to, expected) in [(1.0, Some(5.0)), (0.5, None)] {
        let sampler = EditSampler {
            steps: 2,
            guidance: 5.0,
            guidance_to,
            edit_threshold: 0.9,
            post_steps: 1,
            refine_rounds: 1,
            ..plain()
        };
        let trial = Trial::new(2, |_, _| sure(2, 0.5));
        let asked = Arc::clone(&trial.asked);
        let _ = trial.run(&sampler).expect("all fits");
        let asked = asked.lock().expect("nothing panics");
        let guidance: Vec<Option<f32>> = asked.iter().map(|asked| asked.guidance).collect();
        assert_eq!(guidance, [Some(5.0), expected, expected, expected]);
    }
}
