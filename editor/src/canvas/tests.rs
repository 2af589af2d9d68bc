use std::sync::Arc;

use graph::document::{Extent, Frame, Graph, NodeId, Note, Position};
use graph::edit::Edit;
use graph::port::Arity;
use graph::workflow::to_text;
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};

use super::sample::{ALT, Bench, CONTROL, FREE, SHIFT, graph, id, wire};
use super::{Button, Held, Message, moves_alone, wiring};
use crate::command::Command;
use crate::space::{ScreenPoint, WorldPoint};

const GRAPH: &str = "
    a: test.picture 0 0
    b: test.blur 300 0
    c: test.blend 600 0
    s: test.sheet 900 0
    d: test.sample 0 400
    e: test.decode 300 400
    m: test.mask 600 400
    n: test.number
    o: test.blur
    x: lost.kind 900 400
    a.image -> b.image
    b.image -> c.image
    a.image -> c.other
    c.image -> s.image
    b.image -> s.image
    d.tokens -> e.tokens
    e.image -> m.image
    n.number -> o.amount
    e.image -> x.in
    x.out -> c.mask";

/// Something that a user does, at spots that [`spots`] numbers.
#[derive(Clone, Debug)]
enum Deed {
    Drag {
        from: u16,
        to: u16,
        held: Held,
        button: Button,
    },
    Abandoned {
        from: u16,
        to: u16,
    },
    Click(u16, Held),
    DoubleClick(u16),
    Command(usize),
    Undo,
}

fn deeds() -> impl Strategy<Value = Deed> {
    let held =
        || prop_oneof![6 => Just(FREE), 1 => Just(SHIFT), 1 => Just(CONTROL), 1 => Just(ALT)];
    let button =
        prop_oneof![8 => Just(Button::Left), 1 => Just(Button::Middle), 1 => Just(Button::Right)];
    let spot = any::<u16>;
    prop_oneof![
        8 => (spot(), spot(), held(), button)
            .prop_map(|(from, to, held, button)| Deed::Drag { from, to, held, button }),
        1 => (spot(), spot()).prop_map(|(from, to)| Deed::Abandoned { from, to }),
        2 => (spot(), held()).prop_map(|(at, held)| Deed::Click(at, held)),
        2 => spot().prop_map(Deed::DoubleClick),
        6 => (0..Command::all().count()).prop_map(Deed::Command),
        1 => Just(Deed::Undo),
    ]
}

/// Where it is worth pressing, as it is seen.
fn spots(bench: &Bench) -> Vec<ScreenPoint> {
    let scene = bench.scene();
    let mut spots = vec![
        WorldPoint::new(-200.0, -100.0),
        WorldPoint::new(800.0, 900.0),
    ];
    for node in scene.nodes() {
        spots.extend([
            node.title_bar().center(),
            node.chevron().center(),
            node.bounds.center(),
        ]);
        spots.extend(node.sockets().map(|socket| socket.at));
        spots.extend(node.params.iter().map(|row| row.field.center()));
        spots.extend(
            node.params
                .iter()
                .filter_map(|row| Some(row.dice?.center())),
        );
    }
    for wire in scene.wires() {
        spots.extend(
            wire.curves
                .iter()
                .flat_map(|curve| [curve.at(0.2), curve.at(0.8)]),
        );
        spots.extend(&wire.points);
    }
    for frame in scene.frames() {
        spots.extend([frame.title_bar().center(), frame.corner().center()]);
    }
    for note in scene.notes() {
        spots.extend([note.bounds.center(), note.corner().center()]);
    }
    spots.into_iter().map(|spot| bench.seen(spot)).collect()
}

