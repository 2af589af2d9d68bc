mod replicas;
mod room;
mod sheets;

use std::path::Path;
use std::sync::Arc;

use burn::tensor::{Device, FloatDType};
use graph::error::NodeError;
use graph::param::{FilePath, ParamValue, ParamValues, Params, Seed};
use graph::prelude::Node;
use graph::random::Random;
use graph::run::{Cancel, Resources, Run, Silent};

use super::batches::{Batches, Kind, Source};
use super::corruption::{Corruption, Replacement};
use super::{Corpus, FlipOf, Inputs, MaskSchedule, Outputs, TrainGce};
use crate::compute::Compute;
use crate::network::denoiser::TrainedDenoiser;
use crate::network::denoiser::tests::{GRID, denoiser};
use crate::network::weights::{Precision, WeightType};
use crate::value::{
    Dataset, Denoiser, Example, Groups, MicroConditions, Pixels, Prompt, Query, Samples, Tokens,
};

/// Three pictures, each a pattern of its own.
struct Patterns;

const CAPTIONS: [&str; 3] = ["red", "green", "blue"];

fn pattern(index: usize) -> Vec<u32> {
    (0..GRID.length() as u32)
        .map(|at| (at * (index as u32 + 1) * 5 + 3 * index as u32) % 16)
        .collect()
}

impl Samples for Patterns {
    fn len(&self) -> usize {
        4
    }

    fn get(&self, index: usize) -> Result<Example, NodeError> {
        Ok(Example {
            caption: (*CAPTIONS.get(index).unwrap_or(&"red green blue red")).into(),
            pixels: Pixels::Codes {
                grid: GRID,
                codebook: 16,
                codes: pattern(index % 3),
            },
            family: String::new(),
            truth: None,
        })
    }

    fn describe(&self) -> String {
        "patterns".into()
    }
}

fn run(folder: &Path) -> Run {
    let resources = Resources::default().with(Compute::cpu());
    Run::new(
        folder,
        Cancel::default(),
        Arc::new(Silent),
        Arc::new(resources),
    )
}

fn node(changes: &[(&str, ParamValue)]) -> TrainGce {
    let mut params = ParamValues::from([
        ("steps".into(), ParamValue::Int(12)),
        ("batch".into(), ParamValue::Int(6)),
        ("log_every".into(), ParamValue::Int(4)),
        ("seed".into(), ParamValue::Int(5)),
    ]);
    for (name, value) in changes {
        let _ = params.insert((*name).into(), value.clone());
    }
    TrainGce::from_values(&params).expect("the parameters are right")
}

fn train(node: &TrainGce, groups: Option<Groups>, folder: &Path) -> Result<Outputs, NodeError> {
    let inputs = Inputs {
        denoiser: Denoiser::new(denoiser()),
        dataset: Dataset::new(Patterns),
        tokenizer: None,
        groups,
    };
    node.run(inputs, &mut run(folder))
}

fn hash(outputs: &Outputs) -> String {
    outputs.denoiser.scorer().hash()
}

#[test]
fn a_handful_of_pictures_is_learnt_by_heart() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let node = node(&[
        ("steps", ParamValue::Int(250)),
        ("batch", ParamValue::Int(12)),
        ("learning_rate", ParamValue::Float(0.01)),
        ("average", ParamValue::Float(0.9)),
        ("levels", ParamValue::Text("4:0.2".into())),
    ]);
    // Neighbours by number in an order of their own: the result must speak in the dataset's numbers.
    let order: Vec<u32> = (0..16).map(|place| place * 5 % 16).collect();
    let groups = Groups::new(order).expect("5 and 16 have no common divisor");
    let outputs = train(&node, Some(groups), folder.path()).expect("everything fits");

    let loss = &outputs.curve.lines[0];
    assert_eq!(loss.name, "loss (nats)");
    let last = loss.points.last().expect("it was logged");
    assert!(last.1 < 0.5 * loss.points[0].1, "{:?}", loss.points);

    let scorer = outputs.denoiser.scorer();
    let tokens = Tokens::masked(3, GRID, 16).expect("the grid is fine");
    let plain = MicroConditions::default();
    let ids = CAPTIONS.map(|text| scorer.read(text, &plain).expect("it is short"));
    let prompt = Prompt::new(CAPTIONS.map(String::from).to_vec(), ids.to_vec());
    let rows: Vec<u32> = (0..3 * GRID.length() as u32).collect();
    let logits = scorer
        .score(&Query {
            tokens: &tokens,
            prompt: &prompt,
            guidance: None,
            rows: &rows,
        })
        .expect("everything fits");
    let found: Vec<u32> = kernels::argmax(logits)
        .into_data()
        .convert::<i64>()
        .iter::<i64>()
        .map(|code| code as u32)
        .collect();
    let wanted: Vec<u32> = (0..3).flat_map(pattern).collect();
    let right = found.iter().zip(&wanted).filter(|(a, b)| a == b).count();
    assert!(
        right * 10 >= 9 * wanted.len(),
        "{right} of {}",
        wanted.len()
    );
}

