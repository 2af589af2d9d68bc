use std::collections::BTreeSet;

use graph::document::{Graph, NodeId, Position};
use graph::prelude::*;
use graph::registry::Registry;
use graph::workflow::{Workflow, to_text};

use super::{PasteError, Picked, copy, paste};

/// A word.
#[derive(Clone, Debug, Params)]
struct Word {
    /// The word.
    #[param(default = "")]
    text: String,
}

#[derive(Ports)]
struct WordIn {
    /// What stands before.
    before: Option<String>,
}

#[derive(Ports)]
struct WordOut {
    /// The words.
    words: String,
    /// How many there are.
    count: f64,
}

impl Node for Word {
    const ID: &'static str = "test.word";
    type Inputs = WordIn;
    type Outputs = WordOut;

    fn run(&self, inputs: WordIn, _: &mut Run) -> Result<WordOut, NodeError> {
        let words = inputs.before.unwrap_or_default() + &self.text;
        let count = words.len() as f64;
        Ok(WordOut { words, count })
    }
}

fn registry() -> Registry {
    let mut registry = Registry::default();
    let _ = registry.add::<Word>();
    registry
}

fn graph(text: &str) -> Graph {
    let read = Workflow::read("test.ron", text, &registry());
    read.expect("the file is right").graph
}

fn ids(names: &[&str]) -> BTreeSet<NodeId> {
    let names = names.iter().map(|name| NodeId::new(*name));
    names.map(|id| id.expect("it is a name")).collect()
}

fn nodes(names: &[&str]) -> Picked {
    Picked {
        nodes: ids(names),
        ..Picked::default()
    }
}

/// What `graph` is once `text` is pasted at (1000, 0).
fn pasted(graph: &Graph, text: &str, with_links: bool) -> (String, Picked) {
    let found = paste(text, graph, &registry(), Position::new(1000, 0), with_links);
    let found = found.expect("the text can be pasted");
    let mut graph = graph.clone();
    let before = graph.clone();
    let undo = graph.apply(found.edit).expect("the edit can be made");
    let text = to_text(&graph);
    let _ = graph.apply(undo).expect("it can be undone");
    assert_eq!(graph, before);
    (text, found.picked)
}

const CHAIN: &str = r#"(format: 1, plugins: {"acme": "1"}, nodes: {
    "a": (kind: "test.word", params: {"text": "x"}, state: Muted),
    "b": (kind: "test.word"),
    "c": (kind: "acme.odd", params: {"shape": Some((1, 2))}),
}, wires: [("a.words", "b.before"), ("b.words", "c.in")],
interface: (params: {"word": "b.text"}, outputs: {"out": "c.out"}),
layout: {"a": (0, 0), "b": (at: (100, 40), collapsed: true), "frame/f": (title: "F", at: (-20, -20), size: (300, 200)),
    "note/n": (text: "N", at: (10, 10), size: (9, 9)), "a.words -> b.before": [(50, 20)]})"#;

#[test]
fn what_is_copied_is_a_workflow_file_of_its_own() {
    let text = copy(&graph(CHAIN), &nodes(&["b", "c"]));
    assert_eq!(
        text,
        "// wired: a.words -> b.before\n(\n    format: 1,\n    about: \"\",\n    plugins: {},\n    nodes: {\n        \
         \"b\": (kind: \"test.word\", version: 1, params: {}),\n        \
         \"c\": (kind: \"acme.odd\", version: 1, params: {\"shape\": Some((1, 2))}),\n    },\n    wires: [\n        \
         (\"b.words\", \"c.in\"),\n    ],\n    \
         interface: (params: {\"word\": \"b.text\"}, outputs: {\"out\": \"c.out\"}),\n    \
         layout: {\"b\": (at: (100, 40), collapsed: true)},\n)\n"
    );
    let _ = graph(&text);
}

#[test]
fn pasted_into_an_empty_workflow_everything_comes_back() {
    let chain = graph(CHAIN);
    let (text, picked) = pasted(
        &Graph::default(),
        &copy(&chain, &Picked::all(&chain)),
        false,
    );
    assert_eq!(picked, Picked::all(&chain));
    let text = graph(&text);
    assert_eq!(text.nodes(), chain.nodes());
    assert_eq!(text.wires(), chain.wires());
    assert_eq!(text.interface(), chain.interface());
    let (new, old) = (text.layout(), chain.layout());
    assert_eq!(
        new.frames[&NodeId::new("f").expect("a name")].at,
        Position::new(1000, 0)
    );
    assert_eq!(
        new.notes[&NodeId::new("n").expect("a name")].at,
        Position::new(1030, 30)
    );
    assert_eq!(
        new.nodes[&NodeId::new("b").expect("a name")],
        Position::new(1120, 60)
    );
    assert_eq!(new.collapsed, ids(&["b"]));
    let points: Vec<_> = new.reroutes.values().collect();
    assert_eq!(points, [&vec![Position::new(1070, 40)]]);
    assert_eq!(old.reroutes.len(), 1);
}

