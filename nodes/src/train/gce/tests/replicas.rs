use super::*;
use crate::network::weights::Weights;
use crate::train::gce::replicas::planted::{Fault, failing, leaving};
use crate::train::room::planted::within;

/// What a run of few steps on `devices` comes to: the points of its loss, and the weights.
fn learnt(devices: i64, changes: &[(&str, ParamValue)], folder: &Path) -> (Vec<f64>, Vec<f32>) {
    let mut changes = changes.to_vec();
    changes.extend([
        ("devices", ParamValue::Int(devices)),
        ("steps", ParamValue::Int(6)),
        ("log_every", ParamValue::Int(1)),
        // The last weights, not an average that begins with the first.
        ("average", ParamValue::Float(0.0)),
    ]);
    let outputs = train(&node(&changes), None, folder).expect("everything fits");
    let losses = outputs.curve.lines[0].points.iter();
    let losses = losses.map(|(_, loss)| *loss).collect();
    let trained = outputs.denoiser.downcast::<TrainedDenoiser>();
    let trained = trained.expect("it was trained");
    (losses, numbers(trained))
}

fn numbers(denoiser: &TrainedDenoiser) -> Vec<f32> {
    let weights = Weights::of(denoiser.network());
    let numbers = weights.names().flat_map(|name| {
        let array = weights.get(name).expect("it was named");
        array.values.clone()
    });
    numbers.collect()
}

/// The mean and the largest difference of numbers.
fn apart(some: &[f32], others: &[f32]) -> (f32, f32) {
    assert_eq!(some.len(), others.len());
    let both = some.iter().zip(others);
    let apart: Vec<f32> = both.map(|(a, b)| (a - b).abs()).collect();
    let mean = apart.iter().sum::<f32>() / apart.len() as f32;
    (mean, apart.into_iter().fold(0.0, f32::max))
}

#[test]
fn several_devices_learn_what_one_learns_from_the_whole_batch() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let plain = [("levels", ParamValue::Text("4:0.2".into()))];
    let all = [
        ("flip_kind", ParamValue::Text("own".into())),
        ("complementary", ParamValue::Bool(true)),
        ("accumulate", ParamValue::Int(2)),
        ("clean_weight", ParamValue::Float(0.1)),
    ];
    for (changes, counts) in [(&plain[..], [2, 3]), (&all[..], [2, 6])] {
        let (losses, weights) = learnt(1, changes, folder.path());
        assert_eq!(losses.len(), 6);
        let (moved, _) = apart(&weights, &numbers(&denoiser()));
        assert!(moved > 1e-3, "{moved}");
        for devices in counts {
            let (found, weighed) = learnt(devices, changes, folder.path());
            for (found, wanted) in found.iter().zip(&losses) {
                let error = (found - wanted).abs();
                assert!(error < 1e-5 * wanted, "{devices}: {found} for {wanted}");
            }
            let (_, most) = apart(&weighed, &weights);
            assert!(most < 1e-6, "{devices}: {most}");
        }
    }
}

#[test]
fn all_replicas_end_with_the_same_numbers() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    // Ends by the clock, which the rates of all follow then.
    let node = node(&[
        ("devices", ParamValue::Int(3)),
        ("optimiser", ParamValue::Text("muon".into())),
        ("steps", ParamValue::Int(1_000_000)),
        ("time_limit", ParamValue::Float(0.2)),
        ("checkpoint", ParamValue::Text("0".into())),
    ]);
    let run = || train(&node, None, folder.path());
    let outputs = leaving(folder.path(), run).expect("everything fits");
    let steps = outputs.curve.lines[0].points.len();
    assert!(steps > 1, "{steps}");
    let open = |name: &str| Weights::open(&folder.path().join(name)).expect("it was written");
    let first = open("0");
    for other in ["1", "2"].map(open) {
        let mut count = 0;
        for name in first.names() {
            let wanted = &first.get(name).expect("it was named").values;
            let found = &other.get(name).expect("all have the same").values;
            assert!(found == wanted, "{name}");
            count += wanted.len();
        }
        assert!(count > 1000, "{count}");
    }
}

