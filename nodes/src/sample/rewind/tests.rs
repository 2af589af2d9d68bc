//! Going on from a step, with the scripted denoiser.

use graph::prelude::*;
use graph::preview::TokenGrid;
use graph::run::{Cancel, Reporter, Resources};
use graph::value::Value;
use std::sync::{Arc, Mutex};

use super::{RewindHistory, RewindInputs};
use crate::sample::tests::script::{CODEBOOK, Trial, grids, plain, signed, sure, tokens};
use crate::sample::{EditSampler, EditSamplerOutputs, Policy, ResultTokens, TokenChoice};
use crate::value::{Grid, Mask, Step, TokenHistory, Tokens};

const ROW: Grid = Grid {
    rows: 1,
    columns: 4,
};

const SQUARE: Grid = Grid {
    rows: 4,
    columns: 4,
};

/// Surer to the right, and of a code that depends on how much is laid: another past gives another picture.
fn rising(codes: &[u32], position: usize) -> [f32; CODEBOOK] {
    let laid = codes.iter().filter(|code| **code != Tokens::MASK).count();
    sure((laid + position) as u32 % 8, 0.2 + 0.04 * position as f32)
}

fn rewind(step: u32, cells: &str) -> RewindHistory {
    RewindHistory {
        step,
        cells: cells.into(),
        fill: false,
    }
}

fn rewound(node: &RewindHistory, history: &TokenHistory) -> Result<Tokens, NodeError> {
    masked(node, history, None)
}

fn masked(
    node: &RewindHistory,
    history: &TokenHistory,
    mask: Option<Mask>,
) -> Result<Tokens, NodeError> {
    let inputs = RewindInputs {
        history: history.clone(),
        mask,
    };
    let outputs = node.run(inputs, &mut Run::alone(Resources::default()))?;
    Ok(outputs.tokens)
}

/// Goes on from `start` on the grid of it.
fn resumed(start: &Tokens, sampler: &EditSampler) -> EditSamplerOutputs {
    let trial = Trial::over(start.grid(), rising);
    let outputs = trial
        .from(&signed(start.codes()), start.grid())
        .run(sampler);
    outputs.expect("all fits")
}

/// A sampler of 16 steps of one token each, without chance.
fn steady() -> EditSampler {
    EditSampler {
        steps: 16,
        ..plain()
    }
}

#[test]
fn the_tokens_after_each_step_come_out() {
    let outputs = Trial::over(ROW, rising).run(&plain()).expect("all fits");
    let after = grids(&outputs);
    for step in 0..=4 {
        let tokens = rewound(&rewind(step, ""), &outputs.history).expect("there is such a step");
        let expected = match step.checked_sub(1) {
            None => vec![-1; 4],
            Some(before) => after[before as usize].clone(),
        };
        assert_eq!(signed(tokens.codes()), expected, "step {step}");
    }
}

#[test]
fn without_chance_a_resumed_run_lays_what_was_laid_before() {
    let all = Trial::over(SQUARE, rising)
        .run(&steady())
        .expect("all fits");
    for step in [0, 1, 7, 15] {
        let start = rewound(&rewind(step, ""), &all.history).expect("there is such a step");
        let left = EditSampler {
            steps: 16 - step,
            ..steady()
        };
        let rest = resumed(&start, &left);
        assert_eq!(rest.tokens, all.tokens, "from step {step}");
        assert_eq!(
            grids(&rest),
            grids(&all)[step as usize..],
            "from step {step}"
        );
    }
}

#[test]
fn from_the_last_step_there_is_nothing_left_to_lay() {
    let all = Trial::over(SQUARE, rising)
        .run(&steady())
        .expect("all fits");
    let start = rewound(&rewind(16, ""), &all.history).expect("there is such a step");
    let rest = resumed(&start, &steady());
    assert_eq!(rest.tokens, all.tokens);
    assert!(rest.history.steps.is_empty());
}

