//! Steps that are decided where the denoiser lies, against those that are decided one by one.

use std::sync::{Arc, Mutex};

use graph::prelude::*;
use graph::preview::Preview;
use graph::run::{Cancel, Reporter, Resources};

use super::cache::{inputs, painted_anew};
use super::script::plain;
use crate::network::denoiser::TrainedDenoiser;
use crate::network::denoiser::queue::PictureQueue;
use crate::sample::noise::Noise;
use crate::sample::queued::Group;
use crate::sample::run::Batch;
use crate::sample::{
    Curve, EditSampler, EditSamplerInputs, Policy, ResultTokens, Schedule, Start, TokenChoice,
};
use crate::value::{Opening, StepQueue, TokenHistory, Tokens};

/// A sampler that lays and edits by chance.
fn lively() -> EditSampler {
    EditSampler {
        steps: 11,
        guidance: 1.5,
        choice: TokenChoice::Multinomial,
        choice_temperature: 1.0,
        edit_threshold: 0.05,
        seed: Seed(5),
        ..plain()
    }
}

/// The groups of a batch on a queue of the processor's, where all steps can be foreseen.
fn groups(batch: &Batch<'_>, inputs: &EditSamplerInputs) -> Option<Vec<Group>> {
    let network: &TrainedDenoiser = inputs.denoiser.downcast().expect("it is one");
    let open = |opening: &Opening<'_>| {
        let queue = PictureQueue::open(network, opening)?;
        Ok(queue.map(|queue| Box::new(queue) as Box<dyn StepQueue>))
    };
    batch.groups_queued(open).expect("all fits")
}

/// What comes out where steps are queued.
fn queued(
    sampler: &EditSampler,
    inputs: &EditSamplerInputs,
    run: &Run,
) -> Result<(Tokens, TokenHistory), NodeError> {
    let start: Start = sampler.start(inputs).expect("the inputs fit");
    let noise = Noise::seeded(run.random(sampler.seed));
    let batch = Batch::new(sampler, &inputs.denoiser, &start, &noise).expect("all fits");
    let groups = groups(&batch, inputs);
    assert!(groups.is_some(), "all steps can be foreseen");
    batch.run(groups, run)
}

/// Fails unless queued steps are those that come one by one.
fn check(sampler: &EditSampler, inputs: &EditSamplerInputs) {
    let run = Run::alone(Resources::default());
    let start = sampler.start(inputs).expect("the inputs fit");
    let (wanted, wanted_history) = sampler
        .sample(&inputs.denoiser, &start, &run)
        .expect("all fits");
    let (found, history) = queued(sampler, inputs, &run).expect("all fits");
    assert_eq!(found, wanted, "{sampler:?}");
    assert_eq!(history.start, wanted_history.start);
    assert_eq!(history.steps.len(), wanted_history.steps.len());
    for (found, wanted) in history.steps.iter().zip(wanted_history.steps.iter()) {
        assert_eq!(found.after, wanted.after, "{sampler:?}");
        assert_eq!(found.choice, wanted.choice);
        assert_eq!(
            (found.committed, found.edited),
            (wanted.committed, wanted.edited)
        );
        // Those of rows that were multiplied together with others.
        for (found, wanted) in found.confidence.iter().zip(wanted.confidence.iter()) {
            assert_eq!(*found == 0.0, *wanted == 0.0);
            assert!((found - wanted).abs() < 1e-5, "{found} is not {wanted}");
        }
    }
}

#[test]
fn queued_steps_are_those_that_come_one_by_one() {
    for policy in [
        Policy::Mmada,
        Policy::MaskGit,
        Policy::Stratified,
        Policy::Halton,
    ] {
        for schedule in [
            Schedule::Shift,
            Schedule::Cosine,
            Schedule::Linear,
            Schedule::Arccos,
        ] {
            let sampler = EditSampler {
                policy,
                schedule,
                ..lively()
            };
            check(&sampler, &inputs());
            let unedited = EditSampler {
                edit_threshold: 0.0,
                result: ResultTokens::Committed,
                ..sampler
            };
            check(&unedited, &inputs());
        }
    }
}