#[test]
fn shares_of_a_batch_are_its_pictures_in_order() {
    let mut source = source(0.0);
    source.corruption.replacement = Replacement::Drawn;
    let whole = source.batch(0);
    let shares = whole.clone().shares(5);
    assert_eq!(shares.len(), 5);
    let rows = 10 * GRID.length();
    let drawn = shares.iter().enumerate().flat_map(|(at, share)| {
        let back = move |row: usize| row + at * rows;
        share.drawn.iter().map(move |drawing| {
            assert!(drawing.row < rows);
            (back(drawing.row), drawing.uniform)
        })
    });
    let wanted = whole.drawn.iter();
    let wanted: Vec<_> = wanted
        .map(|drawing| (drawing.row, drawing.uniform))
        .collect();
    assert_eq!(drawn.collect::<Vec<_>>(), wanted);
    let joined = |of: fn(&crate::train::gce::batches::Batch) -> &[i32]| -> Vec<i32> {
        shares.iter().flat_map(|share| of(share).to_vec()).collect()
    };
    assert_eq!(joined(|batch| &batch.codes), whole.codes);
    assert_eq!(joined(|batch| &batch.targets), whole.targets);
    assert_eq!(joined(|batch| &batch.before), whole.before);
    let weights = shares.iter().flat_map(|share| share.weights.clone());
    assert_eq!(weights.collect::<Vec<_>>(), whole.weights);
    let kinds = shares.iter().flat_map(|share| share.kinds.clone());
    assert_eq!(kinds.collect::<Vec<_>>(), whole.kinds);
}

/// What a run on three devices says of which the last fails.
fn fails(fault: Fault, changes: &[(&str, ParamValue)], folder: &Path) -> NodeError {
    let mut changes = changes.to_vec();
    changes.push(("devices", ParamValue::Int(3)));
    let run = || train(&node(&changes), None, folder);
    let ended = failing(2, fault, run);
    ended.err().expect("one of its devices fails")
}

#[test]
fn a_replica_that_fails_ends_the_run_and_leaves_the_last_checkpoint() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let checkpoint = [
        ("checkpoint", ParamValue::Text("checkpoint".into())),
        ("checkpoint_every", ParamValue::Int(1)),
    ];
    let error = fails(Fault::Panic, &checkpoint, folder.path());
    let panicked = NodeError::Panicked("a replica panics on purpose".into());
    assert_eq!(error, panicked);
    let optimiser = node(&[]).optimiser(FloatDType::F32);
    let network = denoiser().network().clone();
    let mut trainer = crate::train::optimiser::Trainer::new(network, optimiser);
    let resumed = trainer.resume(&folder.path().join("checkpoint"));
    assert_eq!(resumed, Ok(2));
}

#[test]
fn a_replica_without_room_is_told_with_the_batch_that_fits() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let error = fails(
        Fault::Room,
        &[("batch", ParamValue::Int(12))],
        folder.path(),
    );
    assert!(matches!(error, NodeError::OutOfMemory(_)), "{error:?}");
    let message = error.to_string();
    let told = "the largest part of it that fits is 6; set `batch` to 6 and `accumulate` to 2";
    assert!(message.contains(told), "{message}");
}

#[test]
fn each_device_needs_room_for_its_share_alone() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let changes = [
        ("batch", ParamValue::Int(24)),
        ("devices", ParamValue::Int(2)),
        ("steps", ParamValue::Int(2)),
    ];
    let run = || train(&node(&changes), None, folder.path());
    assert!(within(12, run).is_ok());
    let refused = within(5, run).err().expect("a share is larger");
    let message = refused.to_string();
    let told = "set `batch` to 6 and `accumulate` to 4 to learn from as many pictures";
    assert!(message.contains(told), "{message}");
}
