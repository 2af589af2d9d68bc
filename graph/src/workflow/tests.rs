use super::{Workflow, to_text};
use crate::sample::registry;

const FILE: &str = r#"(
    format: 1,
    about: "Two words.",
    plugins: {},
    nodes: {
        "a":    (kind: "test.text", version: 1, params: {"text": "x"}),
        "join": (kind: "test.join", version: 1, params: {"copies": 2, "weight": 0.5}),
    },
    wires: [
        ("a.text", "join.first"),
    ],
    interface: (params: {"word": "a.text"}, outputs: {"text": "join.text"}),
    layout: {"a": (0, 0), "join": (160, 0)},
)
"#;

#[test]
fn a_file_in_canonical_form_comes_back_as_it_is() {
    let workflow = Workflow::read("two.ron", FILE, &registry()).expect("the file is right");
    assert_eq!(to_text(&workflow.graph), FILE);
    let plan = workflow.plan(&registry()).expect("the graph can be run");
    let order: Vec<&str> = plan.nodes().map(crate::document::NodeId::as_str).collect();
    assert_eq!(order, ["a", "join"]);
}
