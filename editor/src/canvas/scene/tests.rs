use std::collections::BTreeSet;

use graph::document::{Extent, Frame, Graph, Position, State};
use graph::edit::Edit;
use graph::param::ParamValue;
use graph::plugin::Offer;
use graph::registry::{Entry, Registry};

use super::{Scene, Side};
use crate::canvas::sample::{graph, id, ref_of, registry, wire};
use crate::space::{WorldPoint, WorldRect, WorldSize};

fn scene(graph: &Graph) -> Scene {
    Scene::new(graph, &registry(), &BTreeSet::new())
}

fn point(x: f32, y: f32) -> WorldPoint {
    WorldPoint::new(x, y)
}

fn rect(x: f32, y: f32, width: f32, height: f32) -> WorldRect {
    WorldRect::new(point(x, y), WorldSize::new(width, height))
}

#[test]
fn a_node_is_as_large_as_what_it_shows() {
    let sizes = [
        ("test.number", 180.0, 90.0),
        ("test.text", 180.0, 138.0),
        ("test.mask", 180.0, 66.0),
        ("test.blur", 180.0, 242.0),
        ("test.sample", 180.0, 186.0),
    ];
    for (kind, width, height) in sizes {
        let scene = scene(&graph(&format!("a: {kind} 100 200")));
        let bounds = scene.nodes()[0].bounds;
        assert_eq!(bounds, rect(100.0, 200.0, width, height), "{kind}");
    }
}

#[test]
fn the_node_of_a_plugin_is_marked_and_has_room_for_the_mark() {
    let mut registry = registry();
    let built_in = registry.get("test.mask").expect("it is known");
    let descriptor = (*built_in.descriptor).clone();
    let entry = Entry::new(
        descriptor,
        "org.acme@1.0.0+00",
        |_| Err(Vec::new()),
        |_, _| {},
    );
    let offer = Offer {
        version: "1.0.0".parse().expect("it is a version"),
        kinds: vec!["test.mask".into()],
        obstacle: None,
        in_process: false,
    };
    let _ = registry.insert(entry).offer("org.acme", offer);
    let graph = graph("a_name_of_twenty_one: test.mask 0 0\nother: test.text 0 400");
    let node = |registry: &Registry, name: &str| {
        let scene = Scene::new(&graph, registry, &BTreeSet::new());
        let node = scene.node(&id(name)).expect("it is there");
        (node.is_from_plugin, node.bounds.width())
    };
    let name = "a_name_of_twenty_one";
    let before = node(&crate::canvas::sample::registry(), name);
    let marked = node(&registry, name);
    assert!(!before.0 && marked.0);
    assert!(marked.1 > before.1, "{before:?} {marked:?}");
    assert!(!node(&registry, "other").0);
}

#[test]
fn sockets_stand_at_the_edges_and_share_rows() {
    let scene = scene(&graph("a: test.sample 100 200"));
    let sockets = [
        ("a.text", Side::Input, 100.0, 246.0),
        ("a.start", Side::Input, 100.0, 270.0),
        ("a.tokens", Side::Output, 280.0, 246.0),
        ("a.history", Side::Output, 280.0, 270.0),
        ("a.steps", Side::Input, 100.0, 294.0),
        ("a.seed", Side::Input, 100.0, 366.0),
    ];
    for (port, side, x, y) in sockets {
        let socket = scene.socket(&ref_of(port), side).expect("it is shown");
        assert_eq!(socket.at, point(x, y), "{port}");
    }
    assert!(scene.socket(&ref_of("a.top"), Side::Input).is_none());
    assert_eq!(
        scene.anchor(&ref_of("a.top"), Side::Input),
        Some(point(100.0, 215.0)),
        "what is not shown is met at the title"
    );
}

#[test]
fn four_parameters_are_shown_seeds_and_what_must_be_set_first() {
    let names = |text: &str| -> Vec<String> {
        let scene = scene(&graph(text));
        let rows = scene.node(&id("a")).expect("it is there").params.iter();
        rows.map(|row| row.socket.port.port.clone()).collect()
    };
    assert_eq!(names("a: test.sample"), ["steps", "heat", "name", "seed"]);
    assert_eq!(names("a: test.picture"), ["path", "size", "keep", "fit"]);
    let wired = "a: test.sample\n n: test.number\n n.number -> a.heat";
    assert_eq!(names(wired), ["steps", "name", "seed", "top"]);
}

#[test]
fn a_wired_parameter_stands_among_the_inputs() {
    let scene = scene(&graph(
        "a: test.sample 0 0\n n: test.number 0 0\n n.number -> a.heat",
    ));
    let node = scene.node(&id("a")).expect("it is there");
    let inputs: Vec<&str> = node
        .inputs
        .iter()
        .map(|socket| socket.port.port.as_str())
        .collect();
    assert_eq!(inputs, ["text", "start", "heat"]);
    assert_eq!(node.inputs[2].at, point(0.0, 94.0));
    assert!(node.inputs[2].is_wired && node.inputs[2].is_param);
    assert!(!node.inputs[0].is_wired);
}

#[test]
fn a_row_shows_what_is_set_or_else_the_default() {
    let mut graph = graph("a: test.blur 0 0\n b: test.picture 0 0");
    let set = Edit::set(&ref_of("a.amount"), ParamValue::Float(0.25));
    let _ = graph.apply(set).expect("it can be set");
    let scene = scene(&graph);
    let value = |port: &str| {
        let port = ref_of(port);
        let row = scene
            .node(&port.node)
            .expect("it is there")
            .param(&port.port)
            .cloned();
        row.map(|row| (row.value, row.is_set))
    };
    assert_eq!(
        value("a.amount"),
        Some((Some(ParamValue::Float(0.25)), true))
    );
    assert_eq!(value("b.size"), Some((Some(ParamValue::Int(64)), false)));
    assert_eq!(value("b.path"), Some((None, false)));
}

