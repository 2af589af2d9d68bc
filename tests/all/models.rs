//! `smalto models`, on published checkpoints.

use tempfile::tempdir;

use crate::program::{file, smalto, smalto_in};

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
    assert_eq!(named, ["a denoiser of Smalto", "a tokenizer of Smalto"]);
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
    let _ = smalto_in(folder.path(), &["run", "paint.ron", "--json"]).expect(0);
}
