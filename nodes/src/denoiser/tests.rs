//! The nodes of this group, on a network small enough for a test.

use std::path::Path;
use std::sync::{Arc, Mutex};

use graph::error::NodeError;
use graph::param::{ParamValue, ParamValues, Params};
use graph::prelude::{Node, Preview};
use graph::run::{Cancel, Reporter, Resources, Run};

use super::load::LoadDenoiser;
use super::new::{self, NewDenoiser};
use super::save::{self, SaveDenoiser};
use super::score::{self, ScoreTokens};
use crate::compute::Compute;
use crate::network::denoiser::TrainedDenoiser;
use crate::network::weights::Weights;
use crate::prompt::encode::{self, EncodePrompt};
use crate::value::{Dataset, Denoiser, Example, Grid, Pixels, Prompt, Samples, Tokens};

struct Captions;

impl Samples for Captions {
    fn len(&self) -> usize {
        3
    }

    fn get(&self, index: usize) -> Result<Example, NodeError> {
        Ok(Example {
            caption: ["a cat", "a dog", "The cat"][index].into(),
            pixels: Pixels::Codes {
                grid: Grid {
                    rows: 1,
                    columns: 1,
                },
                codebook: 1,
                codes: vec![0],
            },
            family: String::new(),
            truth: None,
        })
    }

    fn describe(&self) -> String {
        "captions".into()
    }
}

#[derive(Default)]
struct Listener(Mutex<Vec<String>>);

impl Reporter for Listener {
    fn progress(&self, _: u64, _: u64) {}

    fn preview(&self, _: Preview) {}

    fn note(&self, line: &str) {
        let mut lines = self.0.lock().expect("nobody panicked with it");
        lines.push(line.into());
    }
}

fn run(folder: &Path, listener: &Arc<Listener>) -> Run {
    let resources = Resources::default().with(Compute::cpu());
    Run::new(
        folder,
        Cancel::default(),
        listener.clone(),
        Arc::new(resources),
    )
}

fn made(run: &mut Run) -> Denoiser {
    let captions = new::Inputs {
        dataset: Some(Dataset::new(Captions)),
        more: Vec::new(),
        start: None,
    };
    made_of(captions, 16, run).expect("everything fits")
}

fn made_of(inputs: new::Inputs, codebook: i64, run: &mut Run) -> Result<Denoiser, NodeError> {
    let sizes = [
        ("codebook", codebook),
        ("rows", 4),
        ("columns", 4),
        ("width", 16),
        ("layers", 1),
        ("heads", 2),
        ("key_heads", 2),
        ("head_width", 8),
        ("inner_width", 16),
        ("prompt_length", 3),
        ("seed", 3),
    ];
    let sizes = sizes.map(|(name, size)| (name.to_owned(), ParamValue::Int(size)));
    let node = NewDenoiser::from_values(&ParamValues::from(sizes)).expect("the sizes are sound");
    node.run(inputs, run).map(|outputs| outputs.denoiser)
}

fn encoded(denoiser: &Denoiser, text: &str, run: &mut Run) -> Result<Prompt, NodeError> {
    let node = EncodePrompt::from_values(&ParamValues::from([
        ("count".into(), ParamValue::Int(2)),
        ("lines".into(), ParamValue::Bool(true)),
    ]));
    let inputs = encode::Inputs {
        denoiser: denoiser.clone(),
        text: vec![text.into()],
    };
    let node = node.expect("the parameters are right");
    node.run(inputs, run).map(|outputs| outputs.prompt)
}

/// The arrays of a denoiser.
fn arrays(denoiser: &Denoiser) -> Vec<(String, Vec<f32>)> {
    let trained: &TrainedDenoiser = denoiser.downcast().expect("it is Smalto's own");
    let weights = Weights::of(trained.network());
    let values = |name: &str| {
        weights
            .get(name)
            .expect("it is one of the names")
            .values
            .clone()
    };
    let names = weights.names();
    names.map(|name| (name.into(), values(name))).collect()
}

