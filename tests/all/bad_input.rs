//! What the program says to bad input: the exit code, where the mistake is, and how to mend it.

use std::path::Path;

use tempfile::TempDir;

use crate::program::{Ended, file, names, smalto_in};
use crate::repository::root;

fn folder() -> TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

/// Checks the workflow that `nodes` and `wires` make; it must be refused with exit code 2.
fn refused(nodes: &str, wires: &str) -> Ended {
    let folder = folder();
    let text =
        format!("(\n    format: 1,\n    nodes: {{\n{nodes}\n    }},\n    wires: [{wires}],\n)\n");
    let _ = file(folder.path(), "wrong.ron", text);
    let checked = smalto_in(folder.path(), &["check", "wrong.ron"]).expect(2);
    let ran = smalto_in(folder.path(), &["run", "wrong.ron", "--out", "out"]).expect(2);
    assert_eq!(checked.stderr, ran.stderr, "check and run agree");
    assert_eq!(
        names(folder.path()),
        ["wrong.ron"],
        "nothing is left behind"
    );
    checked
}

/// Refused text that is no workflow at all.
fn refused_text(text: impl AsRef<[u8]>) -> Ended {
    let folder = folder();
    let _ = file(folder.path(), "wrong.ron", text);
    smalto_in(folder.path(), &["check", "wrong.ron"]).expect(2)
}

const TEXT: &str = r#""text": (kind: "input.text", params: {"text": "a duck"}),"#;
const MODEL: &str = r#""model": (kind: "tokenizer.load", params: {"path": "nowhere"}),"#;

#[test]
fn an_unknown_kind_is_named_with_the_similar_one() {
    let _ = refused(r#""a": (kind: "input.txet"),"#, "").says(&[
        "wrong.ron:4:",
        "unknown kind `input.txet`",
        "did you mean `input.text`?",
    ]);
}

#[test]
fn an_unknown_port_is_named_with_those_there_are() {
    let nodes = format!("{TEXT}\n{MODEL}\n\"e\": (kind: \"tokenizer.encode\"),");
    let wires = r#"("text.words", "e.image"), ("model.tokenizer", "e.model")"#;
    let _ = refused(&nodes, wires).says(&[
        "wrong.ron:8:",
        "node `text` has no output `words`",
        "node `e` has no input or parameter `model`",
        "`tokenizer`",
    ]);
}

#[test]
fn an_unknown_parameter_is_named_with_the_similar_one() {
    let _ = refused(
        r#""a": (kind: "input.text", params: {"txt": "a duck"}),"#,
        "",
    )
    .says(&["wrong.ron:4:", "no parameter `txt`", "did you mean `text`?"]);
}