#[test]
fn with_chance_what_was_laid_stays_and_the_same_seed_resumes_alike() {
    let chancy = |seed| EditSampler {
        choice: TokenChoice::Multinomial,
        choice_temperature: 1.0,
        policy: Policy::MaskGit,
        seed: Seed(seed),
        ..steady()
    };
    let all = Trial::over(SQUARE, rising)
        .run(&chancy(3))
        .expect("all fits");
    let start = rewound(&rewind(8, ""), &all.history).expect("there is such a step");
    let rest = resumed(&start, &chancy(3));
    assert_eq!(resumed(&start, &chancy(3)).tokens, rest.tokens);
    assert_ne!(resumed(&start, &chancy(4)).tokens, rest.tokens);
    let pairs = start.codes().iter().zip(rest.tokens.codes());
    let kept = pairs.filter(|(before, after)| before == after).count();
    assert_eq!(
        kept, 8,
        "every laid token is as it was, none is masked any more"
    );
    assert!(!rest.tokens.codes().contains(&Tokens::MASK));
}

#[test]
fn painted_cells_are_laid_anew_and_no_others() {
    let all = Trial::over(SQUARE, rising)
        .run(&steady())
        .expect("all fits");
    let painted = rewound(&rewind(16, "2:2-3, 3:2-3"), &all.history).expect("they are cells");
    let inside = [5, 6, 9, 10];
    for (position, code) in painted.codes().iter().enumerate() {
        let expected = match inside.contains(&position) {
            true => Tokens::MASK,
            false => all.tokens.codes()[position],
        };
        assert_eq!(*code, expected, "position {position}");
    }
    let rest = resumed(&painted, &steady());
    assert_eq!(rest.history.steps.len(), 4);
    for (position, code) in rest.tokens.codes().iter().enumerate() {
        let before = all.tokens.codes()[position];
        assert_ne!(*code, Tokens::MASK);
        assert!(
            *code == before || inside.contains(&position),
            "position {position}"
        );
    }
    assert_ne!(
        rest.tokens, all.tokens,
        "another past gives another picture"
    );
}

#[test]
fn a_region_and_cells_are_masked_in_every_picture() {
    let start = tokens(&[0, 1, 2, 3, 4, 5, 6, 7], ROW);
    let history = TokenHistory {
        start,
        steps: Arc::from([]),
    };
    let region = Mask::new([false, false, false, true], 1, 4).expect("four pixels");
    let tokens = masked(&rewind(0, "1:1"), &history, Some(region)).expect("they fit");
    assert_eq!(signed(tokens.codes()), [-1, 1, 2, -1, -1, 5, 6, -1]);
}

#[test]
fn filled_positions_hold_what_would_be_laid_next() {
    let outputs = Trial::over(ROW, |_, position| sure(position as u32 + 4, 0.5))
        .run(&plain())
        .expect("all fits");
    let fill = |step, cells: &str| {
        let node = RewindHistory {
            fill: true,
            ..rewind(step, cells)
        };
        let tokens = rewound(&node, &outputs.history).expect("there is such a step");
        tokens.codes().to_vec()
    };
    assert_eq!(fill(0, ""), [4, 5, 6, 7]);
    assert_eq!(fill(2, "1:1"), [4, 5, 6, 7]);
    // The last step was asked for one position alone; of the others it says what was there.
    assert_eq!(fill(4, "1:1-4"), [4, 5, 6, 7]);
    let nothing = TokenHistory {
        start: tokens(&[-1, 3, -1, 3], ROW),
        steps: Arc::from([]),
    };
    let node = RewindHistory {
        fill: true,
        ..rewind(0, "")
    };
    let tokens = rewound(&node, &nothing).expect("there is a start");
    assert_eq!(tokens.codes(), [0, 3, 0, 3]);
}

