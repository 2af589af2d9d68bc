use graph::document::Position;
use graph::edit::Edit;

use super::{ROW, frame, note, with};
use crate::canvas::Button;
use crate::canvas::sample::{ALT, Bench, CONTROL, FREE, at, id, wire};
use crate::canvas::selection::{Item, Selection};
use crate::space::ScreenVector;

fn by(x: f32, y: f32) -> ScreenVector {
    ScreenVector::new(x, y)
}

#[test]
fn a_node_follows_the_hand_in_steps_of_the_grid() {
    let cases = [
        (FREE, (53.0, -17.0), (460, -20)),
        (FREE, (9.0, 9.0), (400, 0)),
        (ALT, (53.0, -17.0), (453, -17)),
    ];
    for (held, (x, y), expected) in cases {
        let mut bench = Bench::new(ROW);
        let title = bench.title("b");
        bench.drag(title, title + by(x, y), held);
        assert_eq!(bench.place("b"), expected);
    }
    let mut free = Bench::new(ROW);
    free.canvas.snaps = false;
    let title = free.title("b");
    free.drag(title, title + by(53.0, -17.0), FREE);
    assert_eq!(free.place("b"), (453, -17));
}

#[test]
fn what_is_selected_moves_together_and_in_one_step() {
    let mut bench = with(
        "a: test.number 3 7\n b: test.number 400 0\n c: test.number 0 900",
        [note("n", 0, 300)],
    );
    bench.canvas.selection = Selection::of_nodes([id("a"), id("b")]);
    bench.canvas.selection.insert(Item::Note(id("n")));
    let title = bench.title("b");
    bench.drag(title, title + by(40.0, 60.0), FREE);
    assert_eq!(
        bench.place("a"),
        (43, 67),
        "it keeps its distance to the one that was held"
    );
    assert_eq!(bench.place("b"), (440, 60));
    assert_eq!(bench.place("c"), (0, 900));
    assert_eq!(
        bench.graph.layout().notes[&id("n")].at,
        Position::new(40, 360)
    );
    assert_eq!(bench.steps(), 1);
    assert!(bench.undo());
    assert_eq!(bench.place("a"), (3, 7));
}

#[test]
fn two_drags_are_two_steps() {
    let mut bench = Bench::new(ROW);
    for _ in 0..2 {
        let title = bench.title("b");
        bench.drag(title, title + by(100.0, 0.0), FREE);
    }
    assert_eq!(bench.place("b"), (600, 0));
    assert_eq!(bench.steps(), 2);
}

#[test]
fn a_drag_that_comes_to_nothing_is_no_step() {
    let mut bench = Bench::new(ROW);
    let title = bench.title("b");
    bench.drag(title, title + by(5.0, 5.0), FREE);
    assert_eq!(bench.steps(), 0);
}

#[test]
fn dragging_with_control_takes_the_node_along() {
    let mut bench = Bench::new(ROW);
    bench.canvas.selection = Selection::of_nodes([id("a"), id("b")]);
    let title = bench.title("b");
    bench.drag(title, title + by(20.0, 0.0), CONTROL);
    assert_eq!((bench.place("a"), bench.place("b")), ((20, 0), (420, 0)));
}

#[test]
fn a_frame_takes_along_what_is_in_it() {
    let mut bench = with(
        ROW,
        [
            frame("f", -20, -60, 660, 700),
            frame("inner", 0, 400, 200, 100),
            note("n", 300, 500),
            Edit::SetReroutes {
                wire: wire("a.image -> b.image"),
                points: vec![Position::new(300, 300)],
            },
            Edit::SetReroutes {
                wire: wire("b.image -> c.image"),
                points: vec![Position::new(700, 300)],
            },
        ],
    );
    bench.drag(at(300.0, -50.0), at(320.0, -10.0), FREE);
    let layout = bench.graph.layout();
    assert_eq!(bench.place("a"), (20, 40));
    assert_eq!(bench.place("b"), (420, 40));
    assert_eq!(bench.place("c"), (800, 0));
    assert_eq!(layout.frames[&id("f")].at, Position::new(0, -20));
    assert_eq!(layout.frames[&id("inner")].at, Position::new(20, 440));
    assert_eq!(layout.notes[&id("n")].at, Position::new(320, 540));
    let points = |text: &str| layout.reroutes[&wire(text)][0];
    assert_eq!(points("a.image -> b.image"), Position::new(320, 340));
    assert_eq!(points("b.image -> c.image"), Position::new(700, 300));
    assert_eq!(bench.steps(), 1);
}

#[test]
fn frames_and_notes_are_resized_by_the_corner() {
    let mut bench = with(ROW, [frame("f", 0, 800, 300, 200), note("n", 500, 800)]);
    bench.drag(at(295.0, 995.0), at(418.0, 911.0), FREE);
    bench.drag(at(595.0, 895.0), at(300.0, 300.0), FREE);
    let layout = bench.graph.layout();
    let frame = layout.frames[&id("f")].size;
    let note = layout.notes[&id("n")].size;
    assert_eq!((frame.width, frame.height), (420, 120));
    assert_eq!((note.width, note.height), (80, 60), "it cannot vanish");
    assert_eq!(bench.steps(), 2);
}

#[test]
fn the_point_of_a_wire_is_moved_in_one_step() {
    let led = wire("a.image -> b.image");
    let mut bench = with(
        ROW,
        [Edit::SetReroutes {
            wire: led.clone(),
            points: vec![Position::new(280, 200), Position::new(340, 200)],
        }],
    );
    bench.drag(at(280.0, 200.0), at(260.0, 300.0), FREE);
    let points = &bench.graph.layout().reroutes[&led];
    assert_eq!(*points, [Position::new(260, 300), Position::new(340, 200)]);
    assert_eq!(bench.steps(), 1);
}

#[test]
fn calling_off_leaves_everything_as_it_was() {
    let mut bench = with(ROW, [frame("f", 0, 800, 300, 200)]);
    let before = bench.graph.clone();
    let title = bench.title("b");
    let field = bench.field("b.amount");
    let drags = [
        (title, title + by(100.0, 0.0)),
        (field, field + by(50.0, 0.0)),
        (at(295.0, 995.0), at(600.0, 1200.0)),
    ];
    for (from, to) in drags {
        bench.press(from, Button::Left, FREE);
        bench.go(to, FREE);
        assert_ne!(bench.graph, before);
        bench.does(|canvas, _| canvas.call_off());
        assert_eq!(bench.graph, before);
        assert_eq!(bench.steps(), 0);
    }
}

#[test]
fn nodes_without_a_place_stay_where_they_are_seen() {
    let text =
        "a: test.number\n b: test.blur\n c: test.blur\n a.number -> b.amount\n b.image -> c.image";
    let mut bench = Bench::new(text);
    let corner = |bench: &Bench, node: &str| {
        let scene = bench.scene();
        scene.node(&id(node)).expect("it is there").bounds.origin
    };
    let before = ["a", "c"].map(|node| corner(&bench, node));
    let title = bench.title("b");
    bench.drag(title, title + by(0.0, 400.0), FREE);
    assert_eq!(["a", "c"].map(|node| corner(&bench, node)), before);
    assert_eq!(bench.steps(), 1);
    assert!(bench.undo());
    assert!(bench.graph.layout().nodes.is_empty());
    bench.canvas.selection = Selection::of(Item::Wire(wire("b.image -> c.image")));
    bench.command(crate::command::Command::Delete);
    assert_eq!(["a", "c"].map(|node| corner(&bench, node)), before);
}