#[test]
fn for_another_tokenizer_a_denoiser_keeps_its_layers_and_words() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let mut run = run(folder.path(), &Arc::new(Listener::default()));
    let start = made(&mut run);
    let inputs = new::Inputs {
        dataset: None,
        more: Vec::new(),
        start: Some(start.clone()),
    };
    let other = made_of(inputs, 24, &mut run).expect("the start fits");
    assert_eq!(other.scorer().codebook(), 24);

    let mut anew = Vec::new();
    for (before, after) in arrays(&start).iter().zip(arrays(&other)) {
        assert_eq!(before.0, after.0);
        if before.1 != after.1 {
            anew.push((after.0, after.1.len()));
        }
    }
    let table = "encoder.gen_embedding.weight".to_owned();
    let head = "encoder.gen_predictor.weight".to_owned();
    assert_eq!(anew, [(table, (24 + 256) * 16), (head, 24 * 16)]);

    let prompt = encoded(&other, "a dog\nthe cat", &mut run).expect("the words are known");
    let before = encoded(&start, "a dog\nthe cat", &mut run).expect("the words are known");
    assert_eq!(prompt.ids, before.ids);
}

#[test]
fn a_denoiser_is_made_saved_loaded_and_asked() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let listener = Arc::new(Listener::default());
    let mut run = run(folder.path(), &listener);
    let first = made(&mut run);
    assert_eq!(first.scorer().hash(), made(&mut run).scorer().hash());

    let path = ParamValues::from([("path".into(), ParamValue::Text("model".into()))]);
    let node = SaveDenoiser::from_values(&path).expect("the parameters are right");
    let inputs = save::Inputs {
        denoiser: first.clone(),
    };
    let _ = node
        .run(inputs, &mut run)
        .expect("the folder may be written");
    let node = LoadDenoiser::from_values(&path).expect("the parameters are right");
    let again = node
        .run((), &mut run)
        .expect("it was just written")
        .denoiser;
    assert_eq!(first.scorer().hash(), again.scorer().hash());

    let prompt = encoded(&again, "a dog\n\nthe cat\n", &mut run).expect("the words are known");
    assert_eq!(prompt.texts[..], ["a dog", "a dog", "the cat", "the cat"]);
    let grid = again.scorer().grid();
    let tokens = Tokens::masked(4, grid, 16).expect("the grid is fine");
    let node = ScoreTokens::from_values(&ParamValues::from([(
        "guidance".into(),
        ParamValue::Float(1.0),
    )]));
    let inputs = score::Inputs {
        denoiser: again,
        prompt,
        tokens,
    };
    let found = node
        .expect("the parameters are right")
        .run(inputs, &mut run);
    let found = found.expect("everything fits");
    assert!(found.tokens.codes().iter().all(|code| *code < 16));
    assert_eq!(found.confidence.lines.len(), 4);
    let sure = found.confidence.lines.iter().flat_map(|line| &line.points);
    assert!(
        sure.clone()
            .all(|(_, p)| *p >= 1.0 / 16.0 - 1e-6 && *p <= 1.0)
    );
    assert_eq!(sure.count(), 64);
}

#[test]
fn unknown_words_are_noted_and_long_texts_refused() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let listener = Arc::new(Listener::default());
    let mut run = run(folder.path(), &listener);
    let denoiser = made(&mut run);
    let _ = encoded(&denoiser, "a blue cat", &mut run).expect("it is short");
    let notes = listener
        .0
        .lock()
        .expect("nobody panicked with it")
        .join("\n");
    assert!(notes.contains("has never read blue;"), "{notes}");
    let long = encoded(&denoiser, "a cat the dog", &mut run).expect_err("four words");
    let message = long.to_string();
    assert!(
        message.contains("4 tokens") && message.contains("at most 3"),
        "{message}"
    );
    let none = encoded(&denoiser, "\n", &mut run).expect_err("no text");
    assert!(none.to_string().contains("at least one text"), "{none}");
}