#[test]
fn a_finished_run_has_nothing_left_to_do() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let whole = train(&node(&[]), None, folder.path()).expect("everything fits");
    assert_eq!(
        hash(&whole),
        hash(&train(&node(&[]), None, folder.path()).expect("everything fits")),
        "training is repeatable"
    );

    let checkpoint = |resume: bool| {
        node(&[
            ("checkpoint", ParamValue::Text("runs/1/checkpoint".into())),
            ("checkpoint_every", ParamValue::Int(5)),
            ("resume", ParamValue::Bool(resume)),
        ])
    };
    let _ = train(&checkpoint(false), None, folder.path()).expect("everything fits");
    let path = folder.path().join("runs/1/checkpoint");
    assert!(path.exists());
    let resumed = train(&checkpoint(true), None, folder.path()).expect("everything fits");
    assert_eq!(hash(&whole), hash(&resumed), "nothing was left to do");
    assert!(resumed.curve.lines.is_empty());
}

#[test]
fn a_cancelled_run_goes_on_where_it_stopped() {
    cancelled_and_resumed(&[]);
    cancelled_and_resumed(&[
        ("optimiser", ParamValue::Text("muon".into())),
        ("flip_kind", ParamValue::Text("own".into())),
        ("complementary", ParamValue::Bool(true)),
        ("accumulate", ParamValue::Int(2)),
    ]);
    cancelled_and_resumed(&[
        ("devices", ParamValue::Int(2)),
        ("accumulate", ParamValue::Int(2)),
        ("weights", ParamValue::Text("int8".into())),
    ]);
}

#[test]
fn rounded_matrices_teach_something_else() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let exact = train(&node(&[]), None, folder.path()).expect("everything fits");
    let rounding = node(&[("weights", ParamValue::Text("int8".into()))]);
    let rounded = train(&rounding, None, folder.path()).expect("everything fits");
    assert_ne!(hash(&rounded), hash(&exact));
}

fn cancelled_and_resumed(changes: &[(&str, ParamValue)]) {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let whole = train(&node(changes), None, folder.path()).expect("everything fits");
    let mut changes = changes.to_vec();
    changes.push(("checkpoint", ParamValue::Text("checkpoint".into())));
    changes.push(("resume", ParamValue::Bool(true)));
    let node = node(&changes);
    let cancel = Cancel::default();
    let resources = Resources::default().with(Compute::cpu());
    let reporter = Arc::new(Stopper {
        cancel: cancel.clone(),
        at: 7,
    });
    let mut run = Run::new(folder.path(), cancel, reporter, Arc::new(resources));
    let inputs = Inputs {
        denoiser: Denoiser::new(denoiser()),
        dataset: Dataset::new(Patterns),
        tokenizer: None,
        groups: None,
    };
    let stopped = node.run(inputs, &mut run);
    assert_eq!(stopped.err(), Some(NodeError::Cancelled));
    let resumed = train(&node, None, folder.path()).expect("everything fits");
    assert_eq!(hash(&whole), hash(&resumed));
    let first = resumed.curve.lines[0].points[0].0;
    assert!(first > 7.0, "it started anew, with step {first}");
}

