//! Nodes that run, in a worker and in this process, and what becomes of those that go wrong.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use graph::exchange::Array;
use smalto_host::fault::Fault;
use smalto_host::instance::{Datum, Instance, Outputs};
use smalto_host::library::Library;
use smalto_host::worker::Worker;
use tempfile::TempDir;

use crate::fixture::{Listener, compile, launch, misbehave, picture};

/// A worker with the plugin that misbehaves; the folder holds its library.
fn worker() -> (TempDir, Worker) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let library = compile(folder.path(), "misbehave/misbehave.c", &[]);
    (
        folder,
        Worker::new("org.smalto.misbehave", launch(), library),
    )
}

fn run(instance: &dyn Instance, how: &str) -> Result<Outputs, Fault> {
    instance.run(&misbehave(how), &Listener::default())
}

fn image(outputs: &Outputs) -> &Array {
    match &outputs["image"] {
        Datum::Array(array) => array,
        other => panic!("{other:?} is no picture"),
    }
}

/// Fails unless the plugin still does what it should.
fn still_works(instance: &dyn Instance, after: &str) {
    let outputs = run(instance, "nothing").unwrap_or_else(|fault| panic!("{after}: {fault}"));
    assert_eq!(image(&outputs).bytes(), picture(4, 5).bytes(), "{after}");
}

#[test]
fn what_kills_a_worker_fails_one_node_and_the_next_run_starts_it_anew() {
    let (_folder, worker) = worker();
    still_works(&worker, "at first");
    for (how, expected) in [
        ("segfault", "signal 11 (SIGSEGV)"),
        ("abort", "signal 6 (SIGABRT)"),
        ("kill", "signal 9 (SIGKILL)"),
        ("overflow", "signal 6 (SIGABRT)"),
        ("exit", "it ended with the exit code 3"),
        ("crash_in_create", "signal 11 (SIGSEGV)"),
        ("crash_in_destroy", "signal 11 (SIGSEGV)"),
        ("close_files", "(plugin `org.smalto.misbehave`)"),
    ] {
        match run(&worker, how) {
            Err(Fault::Crashed { problem, .. }) => {
                assert!(problem.contains(expected), "{how}: {problem}");
                assert!(problem.contains("org.smalto.misbehave"), "{problem}");
            }
            other => panic!("{how}: {other:?}"),
        }
        still_works(&worker, how);
    }
}

/// What a plugin may do wrong at its outputs, and a part of the message that it gets.
const WRONG: &[(&str, &str)] = &[
    ("fail_in_create", "`how`: as it was told; tell it otherwise"),
    ("no_output", "laid nothing at its output `image`"),
    ("output_twice", "something was laid twice at output `image`"),
    ("unknown_output", "the node has no output `nowhere`"),
    (
        "unknown_status",
        "`run` answered with the status 99 and did not say why",
    ),
    (
        "no_reason",
        "`run` answered with the status 1 and did not say why",
    ),
    ("bad_reason", "\u{fffd}"),
    ("wrong_device", "the tensor lies on the device 2"),
    (
        "broken_promise",
        "`infer` promised f32 [5, 5, 5, 3], but `run` laid f32 [1, 2, 2, 3]",
    ),
    ("negative_shape", "its 4 dimensions are no shape"),
    ("huge_shape", "holds too many numbers"),
    ("strided", "the numbers are not contiguous"),
    ("null_tensor", "the tensor is null"),
    ("null_data", "its data is null"),
    ("null_shape", "its 4 dimensions are no shape"),
    ("wrong_dlpack", "the tensor is of DLPack 2"),
    ("size_zero", "the smalto_value cannot be read"),
    ("size_huge", "the smalto_value cannot be read"),
    ("huge_alloc", "out of memory"),
    ("bad_alloc", "`run` answered with the status 2"),
];

