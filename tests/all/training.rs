//! Training as a run of the program: what becomes of its checkpoints.

#[cfg(unix)]
use std::process::Command;

use tempfile::TempDir;

use crate::program::{Ended, file, names, smalto_in};
use crate::repository::root;

/// A folder with four encoded pictures and a workflow that learns them a little.
fn school() -> TempDir {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let pictures = folder.path().join("pictures");
    std::fs::create_dir(&pictures).expect("there is room for a folder");
    for name in ["airplane", "alarm_clock", "anchor", "apple"] {
        let _ = file(&pictures, &format!("{name}.svg"), square(name));
        let _ = file(&pictures, &format!("{name}.txt"), name.replace('_', " "));
    }
    let model = root().join("workflows/models/emoji-128/tokenizer");
    let encode = format!(
        r#"(
            format: 1,
            nodes: {{
                "pictures": (kind: "input.dataset", params: {{"path": "pictures"}}),
                "tokenizer": (kind: "tokenizer.load", params: {{"path": {model:?}}}),
                "codes": (kind: "tokenizer.encode_dataset", params: {{"path": "codes.safetensors"}}),
            }},
            wires: [("pictures.dataset", "codes.dataset"), ("tokenizer.tokenizer", "codes.tokenizer")],
        )"#
    );
    let _ = file(folder.path(), "encode.ron", encode);
    let learn = r#"(
        format: 1,
        nodes: {
            "codes": (kind: "input.dataset", params: {"path": "codes.safetensors"}),
            "new": (kind: "denoiser.new", params: {
                "width": 16, "layers": 1, "heads": 1, "key_heads": 1, "head_width": 16, "inner_width": 16,
            }),
            "train": (kind: "train.gce", params: {"batch": 2, "checkpoint": "checkpoint", "resume": true}),
        },
        wires: [
            ("codes.dataset", "new.dataset"),
            ("codes.dataset", "train.dataset"),
            ("new.denoiser", "train.denoiser"),
        ],
        interface: (params: {"steps": "train.steps"}),
    )"#;
    let _ = file(folder.path(), "learn.ron", learn);
    let _ = smalto_in(folder.path(), &["run", "encode.ron", "--device", "cpu"]).expect(0);
    folder
}

/// A square of a shade that the name decides.
fn square(name: &str) -> String {
    let shade = 40 * (name.len() % 6);
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'>\
         <rect width='8' height='8' fill='rgb({shade},90,200)'/></svg>"
    )
}

fn learn(folder: &TempDir, steps: &str) -> Ended {
    let arguments = [
        "run",
        "learn.ron",
        "--device",
        "cpu",
        "--steps",
        steps,
        "--json",
    ];
    smalto_in(folder.path(), &arguments)
}

/// A limit on the size of files stands in for a full disk: the system answers writes in the same way.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_leaves_the_last_checkpoint_whole() {
    let folder = school();
    let _ = learn(&folder, "1").expect(0);
    let path = folder.path().join("checkpoint");
    let before = (
        std::fs::read(&path).expect("it was written"),
        names(folder.path()),
    );
    assert!(
        before.0.len() > 100 << 10,
        "the limit must be below its {} bytes",
        before.0.len()
    );

    let script = format!(
        "trap '' XFSZ; ulimit -f 64; exec '{}' run learn.ron --device cpu --steps 2",
        env!("CARGO_BIN_EXE_smalto")
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .output()
        .expect("bash is there");
    let _ = Ended::from(output).expect(3).says(&[
        "node `train` failed",
        "the checkpoint cannot be written",
        "the one before is whole",
        "make room",
    ]);
    let after = (
        std::fs::read(&path).expect("it is there"),
        names(folder.path()),
    );
    assert!(before == after, "{:?}", after.1);

    let resumed = learn(&folder, "2").expect(0);
    assert!(resumed.stdout.contains("goes on at step 1"), "{resumed:#?}");
}

#[test]
fn a_checkpoint_of_another_network_is_refused_with_what_to_do() {
    let folder = school();
    let _ = learn(&folder, "1").expect(0);
    let workflow = folder.path().join("learn.ron");
    let text = std::fs::read_to_string(&workflow).expect("it was written");
    let wider = text.replace("\"width\": 16", "\"width\": 24");
    let _ = file(folder.path(), "learn.ron", wider);
    let refused = smalto_in(folder.path(), &["run", "learn.ron", "--device", "cpu"]).expect(3);
    let _ = refused.says(&[
        "node `train` failed",
        "should be [",
        "set `resume` to false to start anew",
        "checkpoint",
    ]);
}
