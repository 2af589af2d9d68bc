use std::collections::BTreeSet;

use graph::document::{Extent, Graph, Note, Position};
use graph::edit::Edit;

use super::{Axis, Edge, align, distribute};
use crate::canvas::sample::{graph, id, registry};
use crate::canvas::scene::Scene;
use crate::canvas::selection::{Item, Selection};

/// Numbers are 180 wide and 90 high, the note is 100 wide and 50 high.
fn things() -> (Graph, Selection) {
    let mut graph = graph("a: test.number 0 10\n b: test.number 500 300");
    let note = Edit::SetNote {
        id: id("n"),
        note: Some(Note {
            at: Position::new(220, 100),
            size: Extent {
                width: 100,
                height: 50,
            },
            ..Note::default()
        }),
    };
    let _ = graph.apply(note).expect("it can be written");
    let mut selection = Selection::of_nodes([id("a"), id("b")]);
    selection.insert(Item::Note(id("n")));
    (graph, selection)
}

fn places(change: impl Fn(&Scene, &Selection) -> Option<Edit>) -> [(i32, i32); 3] {
    let (mut graph, selection) = things();
    let scene = Scene::new(&graph, &registry(), &BTreeSet::new());
    let edit = change(&scene, &selection).expect("enough is selected");
    let _ = graph.apply(edit).expect("the change is right");
    let layout = graph.layout();
    let places = [
        layout.nodes[&id("a")],
        layout.notes[&id("n")].at,
        layout.nodes[&id("b")],
    ];
    places.map(|place| (place.x, place.y))
}

#[test]
fn edges_and_centres_line_up() {
    let cases = [
        (Edge::Left, [(0, 10), (0, 100), (0, 300)]),
        (Edge::Right, [(500, 10), (580, 100), (500, 300)]),
        (Edge::Top, [(0, 10), (220, 10), (500, 10)]),
        (Edge::Bottom, [(0, 300), (220, 340), (500, 300)]),
        (Edge::Centre, [(250, 10), (290, 100), (250, 300)]),
        (Edge::Middle, [(0, 155), (220, 175), (500, 155)]),
    ];
    for (edge, expected) in cases {
        let aligned = places(|scene, selection| align(scene, selection, edge));
        assert_eq!(aligned, expected, "{edge:?}");
    }
}

#[test]
fn gaps_become_equal() {
    let cases = [
        (Axis::Horizontal, [(0, 10), (290, 100), (500, 300)]),
        (Axis::Vertical, [(0, 10), (220, 175), (500, 300)]),
    ];
    for (axis, expected) in cases {
        let spaced = places(|scene, selection| distribute(scene, selection, axis));
        assert_eq!(spaced, expected, "{axis:?}");
    }
}

#[test]
fn too_few_cannot_be_lined_up() {
    let (graph, _) = things();
    let scene = Scene::new(&graph, &registry(), &BTreeSet::new());
    let one = Selection::of_nodes([id("a")]);
    let two = Selection::of_nodes([id("a"), id("b")]);
    assert_eq!(align(&scene, &one, Edge::Left), None);
    assert_eq!(align(&scene, &Selection::default(), Edge::Left), None);
    assert_eq!(distribute(&scene, &two, Axis::Vertical), None);
}
