//! Training, saving, loading and encoding, on pictures of a few pixels.

use std::path::Path;
use std::sync::Arc;

use graph::error::NodeError;
use graph::node::Node;
use graph::param::{ParamValue, ParamValues, Params};
use graph::preview::Preview;
use graph::run::{Cancel, Reporter, Resources, Run, Silent};

use super::train::{self, TrainTokenizer};
use super::{encode_dataset, load, save};
use crate::compute::Compute;
use crate::value::{Dataset, Example, Image, Pixels, Samples, Tokenizer};

/// Made-up pictures: two colours that run into each other, in a direction of their own.
pub(crate) struct Gradients {
    pub(crate) count: usize,
    pub(crate) side: usize,
}

impl Gradients {
    pub(crate) fn bytes(&self, index: usize) -> Vec<u8> {
        let side = self.side;
        let from = [index * 37 % 256, index * 91 % 256, index * 53 % 256];
        let to = [index * 29 % 256, index * 17 % 256, index * 71 % 256];
        let pixels = (0..side * side).flat_map(|at| {
            let along = match index % 2 {
                0 => at / side,
                _ => at % side,
            };
            [0, 1, 2].map(|c| ((from[c] * (side - along) + to[c] * along) / side) as u8)
        });
        pixels.collect()
    }
}

impl Samples for Gradients {
    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<Example, NodeError> {
        Ok(Example {
            caption: format!("gradient {index}"),
            pixels: Pixels::Raw {
                height: self.side,
                width: self.side,
                bytes: self.bytes(index),
                foreground: Vec::new(),
            },
            family: ["down", "across"][index % 2].into(),
            truth: None,
        })
    }

    fn describe(&self) -> String {
        format!("{} gradients of {} pixels", self.count, self.side)
    }
}

/// A training node for tiny networks, with `changes` to its parameters.
pub(super) fn trainer(changes: &[(&str, ParamValue)]) -> TrainTokenizer {
    let text = |text: &str| ParamValue::Text(text.into());
    let mut params = ParamValues::from([
        ("steps".into(), ParamValue::Int(30)),
        ("batch".into(), ParamValue::Int(8)),
        ("learning_rate".into(), ParamValue::Float(0.003)),
        ("average".into(), ParamValue::Float(0.0)),
        ("patch".into(), ParamValue::Int(2)),
        ("channels".into(), text("8, 8")),
        ("encoder_blocks".into(), text("0, 1")),
        ("decoder_blocks".into(), text("1, 0")),
        ("levels".into(), text("4, 4, 4")),
        ("log_every".into(), ParamValue::Int(10)),
        ("seed".into(), ParamValue::Int(1)),
    ]);
    for (name, value) in changes {
        let _ = params.insert((*name).into(), value.clone());
    }
    TrainTokenizer::from_values(&params).expect("the parameters fit")
}

fn train(node: &TrainTokenizer, run: &mut Run) -> Result<train::Outputs, NodeError> {
    node.run(pictures(), run)
}

/// Pictures to train on, and no more than these.
pub(super) fn pictures() -> train::Inputs {
    train::Inputs {
        dataset: Dataset::new(Gradients { count: 40, side: 8 }),
        second: None,
        third: None,
        start: None,
    }
}

pub(super) fn alone(base: &Path, cancel: Cancel) -> Run {
    let resources = Resources::default().with(Compute::cpu());
    Run::new(base, cancel, Arc::new(Silent), Arc::new(resources))
}

pub(super) fn line<'a>(outputs: &'a train::Outputs, name: &str) -> &'a [(f64, f64)] {
    let lines = &outputs.curve.lines;
    let line = lines.iter().find(|line| line.name == name);
    &line.expect("every figure is logged").points
}

