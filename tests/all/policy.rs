//! The whole way of a sampler policy that a plugin brings: built, trusted, and asked at every step of a picture.

use std::path::{Path, PathBuf};
use std::process::Command;

use safetensors::SafeTensors;
use tempfile::TempDir;

use crate::plugins::smalto;
use crate::repository::root;

/// How often the denoiser is asked.
const STEPS: usize = 3;

/// The side of the picture, in tokens.
const SIDE: u64 = 16;

/// A home in which the example `halton` is installed and trusted, so that it works in a process of its own.
fn home() -> TempDir {
    let home = tempfile::tempdir().expect("a folder can be made");
    let here = home.path();
    let plugin = here.join("halton");
    std::fs::create_dir(&plugin).expect("a folder can be made");
    let manifest = root().join("plugins/examples/halton/plugin.toml");
    let _ = std::fs::copy(manifest, plugin.join("plugin.toml")).expect("it can be copied");
    let library = build();
    let name = library.file_name().expect("it is a file");
    let _ = std::fs::copy(&library, plugin.join(name)).expect("it can be copied");
    let _ = smalto(here, here, &["plugins", "trust", "org.smalto.halton"]).expect(0);
    let listed = smalto(here, here, &["plugins", "list"]).expect(0).stdout;
    let state = listed.lines().next();
    assert_eq!(state, Some("org.smalto.halton 0.1.0: ready"), "{listed}");
    home
}

/// Builds the example, and says where its library is.
fn build() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--offline", "-p", "smalto-example-halton"])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(root())
        .output()
        .expect("cargo can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    target.join("debug/libsmalto_example_halton.so")
}

/// A picture of the shipped model, and its tokens after each step; `wire` is one more wire.
fn workflow(wire: &str) -> String {
    let models = root().join("workflows/models/emoji");
    let models = models.display();
    let mut nodes = String::new();
    let mut wires = String::new();
    let mut outputs = String::new();
    for step in 0..=STEPS {
        nodes +=
            &format!("\"at_{step}\": (kind: \"sample.rewind\", params: {{\"step\": {step}}}),\n");
        wires += &format!("(\"sample.history\", \"at_{step}.history\"),\n");
        outputs += &format!("\"after_{step}\": \"at_{step}.tokens\",\n");
    }
    format!(
        r#"(format: 1, plugins: {{"org.smalto.halton": "^0.1"}}, nodes: {{
            "model": (kind: "denoiser.load", params: {{"path": "{models}/denoiser"}}),
            "tokenizer": (kind: "tokenizer.load", params: {{"path": "{models}/tokenizer"}}),
            "text": (kind: "input.text", params: {{"text": "a blue fish"}}),
            "prompt": (kind: "prompt.encode"),
            "policy": (kind: "example.halton"),
            "sample": (kind: "sample.edit", params: {{"steps": {STEPS}, "guidance": 0.0, "shift": 3.0, "seed": 5, "edit_threshold": 0.9, "result": "committed"}}),
            "decode": (kind: "decoder.decode"),
            {nodes}
        }}, wires: [
            ("model.denoiser", "prompt.denoiser"),
            ("text.text", "prompt.text"),
            ("model.denoiser", "sample.denoiser"),
            ("prompt.prompt", "sample.prompt"),
            ("sample.tokens", "decode.tokens"),
            ("tokenizer.tokenizer", "decode.tokenizer"),
            {wires} {wire}
        ], interface: (params: {{}}, outputs: {{"image": "decode.image", {outputs}}}))"#
    )
}

/// Runs a workflow, and hands back the bytes of its picture and the codes after each step.
fn run(home: &Path, name: &str, workflow: &str) -> (Vec<u8>, Vec<Vec<i32>>) {
    std::fs::write(home.join("w.ron"), workflow).expect("a file can be written");
    let arguments = ["run", "w.ron", "--device", "cpu", "--out", name];
    let _ = smalto(home, home, &arguments).expect(0);
    let read = |file: &str| std::fs::read(home.join(name).join(file)).expect("it was written");
    let codes = |step: usize| {
        let bytes = read(&format!("after_{step}.safetensors"));
        let file = SafeTensors::deserialize(&bytes).expect("it is such a file");
        let tokens = file.tensor("tokens").expect("it holds the tokens");
        let (words, _) = tokens.data().as_chunks::<4>();
        words.iter().map(|word| i32::from_le_bytes(*word)).collect()
    };
    (read("image.png"), (0..=STEPS).map(codes).collect())
}

/// The positions that each step laid, in rising order.
fn laid(codes: &[Vec<i32>]) -> Vec<Vec<usize>> {
    let steps = codes.windows(2);
    let laid = steps.map(|step| {
        let positions = 0..step[0].len();
        let laid = positions.filter(|at| step[0][*at] < 0 && step[1][*at] >= 0);
        laid.collect()
    });
    laid.collect()
}

/// The Halton order in whole numbers: the digits of 1, 2, 3 … written backwards, in base 2 the row and in base 3 the column.
fn halton() -> Vec<usize> {
    let place = |number: u64, base: u64| {
        let (mut left, mut above, mut below) = (number, 0, 1);
        while left > 0 {
            above = above * base + left % base;
            below *= base;
            left /= base;
        }
        SIDE * above / below
    };
    let mut order = Vec::new();
    let mut number = 1;
    while order.len() < (SIDE * SIDE) as usize {
        let position = (place(number, 2) * SIDE + place(number, 3)) as usize;
        if !order.contains(&position) {
            order.push(position);
        }
        number += 1;
    }
    order
}

#[test]
fn a_policy_of_a_plugin_says_where_the_sampler_lays() {
    let order = halton();
    assert_eq!(order[..8], [133, 74, 193, 39, 172, 99, 232, 30]);

    let home = home();
    let asked = workflow(r#"("policy.policy", "sample.custom_policy"),"#);
    let (picture, codes) = run(home.path(), "one", &asked);
    let steps = laid(&codes);
    let mut next = order.iter().copied();
    for (step, laid) in steps.iter().enumerate() {
        assert!(!laid.is_empty(), "step {step} laid nothing");
        let mut expected: Vec<usize> = next.by_ref().take(laid.len()).collect();
        expected.sort_unstable();
        assert_eq!(*laid, expected, "step {step}");
    }
    assert_eq!(next.count(), 0, "something was left out");
    let (again, codes_again) = run(home.path(), "other", &asked);
    assert!(codes_again == codes, "the tokens differ");
    assert!(again == picture, "the bytes differ");

    // The sampler's own policy lays as many at each step, and elsewhere.
    let (_, codes) = run(home.path(), "own", &workflow(""));
    let own = laid(&codes);
    for (own, asked) in own.iter().zip(&steps).take(STEPS - 1) {
        assert_eq!(own.len(), asked.len());
        assert_ne!(own, asked);
    }
}
