use std::collections::BTreeSet;

use graph::document::{Extent, Frame, Note, Position};
use graph::edit::Edit;

use super::{Target, WireHit, target};
use crate::canvas::camera::Camera;
use crate::canvas::sample::{graph, id, ref_of, registry, wire};
use crate::canvas::scene::{Scene, Side};
use crate::canvas::selection::Selection;
use crate::space::{ScreenPoint, WorldPoint};

const EXTENT: Extent = Extent {
    width: 300,
    height: 200,
};

/// A sampler at the origin, a picture wired to a blur below, and a frame and a note at the right.
fn scene() -> Scene {
    let mut graph = graph(
        "a: test.sample 0 0\n b: test.picture 0 400\n c: test.blur 400 400\n b.image -> c.image
         d: test.number 0 1000\n e: test.number 60 1020",
    );
    let led = Edit::SetReroutes {
        wire: wire("b.image -> c.image"),
        points: vec![Position::new(300, 446)],
    };
    let frame = Edit::SetFrame {
        id: id("f"),
        frame: Some(Frame {
            at: Position::new(1000, 0),
            size: EXTENT,
            ..Frame::default()
        }),
    };
    let note = Edit::SetNote {
        id: id("n"),
        note: Some(Note {
            at: Position::new(1000, 400),
            size: EXTENT,
            ..Note::default()
        }),
    };
    for edit in [led, frame, note] {
        let _ = graph.apply(edit).expect("the change is right");
    }
    Scene::new(&graph, &registry(), &BTreeSet::new())
}

fn hit(x: f32, y: f32, zoom: f32) -> Target {
    let mut camera = Camera::default();
    camera.zoom_to(zoom, ScreenPoint::origin());
    target(
        &scene(),
        &camera,
        &Selection::default(),
        WorldPoint::new(x, y),
    )
}

#[test]
fn everything_can_be_pointed_at() {
    let on_wire = |share| {
        Target::Wire(WireHit {
            wire: wire("b.image -> c.image"),
            curve: usize::from(share > 0.5),
            share,
        })
    };
    let cases = [
        (0.0, 46.0, Target::Socket(ref_of("a.text"), Side::Input)),
        (-8.0, 49.0, Target::Socket(ref_of("a.text"), Side::Input)),
        (
            180.0,
            70.0,
            Target::Socket(ref_of("a.history"), Side::Output),
        ),
        (1.0, 94.0, Target::Socket(ref_of("a.steps"), Side::Input)),
        (15.0, 15.0, Target::Chevron(id("a"))),
        (90.0, 10.0, Target::Title(id("a"))),
        (120.0, 94.0, Target::Param(ref_of("a.steps"))),
        (160.0, 166.0, Target::Dice(ref_of("a.seed"))),
        (90.0, 58.0, Target::Node(id("a"))),
        (90.0, 600.0, Target::Picture(id("b"))),
        (300.0, 446.0, Target::Point(wire("b.image -> c.image"), 0)),
        (240.0, 446.0, on_wire(0.25)),
        (350.0, 446.0, on_wire(0.75)),
        (1100.0, 10.0, Target::Frame(id("f"))),
        (1295.0, 195.0, Target::FrameCorner(id("f"))),
        (1100.0, 100.0, Target::Nothing),
        (1100.0, 500.0, Target::Note(id("n"))),
        (1295.0, 595.0, Target::NoteCorner(id("n"))),
        (700.0, 0.0, Target::Nothing),
    ];
    for (x, y, expected) in cases {
        assert_eq!(hit(x, y, 1.0), expected, "at {x}, {y}");
    }
}

#[test]
fn what_is_not_drawn_is_not_hit() {
    let cases = [
        (120.0, 94.0, 0.3, Target::Node(id("a"))),
        (15.0, 15.0, 0.3, Target::Chevron(id("a"))),
        (15.0, 15.0, 0.2, Target::Node(id("a"))),
        (2.0, 46.0, 0.2, Target::Node(id("a"))),
    ];
    for (x, y, zoom, expected) in cases {
        assert_eq!(hit(x, y, zoom), expected, "at {x}, {y}, zoom {zoom}");
    }
}

#[test]
fn a_selected_node_lies_above_the_others_and_covers_their_sockets() {
    let scene = scene();
    let camera = Camera::default();
    let at = |x, y, selected: &[&str]| {
        let selection = Selection::of_nodes(selected.iter().map(|node| id(node)));
        target(&scene, &camera, &selection, WorldPoint::new(x, y))
    };
    assert_eq!(at(150.0, 1025.0, &[]), Target::Title(id("e")));
    assert_eq!(at(150.0, 1010.0, &[]), Target::Title(id("d")));
    assert_eq!(at(150.0, 1025.0, &["d"]), Target::Title(id("d")));
    // The output of `d` lies within `e`.
    assert_eq!(at(180.0, 1046.0, &[]), Target::Title(id("e")));
    assert_eq!(
        at(180.0, 1046.0, &["d"]),
        Target::Socket(ref_of("d.number"), Side::Output)
    );
}