#[test]
fn pasted_beside_itself_everything_gets_a_new_name_and_exposes_nothing_twice() {
    let chain = graph(CHAIN);
    let (text, picked) = pasted(&chain, &copy(&chain, &Picked::all(&chain)), false);
    assert_eq!(picked.nodes, ids(&["a_2", "b_2", "c_2"]));
    assert_eq!(picked.frames, ids(&["f_2"]));
    assert_eq!(picked.notes, ids(&["n_2"]));
    let both = graph(&text);
    assert_eq!(both.interface(), chain.interface());
    assert!(text.contains("(\"a_2.words\", \"b_2.before\")"), "{text}");
    assert!(text.contains("(\"b_2.words\", \"c_2.in\")"), "{text}");
    assert_eq!(both.wires().len(), 4);
}

#[test]
fn with_links_a_copy_is_wired_to_the_same_outputs() {
    let chain = graph(CHAIN);
    let text = copy(&chain, &nodes(&["b"]));
    let (linked, _) = pasted(&chain, &text, true);
    assert!(linked.contains("(\"a.words\", \"b_2.before\")"), "{linked}");
    let (alone, _) = pasted(&chain, &text, false);
    assert!(!alone.contains("\"b_2.before\""), "{alone}");
    // Of a kind that nobody knows, it is believed that it can be wired so.
    let (linked, _) = pasted(&chain, &copy(&chain, &nodes(&["c"])), true);
    assert!(linked.contains("(\"b.words\", \"c_2.in\")"), "{linked}");
    // Elsewhere there is nothing to wire it to.
    let (elsewhere, _) = pasted(&Graph::default(), &text, true);
    assert!(elsewhere.contains("wires: []"), "{elsewhere}");
}

#[test]
fn links_that_do_not_fit_are_left_out() {
    let chain = graph(CHAIN);
    let good = copy(&chain, &nodes(&["b"]));
    for line in [
        "// wired: a.count -> b.before",
        "// wired: a.nothing -> b.before",
        "// wired: b_2.words -> b.before",
        "// wired: fox",
        "// wired: a.words -> zzz.before",
    ] {
        let text = good.replace("// wired: a.words -> b.before", line);
        let (text, _) = pasted(&chain, &text, true);
        assert!(!text.contains("\"b_2.before\""), "{line}: {text}");
    }
    let twice = "// wired: a.words -> b.before\n".to_owned() + &good;
    let (text, _) = pasted(&chain, &twice, true);
    assert_eq!(text.matches("\"b_2.before\"").count(), 1, "{text}");
}

#[test]
fn a_whole_file_can_be_pasted_as_it_came_by_chat() {
    let (text, picked) = pasted(&Graph::default(), CHAIN, false);
    assert_eq!(picked.nodes, ids(&["a", "b", "c"]));
    assert!(text.contains("plugins: {\"acme\": \"1\"}"), "{text}");
}

#[test]
fn nodes_without_a_place_stay_without_one() {
    let text = "(format: 1, nodes: {\"a\": (kind: \"test.word\")})";
    let (text, _) = pasted(&Graph::default(), text, false);
    assert!(!text.contains("layout"), "{text}");
}

#[test]
fn what_cannot_be_pasted_is_told() {
    let check = |text: &str, expected: &str| {
        let found = paste(
            text,
            &Graph::default(),
            &registry(),
            Position::default(),
            true,
        );
        let error = found.expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    };
    check("", "there is nothing to paste");
    check(" \n", "there is nothing to paste");
    check("(format: 1, nodes: {})", "there is nothing to paste");
    check("a red fox", "the clipboard holds no nodes: clipboard:1:3: ");
    check(
        "(format: 1,\n nodes: {\"a\": (kind: 7)})",
        "the clipboard holds no nodes: clipboard:2:22: the kind of node `a` must be text",
    );
}

#[test]
fn no_more_is_pasted_than_a_file_may_hold() {
    let many = |count: usize| {
        let nodes: Vec<String> = (0..count)
            .map(|at| format!("\"n{at}\": (kind: \"test.word\")"))
            .collect();
        format!("(format: 1, nodes: {{{}}})", nodes.join(", "))
    };
    let full = graph(&many(9_999));
    let error = paste(&many(2), &full, &registry(), Position::default(), false);
    let error = error.expect_err("two are one too many");
    assert!(
        matches!(
            error,
            PasteError::TooLarge {
                what: "nodes",
                found: 10_001,
                most: 10_000
            }
        ),
        "{error}"
    );
}

#[test]
fn places_at_the_end_of_the_plane_do_not_overflow() {
    let far = format!(
        "(format: 1, nodes: {{\"a\": (kind: \"test.word\"), \"b\": (kind: \"test.word\")}}, \
         layout: {{\"a\": ({}, 0), \"b\": ({}, 0)}})",
        i32::MIN,
        i32::MAX
    );
    let (text, _) = pasted(&Graph::default(), &far, false);
    assert!(
        text.contains(&format!("\"b\": ({}, 0)", i32::MAX)),
        "{text}"
    );
}