#[test]
fn steps_and_cells_that_are_not_there_are_refused() {
    let outputs = Trial::over(ROW, rising).run(&plain()).expect("all fits");
    let refused = |node: RewindHistory| {
        let error = rewound(&node, &outputs.history).expect_err("it does not fit");
        error.to_string()
    };
    assert_eq!(
        refused(rewind(5, "")),
        "parameter `step` must be at most 4, as many as the history has, but is 5"
    );
    assert_eq!(
        refused(rewind(1, "2:1")),
        "parameter `cells` must be cells of a grid of 1 rows and 4 columns, but is \"2:1\""
    );
    let message = rewind(0, "1;1")
        .check()
        .expect_err("it is no cell")
        .to_string();
    assert_eq!(
        message,
        "parameter `cells` must be rows and columns from 1, such as `3:4, 5:2-9, 6-8:2-9`, but is \"1;1\""
    );
}

/// Keeps what is shown.
#[derive(Default)]
struct Watcher(Mutex<Vec<TokenGrid>>);

impl Reporter for Watcher {
    fn progress(&self, _: u64, _: u64) {}

    fn preview(&self, preview: Preview) {
        if let Preview::TokenGrid(grid) = preview {
            self.0.lock().expect("nothing panics").push(grid);
        }
    }

    fn note(&self, _: &str) {}
}

#[test]
fn every_step_is_shown_while_it_is_laid_and_again_in_the_history() {
    // Lays 1 with a confidence of 0.9 from the right; once two are laid, it is surer of 2 at the last position.
    let logits = |codes: &[u32], position: usize| match position {
        3 if codes.iter().filter(|code| **code != Tokens::MASK).count() == 2 => sure(2, 0.95),
        _ => sure(1, 0.6 + 0.1 * position as f32),
    };
    let sampler = EditSampler {
        edit_threshold: 0.93,
        result: ResultTokens::Committed,
        ..plain()
    };
    let watcher = Arc::new(Watcher::default());
    let resources = Arc::new(Resources::default());
    let mut run = Run::new(".", Cancel::default(), watcher.clone(), resources);
    let outputs = sampler
        .run(Trial::over(ROW, logits).inputs, &mut run)
        .expect("all fits");
    let shown = watcher.0.lock().expect("nothing panics").clone();
    let Preview::Steps(steps) = Value::new(outputs.history).preview() else {
        panic!("a history is shown step by step");
    };
    assert_eq!(steps[1..], shown);
    assert_eq!(steps[0].codes, [None; 4]);
    let marks =
        |grid: &TokenGrid| -> Vec<u8> { grid.edited.iter().map(|it| u8::from(*it)).collect() };
    let edited: Vec<Vec<u8>> = shown.iter().map(marks).collect();
    assert_eq!(
        edited,
        [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    );
    let near = |grid: &TokenGrid, expected: [f32; 4]| {
        for (confidence, expected) in grid.confidence.iter().zip(expected) {
            assert!((confidence - expected).abs() < 1e-4, "{grid:?}");
        }
    };
    near(&shown[0], [0.0, 0.0, 0.0, 0.9]);
    near(&shown[1], [0.0, 0.0, 0.8, 0.9]);
    near(&shown[2], [0.0, 0.7, 0.8, 0.95]);
    // The last step would rather have the old token back, but is not sure enough: what stands keeps its confidence.
    near(&shown[3], [0.6, 0.7, 0.8, 0.95]);
}

#[test]
fn a_history_too_large_to_be_shown_whole_shows_how_it_ended() {
    let grid = Grid {
        rows: 1024,
        columns: 1024,
    };
    let after = |code| Tokens::new(vec![code; grid.length()], grid, 8).expect("the codes fit");
    let step = |code| Step {
        after: after(code),
        choice: Arc::from([]),
        confidence: Arc::from([]),
        committed: 0,
        edited: 0,
    };
    let history = TokenHistory {
        start: after(0),
        steps: (1..5).map(step).collect(),
    };
    let Preview::TokenGrid(shown) = Value::new(history).preview() else {
        panic!("it is too large");
    };
    assert!(shown.codes.iter().all(|code| *code == Some(4)));
}
