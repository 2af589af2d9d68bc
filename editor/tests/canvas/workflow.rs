//! Workflows to be seen.

use std::fmt::Write;

use graph::document::Graph;
use graph::registry::Registry;
use graph::workflow::Workflow;

/// How many pictures lie beside each other.
const COLUMNS: usize = 10;

/// The workflow in `text`.
pub fn read(text: &str, registry: &Registry) -> Graph {
    Workflow::read("workflow.ron", text, registry)
        .expect("the workflow can be read")
        .graph
}

/// A workflow that makes `pictures` pictures, each from the one before: five nodes and ten wires a picture.
pub fn large(pictures: usize) -> String {
    let mut text = String::from("(format: 1, about: \"Many.\", plugins: {}, nodes: {\n");
    text += "\"model\": (kind: \"denoiser.load\", version: 1, params: {\"path\": \"models/emoji/denoiser\"}),\n";
    text += "\"tokenizer\": (kind: \"tokenizer.load\", version: 1, params: {\"path\": \"models/emoji/tokenizer\"}),\n";
    let (mut wires, mut places) = (String::new(), String::new());
    places += "\"model\": (-300, 0), \"tokenizer\": (-300, 160),\n";
    for at in 0..pictures {
        write!(
            text,
            "\"prompt_{at}\": (kind: \"input.text\", version: 1, params: {{\"text\": \"picture {at}\"}}),\n\
             \"encode_{at}\": (kind: \"prompt.encode\", version: 1, params: {{}}),\n\
             \"sample_{at}\": (kind: \"sample.edit\", version: 1, params: {{\"seed\": {at}}}),\n\
             \"decode_{at}\": (kind: \"decoder.decode\", version: 1, params: {{}}),\n\
             \"join_{at}\": (kind: \"image.concat\", version: 1, params: {{}}),\n"
        )
        .expect("a text can be written to");
        write!(
            wires,
            "(\"prompt_{at}.text\", \"encode_{at}.text\"), (\"model.denoiser\", \"encode_{at}.denoiser\"),\n\
             (\"encode_{at}.prompt\", \"sample_{at}.prompt\"), (\"model.denoiser\", \"sample_{at}.denoiser\"),\n\
             (\"sample_{at}.tokens\", \"decode_{at}.tokens\"), (\"tokenizer.tokenizer\", \"decode_{at}.tokenizer\"),\n\
             (\"decode_{at}.image\", \"join_{at}.image\"),\n"
        )
        .expect("a text can be written to");
        if let Some(before) = at.checked_sub(1) {
            write!(
                wires,
                "(\"encode_{before}.prompt\", \"sample_{at}.negative\"), (\"sample_{before}.tokens\", \"sample_{at}.start\"),\n\
                 (\"decode_{before}.image\", \"join_{at}.image\"),\n"
            )
            .expect("a text can be written to");
        }
        let (x, y) = ((at % COLUMNS) * 1_260, (at / COLUMNS) * 420);
        for (node, right, down) in [
            ("prompt", 0, 0),
            ("encode", 220, 0),
            ("sample", 460, 0),
            ("decode", 700, 0),
            ("join", 940, 0),
        ] {
            write!(places, "\"{node}_{at}\": ({}, {}), ", x + right, y + down)
                .expect("a text can be written to");
        }
    }
    format!(
        "{text}}}, wires: [\n{wires}], interface: (params: {{}}, outputs: {{}}), layout: {{\n{places}}})"
    )
}