#[test]
fn a_wrong_type_says_what_was_expected_and_found() {
    let _ = refused(r#""a": (kind: "input.text", params: {"text": 7}),"#, "")
        .says(&["wrong.ron:4:", "must be text in quotes, but is 7"]);
    let _ = refused(
        r#""a": (kind: "sample.edit", params: {"steps": "many"}),"#,
        "",
    )
    .says(&[
        "wrong.ron:4:",
        "`steps` must be a whole number from 1 to ",
        "but is \"many\"",
    ]);
    let _ = refused(
        r#""a": (kind: "sample.edit", params: {"policy": "fast"}),"#,
        "",
    )
    .says(&[
        "wrong.ron:4:",
        "must be one of",
        "\"stratified\"",
        "but is \"fast\"",
    ]);
}

#[test]
fn kinds_that_do_not_fit_are_both_named() {
    let nodes = format!("{TEXT}\n\"e\": (kind: \"tokenizer.encode\"),");
    let _ = refused(&nodes, r#"("text.text", "e.tokenizer")"#)
        .says(&["wrong.ron:7:", "found text, expected tokenizer"]);
}

#[test]
fn a_cycle_is_shown() {
    let nodes = r#"
        "a": (kind: "sample.edit"),
        "b": (kind: "decoder.decode"),
        "c": (kind: "tokenizer.encode"),"#;
    let wires = r#"("a.tokens", "b.tokens"), ("b.image", "c.image"), ("c.tokens", "a.start")"#;
    let _ =
        refused(nodes, wires).says(&["wrong.ron:9:", "would close a cycle", "a -> b -> c -> a"]);
}

#[test]
fn a_missing_input_is_named_with_the_way_to_wire_it() {
    let _ = refused(r#""a": (kind: "sample.edit"),"#, "").says(&[
        "wrong.ron:4:",
        "nothing is wired to `a.denoiser`",
        "nothing is wired to `a.prompt`",
        "to the wires",
    ]);
}

#[test]
fn two_wires_into_one_input_are_both_named() {
    let more = MODEL.replace("model", "more");
    let nodes = format!("{MODEL}\n{more}\n\"e\": (kind: \"tokenizer.encode\"),");
    let wires = r#"("model.tokenizer", "e.tokenizer"), ("more.tokenizer", "e.tokenizer")"#;
    let _ = refused(&nodes, wires).says(&[
        "wrong.ron:8:",
        "takes one wire",
        "`model.tokenizer`",
        "`more.tokenizer`",
    ]);
}

#[test]
fn infinite_numbers_and_those_that_are_none_are_refused() {
    for number in ["NaN", "inf", "-inf", "1e999"] {
        let node = format!(r#""a": (kind: "sample.edit", params: {{"guidance": {number}}}),"#);
        let _ = refused(&node, "").says(&["wrong.ron:4:", "guidance"]);
        let folder = folder();
        let _ = file(
            folder.path(),
            "w.ron",
            r#"(format: 1, nodes: {"a": (kind: "sample.edit")})"#,
        );
        let set = format!("a.guidance={number}");
        let _ = smalto_in(folder.path(), &["run", "w.ron", "--set", &set])
            .expect(2)
            .says(&["`guidance` must be a number from 0"]);
    }
}

#[test]
fn numbers_out_of_range_are_refused_with_the_range() {
    let _ = refused(r#""a": (kind: "sample.edit", params: {"steps": 0}),"#, "").says(&[
        "wrong.ron:4:",
        "`steps` must be a whole number from 1 to ",
        "but is 0",
    ]);
    let _ = refused(
        r#""a": (kind: "sample.edit", params: {"edit_threshold": 1.5}),"#,
        "",
    )
    .says(&["wrong.ron:4:", "from 0 to 1, but is 1.5"]);
    let _ = refused(r#""a": (kind: "sample.edit", params: {"seed": -1}),"#, "")
        .says(&["wrong.ron:4:", "at least 0"]);
}

#[test]
fn all_problems_are_told_at_once() {
    let nodes = r#"
        "a": (kind: "input.txet"),
        "b": (kind: "sample.edit", params: {"steps": 0, "colour": "red"}),"#;
    let told = refused(nodes, "");
    for line in ["wrong.ron:5:", "wrong.ron:6:"] {
        assert!(told.stderr.contains(line), "{told:#?}");
    }
    let _ = told.says(&["input.txet", "`steps`", "`colour`", "`b.denoiser`"]);
}

#[test]
fn text_that_is_no_workflow_is_refused_where_it_goes_wrong() {
    let _ = refused_text("(format: 1, nodes: {\n  \"a\": (kind: \"input.text\"")
        .says(&["wrong.ron:2:"]);
    let _ = refused_text("hello").says(&["wrong.ron:1:1", "not a workflow"]);
    let _ = refused_text([b'(', 0xff, b')']).says(&["wrong.ron:1:", "UTF-8"]);
    let _ = refused_text("").says(&["wrong.ron:1:1"]);
    let _ = refused_text("(format: 9, nodes: {})").says(&["wrong.ron:1:10", "newer"]);
    let twice = r#"(format: 1, nodes: {"a": (kind: "input.text"), "a": (kind: "input.text")})"#;
    let _ = refused_text(twice).says(&["wrong.ron:1:48", "`a`"]);
}

#[test]
fn huge_and_deep_files_are_refused_at_once() {
    let deep = format!(
        "(format: 1, nodes: {}{})",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let _ = refused_text(deep).says(&["wrong.ron:1:", "deep"]);

    let mut huge = String::from("(format: 1, about: \"");
    huge.push_str(&"a".repeat(100 << 20));
    huge.push_str("\", nodes: {})");
    let _ = refused_text(huge).says(&["wrong.ron", "large"]);
}

#[test]
fn a_file_or_folder_that_is_not_there_is_named() {
    let folder = folder();
    let _ = smalto_in(folder.path(), &["run", "none.ron"])
        .expect(2)
        .says(&["none.ron"]);
    let _ = smalto_in(folder.path(), &["check", "."]).expect(2);
    let _ = smalto_in(folder.path(), &["models", "inspect", "none"])
        .expect(2)
        .says(&["none"]);
}

#[test]
fn a_device_that_is_not_there_is_refused_before_anything_runs() {
    let folder = folder();
    let _ = file(folder.path(), "w.ron", one_text());
    for device in ["gpu", "cuda:99", "cuda:x"] {
        let _ = smalto_in(folder.path(), &["run", "w.ron", "--device", device])
            .expect(2)
            .says(&[device, "--device"]);
    }
    assert_eq!(names(folder.path()), ["w.ron"]);
}

#[test]
fn an_output_folder_that_cannot_be_is_refused_before_anything_runs() {
    let folder = folder();
    let _ = file(folder.path(), "w.ron", one_text());
    let ended = smalto_in(folder.path(), &["run", "w.ron", "--out", "w.ron/out"]).expect(2);
    let _ = ended.says(&["w.ron/out", "--out DIR"]);
    assert_eq!(names(folder.path()), ["w.ron"]);
}

/// A limit on the size of files stands in for a full disk: the system answers writes in the same way.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_leaves_nothing_half_written() {
    use std::process::Command;

    let folder = folder();
    let long = "long ".repeat(4_000);
    let workflow = one_text().replace("a duck", &long);
    let _ = file(folder.path(), "w.ron", workflow);
    let out = folder.path().join("out");
    std::fs::create_dir(&out).expect("there is room for a folder");
    let _ = file(&out, "text.txt", "from an earlier run");
    let script = format!(
        "trap '' XFSZ; ulimit -f 1; exec '{}' run w.ron --out out",
        env!("CARGO_BIN_EXE_smalto")
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .output()
        .expect("bash is there");
    let _ = Ended::from(output)
        .expect(3)
        .says(&["out/text.txt", "--out DIR"]);
    assert_eq!(names(&out), ["text.txt"]);
    let kept = std::fs::read_to_string(out.join("text.txt")).expect("it is there");
    assert_eq!(kept, "from an earlier run");
}

fn one_text() -> String {
    format!(r#"(format: 1, nodes: {{{TEXT}}}, interface: (outputs: {{"text": "text.text"}}))"#)
}

#[test]
fn wrong_arguments_say_what_would_be_right() {
    let folder = folder();
    let _ = file(folder.path(), "w.ron", one_text());
    let check = |arguments: &[&str], parts: &[&str]| {
        let arguments = [&["run", "w.ron"], arguments].concat();
        let _ = smalto_in(folder.path(), &arguments).expect(2).says(parts);
    };
    check(&["--set", "text.text"], &["NODE.PARAM=VALUE"]);
    check(
        &["--set", "txt.text=x"],
        &["no node `txt`", "did you mean `text`?"],
    );
    check(
        &["--set", "text.tex=x"],
        &["no parameter `tex`", "did you mean `text`?"],
    );
    check(&["--until", "txet"], &["no node `txet`"]);
    check(&["--colour", "red"], &["--colour"]);
    check(&["--seed", "-1"], &["--seed"]);
    check(&["--seed", "many"], &["--seed"]);
}

/// Reads the picture `name`, whose content is `content`, alone and as one of a dataset; the nodes must fail.
fn fails_to_read(name: &str, content: &[u8]) {
    let folder = folder();
    std::fs::create_dir(folder.path().join("pictures")).expect("there is room for a folder");
    let _ = file(&folder.path().join("pictures"), name, content);
    let workflow = format!(
        r#"(format: 1, nodes: {{
            "one": (kind: "input.image", params: {{"path": "pictures/{name}"}}),
            "all": (kind: "input.dataset", params: {{"path": "pictures"}}),
        }})"#
    );
    let _ = file(folder.path(), "w.ron", workflow);
    for node in ["one", "all"] {
        let _ = smalto_in(folder.path(), &["run", "w.ron", "--until", node])
            .expect(3)
            .says(&[&format!("node `{node}` failed"), name]);
    }
    assert_eq!(names(folder.path()), ["pictures", "w.ron"]);
}

#[test]
fn damaged_pictures_are_refused() {
    let picture = root().join("workflows/data/emoji/fluent-3d/airplane.webp");
    let picture = std::fs::read(picture).expect("the picture is there");
    fails_to_read("half.webp", &picture[..picture.len() / 2]);
    fails_to_read("empty.png", b"");
    fails_to_read("text.png", b"this is no picture");
    fails_to_read("broken.svg", b"<svg><rect");
}

#[test]
fn a_picture_that_is_not_there_is_named() {
    let folder = folder();
    let node = r#""it": (kind: "input.image", params: {"path": "none.png"})"#;
    let _ = file(
        folder.path(),
        "w.ron",
        format!("(format: 1, nodes: {{{node}}})"),
    );
    let _ = smalto_in(folder.path(), &["run", "w.ron", "--until", "it"])
        .expect(3)
        .says(&["node `it` failed", "none.png"]);
}

/// The small model, copied so that it can be damaged.
fn copy_of(model: &str, to: &Path) {
    std::fs::create_dir_all(to).expect("there is room for a folder");
    let entries = std::fs::read_dir(root().join(model)).expect("the model is there");
    for entry in entries {
        let entry = entry.expect("the entry can be read");
        let _ = std::fs::copy(entry.path(), to.join(entry.file_name())).expect("there is room");
    }
}

/// Loads a damaged copy of a model; the node must fail and name what is wrong.
fn fails_to_load(kind: &str, model: &str, damage: impl Fn(&Path)) -> Ended {
    let folder = folder();
    copy_of(model, &folder.path().join("model"));
    damage(&folder.path().join("model"));
    let workflow =
        format!(r#"(format: 1, nodes: {{"it": (kind: "{kind}", params: {{"path": "model"}})}})"#);
    let _ = file(folder.path(), "w.ron", workflow);
    smalto_in(folder.path(), &["run", "w.ron"])
        .expect(3)
        .says(&["node `it` failed", "model"])
}

#[test]
fn damaged_models_are_refused() {
    let models = [("tokenizer.load", "workflows/models/emoji/tokenizer")];
    for (kind, model) in models {
        let _ = fails_to_load(kind, model, |folder| {
            let weights = folder.join("model.safetensors");
            let bytes = std::fs::read(&weights).expect("it is there");
            std::fs::write(&weights, &bytes[..bytes.len() - 1000]).expect("there is room");
        });
        let _ = fails_to_load(kind, model, |folder| {
            std::fs::write(folder.join("model.safetensors"), "no weights").expect("there is room");
        });
        let _ = fails_to_load(kind, model, |folder| {
            std::fs::remove_file(folder.join("model.safetensors")).expect("it is there");
        });
        let _ = fails_to_load(kind, model, |folder| {
            std::fs::write(folder.join("config.json"), "{\"a\":").expect("there is room");
        });
        let _ = fails_to_load(kind, model, |folder| {
            std::fs::remove_file(folder.join("config.json")).expect("it is there");
        });
    }
}

#[test]
fn weights_that_disagree_with_the_config_are_named() {
    let disagree = |kind: &str, model: &str, change: &dyn Fn(&mut serde_json::Value)| {
        let config = std::fs::read_to_string(root().join(model).join("config.json"));
        let mut config: serde_json::Value =
            serde_json::from_str(&config.expect("it is there")).expect("it is JSON");
        change(&mut config);
        fails_to_load(kind, model, |folder| {
            std::fs::write(folder.join("config.json"), config.to_string()).expect("there is room");
        })
        .says(&["model.safetensors"])
    };
    let doubled = |number: &mut serde_json::Value| {
        *number = (number.as_u64().expect("it is a number") * 2).into();
    };
    let tokenizer = "workflows/models/emoji/tokenizer";
    let _ = disagree("tokenizer.load", tokenizer, &|config| {
        doubled(&mut config["stages"][0]["channels"]);
    })
    .says(&["should be [", "but is ["]);
    let denoiser = "workflows/models/emoji/denoiser";
    let _ = disagree("denoiser.load", denoiser, &|config| {
        doubled(&mut config["inner_width"]);
    })
    .says(&["should be [", "but is ["]);
    let _ = disagree("denoiser.load", denoiser, &|config| {
        doubled(&mut config["layers"]);
    })
    .says(&["missing"]);
}
