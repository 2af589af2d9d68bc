//! The commands as their users meet them.

use serde_json::json;
use tempfile::TempDir;

use crate::program::{Ended, command, file, names, smalto, smalto_in};

fn folder() -> TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

/// A workflow of two texts, one of which can be set from outside.
const TEXTS: &str = r#"(
    format: 1,
    nodes: {
        "first": (kind: "input.text", params: {"text": "one"}),
        "second": (kind: "input.text", params: {"text": "{\"two\": 2}"}),
    },
    interface: (params: {"words_of": "first.text"}, outputs: {"a": "first.text", "b": "second.text"}),
)"#;

#[test]
fn results_are_written_by_their_names_and_told() {
    let folder = folder();
    let _ = file(folder.path(), "w.ron", TEXTS);
    let ended = smalto_in(folder.path(), &["run", "w.ron", "--out", "new/out"]).expect(0);
    assert_eq!(ended.stdout, "new/out/a.txt\nnew/out/b.json\n");
    let out = folder.path().join("new/out");
    assert_eq!(names(&out), ["a.txt", "b.json"]);
    let read = |name: &str| std::fs::read_to_string(out.join(name)).expect("it was written");
    assert_eq!(read("a.txt"), "one");
    assert_eq!(read("b.json"), "{\"two\": 2}");
}

#[test]
fn what_a_workflow_offers_is_a_flag() {
    let folder = folder();
    let _ = file(folder.path(), "w.ron", TEXTS);
    let read = || std::fs::read_to_string(folder.path().join("a.txt")).expect("it was written");
    for arguments in [
        ["run", "w.ron", "--words-of", "- three"],
        ["run", "--words-of", "- three", "w.ron"],
    ] {
        let _ = smalto_in(folder.path(), &arguments).expect(0);
        assert_eq!(read(), "- three");
        std::fs::remove_file(folder.path().join("a.txt")).expect("it was written");
    }
    let _ = smalto_in(
        folder.path(),
        &["run", "w.ron", "--words-of=x", "--set", "first.text=four=4"],
    )
    .expect(0);
    assert_eq!(read(), "four=4", "what is set exactly wins");

    let help = smalto_in(folder.path(), &["run", "w.ron", "--help"]).expect(0);
    assert!(help.stdout.contains("--words-of <TEXT>"), "{help:#?}");
    assert!(help.stdout.contains("first.text"), "{help:#?}");
}

#[test]
fn until_runs_a_part_and_gives_its_outputs() {
    let folder = folder();
    let _ = file(folder.path(), "w.ron", TEXTS);
    let arguments = ["run", "w.ron", "--until", "first", "--json"];
    let ended = smalto_in(folder.path(), &arguments).expect(0);
    let lines = ended.json_lines();
    let nodes: Vec<_> = lines
        .iter()
        .filter_map(|line| line["node"].as_str())
        .collect();
    assert!(nodes.iter().all(|node| *node == "first"), "{nodes:?}");
    assert_eq!(names(folder.path()), ["first-text.txt", "w.ron"]);
}

#[test]
fn json_tells_every_event_and_the_results() {
    let folder = folder();
    let _ = file(folder.path(), "w.ron", TEXTS);
    let ended = smalto_in(folder.path(), &["run", "w.ron", "--json"]).expect(0);
    let lines = ended.json_lines();
    let events: Vec<_> = lines
        .iter()
        .filter_map(|line| line["event"].as_str())
        .collect();
    let count = |name: &str| events.iter().filter(|event| **event == name).count();
    assert_eq!(
        (count("started"), count("finished"), count("ended")),
        (2, 2, 1)
    );
    for line in lines.iter().filter(|line| line["event"] == "finished") {
        assert_eq!(line["from_cache"], false);
        assert_eq!(line["reason"], "it has not run before");
    }
    let last = lines.last().expect("there are lines");
    assert_eq!(*last, json!({"results": {"a": ["a.txt"], "b": ["b.json"]}}));
}

#[test]
fn explain_says_why_a_node_ran() {
    let folder = folder();
    let _ = file(folder.path(), "w.ron", TEXTS);
    let _ = smalto_in(folder.path(), &["run", "w.ron", "--explain"])
        .expect(0)
        .says(&["first: runs: it has not run before"]);
    let _ = smalto_in(folder.path(), &["run", "w.ron", "--explain", "--no-cache"])
        .expect(0)
        .says(&["first: runs: the cache is off"]);
}

#[test]
fn nothing_but_results_is_on_standard_output() {
    let folder = folder();
    let _ = file(folder.path(), "w.ron", TEXTS);
    let ended = smalto_in(folder.path(), &["run", "w.ron"]).expect(0);
    assert_eq!(ended.stdout, "a.txt\nb.json\n");
    assert!(ended.stderr.contains("first: done in"), "{ended:#?}");
}

#[test]
fn fmt_rewrites_and_check_says_what_it_would() {
    let folder = folder();
    let path = file(folder.path(), "w.ron", TEXTS);
    let checked = smalto_in(folder.path(), &["fmt", "--check", "w.ron"]).expect(1);
    assert_eq!(checked.stdout, "w.ron\n");
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), TEXTS);
    let _ = smalto_in(folder.path(), &["fmt", "w.ron"]).expect(0);
    let _ = smalto_in(folder.path(), &["fmt", "--check", "w.ron"]).expect(0);
    let once = std::fs::read_to_string(&path).expect("it is there");
    let _ = smalto_in(folder.path(), &["fmt", "w.ron"]).expect(0);
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), once);
}

