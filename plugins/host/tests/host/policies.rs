//! Plugins in Rust: policies that live in a worker, and panics that stay in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use graph::param::{ParamValue, ParamValues};
use graph::policy::{Policy, Question};
use smalto_host::check::check;
use smalto_host::fault::Fault;
use smalto_host::instance::{Datum, Instance, Job, Object};
use smalto_host::node::PluginPolicy;
use smalto_host::worker::Worker;

use crate::fixture::{Listener, launch, root};

/// Builds an example in Rust, and says where its library is.
fn build(example: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "build",
            "--offline",
            "-p",
            &format!("smalto-example-{example}"),
        ])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(root())
        .output()
        .expect("cargo can be started");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    target.join(format!("debug/libsmalto_example_{example}.so"))
}

fn worker(example: &str) -> Arc<Worker> {
    let plugin = format!("org.smalto.{example}");
    Arc::new(Worker::new(plugin, launch(), build(example)))
}

fn job(kind: &str, params: &[(&str, ParamValue)]) -> Job {
    let params = params.iter().cloned();
    Job {
        kind: kind.into(),
        params: params
            .map(|(name, value)| (name.into(), value))
            .collect::<ParamValues>(),
        inputs: BTreeMap::new(),
        base: std::env::temp_dir(),
    }
}

fn policy(outputs: &BTreeMap<String, Datum>) -> Object {
    match &outputs["policy"] {
        Datum::Object(object) => object.clone(),
        other => panic!("{other:?} is no policy"),
    }
}

fn question() -> Question<'static> {
    Question {
        step: 1,
        steps: 4,
        sample: 0,
        rows: 2,
        columns: 4,
        count: 3,
        confidences: &[0.9, 0.8, 0.1, 0.4, 0.6, 0.3, 0.7, 0.2],
        masked: &[true, false, true, true, true, false, true, true],
        random: &[0.5; 8],
    }
}

#[test]
fn a_policy_outlives_the_process_that_made_it() {
    let worker = worker("halton");
    let job = job(
        "example.halton",
        &[
            ("surest", ParamValue::Float(0.34)),
            ("skip", ParamValue::Int(0)),
        ],
    );
    let outputs = worker
        .run(&job, &Listener::default())
        .expect("nothing is wrong");
    let chooser = Policy::new(PluginPolicy {
        name: "Halton".into(),
        instance: worker.clone(),
        object: policy(&outputs),
    });
    let first = chooser.choose(&question()).expect("the answer is right");
    assert_eq!(first.len(), 3);
    assert_eq!(first[0], 0, "the surest comes first");
    let larger = Question {
        rows: 3,
        ..question()
    };
    let refused = chooser.choose(&larger).expect_err("it has more positions");
    assert_eq!(
        refused.problem(),
        "a policy was asked about 12 positions with lists of [8, 8, 8]"
    );
    // Whatever the worker dies of between two steps, the policy is made again in the next one.
    let child = children().pop().expect("the worker runs");
    let killed = Command::new("kill")
        .args(["-9", &child.to_string()])
        .status();
    assert!(killed.expect("there is `kill`").success());
    let process = Path::new("/proc").join(child.to_string());
    // A process can be waited for once it and all its threads are over.
    let is_dead = || {
        let threads = std::fs::read_dir(process.join("task"));
        let stat = std::fs::read_to_string(process.join("stat"));
        threads.is_ok_and(|threads| threads.count() == 1)
            && stat.is_ok_and(|stat| stat.contains(") Z "))
    };
    let began = Instant::now();
    while !is_dead() {
        assert!(began.elapsed() < Duration::from_secs(30), "it lives");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(
        chooser.choose(&question()).expect("it was made again"),
        first
    );
}

#[test]
fn what_one_worker_of_a_plugin_made_is_made_again_in_another() {
    let job = job("example.halton", &[("skip", ParamValue::Int(0))]);
    let (one, other) = (worker("halton"), worker("halton"));
    let made = |worker: &Worker| {
        let outputs = worker.run(&job, &Listener::default());
        policy(&outputs.expect("nothing is wrong"))
    };
    let (mine, _) = (made(&one), made(&other));
    let chosen = one.choose(&mine, &question()).expect("it is its own");
    // Both have made one thing, and each would call its own by the same number.
    drop(one);
    assert_eq!(other.choose(&mine, &question()), Ok(chosen));
}

/// The workers that this thread has started.
fn children() -> Vec<u32> {
    let children = std::fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
    children
        .split_whitespace()
        .filter_map(|id| id.parse().ok())
        .collect()
}

#[test]
fn panics_stay_where_they_are() {
    let worker = worker("panic");
    let run = |place: &str| {
        let job = job(
            "example.panic",
            &[("place", ParamValue::Text(place.into()))],
        );
        worker.run(&job, &Listener::default())
    };
    for place in ["create", "run", "run_twice"] {
        match run(place) {
            Err(Fault::Panicked(said)) => assert!(said.contains("panicked"), "{said}"),
            other => panic!("{place}: {other:?}"),
        }
    }
    for place in ["nowhere", "destroy", "release"] {
        let outputs = run(place).unwrap_or_else(|fault| panic!("{place}: {fault}"));
        let chosen = worker.choose(&policy(&outputs), &question());
        assert_eq!(chosen, Ok(vec![0, 2, 3]), "{place}");
    }
    let outputs = run("choose").expect("it panics later");
    let chosen = worker.choose(&policy(&outputs), &question());
    assert!(matches!(chosen, Err(Fault::Panicked(_))), "{chosen:?}");
    assert!(run("nowhere").is_ok());
}

#[test]
fn nothing_is_wrong_with_the_examples() {
    for example in ["blur", "despeckle", "halton"] {
        let library = build(example);
        let folder = tempfile::tempdir().expect("a folder can be made");
        let manifest = root()
            .join("plugins/examples")
            .join(example)
            .join("plugin.toml");
        let name = library.file_name().expect("it is a file");
        let _ = std::fs::copy(&library, folder.path().join(name)).expect("it can be copied");
        let _ =
            std::fs::copy(manifest, folder.path().join("plugin.toml")).expect("it can be copied");
        let report = check(folder.path(), &launch(), Duration::from_secs(10));
        assert_eq!(report.findings, [], "{example}");
        assert!(
            report
                .notes
                .iter()
                .all(|note| !note.contains("was not run")),
            "{:?}",
            report.notes
        );
    }
}
