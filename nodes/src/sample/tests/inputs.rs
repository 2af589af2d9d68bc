//! Inputs and parameters that do not fit together.

use graph::prelude::*;

use super::script::{CODEBOOK, Trial, plain, prompt, sure};
use crate::sample::EditSampler;
use crate::value::{Grid, Mask, Tokens};

const ROW: Grid = Grid {
    rows: 1,
    columns: 2,
};

fn trial() -> Trial {
    Trial::new(2, |_, _| sure(1, 0.5))
}

#[track_caller]
fn refuses(sampler: &EditSampler, trial: Trial, expected: &str) {
    let message = trial.run(sampler).err().map(|error| error.to_string());
    assert_eq!(message.as_deref(), Some(expected));
}

#[test]
fn what_does_not_fit_is_refused_with_what_was_expected() {
    let mut two = trial();
    two.inputs.prompt = prompt(&["a", "b", "c"]);
    two.inputs.negative = Some(prompt(&["d", "e"]));
    refuses(
        &plain(),
        two,
        "input `negative` does not fit: expected one prompt, or one for each of 3, found 2 prompts",
    );

    let mut none = trial();
    none.inputs.prompt = prompt(&[]);
    refuses(
        &plain(),
        none,
        "input `prompt` does not fit: expected one prompt, or one for each of 1, found 0 prompts",
    );

    let mut three = trial().from(&[1, 2, 3, 4], ROW);
    three.inputs.prompt = prompt(&["a", "b", "c"]);
    refuses(
        &plain(),
        three,
        "input `start` does not fit: expected one picture, or one for each of 3, found 2 pictures",
    );

    let mut region = trial();
    region.inputs.mask = Some(Mask::new([true], 1, 1).expect("one pixel"));
    refuses(
        &plain(),
        region,
        "input `mask` does not fit: expected `start` tokens whose region is painted anew, found nothing wired to `start`",
    );

    let mut other = trial();
    other.inputs.start = Some(Tokens::new([0, 1], ROW, 16).expect("the codes fit"));
    refuses(
        &plain(),
        other,
        "input `start` does not fit: expected tokens of the denoiser's codebook of 8, found tokens of a codebook of 16",
    );

    let wide = EditSampler {
        columns: 3,
        ..plain()
    };
    refuses(
        &wide,
        trial().from(&[1, -1], ROW),
        "parameter `columns` must be 0 or 2, as the tokens at `start` have, but is 3",
    );
}

#[test]
fn a_window_that_ends_before_it_begins_is_refused() {
    let sampler = EditSampler {
        edit_from: 0.5,
        edit_to: 0.25,
        ..plain()
    };
    let message = sampler.check().expect_err("it is empty").to_string();
    assert_eq!(
        message,
        "parameter `edit_to` must be at least 0.5, where the window begins, but is 0.25"
    );
}

#[test]
fn scores_that_are_not_numbers_are_an_error() {
    let broken = Trial::new(2, |_, _| [f32::NAN; CODEBOOK]);
    let message = broken.run(&plain()).err().map(|error| error.to_string());
    let message = message.expect("there is nothing to choose from");
    assert!(
        message.starts_with("the denoiser's scores are not numbers; "),
        "{message}"
    );
}

#[test]
fn a_grid_of_its_own_needs_no_square() {
    let sampler = EditSampler {
        rows: 3,
        columns: 5,
        ..plain()
    };
    let outputs = trial().run(&sampler).expect("all fits");
    let grid = Grid {
        rows: 3,
        columns: 5,
    };
    assert_eq!(outputs.tokens.grid(), grid);
    assert_eq!(outputs.tokens.codes(), [1; 15]);
}