#[test]
fn check_gives_its_problems_to_programs_too() {
    let folder = folder();
    let _ = file(
        folder.path(),
        "w.ron",
        r#"(format: 1, nodes: {"a": (kind: "no.such")})"#,
    );
    let ended = smalto_in(folder.path(), &["check", "--json", "w.ron"]).expect(2);
    let problems: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    assert_eq!(problems[0]["code"], "unknown-kind");
    assert_eq!(problems[0]["at"]["line"], 1);
    assert_eq!(problems[0]["node"], "a");
}

#[test]
fn nodes_are_listed_and_explained() {
    let list = smalto(&["nodes"]).expect(0).stdout;
    for kind in ["input.text", "tokenizer.load", "sample.edit"] {
        assert!(list.lines().any(|line| line.starts_with(kind)), "{list}");
    }
    let one = smalto(&["nodes", "sample.edit"]).expect(0).stdout;
    for part in [
        "Inputs",
        "denoiser: denoiser",
        "Parameters",
        "steps: a whole number",
        "Outputs",
    ] {
        assert!(one.contains(part), "{part:?} is not in: {one}");
    }
    let json = smalto(&["nodes", "sample.edit", "--json"]).expect(0).stdout;
    let descriptor: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(descriptor["id"], "sample.edit");
    let _ = smalto(&["nodes", "sample.edti"])
        .expect(2)
        .says(&["did you mean `sample.edit`?"]);
}

#[test]
fn kernels_are_verified_against_their_references() {
    let verify = ["bench", "verify", "--device", "cpu", "--json"];
    let some = [
        "--kernel", "softmax", "--kernel", "rms_norm", "--case", "F32",
    ];
    let ended = smalto(&[&verify[..], &some].concat()).expect(0);
    let lines = ended.json_lines();
    let passed = |kernel: &str| {
        let of_kernel = lines.iter().filter(|line| line["kernel"] == kernel);
        let right = |line: &&serde_json::Value| line["passed"] == true && line["device"] == "cpu";
        of_kernel.filter(right).count()
    };
    assert!(
        passed("softmax") >= 2 && passed("rms_norm") >= 2,
        "{lines:?}"
    );
    assert_eq!(passed("softmax") + passed("rms_norm"), lines.len());
    let _ = smalto(&[&verify[..], &["--kernel", "softmaks"]].concat())
        .expect(2)
        .says(&["softmax"]);
    let _ = smalto(&[&verify[..], &["--case", "F65"]].concat())
        .expect(2)
        .says(&["--case"]);
}

#[test]
fn a_model_is_inspected_without_loading_it() {
    let ended = smalto(&[
        "models",
        "inspect",
        "workflows/models/emoji/tokenizer",
        "--json",
    ])
    .expect(0);
    let found: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    assert!(found["parameters"].as_u64() > Some(1000), "{found}");
    assert_eq!(found["missing"], json!([]));

    let folder = folder();
    let header = br#"{"a.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend([0; 8]);
    let _ = file(folder.path(), "model.safetensors", &bytes);
    let _ = file(
        folder.path(),
        "config.json",
        r#"{"architectures": ["Toy"]}"#,
    );
    let text = smalto_in(folder.path(), &["models", "inspect", "."])
        .expect(0)
        .stdout;
    assert!(text.contains("Toy") && text.contains("a: 2"), "{text}");

    let index =
        r#"{"weight_map": {"a.weight": "model.safetensors", "b.weight": "other.safetensors"}}"#;
    let _ = file(folder.path(), "model.safetensors.index.json", index);
    let ended = smalto_in(folder.path(), &["models", "inspect", "."]).expect(2);
    assert!(ended.stdout.contains("b.weight"), "{ended:#?}");

    bytes.truncate(bytes.len() - 1);
    let _ = file(folder.path(), "model.safetensors", &bytes);
    let _ = smalto_in(folder.path(), &["models", "inspect", "."])
        .expect(2)
        .says(&["`a.weight` ends beyond the end of the file"]);
}

/// A reader that goes away early is no failure and no panic.
#[test]
fn a_closed_pipe_is_no_failure() {
    use std::process::Stdio;

    let mut child = command(crate::repository::root(), &["nodes", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked"), "{said}");
}

/// The program alone in a folder of its own, as it lies where no editor was built.
#[cfg(unix)]
fn alone(folder: &std::path::Path) -> std::process::Command {
    let program = folder.join("smalto");
    if std::fs::hard_link(env!("CARGO_BIN_EXE_smalto"), &program).is_err() {
        let _ = std::fs::copy(env!("CARGO_BIN_EXE_smalto"), &program)
            .expect("the program can be copied");
    }
    let mut command = std::process::Command::new(program);
    let _ = command.current_dir(folder).env("PATH", folder.join("bin"));
    command
}

#[cfg(unix)]
#[test]
fn a_missing_editor_is_told_with_the_way_to_build_it() {
    let folder = folder();
    let output = alone(folder.path()).args(["edit", "w.ron"]).output();
    let _ = Ended::from(output.expect("the program can be started"))
        .expect(2)
        .says(&[
            "no `smalto-editor`",
            "cargo build --release -p smalto-editor",
        ]);
}

#[cfg(unix)]
#[test]
fn the_editor_beside_the_program_is_started_with_the_files() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder();
    let editor = file(
        folder.path(),
        "smalto-editor",
        "#!/bin/sh\nprintf '%s\\n' \"$@\"\n",
    );
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755))
        .expect("the test's own file");
    let output = alone(folder.path())
        .args(["edit", "--device", "cpu", "a.ron", "b c.png"])
        .output();
    let ended = Ended::from(output.expect("the program can be started")).expect(0);
    assert_eq!(ended.stdout, "--device\ncpu\n--\na.ron\nb c.png\n");
}
