use super::*;
use crate::canvas::sample::{Bench, FREE, at, id};
use crate::canvas::{Button, Message};
use crate::space::WorldPoint;

const ROW: &str = "
    a: test.picture 0 100
    b: test.blur 400 100
    far: test.blur 2300 100
    a.image -> b.image";

const SIZE: ScreenSize = ScreenSize::new(2000.0, 1500.0);

fn pass(bench: &mut Bench, seconds: f32) {
    let held = FREE;
    bench.happens(Message::TimePassed { seconds, held });
}

/// What is seen in the upper left corner.
fn corner(bench: &Bench) -> WorldPoint {
    bench.canvas.camera.visible().origin
}

#[test]
fn the_nearer_the_edge_the_faster() {
    let cases = [
        (at(1000.0, 750.0), (0.0, 0.0)),
        (at(1960.0, 40.0), (0.0, 0.0)),
        (at(1980.0, 750.0), (275.0, 0.0)),
        (at(2000.0, 750.0), (1100.0, 0.0)),
        (at(2300.0, 750.0), (1100.0, 0.0)),
        (at(20.0, 1500.0), (-275.0, 1100.0)),
        (at(-5.0, -5.0), (-1100.0, -1100.0)),
    ];
    for (pointer, (x, y)) in cases {
        assert_eq!(speed(pointer, SIZE), ScreenVector::new(x, y), "{pointer:?}");
    }
    assert_eq!(
        speed(at(0.0, 0.0), ScreenSize::zero()),
        ScreenVector::zero()
    );
}

#[test]
fn a_node_that_is_held_at_the_edge_goes_on() {
    let mut bench = Bench::new(ROW);
    let title = bench.title("b");
    bench.press(title, Button::Left, FREE);
    bench.go(at(2000.0, title.y), FREE);
    let before = bench.place("b");
    assert!(bench.canvas.is_pushed());

    pass(&mut bench, 0.1);
    pass(&mut bench, 0.1);

    assert_eq!(corner(&bench), WorldPoint::new(220.0, 0.0));
    assert_eq!(bench.place("b"), (before.0 + 220, before.1));
    bench.release(at(2000.0, title.y), Button::Left);
    assert!(!bench.canvas.is_pushed());
    assert_eq!(bench.steps(), 1, "all of it is one step");
    assert!(bench.undo());
    assert_eq!(bench.place("b"), (400, 100));
}

#[test]
fn a_wire_reaches_what_was_not_seen() {
    let mut bench = Bench::new(ROW);
    let output = bench.output("b.image");
    bench.press(output, Button::Left, FREE);
    bench.go(at(2000.0, output.y), FREE);
    for _ in 0..5 {
        pass(&mut bench, 0.1);
    }

    let input = bench.input("far.image");
    bench.go(input, FREE);
    bench.release(input, Button::Left);

    assert_eq!(
        bench.wires(),
        ["a.image -> b.image", "b.image -> far.image"]
    );
}

#[test]
fn a_box_grows_with_what_is_seen() {
    let mut bench = Bench::new(ROW);
    bench.press(at(1500.0, 80.0), Button::Left, FREE);
    bench.go(at(2000.0, 400.0), FREE);
    assert!(bench.canvas.selection.nodes.is_empty());

    for _ in 0..4 {
        pass(&mut bench, 0.1);
    }

    assert_eq!(corner(&bench), WorldPoint::new(440.0, 0.0));
    assert!(bench.canvas.selection.nodes.contains(&id("far")));
}

#[test]
fn nothing_moves_on_where_nothing_is_held_or_not_at_the_edge() {
    let mut bench = Bench::new(ROW);
    let title = bench.title("b");
    bench.go(at(1999.0, 700.0), FREE);
    pass(&mut bench, 0.1);
    bench.press(at(1999.0, 700.0), Button::Middle, FREE);
    pass(&mut bench, 0.1);
    bench.release(at(1999.0, 700.0), Button::Middle);
    bench.press(title, Button::Left, FREE);
    bench.go(title + ScreenVector::new(40.0, 40.0), FREE);
    pass(&mut bench, 0.1);

    assert_eq!(corner(&bench), WorldPoint::zero());
    assert_eq!(bench.place("b"), (440, 140));
}

#[test]
fn where_the_window_stood_still_the_canvas_does_not_leap() {
    let mut bench = Bench::new(ROW);
    bench.press(at(1500.0, 800.0), Button::Left, FREE);
    bench.go(at(2000.0, 900.0), FREE);

    pass(&mut bench, 60.0);

    assert_eq!(corner(&bench), WorldPoint::new(110.0, 0.0));
}