#[test]
fn curves_tell_the_parts_of_the_loss_and_how_often_it_is_right() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let node = node(&[("levels", ParamValue::Text("4:0.5".into()))]);
    let outputs = train(&node, None, folder.path()).expect("everything fits");
    let names: Vec<&str> = outputs.curve.lines.iter().map(|line| &*line.name).collect();
    let wanted = [
        "loss (nats)",
        "masked (nats)",
        "masked, groups of 4 (nats)",
        "flipped (nats)",
        "accuracy, masked",
        "accuracy, masked, groups of 4",
        "accuracy, flipped",
        "accuracy, flipped, groups of 4",
        "gradient norm",
        "learning rate",
    ];
    assert_eq!(names, wanted);
    for line in &outputs.curve.lines {
        let steps: Vec<f64> = line.points.iter().map(|(step, _)| *step).collect();
        assert_eq!(steps, [3.0, 4.0, 8.0, 12.0], "{}", line.name);
        let is_share = line.name.starts_with("accuracy");
        let fits = |value: f64| {
            if is_share {
                (0.0..=1.0).contains(&value)
            } else {
                value > 0.0
            }
        };
        assert!(
            line.points.iter().all(|(_, value)| fits(*value)),
            "{line:?}"
        );
    }
    // A batch of its own is a point of the curve: its loss is that of its parts, and groups count where codes are masked.
    let at = |line: usize| outputs.curve.lines[line].points[1].1;
    let sum = at(1) + 0.5 * at(2) + 0.2 * at(3);
    assert!((at(0) - sum).abs() < 1e-4, "{} for {sum}", at(0));
    assert_eq!(outputs.speed.lines[0].name, "tokens/s");
    assert_eq!(outputs.speed.lines[0].points.len(), 4);
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_and_leaves_the_last_good_checkpoint() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    // Weights grow ninefold at each step, until their squares are beyond f32.
    let exploding = node(&[
        ("steps", ParamValue::Int(200)),
        ("learning_rate", ParamValue::Float(1.0)),
        ("weight_decay", ParamValue::Float(10.0)),
        ("warmup", ParamValue::Float(0.0)),
        ("log_every", ParamValue::Int(1000)),
        ("checkpoint", ParamValue::Text("checkpoint".into())),
        ("checkpoint_every", ParamValue::Int(4)),
    ]);
    let stopped = train(&exploding, None, folder.path());
    let message = stopped.err().expect("nothing stays finite").to_string();
    let told = |word: &str| -> u32 {
        let (_, rest) = message.split_once(word).expect("the message says where");
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().expect("it is a number")
    };
    assert_eq!(told("at step "), told("batch "), "{message}");
    let mut optimiser = exploding.optimiser(FloatDType::F32);
    optimiser.average = 0.9;
    let network = denoiser().network().clone();
    let mut trainer = crate::train::optimiser::Trainer::new(network, optimiser);
    let path = folder.path().join("checkpoint");
    let good = trainer.resume(&path).expect("it is whole") as u32;
    assert!(
        good > 0 && good.is_multiple_of(4) && good < told("at step "),
        "{good}: {message}"
    );
    let weights = crate::network::weights::Weights::open(&path).expect("it is whole");
    for name in weights.names() {
        let values = &weights.get(name).expect("it was named").values;
        assert!(values.iter().all(|value| value.is_finite()), "{name}");
    }
}

#[test]
fn a_checkpoint_of_other_groups_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let node = node(&[
        ("checkpoint", ParamValue::Text("checkpoint".into())),
        ("resume", ParamValue::Bool(true)),
    ]);
    let _ = train(&node, None, folder.path()).expect("everything fits");
    let order: Vec<u32> = (0..16).rev().collect();
    let groups = Groups::new(order).expect("every code stands once");
    let refused = train(&node, Some(groups), folder.path());
    let message = refused.err().expect("rows would be mixed up").to_string();
    for part in [
        "checkpoint",
        "another configuration, vocabulary or order of groups",
        "`resume` to false",
    ] {
        assert!(message.contains(part), "{message}");
    }
    std::fs::write(folder.path().join("checkpoint"), "half").expect("there is room");
    let message = train(&node, None, folder.path())
        .err()
        .expect("it is cut off")
        .to_string();
    assert!(
        message.contains("put an older checkpoint in its place"),
        "{message}"
    );
}

#[test]
fn as_many_checkpoints_are_kept_as_asked() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let node = node(&[
        (
            "checkpoint",
            ParamValue::Text("runs/state.safetensors".into()),
        ),
        ("checkpoint_every", ParamValue::Int(3)),
        ("keep", ParamValue::Int(3)),
    ]);
    let _ = train(&node, None, folder.path()).expect("everything fits");
    let files = std::fs::read_dir(folder.path().join("runs")).expect("it was made");
    let mut names: Vec<_> = files
        .map(|file| file.expect("it can be read").file_name())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "state-6.safetensors",
            "state-9.safetensors",
            "state.safetensors"
        ]
    );
}

