use graph::document::Graph;
use graph::history::History;
use graph::registry::Registry;
use graph::workflow::{Workflow, to_text};

use super::between;

fn graph(text: &str) -> Graph {
    Workflow::read("test.ron", text, &Registry::default())
        .expect("the file is right")
        .graph
}

/// Expects that the difference leads from each to the other, and undoing it back.
fn check(one: &str, other: &str) {
    let (one, other) = (graph(one), graph(other));
    for (from, to) in [(&one, &other), (&other, &one)] {
        let mut there = from.clone();
        let mut history = History::default();
        history
            .apply(&mut there, between(from, to))
            .expect("the difference can be made");
        assert_eq!(to_text(&there), to_text(to));
        assert_eq!(there, *to);
        assert!(history.undo(&mut there));
        assert_eq!(there, *from);
    }
}

const START: &str = r#"(format: 1, about: "Start.", plugins: {"acme": "1"}, nodes: {
    "a": (kind: "t.a", params: {"x": 1, "gone": true, "odd": Some(1), "both": [1]}),
    "b": (kind: "t.b", state: Muted),
    "c": (kind: "t.c"),
    "d": (kind: "t.d"),
}, wires: [("a.out", "c.in"), ("b.out", "c.in"), ("c.out", "d.in")],
interface: (params: {"x": "a.x", "y": "b.y"}, outputs: {"picture": "d.out"}),
layout: {"a": (0, 0), "b": (0, 100), "c": (at: (9, 9), collapsed: true),
    "frame/f": (title: "F", at: (0, 0), size: (9, 9), colour: Red),
    "note/n": (text: "N", at: (0, 0), size: (9, 9)), "a.out -> c.in": [(5, 5)], "c.out -> d.in": [(7, 7)]})"#;

#[test]
fn nothing_differs_from_itself() {
    check(START, START);
    let same = graph(START);
    assert_eq!(between(&same, &same), graph::edit::Edit::Batch(Vec::new()));
}

#[test]
fn everything_can_appear_and_disappear() {
    check(START, "(format: 1, nodes: {})");
}

#[test]
fn parameters_states_and_places_change() {
    check(
        START,
        &START
            .replace(
                "\"x\": 1, \"gone\": true, \"odd\": Some(1), \"both\": [1]",
                "\"x\": 2, \"odd\": [7], \"both\": 3, \"new\": \"n\"",
            )
            .replace("state: Muted", "state: Bypassed")
            .replace("\"a\": (0, 0)", "\"a\": (40, 0)")
            .replace("\"b\": (0, 100), ", "")
            .replace("collapsed: true", "collapsed: false"),
    );
}

#[test]
fn a_node_becomes_another_kind_and_keeps_its_wires() {
    check(START, &START.replace("\"t.c\"", "\"t.other\""));
    check(
        START,
        &START.replace("(kind: \"t.a\",", "(kind: \"t.a\", version: 2,"),
    );
}

#[test]
fn wires_turn_round_change_places_and_are_led_otherwise() {
    check(
        START,
        &START
            .replace("(\"c.out\", \"d.in\")", "(\"d.out\", \"c.other\")")
            .replace(", \"c.out -> d.in\": [(7, 7)]", ""),
    );
    check(
        START,
        &START.replace(
            "(\"a.out\", \"c.in\"), (\"b.out\", \"c.in\")",
            "(\"b.out\", \"c.in\"), (\"a.out\", \"c.in\")",
        ),
    );
    check(START, &START.replace("[(7, 7)]", "[(1, 1), (2, 2)]"));
}

#[test]
fn the_interface_and_what_is_drawn_change() {
    check(
        START,
        &START
            .replace("\"y\": \"b.y\"", "\"z\": \"b.y\"")
            .replace("\"x\": \"a.x\"", "\"x\": \"c.x\"")
            .replace("\"picture\": \"d.out\"", "\"picture\": \"c.out\"")
            .replace("title: \"F\"", "title: \"G\"")
            .replace("colour: Red", "colour: Blue")
            .replace("note/n", "note/m")
            .replace("Start.", "End.")
            .replace("\"acme\": \"1\"", "\"acme\": \"2\""),
    );
}
