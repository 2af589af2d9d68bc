//! What is planned around samplers, on graphs built by hand; what the view does is tested in the modules below.

mod state;
mod view;

use graph::document::{Graph, NodeId, PlacedNode, PortRef, Position, State, Wire};
use graph::edit::Edit;
use graph::kind::Kind;
use graph::node::{Descriptor, Effect};
use graph::param::{ParamKind, ParamSpec, ParamValue};
use graph::port::{Arity, PortSpec};
use graph::registry::{Entry, Registry};

use super::cells::Cells;
use super::decode::scratch;
use super::resume::resume;
use super::wiring::Obstacle;

/// A kind of node with ports written `name: kind`, optional inputs `name: kind?`.
pub(crate) fn kind(
    id: &str,
    inputs: &[&str],
    outputs: &[&str],
    params: &[(&str, ParamKind)],
) -> Entry {
    let port = |text: &&str| {
        let (name, kind) = text
            .split_once(": ")
            .expect("a port is written `name: kind`");
        PortSpec {
            name: name.into(),
            doc: String::new(),
            kind: Kind::new(kind.trim_end_matches('?')),
            arity: if kind.ends_with('?') {
                Arity::Optional
            } else {
                Arity::One
            },
        }
    };
    let param = |(name, kind): &(&str, ParamKind)| ParamSpec {
        name: (*name).into(),
        doc: String::new(),
        kind: kind.clone(),
        default: None,
        unit: None,
    };
    let descriptor = Descriptor {
        id: id.into(),
        version: 1,
        title: id.into(),
        doc: String::new(),
        effect: Effect::Pure,
        params: params.iter().map(param).collect(),
        inputs: inputs.iter().map(port).collect(),
        outputs: outputs.iter().map(port).collect(),
    };
    Entry::new(descriptor, "", |_| Err(Vec::new()), |_, _| ())
}

/// The kinds that samplers are wired with; `rewind` is the parameters of the one that goes back.
fn registry_with(rewind: &[(&str, ParamKind)]) -> Registry {
    let mut registry = Registry::default();
    let sampler = ["denoiser: denoiser", "start: tokens?", "mask: mask?"];
    let _ = registry
        .insert(kind(
            "a.model",
            &[],
            &["denoiser: denoiser", "tokenizer: tokenizer"],
            &[],
        ))
        .insert(kind("a.mask", &[], &["mask: mask"], &[]))
        .insert(kind(
            "a.sampler",
            &sampler,
            &["tokens: tokens", "history: history"],
            &[],
        ))
        .insert(kind(
            "a.fixed",
            &[],
            &["tokens: tokens", "history: history"],
            &[],
        ))
        .insert(kind(
            "a.damage",
            &["tokens: tokens"],
            &["tokens: tokens"],
            &[],
        ))
        .insert(kind(
            "a.decoder",
            &["tokenizer: tokenizer", "tokens: tokens"],
            &["image: image"],
            &[],
        ))
        .insert(kind(
            "a.rewind",
            &["history: history"],
            &["tokens: tokens"],
            rewind,
        ));
    registry
}

fn steps_and_cells() -> Vec<(&'static str, ParamKind)> {
    vec![
        ("step", ParamKind::Int { min: 0, max: 9999 }),
        ("cells", ParamKind::Text { multiline: false }),
    ]
}

pub(crate) fn registry() -> Registry {
    let mut params = steps_and_cells();
    params.push(("fill", ParamKind::Bool));
    registry_with(&params)
}

fn id(name: &str) -> NodeId {
    NodeId::new(name).expect("it is a name")
}

pub(crate) fn port(text: &str) -> PortRef {
    text.parse().expect("it names a port")
}

/// A graph of nodes written `name: kind` and wires written `a.b > c.d`.
fn graph(nodes: &[&str], wires: &[&str]) -> Graph {
    let mut graph = Graph::default();
    for text in nodes {
        let (name, kind) = text
            .split_once(": ")
            .expect("a node is written `name: kind`");
        let edit = Edit::add(id(name), PlacedNode::new(format!("a.{kind}"), 1));
        let _ = graph.apply(edit).expect("the name is free");
    }
    for text in wires {
        let (from, to) = text
            .split_once(" > ")
            .expect("a wire is written `a.b > c.d`");
        let edit = Edit::connect(port(from), port(to));
        let _ = graph.apply(edit).expect("the wire fits");
    }
    graph
}

