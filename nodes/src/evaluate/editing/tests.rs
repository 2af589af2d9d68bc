//! The evaluation on pictures and denoisers whose figures are known.

use graph::prelude::*;
use graph::run::Resources;

use super::figures::{Figures, Mean};
use super::{EditingEvaluation, EditingInputs, EditingOutputs};
use crate::sample::tests::script::{CODEBOOK, Trial, sure, tokens};
use crate::value::{Dataset, Example, Grid, Pixels, Samples};

const GRID: Grid = Grid {
    rows: 4,
    columns: 5,
};

/// Pictures whose code at each position is the position's own, but for the last row, which is 7.
struct Known;

fn truth(position: usize) -> u32 {
    if position < 15 {
        position as u32 % 7
    } else {
        7
    }
}

impl Samples for Known {
    fn len(&self) -> usize {
        6
    }

    fn get(&self, index: usize) -> Result<Example, NodeError> {
        Ok(Example {
            caption: format!("picture {index}"),
            pixels: Pixels::Codes {
                grid: GRID,
                codebook: CODEBOOK as u32,
                codes: (0..20).map(truth).collect(),
            },
            family: String::new(),
            truth: None,
        })
    }

    fn describe(&self) -> String {
        "known".into()
    }
}

fn evaluate(
    evaluation: &EditingEvaluation,
    logits: impl Fn(&[u32], usize) -> [f32; CODEBOOK] + Send + Sync + 'static,
) -> EditingOutputs {
    let inputs = EditingInputs {
        dataset: Dataset::new(Known),
        tokenizer: None,
        denoiser: Trial::over(GRID, logits).inputs.denoiser,
    };
    evaluation
        .run(inputs, &mut Run::alone(Resources::default()))
        .expect("everything fits")
}

fn evaluation() -> EditingEvaluation {
    let defaults = EditingEvaluation::from_values(&ParamValues::new());
    EditingEvaluation {
        pictures: 4,
        damage: 0.25,
        steps: 2,
        ..defaults.expect("every parameter has one")
    }
}

fn figure(report: &str, path: &str) -> f64 {
    let report: serde_json::Value = serde_json::from_str(report).expect("it is JSON");
    report
        .pointer(path)
        .and_then(serde_json::Value::as_f64)
        .expect("it is a number")
}

#[test]
fn a_denoiser_that_knows_the_pictures_restores_everything() {
    let outputs = evaluate(&evaluation(), |_, position| sure(truth(position), 0.9));
    assert_eq!(outputs.score, 1.0);
    for (path, expected) in [
        ("/pictures", 4.0),
        ("/tokens", 20.0),
        ("/on/restored/mean", 1.0),
        ("/on/damaged/mean", 0.0),
        ("/off/restored/mean", 0.0),
        ("/off/damaged/mean", 0.0),
        ("/off/difference/mean", 0.0),
    ] {
        assert_eq!(figure(&outputs.report, path), expected, "{path}");
    }
}

#[test]
fn a_denoiser_that_is_sure_of_wrong_tokens_breaks_them() {
    // Wrong in the last row alone: 5 of 20 tokens.
    let outputs = evaluate(&evaluation(), |_, position| {
        sure(if position < 15 { truth(position) } else { 0 }, 0.9)
    });
    let restored = figure(&outputs.report, "/on/restored/mean");
    let damaged = figure(&outputs.report, "/on/damaged/mean");
    assert!(restored < 1.0 && restored > 0.0);
    // Of 15 intact tokens at most 5 stand in the last row.
    assert!(damaged > 0.0 && damaged <= 1.0 / 3.0, "{damaged}");
    assert!((outputs.score - (restored - damaged)).abs() < 1e-12);
}

#[test]
fn a_denoiser_below_the_threshold_changes_nothing() {
    let outputs = evaluate(&evaluation(), |_, position| sure(truth(position), 0.5));
    assert_eq!(outputs.score, 0.0);
}

#[test]
fn the_same_seed_damages_the_same_tokens() {
    let lively = |codes: &[u32], position: usize| {
        let left = codes[(position + 19) % 20];
        sure((left + position as u32) % 8, 0.3 + 0.05 * left as f32)
    };
    let report = |seed| {
        let seeded = EditingEvaluation {
            seed: Seed(seed),
            edit_threshold: 0.5,
            ..evaluation()
        };
        evaluate(&seeded, lively).report
    };
    assert_eq!(report(1), report(1));
    assert_ne!(report(1), report(2));
}

#[test]
fn shares_are_of_damaged_and_of_intact_tokens() {
    let grid = Grid {
        rows: 1,
        columns: 5,
    };
    let truth = tokens(&[1, 2, 3, 4, 5], grid);
    let damaged = tokens(&[0, 0, 3, 4, 5], grid);
    let edited = tokens(&[1, 0, 3, 4, 6], grid);
    let figures = Figures::of(&truth, &damaged, &edited);
    assert_eq!(figures.restored.mean, 0.5);
    assert!((figures.damaged.mean - 1.0 / 3.0).abs() < 1e-12);
    assert!((figures.difference.mean - 1.0 / 6.0).abs() < 1e-12);
}

#[test]
fn the_interval_is_that_of_the_normal_approximation() {
    // Variance 5/3, so 1.96 · √(5/3/4) = 1.2652…
    let mean = Mean::of(&[1.0, 2.0, 3.0, 4.0]);
    assert_eq!(mean.mean, 2.5);
    assert!((mean.low - (2.5 - 1.265_174)).abs() < 1e-5);
    assert!((mean.high - (2.5 + 1.265_174)).abs() < 1e-5);
    let alone = Mean::of(&[0.5]);
    assert_eq!((alone.low, alone.high), (0.5, 0.5));
}

#[test]
fn pictures_without_a_tokenizer_are_refused() {
    /// Pictures that are no codes.
    struct Raw;
    impl Samples for Raw {
        fn len(&self) -> usize {
            1
        }
        fn get(&self, _: usize) -> Result<Example, NodeError> {
            Ok(Example {
                caption: String::new(),
                pixels: Pixels::Raw {
                    height: 1,
                    width: 1,
                    bytes: vec![0; 3],
                    foreground: Vec::new(),
                },
                family: String::new(),
                truth: None,
            })
        }
        fn describe(&self) -> String {
            "raw".into()
        }
    }
    let inputs = EditingInputs {
        dataset: Dataset::new(Raw),
        tokenizer: None,
        denoiser: Trial::over(GRID, |_, _| sure(0, 0.5)).inputs.denoiser,
    };
    let error = evaluation().run(inputs, &mut Run::alone(Resources::default()));
    let message = error.err().map(|error| error.to_string());
    assert_eq!(
        message.as_deref(),
        Some(
            "input `tokenizer` does not fit: expected what turns the dataset's pictures into codes, found nothing"
        )
    );
}
