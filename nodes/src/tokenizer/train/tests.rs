//! Training that goes on from weights that are there already.

use std::path::Path;

use burn::module::Module;
use burn::tensor::Device;
use graph::error::NodeError;
use graph::node::Node;
use graph::param::ParamValue;
use graph::run::Cancel;

use super::{Inputs, Outputs};
use crate::network::tokenizer::TrainedTokenizer;
use crate::network::weights::Weights;
use crate::output::tests::Grey;
use crate::tokenizer::tests::{Gradients, alone, line, pictures, trainer};
use crate::train::room::planted;
use crate::value::{Dataset, Image, Tokenizer};

type Change = (&'static str, ParamValue);

fn text(text: &str) -> ParamValue {
    ParamValue::Text(text.into())
}

fn codebook() -> Vec<Change> {
    vec![
        ("quantiser", text("codebook")),
        ("codes", ParamValue::Int(16)),
        ("dimensions", ParamValue::Int(4)),
    ]
}

fn train(changes: &[Change], inputs: Inputs, folder: &Path) -> Result<Outputs, NodeError> {
    let mut run = alone(folder, Cancel::default());
    trainer(changes).run(inputs, &mut run)
}

/// A tokenizer that has learned a little.
fn beginner(changes: Vec<Change>) -> Tokenizer {
    let changes = [changes, vec![("steps", ParamValue::Int(5))]].concat();
    let outputs = train(&changes, pictures(), Path::new("."));
    outputs.expect("it trains").tokenizer
}

fn from(start: &Tokenizer) -> Inputs {
    Inputs {
        start: Some(start.clone()),
        ..pictures()
    }
}

fn trained(tokenizer: &Tokenizer) -> &TrainedTokenizer {
    tokenizer.downcast().expect("training makes its own kind")
}

/// The bits of all parameters of `part`.
fn bits(part: &impl Module) -> Vec<(String, Vec<u32>)> {
    let weights = Weights::of(part);
    let bits = |name: &str| {
        let array = weights.get(name).expect("it is one of the names");
        array.values.iter().map(|value| value.to_bits()).collect()
    };
    weights
        .names()
        .map(|name| (name.into(), bits(name)))
        .collect()
}

/// The codes of a few pictures.
fn codes(tokenizer: &Tokenizer) -> Vec<u32> {
    let gradients = Gradients { count: 20, side: 8 };
    let bytes: Vec<u8> = (0..20).flat_map(|index| gradients.bytes(index)).collect();
    let image = Image::from_bytes(&bytes, [20, 8, 8], &Device::flex()).expect("the shape fits");
    let tokens = tokenizer.codec().encode(&image);
    tokens.expect("8 is a multiple of 4").codes().to_vec()
}

fn decoder_alone() -> Vec<Change> {
    vec![
        ("trained", text("decoder")),
        ("weight_decay", ParamValue::Float(1.0)),
        ("average", ParamValue::Float(0.5)),
    ]
}

#[test]
fn where_the_decoder_alone_learns_every_picture_keeps_its_codes() {
    for quantiser in [vec![], codebook()] {
        let start = beginner(quantiser);
        let outputs = train(&decoder_alone(), from(&start), Path::new(".")).expect("it trains");

        let (before, after) = (trained(&start), trained(&outputs.tokenizer));
        let kept = |(name, _): &(String, Vec<u32>)| !name.starts_with("decoder.");
        let (before, after) = (bits(before.network()), bits(after.network()));
        let number = before.iter().filter(|part| kept(part)).count();
        assert!(number >= 8, "encoder and codebook have {number} parameters");
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before.0, after.0);
            assert_eq!(before.1 == after.1, kept(before), "{}", before.0);
        }
        assert_eq!(codes(&start), codes(&outputs.tokenizer));

        let loss = line(&outputs, "loss");
        assert!(loss[2].1 < 0.8 * loss[0].1, "{loss:?}");
    }
}

#[test]
fn training_goes_on_from_the_weights_and_in_the_shape_of_start() {
    let start = beginner(vec![]);
    let changes = vec![
        ("learning_rate", ParamValue::Float(0.0)),
        ("channels", text("4")),
        ("encoder_blocks", text("0")),
        ("decoder_blocks", text("0")),
    ];
    let still = train(&changes, from(&start), Path::new(".")).expect("it trains");
    assert_eq!(still.tokenizer.codec().hash(), start.codec().hash());
    let moved = train(&[], from(&start), Path::new(".")).expect("it trains");
    assert_ne!(codes(&moved.tokenizer), codes(&start));
}