#[test]
fn learning_lowers_the_loss_with_either_quantiser() {
    let codebook = [
        ("quantiser", ParamValue::Text("codebook".into())),
        ("codes", ParamValue::Int(16)),
        ("dimensions", ParamValue::Int(4)),
    ];
    for changes in [&[][..], &codebook] {
        let mut run = alone(Path::new("."), Cancel::default());
        let outputs = train(&trainer(changes), &mut run).expect("it trains");
        let loss = line(&outputs, "loss");
        let steps: Vec<f64> = loss.iter().map(|(step, _)| *step).collect();
        assert_eq!(steps, [10.0, 20.0, 30.0]);
        assert!(loss[2].1 < 0.8 * loss[0].1, "{loss:?}");
        let decibels = line(&outputs, "PSNR (dB)");
        assert!(decibels[2].1 > decibels[0].1 + 1.0, "{decibels:?}");
        let usage = line(&outputs, "code usage")[2].1;
        assert!(usage > 0.0 && usage <= 1.0, "{usage}");
    }
}

#[test]
fn the_same_seed_trains_the_same_tokenizer() {
    let hash = |seed: i64| {
        let mut run = alone(Path::new("."), Cancel::default());
        let node = trainer(&[
            ("steps", ParamValue::Int(3)),
            ("seed", ParamValue::Int(seed)),
        ]);
        let outputs = train(&node, &mut run).expect("it trains");
        outputs.tokenizer.codec().hash()
    };
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}

#[test]
fn a_run_that_goes_on_from_its_checkpoint_ends_like_an_unbroken_one() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let checkpoint = ParamValue::Text("runs/1/run.safetensors".into());
    let node = |changes: &[(&str, ParamValue)]| {
        let mut all = vec![
            ("average", ParamValue::Float(0.9)),
            ("steps", ParamValue::Int(6)),
        ];
        all.extend_from_slice(changes);
        trainer(&all)
    };
    let mut run = alone(folder.path(), Cancel::default());
    let whole = train(&node(&[]), &mut run).expect("it trains");

    let saving = node(&[
        ("checkpoint", checkpoint.clone()),
        ("checkpoint_every", ParamValue::Int(4)),
        ("resume", ParamValue::Bool(true)),
    ]);
    let cancel = Cancel::default();
    let resources = Resources::default().with(Compute::cpu());
    let stopper = Stopper {
        cancel: cancel.clone(),
        at: 4,
    };
    let mut cancelled = Run::new(
        folder.path(),
        cancel,
        Arc::new(stopper),
        Arc::new(resources),
    );
    let stopped = train(&saving, &mut cancelled).map(drop);
    assert_eq!(stopped, Err(NodeError::Cancelled));
    assert!(folder.path().join("runs/1/run.safetensors").exists());

    let resumed = train(&saving, &mut run).expect("it trains");
    assert_eq!(
        resumed.tokenizer.codec().hash(),
        whole.tokenizer.codec().hash()
    );
}

/// Cancels the run after a number of steps.
struct Stopper {
    cancel: Cancel,
    at: u64,
}

impl Reporter for Stopper {
    fn progress(&self, done: u64, _: u64) {
        if done >= self.at {
            self.cancel.cancel();
        }
    }

    fn preview(&self, _: Preview) {}

    fn note(&self, _: &str) {}
}

#[test]
fn parameters_that_do_not_fit_are_named() {
    let cases = [
        (
            "channels",
            "8; 8",
            "parameter `channels` must be whole numbers with commas between, such as \"128, 192\", but is \"8; 8\"",
        ),
        (
            "encoder_blocks",
            "1",
            "parameter `encoder_blocks` must be 2 whole numbers, one for each number of `channels`, but is \"1\"",
        ),
        (
            "levels",
            "4, 1",
            "parameter `levels` must be such that quantiser.scalar.levels[1] is from 2 to 256, but is 1",
        ),
    ];
    let node = trainer(&[("resume", ParamValue::Bool(true))]);
    let message = node
        .check()
        .expect_err("there is no checkpoint")
        .to_string();
    assert!(
        message.starts_with("parameter `checkpoint` must be"),
        "{message}"
    );
    for (param, value, expected) in cases {
        let node = trainer(&[(param, ParamValue::Text(value.into()))]);
        let message = node.check().expect_err("the list does not fit").to_string();
        assert_eq!(message, expected);
    }
}

