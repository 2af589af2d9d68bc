//! Steps that take most of a picture from the steps before.

use std::sync::{Arc, Mutex};

use burn::tensor::Tensor;
use graph::prelude::*;
use graph::preview::Preview;
use graph::run::{Cancel, Reporter, Resources};

use super::script::{CODEBOOK, Script, Trial, plain, prompt, sure};
use crate::network::denoiser::tests as network;
use crate::sample::{EditSampler, EditSamplerInputs, EditSamplerOutputs, Policy, TokenChoice};
use crate::value::{
    Denoiser, FeatureCache, Grid, Mask, MicroConditions, Query, Reuse, Scorer, Scores, Tokens, Work,
};

/// The small network with random weights, two prompts and a third for what they shall not show.
pub(super) fn inputs() -> EditSamplerInputs {
    let denoiser = network::denoiser();
    EditSamplerInputs {
        prompt: network::prompt(&denoiser, &["red", "blue green"]),
        negative: Some(network::prompt(&denoiser, &["green"])),
        denoiser: Denoiser::new(denoiser),
        start: None,
        mask: None,
        custom_policy: None,
    }
}

/// A sampler that lays, edits, masks again and refines, by chance.
fn lively() -> EditSampler {
    EditSampler {
        steps: 9,
        guidance: 1.5,
        guidance_from: 0.2,
        guidance_to: 0.8,
        choice: TokenChoice::Multinomial,
        choice_temperature: 1.0,
        edit_threshold: 0.05,
        commit_threshold: 0.3,
        post_steps: 3,
        remask: 0.3,
        refine_rounds: 2,
        refine_share: 0.2,
        warmup_ratio: 0.0,
        cache_ratio: 0.6,
        seed: Seed(5),
        ..plain()
    }
}

fn run(sampler: &EditSampler, inputs: EditSamplerInputs) -> EditSamplerOutputs {
    let outputs = sampler.run(inputs, &mut Run::alone(Resources::default()));
    outputs.expect("all fits")
}

/// The region of the first two columns, of a picture that is laid.
pub(super) fn painted_anew(mut inputs: EditSamplerInputs) -> EditSamplerInputs {
    let Grid { rows, columns } = network::GRID;
    let codes: Vec<u32> = (0..rows * columns).map(|at| (at * 7 % 16) as u32).collect();
    inputs.start = Some(Tokens::new(codes, network::GRID, 16).expect("the codes fit"));
    let region: Vec<bool> = (0..rows * columns).map(|at| at % columns < 2).collect();
    inputs.mask = Some(Mask::new(region, rows, columns).expect("it is whole"));
    inputs
}

#[test]
fn whole_steps_with_a_cache_are_those_without() {
    let starts: [fn() -> EditSamplerInputs; 2] = [inputs, || painted_anew(inputs())];
    for policy in [Policy::Mmada, Policy::Stratified] {
        for inputs in starts {
            let without = EditSampler { policy, ..lively() };
            let all_warm = EditSampler {
                refresh_interval: 4,
                warmup_ratio: 1.0,
                ..without.clone()
            };
            let nothing_kept = EditSampler {
                refresh_interval: 4,
                cache_ratio: 0.0,
                ..without.clone()
            };
            // Steps in between, which compute everything.
            let everything = EditSampler {
                cache_ratio: 0.01,
                warmup_ratio: 0.0,
                ..all_warm.clone()
            };
            let all_warm = EditSampler {
                post_steps: 0,
                refine_rounds: 0,
                ..all_warm
            };
            for sampler in [all_warm, nothing_kept, everything] {
                let without = EditSampler {
                    refresh_interval: 1,
                    ..sampler.clone()
                };
                let (wanted, found) = (run(&without, inputs()), run(&sampler, inputs()));
                assert_eq!(found.tokens, wanted.tokens, "{policy:?}");
                let (found, wanted) = (found.history.steps, wanted.history.steps);
                assert_eq!(found.len(), wanted.len());
                for (found, wanted) in found.iter().zip(wanted.iter()) {
                    assert_eq!(found.after, wanted.after);
                    assert_eq!(found.confidence, wanted.confidence);
                }
            }
        }
    }
}