/// Cancels the run once so many steps are done.
struct Stopper {
    cancel: Cancel,
    at: u64,
}

impl graph::run::Reporter for Stopper {
    fn progress(&self, done: u64, total: u64) {
        // Reading the dataset reports another total.
        if total == 12 && done >= self.at {
            self.cancel.cancel();
        }
    }

    fn preview(&self, _: graph::preview::Preview) {}

    fn note(&self, _: &str) {}
}

#[test]
fn what_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let fails = |changes: &[(&str, ParamValue)], groups: Option<Groups>| {
        let result = train(&node(changes), groups, folder.path());
        result.err().expect("it does not fit").to_string()
    };
    let message = fails(&[], Some(Groups::identity(8)));
    assert!(message.contains("an order of 16 codes"), "{message}");
    let levels = ParamValue::Text("32:0.2".into());
    let message = fails(&[("levels", levels)], None);
    assert!(
        message.contains("at most as many groups as codes, 16"),
        "{message}"
    );
    let kind = ParamValue::Text("neighbours".into());
    let message = fails(&[("flip_kind", kind)], None);
    assert!(message.contains("wire the tokenizer"), "{message}");
}

fn source(prompt_drop: f32) -> Source {
    let denoiser: TrainedDenoiser = denoiser();
    let folder = std::env::temp_dir();
    let corpus = Corpus::read(&denoiser, &Dataset::new(Patterns), None, &run(&folder));
    Source {
        corpus: corpus.expect("three of four captions are short"),
        corruption: Corruption {
            schedule: MaskSchedule::Cosine,
            flip_ratio: 0.2,
            flip_of: FlipOf::Visible,
            replacement: Replacement::Uniform,
            complementary: false,
            codebook: 16,
            random: Random::new(Seed(2)),
        },
        places: (0..16).rev().collect(),
        weights: [1.0, 0.25, 0.0],
        prompt_drop,
        batch: 50,
        mask_id: 17,
    }
}

#[test]
fn weights_of_one_byte_cannot_learn() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    denoiser()
        .save(folder.path(), Precision::F32)
        .expect("the folder may be written");
    let (device, dtype) = (Device::flex(), FloatDType::F32);
    let int8 = TrainedDenoiser::load(folder.path(), &device, dtype, WeightType::Int8);
    let inputs = Inputs {
        denoiser: Denoiser::new(int8.expect("it was just written")),
        dataset: Dataset::new(Patterns),
        tokenizer: None,
        groups: None,
    };
    let refused = node(&[]).run(inputs, &mut run(folder.path()));
    let message = refused.err().map(|error| error.to_string());
    let message = message.expect("bytes do not learn");
    assert!(message.contains("as_stored"), "{message}");
}

#[test]
fn captions_that_are_too_long_are_left_out() {
    let source = source(0.0);
    assert_eq!(source.corpus.len(), 3);
    let batch = source.batch(0);
    assert_eq!(batch.before.len(), 50 * 6);
}

#[test]
fn weights_of_each_kind_add_up_and_targets_are_places() {
    let source = source(0.0);
    let batch = source.batch(3);
    let sum = |kind: fn(i32, i32) -> bool| -> f32 {
        let tokens = batch.codes.iter().zip(&batch.targets).zip(&batch.weights);
        let chosen = tokens.filter(|((code, target), _)| kind(**code, **target));
        chosen.map(|(_, weight)| weight).sum()
    };
    assert!((sum(|code, _| code == 17) - 1.0).abs() < 1e-4);
    assert!((sum(|code, target| code != 17 && code != target) - 0.25).abs() < 1e-4);
    assert!(sum(|code, target| code == target).abs() < 1e-9);

    // Every target is the place of a code of one of the patterns, cell by cell.
    let order = crate::network::denoiser::cell_order(GRID.rows, GRID.columns);
    let patterns: Vec<Vec<i32>> = (0..3)
        .map(|index| {
            let codes = pattern(index);
            order.iter().map(|at| 15 - codes[*at] as i32).collect()
        })
        .collect();
    for targets in batch.targets.chunks_exact(GRID.length()) {
        assert!(patterns.iter().any(|pattern| pattern == targets));
    }
}