#[test]
fn what_changes_from_step_to_step_changes_in_queued_steps() {
    for sampler in [
        EditSampler {
            guidance_from: 0.3,
            guidance_to: 0.7,
            edit_from: 0.2,
            edit_to: 0.9,
            edit_limit: 2,
            ..lively()
        },
        EditSampler {
            plausibility: 0.5,
            guidance_from: 0.3,
            ..lively()
        },
        EditSampler {
            policy: Policy::Stratified,
            order_cutoff: 0.5,
            dynamic: true,
            curve: Curve::Cosine,
            ..lively()
        },
        EditSampler {
            choice: TokenChoice::Argmax,
            choice_temperature: 0.0,
            guidance: 0.0,
            steps: 24,
            ..lively()
        },
        EditSampler {
            pictures: 3,
            at_once: 4,
            first: 7,
            rows: 2,
            columns: 8,
            ..lively()
        },
    ] {
        check(&sampler, &inputs());
    }
}

#[test]
fn pictures_that_begin_otherwise_are_queued_as_well() {
    for edit_start in [false, true] {
        let sampler = EditSampler {
            edit_start,
            ..lively()
        };
        check(&sampler, &painted_anew(inputs()));
        // One picture has more to be laid than the other, and takes more steps.
        let mut uneven = painted_anew(inputs());
        let start = uneven.start.take().expect("it was given");
        let mut codes = start.codes().to_vec();
        codes.extend(start.codes());
        codes[..20].fill(Tokens::MASK);
        let both = Tokens::new(codes, start.grid(), start.codebook());
        uneven.start = Some(both.expect("the codes fit"));
        check(&sampler, &uneven);
        // Nothing is masked.
        let mut whole = painted_anew(inputs());
        whole.mask = None;
        check(&sampler, &whole);
    }
}

#[test]
fn steps_that_cannot_be_foreseen_are_not_queued() {
    let foreseen = lively();
    for (sampler, expected) in [
        (foreseen.clone(), true),
        (
            EditSampler {
                post_steps: 3,
                ..foreseen.clone()
            },
            false,
        ),
        (
            EditSampler {
                commit_threshold: 0.5,
                ..foreseen.clone()
            },
            false,
        ),
        (
            EditSampler {
                remask: 0.1,
                ..foreseen.clone()
            },
            false,
        ),
        (
            EditSampler {
                refine_rounds: 1,
                ..foreseen.clone()
            },
            false,
        ),
        (
            EditSampler {
                swaps: 1,
                ..foreseen.clone()
            },
            false,
        ),
        (
            EditSampler {
                top_k: 3,
                ..foreseen.clone()
            },
            false,
        ),
        (
            EditSampler {
                refresh_interval: 2,
                ..foreseen.clone()
            },
            false,
        ),
    ] {
        let inputs = inputs();
        let start = sampler.start(&inputs).expect("the inputs fit");
        let random = Run::alone(Resources::default()).random(sampler.seed);
        let noise = Noise::seeded(random);
        let batch = Batch::new(&sampler, &inputs.denoiser, &start, &noise).expect("all fits");
        assert_eq!(groups(&batch, &inputs).is_some(), expected, "{sampler:?}");
        let recorded = noise.clone().with_gumbel(vec![0.0; 24 * 11], 24);
        let batch = Batch::new(&sampler, &inputs.denoiser, &start, &recorded).expect("all fits");
        assert!(groups(&batch, &inputs).is_none());
    }
}

/// Cancels a run when it has shown something so many times.
struct Impatient {
    cancel: Cancel,
    shown: Mutex<u32>,
}

impl Reporter for Impatient {
    fn progress(&self, _: u64, _: u64) {}

    fn preview(&self, _: Preview) {
        let mut shown = self.shown.lock().expect("no test panics here");
        *shown += 1;
        if *shown == 2 {
            self.cancel.cancel();
        }
    }

    fn note(&self, _: &str) {}
}

#[test]
fn queued_steps_are_shown_and_end_when_the_run_is_cancelled() {
    let cancel = Cancel::default();
    let reporter = Arc::new(Impatient {
        cancel: cancel.clone(),
        shown: Mutex::new(0),
    });
    let run = Run::new(
        ".",
        cancel,
        reporter.clone(),
        Arc::new(Resources::default()),
    );
    let sampler = EditSampler {
        steps: 24,
        ..lively()
    };
    let found = queued(&sampler, &inputs(), &run);
    assert!(matches!(found, Err(NodeError::Cancelled)), "{found:?}");
    assert_eq!(*reporter.shown.lock().expect("no test panics here"), 2);
}
