use std::collections::BTreeSet;
use std::sync::Arc;

use graph::document::{Extent, Frame, Graph, Note, Position};
use graph::edit::Edit;
use graph::param::ParamValue;
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_oneof, proptest};

use super::*;
use crate::canvas::sample::{graph, id, ref_of, registry, wire};
use crate::space::{WorldPoint, WorldRect, WorldSize};

const NODES: [&str; 6] = ["a", "b", "c", "d", "e", "x"];
const WIRES: [&str; 5] = [
    "a.image -> b.image",
    "b.image -> c.image",
    "a.image -> c.other",
    "d.tokens -> e.tokens",
    "e.image -> x.in",
];
const SIZE: Extent = Extent {
    width: 300,
    height: 200,
};

/// A graph whose nodes all have a place; one is collapsed, one shows a picture, and one is of a kind that nobody knows.
fn placed() -> Graph {
    let nodes = "
        a: test.picture 0 0
        b: test.blur 300 0
        c: test.blend 600 0
        d: test.sample 0 400
        e: test.decode 300 400
        x: lost.kind 900 400\n";
    let mut graph = graph(&(nodes.to_owned() + &WIRES.join("\n")));
    let collapse = Edit::SetCollapsed {
        node: id("e"),
        collapsed: true,
    };
    let _ = graph.apply(collapse).expect("it is there");
    graph
}

fn place() -> impl Strategy<Value = Position> {
    let far = -30_000..30_000;
    prop_oneof![
        (-900..900, -900..900).prop_map(|(x, y)| Position::new(x, y)),
        (far.clone(), far).prop_map(|(x, y)| Position::new(x, y)),
    ]
}

/// A change of nothing but places.
fn move_of_something() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => (0..NODES.len(), place()).prop_map(|(node, to)| Edit::Move {
            node: id(NODES[node]),
            to: Some(to),
        }),
        3 => (0..WIRES.len(), vec(place(), 0..3)).prop_map(|(led, points)| Edit::SetReroutes {
            wire: wire(WIRES[led]),
            points,
        }),
        1 => (place(), any::<bool>()).prop_map(|(at, stays)| Edit::SetFrame {
            id: id("frame"),
            frame: stays.then(|| Frame { at, size: SIZE, ..Frame::default() }),
        }),
        1 => place().prop_map(|at| Edit::SetNote {
            id: id("note"),
            note: Some(Note { at, size: SIZE, ..Note::default() }),
        }),
    ]
}

/// All that can be seen of a scene, and what is found in some regions of it.
fn everything(scene: &Scene) -> String {
    let (nodes, wires) = (scene.nodes(), scene.wires());
    let (frames, notes) = (scene.frames(), scene.notes());
    let mut all = format!("{nodes:#?}{wires:#?}{frames:#?}{notes:#?}");
    for at in (-60..60).map(|step| 500.0 * f32::from(step as i16)) {
        let size = WorldSize::new(700.0, 700.0);
        for corner in [WorldPoint::new(at, 0.0), WorldPoint::new(at, at)] {
            let region = WorldRect::new(corner, size);
            let found = (scene.numbers_in(region), scene.wire_numbers_in(region));
            all += &format!("{region:?}: {found:?}\n");
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_scene_whose_things_have_moved_is_as_if_it_were_built_anew(
        moves in vec(vec(move_of_something(), 1..4), 1..8)
    ) {
        let (registry, shown) = (registry(), BTreeSet::from([id("c")]));
        let mut graph = placed();
        let mut scene = Scene::new(&graph, &registry, &shown);
        for edits in moves {
            let before = graph.clone();
            for edit in edits {
                // A frame that is not there cannot go.
                let _ = graph.apply(edit);
            }
            assert!(differ_in_places(&before, &graph));
            scene = scene.moved(&graph, &registry, &shown).expect("all have places");
            let anew = Scene::new(&graph, &registry, &shown);
            assert_eq!(everything(&scene), everything(&anew));
        }
    }
}

#[test]
fn what_has_not_moved_is_shared() {
    let (registry, shown) = (registry(), BTreeSet::new());
    let mut graph = placed();
    let before = Scene::new(&graph, &registry, &shown);
    let edit = Edit::Move {
        node: id("a"),
        to: Some(Position::new(10, 20)),
    };
    let _ = graph.apply(edit).expect("it is there");

    let after = before.moved(&graph, &registry, &shown);
    let after = after.expect("all have places");

    let moved: Vec<&str> = std::iter::zip(before.nodes(), after.nodes())
        .filter(|(before, after)| !Arc::ptr_eq(before, after))
        .map(|(_, after)| after.id.as_str())
        .collect();
    let laid: Vec<String> = std::iter::zip(before.wires(), after.wires())
        .filter(|(before, after)| !Arc::ptr_eq(before, after))
        .map(|(_, after)| after.wire.to_string())
        .collect();
    assert_eq!(moved, ["a"]);
    assert_eq!(laid, ["a.image -> b.image", "a.image -> c.other"]);
}

#[test]
fn a_scene_is_not_taken_over_where_more_than_places_has_changed() {
    let changes = [
        Edit::set(&ref_of("b.amount"), ParamValue::Float(0.25)),
        Edit::Disconnect(wire(WIRES[0])),
        Edit::SetCollapsed {
            node: id("a"),
            collapsed: true,
        },
    ];
    for change in changes {
        let mut graph = placed();
        let _ = graph.apply(change.clone()).expect("the change is right");
        assert!(!differ_in_places(&placed(), &graph), "{change:?}");
    }
}

#[test]
fn where_a_node_has_no_place_all_is_built_anew() {
    let (registry, shown) = (registry(), BTreeSet::new());
    let mut graph = placed();
    let scene = Scene::new(&graph, &registry, &shown);
    let edit = Edit::Move {
        node: id("a"),
        to: None,
    };
    let _ = graph.apply(edit).expect("it is there");

    assert!(scene.moved(&graph, &registry, &shown).is_none());
}
