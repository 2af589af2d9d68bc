use std::collections::BTreeSet;

use graph::document::{Extent, Frame, Graph, Note, Position};
use graph::edit::Edit;

use super::{frame, members, note, pulled};
use crate::canvas::sample::{graph, id, registry, wire};
use crate::canvas::scene::Scene;
use crate::canvas::selection::Selection;
use crate::space::WorldPoint;

fn with(mut graph: Graph, edits: impl IntoIterator<Item = Edit>) -> Graph {
    for edit in edits {
        let _ = graph.apply(edit).expect("the change is right");
    }
    graph
}

fn framed(name: &str, x: i32, y: i32, width: u32, height: u32) -> Edit {
    Edit::SetFrame {
        id: id(name),
        frame: Some(Frame {
            at: Position::new(x, y),
            size: Extent { width, height },
            ..Frame::default()
        }),
    }
}

fn scene(graph: &Graph) -> Scene {
    Scene::new(graph, &registry(), &BTreeSet::new())
}

#[test]
fn what_lies_whole_in_a_frame_belongs_to_it() {
    let graph = with(
        graph(
            "a: test.number 20 40\n b: test.blur 300 40\n c: test.blur 900 40
             a.number -> b.amount\n b.image -> c.image",
        ),
        [
            framed("f", 0, 0, 1000, 400),
            framed("inner", 10, 10, 50, 50),
            framed("same", 0, 0, 1000, 400),
            Edit::SetNote {
                id: id("n"),
                note: Some(Note {
                    at: Position::new(600, 20),
                    size: Extent {
                        width: 100,
                        height: 50,
                    },
                    ..Note::default()
                }),
            },
            Edit::SetReroutes {
                wire: wire("a.number -> b.amount"),
                points: vec![Position::new(250, 300)],
            },
            Edit::SetReroutes {
                wire: wire("b.image -> c.image"),
                points: vec![Position::new(700, 300)],
            },
        ],
    );
    let scene = scene(&graph);
    let inside = members(&scene, scene.frame(&id("f")).expect("it is drawn"));
    assert_eq!(inside.nodes, BTreeSet::from([id("a"), id("b")]));
    assert_eq!(inside.frames, BTreeSet::from([id("inner")]));
    assert_eq!(inside.notes, BTreeSet::from([id("n")]));
    let points = BTreeSet::from([(wire("a.number -> b.amount"), 0)]);
    assert_eq!(inside.points, points);
}

#[test]
fn a_frame_is_drawn_around_what_is_selected() {
    let graph = with(
        graph("a: test.number 100 100\n b: test.number 400 200"),
        [framed("frame", 0, 0, 9, 9)],
    );
    let scene = scene(&graph);
    let both = Selection::of_nodes([id("a"), id("b")]);
    let cases = [
        (both, (80, 52), (520, 258)),
        (Selection::default(), (-180, -148), (360, 268)),
    ];
    for (selection, at, size) in cases {
        let (name, edit) = frame(&graph, &scene, &selection, WorldPoint::origin());
        assert_eq!(name, id("frame_2"), "the other name is taken");
        let graph = with(graph.clone(), [edit]);
        let drawn = &graph.layout().frames[&name];
        assert_eq!((drawn.at.x, drawn.at.y), at);
        assert_eq!((drawn.size.width, drawn.size.height), size);
    }
}

#[test]
fn a_note_is_written_where_it_shall_be() {
    let graph = Graph::default();
    let (name, edit) = note(&graph, WorldPoint::new(40.0, 60.0));
    let graph = with(graph, [edit]);
    assert_eq!(graph.layout().notes[&name].at, Position::new(40, 60));
}

#[test]
fn nothing_is_pulled_too_small_to_be_grabbed() {
    let corner = WorldPoint::new(10.0, 10.0);
    let size = |x, y| {
        let size = pulled(corner, WorldPoint::new(x, y));
        (size.width, size.height)
    };
    assert_eq!(size(210.0, 110.0), (200, 100));
    assert_eq!(size(-500.0, 20.0), (80, 60));
}