/// A sampler with a decoder.
pub(crate) fn painting() -> Graph {
    graph(
        &["model: model", "paint: sampler", "picture: decoder"],
        &[
            "model.denoiser > paint.denoiser",
            "model.tokenizer > picture.tokenizer",
            "paint.tokens > picture.tokens",
        ],
    )
}

/// The wires of a graph, one a line.
fn wires(graph: &Graph) -> Vec<String> {
    graph.wires().iter().map(Wire::to_string).collect()
}

#[test]
fn a_step_is_decoded_by_what_decodes_the_result() {
    let scratch = scratch(&painting(), &registry(), &port("paint.history"), 7);
    let scratch = scratch.expect("there is all it takes");
    assert_eq!(
        wires(&scratch.graph),
        [
            "model.denoiser -> paint.denoiser",
            "model.tokenizer -> picture.tokenizer",
            "step.tokens -> picture.tokens",
            "paint.history -> step.history",
        ]
    );
    let node = scratch.graph.node(&id("step")).expect("it was added");
    let expected = PlacedNode::new("a.rewind", 1)
        .with("fill", ParamValue::Bool(true))
        .with("step", ParamValue::Int(7));
    assert_eq!(*node, expected);
    assert_eq!(
        (scratch.until, scratch.port.as_str()),
        (id("picture"), "image")
    );
}

#[test]
fn a_kind_that_cannot_fill_is_not_told_to() {
    let registry = registry_with(&steps_and_cells());
    let scratch = scratch(&painting(), &registry, &port("paint.history"), 1);
    let scratch = scratch.expect("there is all it takes");
    let node = scratch.graph.node(&id("step")).expect("it was added");
    let expected = PlacedNode::new("a.rewind", 1).with("step", ParamValue::Int(1));
    assert_eq!(*node, expected);
}

#[test]
fn tokens_are_decoded_by_way_of_what_changes_them() {
    let graph = graph(
        &[
            "step: damage",
            "paint: sampler",
            "other: sampler",
            "picture: decoder",
        ],
        &[
            "paint.tokens > other.start",
            "paint.tokens > step.tokens",
            "step.tokens > picture.tokens",
        ],
    );
    let scratch = scratch(&graph, &registry(), &port("paint.history"), 2);
    let scratch = scratch.expect("there is all it takes");
    assert_eq!(
        wires(&scratch.graph),
        [
            "paint.tokens -> other.start",
            "step.tokens -> picture.tokens",
            "step_2.tokens -> step.tokens",
            "paint.history -> step_2.history",
        ]
    );
    assert_eq!(scratch.until, id("picture"));
}

#[test]
fn what_is_missing_is_told() {
    let check = |graph: &Graph, registry: &Registry, output: &str, expected: Obstacle| {
        let found = scratch(graph, registry, &port(output), 0).map(drop);
        assert_eq!(found, Err(expected), "{output}");
    };
    let no_sampler = |node| Obstacle::NoSampler { node: id(node) };
    let node = id("paint");
    let no_decoder = Obstacle::NoDecoder { node: node.clone() };
    check(
        &painting(),
        &Registry::default(),
        "paint.history",
        Obstacle::NoRewind,
    );
    check(
        &painting(),
        &registry_with(&[]),
        "paint.history",
        Obstacle::NoRewind,
    );
    check(
        &painting(),
        &registry(),
        "picture.image",
        no_sampler("picture"),
    );
    check(
        &painting(),
        &registry(),
        "paint.tokens",
        no_sampler("paint"),
    );
    check(&painting(), &registry(), "gone.history", no_sampler("gone"));
    check(
        &graph(&["paint: sampler"], &[]),
        &registry(),
        "paint.history",
        no_decoder.clone(),
    );

    let mut muted = painting();
    let state = Some(State::Muted);
    let edit = Edit::SetState {
        node: id("picture"),
        state,
    };
    let _ = muted.apply(edit).expect("there is such a node");
    check(&muted, &registry(), "paint.history", no_decoder);
}