#[test]
fn what_a_plugin_does_wrong_is_told_and_nothing_dies_of_it() {
    let (folder, worker) = worker();
    let path = folder.path().join("libmisbehave.so");
    let library = Library::open(&path, Box::new(|_, _| {})).expect("nothing is wrong with it");
    let places: [(&str, &dyn Instance); 2] = [("worker", &worker), ("here", &library)];
    for (place, instance) in places {
        for (how, expected) in WRONG {
            let fault = run(instance, how).err();
            let fault = fault.unwrap_or_else(|| panic!("{place}, {how}: nothing was wrong"));
            assert!(
                !matches!(fault, Fault::Crashed { .. }),
                "{place}, {how}: {fault}"
            );
            let told = fault.to_string();
            assert!(told.contains(expected), "{place}, {how}: {told}");
        }
        still_works(instance, place);
    }
}

#[test]
fn what_the_header_allows_works_everywhere() {
    let (folder, worker) = worker();
    let path = folder.path().join("libmisbehave.so");
    let library = Library::open(&path, Box::new(|_, _| {})).expect("nothing is wrong with it");
    let _ = run(&worker, "print").expect("a plugin may say what it likes");
    let places: [&dyn Instance; 2] = [&worker, &library];
    for instance in places {
        for how in ["leak", "nothing"] {
            let outputs = run(instance, how).unwrap_or_else(|fault| panic!("{how}: {fault}"));
            assert_eq!(image(&outputs).bytes(), picture(4, 5).bytes(), "{how}");
        }
        for how in ["own_tensor", "no_deleter"] {
            let outputs = run(instance, how).unwrap_or_else(|fault| panic!("{how}: {fault}"));
            assert_eq!(image(&outputs).shape(), [1, 2, 2, 3], "{how}");
        }
    }
}

#[test]
fn a_run_that_hears_is_cancelled_at_once_and_a_deaf_one_is_killed() {
    let (_folder, worker) = worker();
    still_works(&worker, "at first");
    for (how, least, most) in [("wait", 0, 3), ("spin", 5, 9)] {
        let listener = Listener::default();
        let began = Instant::now();
        let ended = std::thread::scope(|scope| {
            let running = scope.spawn(|| worker.run(&misbehave(how), &listener));
            std::thread::sleep(Duration::from_millis(100));
            listener.is_cancelled.store(true, Ordering::Relaxed);
            running.join().expect("the host does not panic")
        });
        assert!(matches!(ended, Err(Fault::Cancelled)), "{how}: {ended:?}");
        let took = began.elapsed();
        let limits = Duration::from_secs(least)..Duration::from_secs(most);
        assert!(limits.contains(&took), "{how} took {took:?}");
        still_works(&worker, how);
    }
}

#[test]
fn large_tensors_pass_through_shared_memory_unchanged() {
    let (_folder, worker) = worker();
    let mut job = misbehave("nothing");
    for side in [100, 300, 200] {
        let large = picture(side, side + 1);
        let _ = job
            .inputs
            .insert("image".into(), vec![Datum::Array(large.clone())]);
        let mut kept = Vec::new();
        for _ in 0..3 {
            let outputs = worker
                .run(&job, &Listener::default())
                .expect("nothing is wrong");
            kept.push(image(&outputs).clone());
        }
        for image in kept {
            assert_eq!(image.shape(), large.shape());
            assert!(
                image.bytes() == large.bytes(),
                "a picture of {side} rows was changed"
            );
        }
    }
}

#[test]
fn a_library_that_does_not_get_ready_is_told_at_each_run() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let library = compile(folder.path(), "misbehave/misbehave.c", &["SIN_INIT_FAILS"]);
    let worker = Worker::new("org.smalto.misbehave", launch(), library);
    for _ in 0..2 {
        let told = run(&worker, "nothing")
            .expect_err("it is not ready")
            .to_string();
        assert!(told.contains("`init` answered with the status 1"), "{told}");
    }
}
