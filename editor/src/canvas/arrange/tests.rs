use std::collections::BTreeSet;

use graph::document::{Extent, Frame, Graph, NodeId, Note, Position};
use graph::edit::Edit;

use super::{chosen, everything};
use crate::canvas::sample::{graph, id, registry, wire};
use crate::canvas::scene::Scene;

const CHAIN: &str = "
    a: test.number 100 700
    b: test.blur 50 80
    c: test.blur 60 90
    a.number -> b.amount
    b.image -> c.image";

fn scene(graph: &Graph) -> Scene {
    Scene::new(graph, &registry(), &BTreeSet::new())
}

fn place(graph: &Graph, node: &str) -> (i32, i32) {
    let place = graph.layout().nodes[&id(node)];
    (place.x, place.y)
}

fn change(graph: &mut Graph, edit: Option<Edit>) {
    let edit = edit.expect("there is something to arrange");
    let _ = graph.apply(edit).expect("the change is right");
}

#[test]
fn arranged_nodes_begin_where_they_were_and_their_wires_are_level() {
    let mut graph = graph(CHAIN);
    let led = Edit::SetReroutes {
        wire: wire("b.image -> c.image"),
        points: vec![Position::new(0, 0)],
    };
    change(&mut graph, Some(led));
    let all: BTreeSet<NodeId> = graph.nodes().keys().cloned().collect();
    let edit = chosen(&graph, &scene(&graph), &all);
    change(&mut graph, edit);
    // The number comes out 46 below its upper edge, and goes in 70 below that of the blur.
    assert_eq!(place(&graph, "b").0, 50 + 260);
    assert_eq!(place(&graph, "a").1 + 46, place(&graph, "b").1 + 70);
    assert_eq!(place(&graph, "b").1, place(&graph, "c").1);
    let corner = scene(&graph).bounds().expect("there are nodes").origin;
    assert_eq!((corner.x, corner.y), (50.0, 80.0));
    assert!(graph.layout().reroutes.is_empty());
}

#[test]
fn only_the_chosen_move() {
    let mut graph = graph(CHAIN);
    let edit = chosen(&graph, &scene(&graph), &BTreeSet::from([id("b"), id("c")]));
    change(&mut graph, edit);
    assert_eq!(place(&graph, "a"), (100, 700));
    assert_eq!(place(&graph, "b"), (50, 80));
    assert_eq!(place(&graph, "c"), (310, 80));
}

#[test]
fn frames_keep_what_is_in_them_and_nothing_else() {
    let mut graph = graph(
        "a: test.picture 0 0\n b: test.blur 440 40\n c: test.blur 700 40\n d: test.blur 1200 900
         a.image -> b.image\n b.image -> c.image\n c.image -> d.image",
    );
    let frame = |at, width, height| Frame {
        at,
        size: Extent { width, height },
        ..Frame::default()
    };
    change(
        &mut graph,
        Some(Edit::Batch(vec![
            Edit::SetFrame {
                id: id("outer"),
                frame: Some(frame(Position::new(400, 0), 700, 500)),
            },
            Edit::SetFrame {
                id: id("inner"),
                frame: Some(frame(Position::new(420, 10), 240, 300)),
            },
            Edit::SetFrame {
                id: id("empty"),
                frame: Some(frame(Position::new(-900, 0), 100, 100)),
            },
            Edit::SetNote {
                id: id("note"),
                note: Some(Note {
                    at: Position::new(700, 400),
                    size: Extent {
                        width: 100,
                        height: 50,
                    },
                    ..Note::default()
                }),
            },
        ])),
    );
    let edit = everything(&graph, &scene(&graph));
    change(&mut graph, edit);
    let scene = scene(&graph);
    let frame = |name: &str| scene.frame(&id(name)).expect("it is drawn").bounds;
    let node = |name: &str| scene.node(&id(name)).expect("it is there").bounds;
    assert!(frame("outer").contains_rect(&frame("inner")));
    assert!(frame("outer").contains_rect(&node("c")));
    assert!(frame("outer").contains_rect(&scene.notes()[0].bounds));
    assert!(frame("inner").contains_rect(&node("b")));
    assert!(!frame("inner").intersects(&node("c")));
    assert!(!frame("outer").intersects(&node("a")));
    assert!(!frame("outer").intersects(&node("d")));
    assert!(node("a").max_x() < frame("outer").min_x());
    assert!(frame("outer").max_x() < node("d").min_x());
    assert_eq!(
        graph.layout().frames[&id("empty")].at,
        Position::new(-900, 0)
    );
}

#[test]
fn an_empty_graph_needs_no_arranging() {
    let graph = Graph::default();
    assert_eq!(everything(&graph, &scene(&graph)), None);
    assert_eq!(chosen(&graph, &scene(&graph), &BTreeSet::new()), None);
}
