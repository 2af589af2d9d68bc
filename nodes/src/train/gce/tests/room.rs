use super::*;
use crate::train::room::planted;

/// What a run says that has room for batches of so many pictures at most.
fn refused(room: usize, changes: &[(&str, ParamValue)], folder: &Path) -> NodeError {
    let result = planted::within(room, || train(&node(changes), None, folder));
    result.err().expect("there is no room for the batch")
}

#[track_caller]
fn check(error: &NodeError, parts: &[&str]) {
    assert!(matches!(error, NodeError::OutOfMemory(_)), "{error:?}");
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "{message}");
    }
    assert!(!message.contains('\n'), "{message}");
}

#[test]
fn a_batch_larger_than_memory_is_told_with_the_largest_that_fits() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let large = [("batch", ParamValue::Int(24))];
    let told = [
        "a batch of 24 pictures is too large",
        "the largest part of it that fits is 6",
        "set `batch` to 6 and `accumulate` to 4 to learn from as many pictures",
        "OutOfMemory { size: 24 }",
    ];
    check(&refused(11, &large, folder.path()), &told);
    let [batch] = large;
    let twice = [batch, ("accumulate", ParamValue::Int(3))];
    check(
        &refused(12, &twice, folder.path()),
        &["set `batch` to 12 and `accumulate` to 6"],
    );
    let odd = [("batch", ParamValue::Int(7))];
    check(
        &refused(2, &odd, folder.path()),
        &["set `batch` to 1 and `accumulate` to 7 to learn from as many"],
    );
    check(
        &refused(3, &odd, folder.path()),
        &["set `batch` to 3 and `accumulate` to 3 to learn from about as many"],
    );
}

#[test]
fn pairs_stay_pairs_in_smaller_batches() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let pairs = [
        ("batch", ParamValue::Int(12)),
        ("complementary", ParamValue::Bool(true)),
    ];
    // A quarter would part a pair.
    let refused = refused(5, &pairs, folder.path());
    check(&refused, &["not even one picture at a time"]);
}

#[test]
fn where_no_picture_fits_another_way_out_is_told() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let refused = refused(0, &[], folder.path());
    check(&refused, &["not even one picture", "a smaller network"]);
}

#[test]
fn want_of_memory_leaves_the_last_checkpoint_as_it_was() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let resumed = |steps: i64, batch: i64| {
        [
            ("steps", ParamValue::Int(steps)),
            ("batch", ParamValue::Int(batch)),
            ("checkpoint", ParamValue::Text("checkpoint".into())),
            ("resume", ParamValue::Bool(true)),
        ]
    };
    let _ = train(&node(&resumed(3, 2)), None, folder.path()).expect("everything fits");
    let bytes = || std::fs::read(folder.path().join("checkpoint")).expect("it was written");
    let before = bytes();
    let refused = refused(2, &resumed(6, 8), folder.path());
    check(&refused, &["set `batch` to 2 and `accumulate` to 4"]);
    assert!(before == bytes(), "the checkpoint was written anew");
}