fn painted() -> Cells {
    "3:4-9, 4:4".parse().expect("they are cells")
}

#[test]
fn going_on_adds_a_rewind_a_sampler_and_a_decoder_and_is_undone_in_one_go() {
    let before = painting();
    let resume = resume(&before, &registry(), &port("paint.history"), 12, &painted());
    let resume = resume.expect("there is all it takes");
    assert_eq!(
        resume.nodes,
        [id("rewind"), id("paint_again"), id("picture_again")]
    );

    let mut after = before.clone();
    let inverse = after.apply(resume.edit).expect("it was tried before");
    assert_eq!(
        wires(&after),
        [
            "model.denoiser -> paint.denoiser",
            "model.denoiser -> paint_again.denoiser",
            "rewind.tokens -> paint_again.start",
            "model.tokenizer -> picture.tokenizer",
            "paint.tokens -> picture.tokens",
            "model.tokenizer -> picture_again.tokenizer",
            "paint_again.tokens -> picture_again.tokens",
            "paint.history -> rewind.history",
        ]
    );
    let node = after.node(&id("rewind")).expect("it was added");
    let expected = PlacedNode::new("a.rewind", 1)
        .with("cells", ParamValue::Text("3:4-9, 4:4".into()))
        .with("step", ParamValue::Int(12));
    assert_eq!(*node, expected);

    let _ = after.apply(inverse).expect("what was done can be undone");
    assert_eq!(after, before);
}

#[test]
fn a_copy_has_the_settings_of_its_original_and_neither_its_start_nor_its_mask() {
    let mut graph = graph(
        &[
            "model: model",
            "mask: mask",
            "first: fixed",
            "paint: sampler",
        ],
        &[
            "model.denoiser > paint.denoiser",
            "first.tokens > paint.start",
            "mask.mask > paint.mask",
        ],
    );
    let steps = port("paint.steps");
    let edit = Edit::set(&steps, ParamValue::Int(24));
    let _ = graph.apply(edit).expect("there is such a node");

    let resume = resume(
        &graph,
        &registry(),
        &port("paint.history"),
        3,
        &Cells::default(),
    );
    let resume = resume.expect("a decoder is not needed");
    let _ = graph.apply(resume.edit).expect("it was tried before");
    let copy = id("paint_again");
    let into: Vec<String> = graph
        .wires_into(&copy)
        .iter()
        .map(Wire::to_string)
        .collect();
    assert_eq!(
        into,
        [
            "model.denoiser -> paint_again.denoiser",
            "rewind.tokens -> paint_again.start"
        ]
    );
    let copied = graph.node(&copy).expect("it was added");
    assert_eq!(copied.params.get("steps"), Some(&ParamValue::Int(24)));
}

#[test]
fn going_on_twice_takes_other_names_and_other_places() {
    let mut graph = painting();
    for (node, x, y) in [("model", 0, 0), ("paint", 280, 40), ("picture", 560, 100)] {
        let to = Some(Position::new(x, y));
        let _ = graph
            .apply(Edit::Move { node: id(node), to })
            .expect("there is such a node");
    }
    let mut places = Vec::new();
    for _ in 0..2 {
        let resume = resume(&graph, &registry(), &port("paint.history"), 1, &painted());
        let resume = resume.expect("there is all it takes");
        let _ = graph.apply(resume.edit).expect("it was tried before");
        for node in resume.nodes {
            let at = graph.layout().nodes[&node];
            places.push((node.to_string(), at.x, at.y));
        }
    }
    let expected = [
        ("rewind", 280, 440),
        ("paint_again", 560, 440),
        ("picture_again", 840, 440),
        ("rewind_2", 280, 780),
        ("paint_again_2", 560, 780),
        ("picture_again_2", 840, 780),
    ];
    assert_eq!(places, expected.map(|(name, x, y)| (name.to_owned(), x, y)));
}

#[test]
fn a_sampler_that_always_starts_from_nothing_cannot_go_on() {
    let graph = graph(&["paint: fixed"], &[]);
    let found = resume(&graph, &registry(), &port("paint.history"), 1, &painted()).map(drop);
    assert_eq!(found, Err(Obstacle::NoStart { node: id("paint") }));
}