fn does(bench: &mut Bench, deed: &Deed) {
    let spots = spots(bench);
    let spot = |number: u16| spots[usize::from(number) % spots.len()];
    match deed {
        Deed::Drag {
            from,
            to,
            held,
            button,
        } => {
            let (from, to) = (spot(*from), spot(*to));
            bench.press(from, *button, *held);
            bench.go(from.lerp(to, 0.3), *held);
            bench.go(to, *held);
            bench.release(to, *button);
        }
        Deed::Abandoned { from, to } => {
            bench.press(spot(*from), Button::Left, FREE);
            bench.go(spot(*to), FREE);
            bench.command(Command::Cancel);
        }
        Deed::Click(at, held) => bench.click(spot(*at), *held),
        Deed::DoubleClick(at) => bench.happens(Message::DoubleClicked { at: spot(*at) }),
        Deed::Command(number) => {
            let command = Command::all().nth(*number).expect("there are so many");
            bench.command(command);
        }
        Deed::Undo => {
            let _ = bench.undo();
        }
    }
}

/// A graph with something of everything.
fn everything() -> Graph {
    let size = Extent {
        width: 700,
        height: 340,
    };
    let edits = [
        Edit::SetFrame {
            id: id("frame"),
            frame: Some(Frame {
                at: Position::new(-30, -40),
                size,
                ..Frame::default()
            }),
        },
        Edit::SetNote {
            id: id("note"),
            note: Some(Note {
                at: Position::new(1200, 0),
                size,
                ..Note::default()
            }),
        },
        Edit::SetReroutes {
            wire: wire("a.image -> c.other"),
            points: vec![Position::new(250, 300), Position::new(500, 300)],
        },
        Edit::SetCollapsed {
            node: id("m"),
            collapsed: true,
        },
    ];
    let mut graph = graph(GRAPH);
    for edit in edits {
        let _ = graph.apply(edit).expect("the change is right");
    }
    graph
}

/// Every wire between known kinds fits, and no input has more wires than it takes.
fn assert_wired_right(bench: &Bench) {
    let (graph, registry) = (&bench.graph, &bench.registry);
    let is_known = |node: &NodeId| {
        let node = graph.node(node).expect("wires join nodes");
        registry.get(&node.kind).is_some()
    };
    for wire in graph.wires() {
        if is_known(&wire.from.node) && is_known(&wire.to.node) {
            let fits = graph.check_wire(registry, wire);
            assert!(fits.is_ok(), "{wire}: {fits:?}");
        }
        let takes_many = wiring::arity(graph, registry, &wire.to) == Arity::Many;
        assert!(takes_many || graph.wires_to(&wire.to).len() == 1, "{wire}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    // Whoever carries the canvas's wishes out in these tests also finds that none is refused.
    #[test]
    fn whatever_is_done_is_right_and_can_be_undone(deeds in vec(deeds(), 1..24)) {
        let mut bench = Bench::of(everything());
        let before = to_text(&bench.graph);
        for deed in &deeds {
            does(&mut bench, deed);
            assert!(!bench.canvas.is_busy(), "{deed:?} has ended");
            assert_wired_right(&bench);
        }
        while bench.undo() {}
        assert_eq!(to_text(&bench.graph), before);
    }
}

#[test]
fn drags_move_alone() {
    let to = Some(Position::new(1, 2));
    let moved = Edit::Move { node: id("a"), to };
    let collapsed = Edit::SetCollapsed {
        node: id("a"),
        collapsed: true,
    };

    assert!(moves_alone(&Edit::Batch(vec![
        moved.clone(),
        moved.clone()
    ])));
    assert!(!moves_alone(&Edit::Batch(vec![moved, collapsed])));
}

#[test]
fn the_scene_is_built_only_where_the_graph_has_changed() {
    let mut bench = Bench::of(everything());
    let first = bench.scene();
    let title = bench.title("a");
    bench.go(title, FREE);
    assert!(Arc::ptr_eq(&first, &bench.scene()));
    bench.command(Command::SelectAll);
    bench.command(Command::Mute);
    assert!(!Arc::ptr_eq(&first, &bench.scene()));
}