#[test]
fn a_picture_of_a_batch_is_cached_as_if_it_were_alone() {
    let sampler = EditSampler {
        refresh_interval: 3,
        pictures: 3,
        at_once: 2,
        ..lively()
    };
    let one = || EditSamplerInputs {
        prompt: inputs().prompt.picked([1].into_iter()),
        ..inputs()
    };
    let batch = run(&sampler, one());
    for number in 0..3 {
        let alone = EditSampler {
            pictures: 1,
            first: number,
            ..sampler.clone()
        };
        let alone = run(&alone, one());
        let found = batch.tokens.sample(number as usize);
        assert_eq!(alone.tokens.codes(), found, "picture {number}");
    }
    let without = EditSampler {
        refresh_interval: 1,
        ..sampler
    };
    assert_ne!(run(&without, one()).tokens, batch.tokens);
}

#[test]
fn every_few_steps_behind_the_warm_up_are_whole() {
    let check = |interval: u32, warm_up: f64, expected: &[usize]| {
        let sampler = EditSampler {
            refresh_interval: interval,
            warmup_ratio: warm_up,
            ..plain()
        };
        let whole: Vec<usize> = (0..10)
            .filter(|step| sampler.refreshes(*step, 10))
            .collect();
        assert_eq!(whole, expected, "{interval}, {warm_up}");
    };
    check(3, 0.3, &[0, 1, 2, 5, 8]);
    check(3, 0.0, &[0, 3, 6, 9]);
    check(5, 0.11, &[0, 1, 6]);
    check(100, 0.0, &[0]);
    check(2, 1.0, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn a_denoiser_that_keeps_nothing_is_refused() {
    let sampler = EditSampler {
        refresh_interval: 5,
        ..plain()
    };
    let refused = Trial::new(4, |_, _| sure(1, 0.5)).run(&sampler);
    let message = refused.err().map(|error| error.to_string());
    assert_eq!(
        message.as_deref(),
        Some(
            "parameter `refresh_interval` must be 1, as this denoiser keeps nothing between steps (a script), but is 5"
        )
    );
}

/// Listens to what the sampler notes.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Reporter for Notes {
    fn progress(&self, _: u64, _: u64) {}
    fn preview(&self, _: Preview) {}
    fn note(&self, line: &str) {
        self.0.lock().expect("nothing panics").push(line.to_owned());
    }
}

#[test]
fn the_log_says_how_much_was_computed() {
    let sampler = EditSampler {
        steps: 6,
        guidance: 2.0,
        refresh_interval: 3,
        cache_ratio: 0.5,
        warmup_ratio: 0.3,
        ..plain()
    };
    let notes = Arc::new(Notes::default());
    let mut run = Run::new(".", Cancel::default(), notes.clone(), Arc::default());
    let _ = sampler.run(inputs(), &mut run).expect("all fits");
    // Four sequences of 13 vectors; three of six steps are whole, and the others compute three cells.
    let all = 6 * 4 * 13;
    let computed = 3 * 4 * 13 + 3 * 4 * 3;
    assert_eq!((computed, all), (192, 312));
    assert_eq!(
        *notes.0.lock().expect("nothing panics"),
        ["192 of 312 vectors were computed (62 %), the others taken from the cache"]
    );
}

/// What a cache was asked: the pictures, whether all of them was to be computed, whether with guidance, and how sure the
/// denoiser was of the first.
type Asked = (Vec<usize>, bool, bool, Vec<f32>);

/// A script with a cache that writes down what it is asked.
struct Watched {
    script: Arc<Script>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

struct Watch {
    script: Arc<Script>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl FeatureCache for Watch {
    fn scores(
        &mut self,
        query: &Query<'_>,
        pictures: &[usize],
        reuse: Option<Reuse<'_>>,
    ) -> Result<Scores, NodeError> {
        let length = query.tokens.grid().length();
        let first = reuse.map_or(&[][..], |reuse| &reuse.sureness[..length]);
        self.asked.lock().expect("nothing panics").push((
            pictures.to_vec(),
            reuse.is_none(),
            query.guidance.is_some(),
            first.to_vec(),
        ));
        self.script.scores(query)
    }

    fn work(&self) -> Work {
        Work::default()
    }
}

impl Scorer for Watched {
    fn codebook(&self) -> u32 {
        CODEBOOK as u32
    }
    fn grid(&self) -> Grid {
        self.script.grid
    }
    fn read(&self, text: &str, conditions: &MicroConditions) -> Result<Vec<u32>, NodeError> {
        self.script.read(text, conditions)
    }
    fn score(&self, query: &Query<'_>) -> Result<Tensor<2>, NodeError> {
        self.script.score(query)
    }
    fn feature_cache(&self) -> Option<Box<dyn FeatureCache>> {
        let (script, asked) = (self.script.clone(), self.asked.clone());
        Some(Box::new(Watch { script, asked }))
    }
    fn describe(&self) -> String {
        self.script.describe()
    }
    fn hash(&self) -> String {
        self.script.hash()
    }
    fn footprint(&self) -> Footprint {
        self.script.footprint()
    }
}

/// What the cache is asked in a run of `sampler` over pictures of a row, −1 where they are masked.
fn asked(sampler: &EditSampler, codes: &[i32], columns: usize) -> Vec<Asked> {
    let grid = Grid { rows: 1, columns };
    let script = Script {
        grid,
        logits: Box::new(|_, position| sure(1, 0.2 + 0.1 * position as f32)),
        asked: Arc::default(),
    };
    let asked = Arc::default();
    let mut trial = Trial::new(columns, |_, _| sure(1, 0.5)).from(codes, grid);
    trial.inputs.denoiser = Denoiser::new(Watched {
        script: Arc::new(script),
        asked: Arc::clone(&asked),
    });
    trial.inputs.prompt = prompt(&vec!["a duck"; codes.len() / columns]);
    let _ = trial.run(sampler).expect("all fits");
    let asked = asked.lock().expect("nothing panics");
    asked.clone()
}

#[test]
fn where_guidance_begins_or_ends_all_is_computed() {
    let sampler = EditSampler {
        steps: 8,
        guidance: 2.0,
        guidance_from: 0.25,
        guidance_to: 0.75,
        refresh_interval: 100,
        warmup_ratio: 0.0,
        ..plain()
    };
    let asked = asked(&sampler, &[-1; 8], 8);
    let asked: Vec<(bool, bool)> = asked.iter().map(|asked| (asked.1, asked.2)).collect();
    const Y: bool = true;
    const N: bool = false;
    let expected = [
        (Y, N),
        (Y, Y),
        (N, Y),
        (N, Y),
        (N, Y),
        (N, Y),
        (Y, N),
        (N, N),
    ];
    assert_eq!(asked, expected);
}

#[test]
fn a_cache_is_told_how_sure_the_denoiser_was_last() {
    let sampler = EditSampler {
        steps: 3,
        refresh_interval: 100,
        warmup_ratio: 0.0,
        ..plain()
    };
    // The second position is laid from the start, and never asked for.
    let asked = asked(&sampler, &[-1, 5, -1, -1], 4);
    assert_eq!(asked.len(), 3);
    assert!(asked[0].1 && asked[0].3.is_empty());
    for (found, expected) in asked[1].3.iter().zip([0.2, 0.0, 0.4, 0.5]) {
        assert!((found - expected).abs() < 1e-6, "{:?}", asked[1].3);
    }
}

#[test]
fn pictures_that_are_whole_and_such_that_are_not_are_asked_about_apart() {
    let sampler = EditSampler {
        steps: 4,
        refresh_interval: 100,
        warmup_ratio: 0.5,
        ..plain()
    };
    // Four steps, of which two are warm-up, and two steps, of which one is; the third picture has nothing to lay.
    let codes = [-1, -1, -1, -1, -1, 3, 3, -1, 3, 3, 3, 3];
    let asked = asked(&sampler, &codes, 4);
    let asked: Vec<(Vec<usize>, bool)> =
        asked.into_iter().map(|asked| (asked.0, asked.1)).collect();
    let expected = [
        (vec![0, 1], true),
        (vec![0], true),
        (vec![1], false),
        (vec![0], false),
        (vec![0], false),
    ];
    assert_eq!(asked, expected);
}