#[test]
fn saved_in_eight_bits_a_tokenizer_is_small_and_still_good() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut run = alone(folder.path(), Cancel::default());
    let trained = train(&trainer(&[]), &mut run).expect("it trains").tokenizer;
    let bytes = Image::from_bytes(
        &Gradients { count: 1, side: 8 }.bytes(0),
        [1, 8, 8],
        &burn::tensor::Device::flex(),
    );
    let image = bytes.expect("the shape fits");
    let pixels = |tokenizer: &Tokenizer| {
        let tokens = tokenizer
            .codec()
            .encode(&image)
            .expect("8 is a multiple of 4");
        tokenizer.codec().decode(&tokens).expect("all are laid")
    };
    let params = ParamValues::from([
        ("path".into(), ParamValue::Text("small".into())),
        ("precision".into(), ParamValue::Text("int8".into())),
    ]);
    let node = save::SaveTokenizer::from_values(&params).expect("the parameters fit");
    let inputs = save::Inputs {
        tokenizer: trained.clone(),
    };
    let saved = node
        .run(inputs, &mut run)
        .expect("it can be saved")
        .tokenizer;
    let mut load = load::LoadTokenizer {
        path: "small".into(),
        pictures: load::PictureType::F32,
    };
    let loaded = load.run((), &mut run).expect("it was just saved").tokenizer;
    load.pictures = load::PictureType::Bf16;
    let rounded = load.run((), &mut run).expect("it was just saved").tokenizer;
    let difference = pixels(&rounded).pixels().clone() - pixels(&loaded).pixels().clone();
    let difference = difference.abs().max().into_scalar::<f32>();
    assert!(difference > 0.0 && difference < 0.05, "{difference}");
    assert_eq!(saved.codec().hash(), loaded.codec().hash());
    assert_ne!(saved.codec().hash(), trained.codec().hash());
    let difference = pixels(&loaded).pixels().clone() - pixels(&trained).pixels().clone();
    let difference = difference.abs().mean().into_scalar::<f32>();
    assert!(difference < 0.05, "{difference}");
}

#[test]
fn a_dataset_is_encoded_once_and_read_back_with_its_captions() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut run = alone(folder.path(), Cancel::default());
    let trained = train(&trainer(&[("steps", ParamValue::Int(1))]), &mut run);
    let tokenizer = trained.expect("it trains").tokenizer;
    let pictures = Dataset::new(Gradients { count: 7, side: 8 });
    let node = encode_dataset::EncodeDataset {
        path: "codes.safetensors".into(),
        count: 5,
        batch: 2,
    };
    let inputs = encode_dataset::Inputs {
        tokenizer: tokenizer.clone(),
        dataset: pictures.clone(),
    };
    let encoded = node
        .run(inputs, &mut run)
        .expect("the pictures fit")
        .dataset;
    assert!(folder.path().join("codes.safetensors").exists());
    assert_eq!(encoded.len(), 5);
    for index in 0..5 {
        let example = encoded.get(index).expect("it was just written");
        let picture = pictures.get(index).expect("it is made up");
        assert_eq!(
            (&example.caption, &example.family),
            (&picture.caption, &picture.family)
        );
        let Pixels::Codes { codes, .. } = example.pixels else {
            panic!("picture {index} is not encoded");
        };
        let bytes = Gradients { count: 7, side: 8 }.bytes(index);
        let image = Image::from_bytes(&bytes, [1, 8, 8], &burn::tensor::Device::flex());
        let tokens = tokenizer.codec().encode(&image.expect("the shape fits"));
        assert_eq!(codes, tokens.expect("8 is a multiple of 4").codes());
    }

    let again = encode_dataset::Inputs {
        tokenizer,
        dataset: encoded,
    };
    let message = node
        .run(again, &mut run)
        .map(drop)
        .expect_err("they are codes");
    assert!(message.to_string().contains("encoded already"), "{message}");
}
