//! Workflows to be seen.

use std::fmt::{self, Write};

use graph::document::Graph;
use graph::registry::Registry;
use graph::workflow::Workflow;

/// How many pictures lie beside each other.
const COLUMNS: usize = 10;
/// How far pictures are apart, to the right and downwards.
const ACROSS: usize = 1_260;
const DOWN: usize = 420;

/// The workflow in `text`.
pub fn read(text: &str, registry: &Registry) -> Graph {
    Workflow::read("workflow.ron", text, registry)
        .expect("the workflow can be read")
        .graph
}

/// A workflow that makes `pictures` pictures, each from the one before: five nodes and ten wires a picture.
///
/// Every row of pictures has models of its own.
pub fn large(pictures: usize) -> String {
    let mut nodes = String::new();
    let (mut wires, mut places) = (String::new(), String::new());
    for row in 0..pictures.div_ceil(COLUMNS) {
        models(&mut nodes, &mut places, row).expect("a text can be written to");
    }
    for at in 0..pictures {
        picture(&mut nodes, &mut wires, &mut places, at).expect("a text can be written to");
    }
    format!(
        "(format: 1, about: \"Many.\", plugins: {{}}, nodes: {{\n{nodes}}}, wires: [\n{wires}], \
         interface: (params: {{}}, outputs: {{}}), layout: {{\n{places}}})"
    )
}

/// The models of one row of pictures, and where they stand.
fn models(nodes: &mut String, places: &mut String, row: usize) -> fmt::Result {
    let down = row * DOWN;
    write!(
        nodes,
        "\"model_{row}\": (kind: \"denoiser.load\", version: 1, params: {{\"path\": \"models/denoiser\"}}),\n\
         \"tokenizer_{row}\": (kind: \"tokenizer.load\", version: 1, params: {{\"path\": \"models/tokenizer\"}}),\n"
    )?;
    write!(
        places,
        "\"model_{row}\": (-300, {down}), \"tokenizer_{row}\": (-300, {}), ",
        down + 160
    )
}

/// The nodes of one picture, its wires, and where they stand.
fn picture(nodes: &mut String, wires: &mut String, places: &mut String, at: usize) -> fmt::Result {
    let row = at / COLUMNS;
    write!(
        nodes,
        "\"prompt_{at}\": (kind: \"input.text\", version: 1, params: {{\"text\": \"picture {at}\"}}),\n\
         \"encode_{at}\": (kind: \"prompt.encode\", version: 1, params: {{}}),\n\
         \"sample_{at}\": (kind: \"sample.edit\", version: 1, params: {{\"seed\": {at}}}),\n\
         \"decode_{at}\": (kind: \"decoder.decode\", version: 1, params: {{}}),\n\
         \"join_{at}\": (kind: \"image.concat\", version: 1, params: {{}}),\n"
    )?;
    write!(
        wires,
        "(\"prompt_{at}.text\", \"encode_{at}.text\"), (\"model_{row}.denoiser\", \"encode_{at}.denoiser\"),\n\
         (\"encode_{at}.prompt\", \"sample_{at}.prompt\"), (\"model_{row}.denoiser\", \"sample_{at}.denoiser\"),\n\
         (\"sample_{at}.tokens\", \"decode_{at}.tokens\"), (\"tokenizer_{row}.tokenizer\", \"decode_{at}.tokenizer\"),\n\
         (\"decode_{at}.image\", \"join_{at}.image\"),\n"
    )?;
    if let Some(before) = at.checked_sub(1) {
        write!(
            wires,
            "(\"encode_{before}.prompt\", \"sample_{at}.negative\"), (\"sample_{before}.tokens\", \"sample_{at}.start\"),\n\
             (\"decode_{before}.image\", \"join_{at}.image\"),\n"
        )?;
    }
    let (across, down) = ((at % COLUMNS) * ACROSS, row * DOWN);
    let beside = [
        ("prompt", 0),
        ("encode", 220),
        ("sample", 460),
        ("decode", 700),
        ("join", 940),
    ];
    for (node, right) in beside {
        write!(places, "\"{node}_{at}\": ({}, {down}), ", across + right)?;
    }
    Ok(())
}
