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
    let sizes = [
        ("codebook", 16),
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
    let inputs = new::Inputs {
        dataset: Some(Dataset::new(Captions)),
        more: Vec::new(),
    };
    node.run(inputs, run).expect("everything fits").denoiser
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