#[test]
fn a_seed_has_dice_beside_its_value() {
    let scene = scene(&graph("a: test.sample 0 0"));
    let node = scene.node(&id("a")).expect("it is there");
    let row = node.param("seed").expect("it is shown");
    assert_eq!(row.bounds, rect(8.0, 154.0, 164.0, 24.0));
    assert_eq!(row.field, rect(83.0, 156.0, 65.0, 20.0));
    assert_eq!(row.dice, Some(rect(152.0, 156.0, 20.0, 20.0)));
    assert_eq!(node.param("steps").expect("it is shown").dice, None);
}

#[test]
fn a_collapsed_node_is_its_title() {
    let mut graph = graph("a: test.blur 0 0\n b: test.blur 400 0\n a.image -> b.image");
    let collapse = Edit::SetCollapsed {
        node: id("b"),
        collapsed: true,
    };
    let _ = graph.apply(collapse).expect("it is there");
    let scene = scene(&graph);
    let node = scene.node(&id("b")).expect("it is there");
    assert_eq!(node.bounds, rect(400.0, 0.0, 180.0, 30.0));
    assert!(node.is_collapsed && node.params.is_empty() && node.picture.is_none());
    assert_eq!(scene.wires()[0].curves[0].to, point(400.0, 15.0));
}

#[test]
fn a_node_that_has_shown_something_has_room_for_it() {
    let graph = graph("a: test.mask 0 0");
    let shown = BTreeSet::from([id("a")]);
    let scene = Scene::new(&graph, &registry(), &shown);
    assert_eq!(scene.nodes()[0].bounds.height(), 218.0);
    assert_eq!(
        scene.nodes()[0].picture,
        Some(rect(8.0, 62.0, 164.0, 148.0))
    );
}

#[test]
fn a_kind_that_nobody_knows_shows_what_its_file_says() {
    let mut graph = graph(
        "a: lost.kind 0 0\n b: test.blur 400 0\n c: test.blur 0 0\n b.image -> a.second\n a.out -> c.amount",
    );
    let set = Edit::set(&ref_of("a.depth"), ParamValue::Int(3));
    let _ = graph.apply(set).expect("it can be set");
    let scene = scene(&graph);
    let node = scene.node(&id("a")).expect("it is there");
    assert_eq!(node.title, "lost.kind");
    assert!(node.descriptor.is_none());
    assert_eq!(node.texts[0].text, "depth: 3");
    assert_eq!(node.inputs[0].port, ref_of("a.second"));
    assert_eq!(node.outputs[0].port, ref_of("a.out"));
    assert_eq!(scene.wires().len(), 2);
}

#[test]
fn a_wire_leads_from_socket_to_socket_by_its_points() {
    let mut graph = graph("a: test.blur 0 0\n b: test.blur 400 100\n a.image -> b.image");
    let led = Edit::SetReroutes {
        wire: wire("a.image -> b.image"),
        points: vec![Position::new(300, 40)],
    };
    let _ = graph.apply(led).expect("there is such a wire");
    let mute = Edit::SetState {
        node: id("a"),
        state: Some(State::Muted),
    };
    let _ = graph.apply(mute).expect("it is there");
    let scene = scene(&graph);
    let curve = &scene.wires()[0];
    let stops: Vec<WorldPoint> = curve.curves.iter().map(|curve| curve.to).collect();
    assert_eq!(curve.curves[0].from, point(180.0, 46.0));
    assert_eq!(stops, [point(300.0, 40.0), point(400.0, 146.0)]);
    assert_eq!(curve.kind.as_deref(), Some("image"));
    assert!(curve.is_dead);
}

#[test]
fn nodes_without_a_place_are_arranged_below_the_others() {
    let scene = scene(&graph(
        "a: test.number 100 100\n b: test.blur\n c: test.blur\n b.image -> c.image",
    ));
    let corner = |node: &str| scene.node(&id(node)).expect("it is there").bounds.origin;
    assert_eq!(corner("b"), point(100.0, 250.0));
    assert_eq!(corner("c"), point(360.0, 250.0));
}

#[test]
fn inner_frames_lie_above_outer_ones() {
    let mut graph = Graph::default();
    for (name, side) in [("inner", 100), ("outer", 300)] {
        let frame = Edit::SetFrame {
            id: id(name),
            frame: Some(Frame {
                size: Extent {
                    width: side,
                    height: side,
                },
                ..Frame::default()
            }),
        };
        let _ = graph.apply(frame).expect("it can be drawn");
    }
    let scene = scene(&graph);
    let names: Vec<&str> = scene
        .frames()
        .iter()
        .map(|frame| frame.id.as_str())
        .collect();
    assert_eq!(names, ["outer", "inner"]);
    assert_eq!(scene.bounds(), Some(rect(0.0, 0.0, 300.0, 300.0)));
}

#[test]
fn what_lies_in_a_region_is_found() {
    let scene = scene(&graph(
        "a: test.number 0 0\n b: test.blur 400 0\n c: test.blur 800 0\n b.image -> c.image",
    ));
    let region = rect(150.0, 0.0, 300.0, 20.0);
    let nodes: Vec<&str> = scene
        .nodes_in(region)
        .map(|node| node.id.as_str())
        .collect();
    assert_eq!(nodes, ["a", "b"]);
    assert_eq!(scene.wires_in(region).count(), 0);
    assert_eq!(scene.wires_in(rect(700.0, 40.0, 10.0, 10.0)).count(), 1);
}