#[test]
fn a_decoder_goes_on_from_its_own_checkpoint_alone() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let start = beginner(vec![]);
    let steps = |steps: i64, file: &str| {
        let more = vec![
            ("steps", ParamValue::Int(steps)),
            ("checkpoint", text(file)),
            ("resume", ParamValue::Bool(true)),
            ("warmup", ParamValue::Float(0.0)),
        ];
        [decoder_alone(), more].concat()
    };
    let hash = |outputs: Outputs| outputs.tokenizer.codec().hash();
    let learn = |changes: &[Change]| train(changes, from(&start), folder.path());

    let once = hash(learn(&steps(6, "decoder")).expect("it trains"));
    let again = hash(learn(&steps(6, "decoder")).expect("there is nothing left to do"));
    assert_eq!(once, again);

    let mut everything = steps(6, "everything");
    everything[0] = ("trained", text("everything"));
    let _ = learn(&everything).expect("it trains");
    let message = learn(&steps(6, "everything")).map(drop);
    let message = message.expect_err("it is of another network").to_string();
    assert!(message.contains("weights.input.weight"), "{message}");
}

#[test]
fn checkpoints_are_written_by_time_and_as_many_are_kept_as_asked() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let changes = [
        ("steps", ParamValue::Int(4)),
        ("checkpoint", text("state.safetensors")),
        ("checkpoint_every", ParamValue::Int(1000)),
        ("checkpoint_time", ParamValue::Float(1e-9)),
        ("keep", ParamValue::Int(3)),
    ];
    let _ = train(&changes, pictures(), folder.path()).expect("it trains");
    let files = std::fs::read_dir(folder.path()).expect("it is there");
    let mut names: Vec<_> = files
        .map(|file| file.expect("it can be read").file_name())
        .collect();
    names.sort();
    let kept = [
        "state-2.safetensors",
        "state-3.safetensors",
        "state.safetensors",
    ];
    assert_eq!(names, kept);
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_and_leaves_the_last_good_checkpoint() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    // Weights grow ninefold at each step.
    let exploding = [
        ("steps", ParamValue::Int(200)),
        ("learning_rate", ParamValue::Float(1.0)),
        ("weight_decay", ParamValue::Float(10.0)),
        ("warmup", ParamValue::Float(0.0)),
        ("log_every", ParamValue::Int(1000)),
        ("checkpoint", text("checkpoint")),
        ("checkpoint_every", ParamValue::Int(1)),
    ];
    let stopped = train(&exploding, pictures(), folder.path());
    let message = stopped.err().expect("nothing stays finite").to_string();
    assert!(
        message.contains("no checkpoint was written of that"),
        "{message}"
    );
    let weights = Weights::open(&folder.path().join("checkpoint")).expect("it is whole");
    for name in weights.names() {
        let values = &weights.get(name).expect("it was named").values;
        assert!(values.iter().all(|value| value.is_finite()), "{name}");
    }
}

#[test]
fn a_decoder_alone_wants_a_tokenizer_that_is_kept() {
    let error = train(&decoder_alone(), pictures(), Path::new(".")).map(drop);
    let error = error.expect_err("there is none").to_string();
    assert_eq!(
        error,
        "input `start` does not fit: expected a tokenizer whose encoder is kept, since `trained` is `decoder`, found nothing"
    );
}

#[test]
fn a_tokenizer_of_another_kind_is_no_start() {
    let error = train(&[], from(&Tokenizer::new(Grey)), Path::new(".")).map(drop);
    let error = error.expect_err("it has no network").to_string();
    assert_eq!(
        error,
        "input `start` does not fit: expected a tokenizer of Smalto's own kind, found greys"
    );
}

#[test]
fn datasets_cannot_share_more_than_all_pictures() {
    let gradients = || Some(Dataset::new(Gradients { count: 3, side: 8 }));
    let inputs = |third| Inputs {
        second: gradients(),
        third,
        ..pictures()
    };
    let changes = vec![
        ("steps", ParamValue::Int(1)),
        ("second_share", ParamValue::Float(0.75)),
        ("third_share", ParamValue::Float(0.5)),
    ];
    let error = train(&changes, inputs(gradients()), Path::new(".")).map(drop);
    let error = error.expect_err("1.25 is more than 1").to_string();
    assert_eq!(
        error,
        "parameter `third_share` must be at most what `second_share` leaves, 1 − 0.75, but is 0.5"
    );
    // A share counts for nothing where its port is not wired.
    assert!(train(&changes, inputs(None), Path::new(".")).is_ok());
}

#[test]
fn a_batch_larger_than_memory_is_told_with_the_largest_that_fits() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let start = beginner(codebook());
    for (room, parts) in [
        (
            5,
            [
                "a batch of 16 pictures is too large",
                "fits is 4; set `batch` to 4, with a lower `learning_rate`",
            ],
        ),
        (
            0,
            [
                "not even one picture at a time",
                "a device with more memory",
            ],
        ),
    ] {
        for inputs in [pictures(), from(&start)] {
            let changes = vec![
                ("batch", ParamValue::Int(16)),
                ("checkpoint", text("checkpoint")),
            ];
            let refused = planted::within(room, || train(&changes, inputs, folder.path()));
            let error = refused.err().expect("there is no room for the batch");
            assert!(matches!(error, NodeError::OutOfMemory(_)), "{error:?}");
            let message = error.to_string();
            for part in parts {
                assert!(message.contains(part), "{message}");
            }
            assert!(!folder.path().join("checkpoint").exists());
        }
    }
}
