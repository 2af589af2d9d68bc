//! Ctrl-C and SIGTERM: a run ends in good order.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::program::{Ended, command, file, names};
use crate::repository::root;

/// A training that would take days, on eight pictures.
fn endless() -> TempDir {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let pictures = folder.path().join("pictures");
    std::fs::create_dir(&pictures).expect("there is room for a folder");
    let from = root().join("workflows/data/emoji/fluent-flat");
    let drawings = names(&from);
    for name in drawings
        .iter()
        .filter(|name| !name.ends_with(".csv"))
        .take(8)
    {
        let _ = std::fs::copy(from.join(name), pictures.join(name)).expect("there is room");
    }
    let workflow = r#"(
        format: 1,
        nodes: {
            "pictures": (kind: "input.dataset", params: {"path": "pictures", "size": 16}),
            "train": (kind: "tokenizer.train", params: {
                "steps": 10000000, "batch": 1, "channels": "8", "encoder_blocks": "1", "decoder_blocks": "1",
                "checkpoint": "checkpoint", "checkpoint_every": 10000000, "log_every": 1,
            }),
        },
        wires: [("pictures.dataset", "train.dataset")],
        interface: (outputs: {"curve": "train.curve"}),
    )"#;
    let _ = file(folder.path(), "endless.ron", workflow);
    folder
}

/// Runs the training until it is under way, then sends `signal`.
fn interrupted(folder: &Path, signal: &str) -> Ended {
    let mut child = command(folder, &["run", "endless.ron", "--json", "--device", "cpu"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut lines = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
    let under_way = |line: &str| line.contains(r#""event":"progress","node":"train""#);
    let begun = lines.any(|line| line.is_ok_and(|line| under_way(&line)));
    assert!(begun, "the training never began");
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .expect("kill is there");
    assert!(sent.success());
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let output = child.wait_with_output().expect("it ends");
    let mut ended = Ended::from(output);
    ended.stdout = rest.join("\n");
    ended
}

#[test]
fn an_interrupted_run_is_cancelled() {
    let folder = endless();
    let ended = interrupted(folder.path(), "-INT")
        .expect(130)
        .says(&["cancelled"]);
    assert!(
        ended
            .stdout
            .contains(r#""event":"cancelled","node":"train""#),
        "{ended:#?}"
    );
    assert!(
        !names(folder.path()).contains(&"curve.csv".into()),
        "no result is written"
    );
}

#[test]
fn a_terminated_training_leaves_a_checkpoint_to_go_on_from() {
    let folder = endless();
    let _ = interrupted(folder.path(), "-TERM")
        .expect(75)
        .says(&["stopped"]);
    assert!(
        names(folder.path())
            .iter()
            .any(|name| name.starts_with("checkpoint")),
        "{:?}",
        names(folder.path())
    );
}
