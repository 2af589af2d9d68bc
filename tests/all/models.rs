//! `smalto models`, on published checkpoints.

use std::path::Path;

use serde_json::json;
use tempfile::tempdir;

use crate::program::{file, smalto, smalto_in};
use crate::repository::root;

#[test]
fn published_checkpoints_are_recognised() {
    for (name, model, codebook) in [
        ("nld_image", "NLD-Image", 128),
        ("emu3_5_vq", "the tokenizer of Emu3.5", 64),
        ("amused_updown", "the transformer of aMUSEd", 64),
        ("ibq_vq", "an IBQ tokenizer", 64),
        ("diffusers_vq", "the VQModel of diffusers", 64),
    ] {
        let path = format!("tests/fixtures/golden/{name}/model.safetensors");
        let folder = path.trim_end_matches("/model.safetensors");
        let ended = smalto(&["models", "inspect", folder, "--json"]);
        let found: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
        assert_eq!(found["recognised"]["model"], model, "{ended:#?}");
        assert_eq!(found["recognised"]["codebook"], codebook);
    }
}

#[test]
fn the_models_of_the_repository_are_listed() {
    let ended = smalto(&["models", "list", "workflows/models", "--json"]).expect(0);
    let found: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    let models = found.as_array().expect("it is a list");
    let named: Vec<&str> = models
        .iter()
        .filter_map(|model| model["model"].as_str())
        .collect();
    let (denoiser, tokenizer) = ("a denoiser of Smalto", "a tokenizer of Smalto");
    assert_eq!(named, [denoiser, tokenizer, tokenizer]);
    assert!(models.iter().all(|model| model["loads"] == true));
}

#[test]
fn pickled_weights_are_never_read() {
    let folder = tempdir().expect("there is room");
    let _ = file(folder.path(), "model.ckpt", "cos\nsystem\n");
    for path in [".", "model.ckpt"] {
        let _ = smalto_in(folder.path(), &["models", "inspect", path])
            .expect(2)
            .says(&["pickled", "save_file"]);
    }
}

#[test]
fn a_synthetic_model_is_recognised_and_paints_noise() {
    let folder = tempdir().expect("there is room");
    let written = smalto_in(
        folder.path(),
        &["models", "synth", "m", "--like", "nld-tiny"],
    );
    assert!(written.expect(0).stdout.contains("random numbers"));
    let ended = smalto_in(folder.path(), &["models", "inspect", "m"]).expect(0);
    let told = ["NLD-Image", "codebook      64", "text head: 1 tensors"];
    assert!(
        told.iter().all(|part| ended.stdout.contains(part)),
        "{ended:#?}"
    );
    let _ = smalto_in(
        folder.path(),
        &["models", "synth", "m", "--like", "nld-tiny"],
    )
    .expect(2)
    .says(&["something in `m`"]);

    let workflow = r#"(format: 1, nodes: {
        "model": (kind: "denoiser.load", version: 1, params: {"path": "m"}),
        "text": (kind: "input.text", version: 1, params: {"text": "a picture"}),
        "encode": (kind: "prompt.encode", version: 1),
        "sample": (kind: "sample.edit", version: 1, params: {"steps": 2, "rows": 4, "columns": 4}),
    }, wires: [
        ("model.denoiser", "encode.denoiser"), ("text.text", "encode.text"),
        ("model.denoiser", "sample.denoiser"), ("encode.prompt", "sample.prompt"),
    ], interface: (outputs: {"tokens": "sample.tokens"}))"#;
    let _ = file(folder.path(), "paint.ron", workflow);
    let held = |arguments: &[&str]| {
        let all = [&["run", "paint.ron", "--json"], arguments].concat();
        let lines = smalto_in(folder.path(), &all).expect(0).json_lines();
        let loaded = lines
            .iter()
            .find(|line| line["event"] == "finished" && line["node"] == "model");
        let bytes = loaded.and_then(|line| line["bytes"]["host"].as_u64());
        bytes.unwrap_or_else(|| panic!("the model is not told of: {lines:#?}"))
    };
    let (stored, int8) = (held(&[]), held(&["--set", "model.weights=int8"]));
    assert!(2 * int8 < stored, "{int8} of {stored} bytes");
}

/// A copy of the files of a golden folder.
fn copy(golden: &str, to: &Path) {
    std::fs::create_dir_all(to).expect("there is room");
    for name in ["config.json", "model.safetensors"] {
        let from = root().join("tests/fixtures/golden").join(golden).join(name);
        let _ = std::fs::copy(from, to.join(name)).expect("there is room");
    }
}

#[test]
fn a_pipeline_is_inspected_part_by_part() {
    let folder = tempdir().expect("there is room");
    let path = folder.path();
    copy("amused", &path.join("transformer"));
    copy("diffusers_vq", &path.join("vqvae"));
    for (name, content) in [
        ("scheduler/scheduler_config.json", "{}"),
        ("LICENSE.md", "yes"),
    ] {
        std::fs::create_dir_all(path.join("scheduler")).expect("there is room");
        let _ = file(path, name, content);
    }
    let index = |more: serde_json::Value| {
        let mut index = json!({
            "_class_name": "AmusedPipeline", "_diffusers_version": "0.25.0",
            "transformer": ["diffusers", "UVit2DModel"], "vqvae": ["diffusers", "VQModel"],
            "scheduler": ["diffusers", "AmusedScheduler"], "safety_checker": [null, null],
        });
        if let (Some(index), Some(more)) = (index.as_object_mut(), more.as_object()) {
            index.extend(more.clone());
        }
        let _ = file(path, "model_index.json", index.to_string());
    };
    index(json!({}));
    let ended = smalto_in(path, &["models", "inspect", ".", "--json"]).expect(0);
    let found: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    assert_eq!(found["pipeline"], "AmusedPipeline");
    let parts = &found["parts"];
    let names: Vec<&String> = parts
        .as_object()
        .expect("parts have names")
        .keys()
        .collect();
    assert_eq!(names, ["scheduler", "transformer", "vqvae"]);
    assert_eq!(parts["scheduler"]["checkpoint"], json!(null));
    let model = |part: &str| parts[part]["checkpoint"]["recognised"]["model"].clone();
    assert_eq!(model("transformer"), "the transformer of aMUSEd");
    assert_eq!(model("vqvae"), "the VQModel of diffusers");
    let numbers = |part: &str| parts[part]["checkpoint"]["parameters"].as_u64();
    let sum = numbers("transformer").zip(numbers("vqvae"));
    assert_eq!(found["parameters"].as_u64(), sum.map(|(a, b)| a + b));
    let told = smalto_in(path, &["models", "inspect", "."])
        .expect(0)
        .stdout;
    for part in [
        "LICENSE.md",
        "vqvae: VQModel",
        "  tensors  ",
        "  no weights",
    ] {
        assert!(told.contains(part), "{told}");
    }

    // Parts that are missing, lie elsewhere, or do not load.
    index(json!({"text_encoder": ["transformers", "CLIPTextModelWithProjection"]}));
    let _ = smalto_in(path, &["models", "inspect", "."])
        .expect(2)
        .says(&["`text_encoder`", "missing", "fetch this part"]);
    index(json!({"../elsewhere": ["diffusers", "VQModel"]}));
    let _ = smalto_in(path, &["models", "inspect", "."])
        .expect(2)
        .says(&["leads out of the folder"]);
    index(json!({}));
    let _ = file(path, "vqvae/config.json", r#"{"_class_name": "VQModel"}"#);
    let _ = smalto_in(path, &["models", "inspect", "."])
        .expect(2)
        .says(&["`vqvae`", "does not load"]);
}
