//! Policies that come from elsewhere.

use std::sync::{Arc, Mutex};

use graph::policy::{Choose, Policy, Question};
use graph::prelude::*;

use super::script::{CODEBOOK, Trial, grids, plain, prompt, sure};
use crate::sample::EditSampler;
use crate::value::Grid;

const ROW: Grid = Grid {
    rows: 1,
    columns: 4,
};

/// What a policy was asked: step, steps, sample, count, and the surest position.
type Asked = (u32, u32, u32, u32, usize);

/// Lays the last masked positions, or what it is told to.
struct LastFirst {
    asked: Arc<Mutex<Vec<Asked>>>,
    always: Option<Vec<u32>>,
}

impl Choose for LastFirst {
    fn name(&self) -> String {
        "last first".into()
    }

    fn choose(&self, question: &Question<'_>) -> Result<Vec<u32>, NodeError> {
        assert_eq!((question.rows, question.columns), (1, 4));
        assert!(question.random.iter().all(|u| *u > 0.0 && *u < 1.0));
        let surest = (0..4).max_by(|left, right| {
            let sure = |position: &usize| question.confidences[*position];
            sure(left).total_cmp(&sure(right))
        });
        self.asked.lock().expect("nothing panics").push((
            question.step,
            question.steps,
            question.sample,
            question.count,
            surest.expect("there are four"),
        ));
        if let Some(always) = &self.always {
            return Ok(always.clone());
        }
        let open = (0..4_u32).rev().filter(|at| question.masked[*at as usize]);
        Ok(open.take(question.count as usize).collect())
    }
}

/// Code `position`, the surer the further left.
fn falling(_: &[u32], position: usize) -> [f32; CODEBOOK] {
    sure(position as u32, 0.6 - 0.1 * position as f32)
}

fn trial(always: Option<Vec<u32>>) -> (Trial, Arc<Mutex<Vec<Asked>>>) {
    let asked = Arc::<Mutex<Vec<Asked>>>::default();
    let mut trial = Trial::over(ROW, falling);
    trial.inputs.custom_policy = Some(Policy::new(LastFirst {
        asked: Arc::clone(&asked),
        always,
    }));
    (trial, asked)
}

#[test]
fn a_policy_from_elsewhere_says_which_positions_are_laid() {
    let (trial, asked) = trial(None);
    let outputs = trial.run(&plain()).expect("all fits");
    assert_eq!(
        grids(&outputs),
        [[-1, -1, -1, 3], [-1, -1, 2, 3], [-1, 1, 2, 3], [0, 1, 2, 3]]
    );
    let asked = asked.lock().expect("nothing panics");
    let expected = [
        (0, 4, 0, 1, 0),
        (1, 4, 0, 1, 0),
        (2, 4, 0, 1, 0),
        (3, 4, 0, 1, 0),
    ];
    assert_eq!(*asked, expected);
}

#[test]
fn after_the_cutoff_the_sampler_chooses_by_itself() {
    let (trial, asked) = trial(None);
    let sampler = EditSampler {
        order_cutoff: 0.5,
        ..plain()
    };
    let outputs = trial.run(&sampler).expect("all fits");
    assert_eq!(
        grids(&outputs),
        [[-1, -1, -1, 3], [-1, -1, 2, 3], [0, -1, 2, 3], [0, 1, 2, 3]]
    );
    assert_eq!(asked.lock().expect("nothing panics").len(), 2);
}

#[test]
fn every_picture_is_asked_about_under_its_own_number() {
    let (mut trial, asked) = trial(None);
    trial.inputs.prompt = prompt(&["a", "b"]);
    let sampler = EditSampler {
        steps: 1,
        first: 7,
        ..plain()
    };
    let _ = trial.run(&sampler).expect("all fits");
    let asked = asked.lock().expect("nothing panics");
    assert_eq!(*asked, [(0, 1, 7, 4, 0), (0, 1, 8, 4, 0)]);
}

#[test]
fn an_answer_that_is_none_fails_the_node() {
    let (trial, _) = trial(Some(vec![9]));
    let error = trial.run(&plain()).err().map(|error| error.problem());
    let expected = "the policy last first chose position 9 of a picture of 4";
    assert_eq!(error.as_deref(), Some(expected));
}