#[test]
fn complementary_copies_are_of_one_picture_and_one_prompt() {
    let mut source = source(0.5);
    source.corruption.complementary = true;
    let batch = source.batch(1);
    let length = GRID.length();
    let pairs = |values: &[i32], length: usize| {
        let mut pairs = values.chunks_exact(2 * length);
        pairs.all(|pair| pair[..length] == pair[length..])
    };
    assert!(pairs(&batch.targets, length));
    assert!(pairs(&batch.before, batch.before.len() / 50));
    for pair in batch.kinds.chunks_exact(2 * length) {
        let (first, second) = pair.split_at(length);
        let both = first.iter().zip(second);
        let masked = both.filter(|(a, b)| (**a == Kind::Masked) != (**b == Kind::Masked));
        assert_eq!(masked.count(), length);
    }
}

#[test]
fn what_the_network_shall_draw_is_masked_until_then() {
    let mut source = source(0.0);
    source.corruption.replacement = Replacement::Drawn;
    let batch = source.batch(2);
    let rows: Vec<usize> = batch.rows(Kind::Flipped).collect();
    assert!(!rows.is_empty());
    assert_eq!(
        batch
            .drawn
            .iter()
            .map(|drawing| drawing.row)
            .collect::<Vec<_>>(),
        rows
    );
    assert!(rows.iter().all(|row| batch.codes[*row] == 17));
    let weight: f32 = rows.iter().map(|row| batch.weights[*row]).sum();
    assert!((weight - 0.25).abs() < 1e-4, "{weight}");
}

#[test]
fn own_mistakes_change_what_is_learnt_and_can_be_repeated() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let own = node(&[("flip_kind", ParamValue::Text("own".into()))]);
    let trained =
        |node: &TrainGce| hash(&train(node, None, folder.path()).expect("everything fits"));
    assert_eq!(trained(&own), trained(&own));
    assert_ne!(trained(&own), trained(&node(&[])));
}

#[test]
fn parameters_that_exclude_each_other_are_refused() {
    let refused = |changes: &[(&str, ParamValue)]| {
        let refused = node(changes).check();
        refused.expect_err("they exclude each other").to_string()
    };
    let loss = ("loss", ParamValue::Text("soft_neighbours".into()));
    let levels = ("levels", ParamValue::Text("4:0.2".into()));
    let message = refused(&[loss.clone(), levels.clone()]);
    assert!(
        message.contains("unless `loss` is \"grouped\""),
        "{message}"
    );
    assert_eq!(node(&[loss]).check(), Ok(()));
    assert_eq!(node(&[levels]).check(), Ok(()));
    let odd = [
        ("complementary", ParamValue::Bool(true)),
        ("batch", ParamValue::Int(5)),
    ];
    let message = refused(&odd);
    assert!(message.contains("`batch` must be even"), "{message}");
    let message = refused(&[("devices", ParamValue::Int(4))]);
    let told = "`devices` must be a number that divides `batch`, 6, evenly";
    assert!(message.contains(told), "{message}");
    assert_eq!(node(&[("devices", ParamValue::Int(3))]).check(), Ok(()));
}

#[test]
fn prompts_are_dropped_as_often_as_asked() {
    for (share, range) in [(0.0, 0..=0), (0.3, 100..=200), (1.0, 500..=500)] {
        let source = source(share);
        let dropped: usize = (0..10)
            .map(|number| {
                let batch = source.batch(number);
                let front = source.corpus.dropped();
                let rows = batch.before.chunks_exact(front.len());
                let same = |row: &[i32]| row.iter().zip(front).all(|(a, b)| *a == *b as i32);
                rows.filter(|row| same(row)).count()
            })
            .sum();
        assert!(range.contains(&dropped), "{dropped} of 500 at {share}");
    }
}

#[test]
fn batches_do_not_depend_on_where_they_start() {
    let taken = |first: u32| -> Vec<_> {
        let batches = Batches::new(source(0.1), first, 6);
        (first..6)
            .map(|_| batches.next().expect("there are more"))
            .collect()
    };
    assert!(taken(0)[4..] == taken(4)[..]);
}

#[test]
fn no_checkpoint_is_written_unless_asked() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    assert_eq!(node(&[]).checkpoint, FilePath(String::new()));
    let _ = train(&node(&[]), None, folder.path()).expect("everything fits");
    let files = std::fs::read_dir(folder.path()).expect("the folder exists");
    assert_eq!(files.count(), 0);
}
