use graph::document::Position;
use graph::edit::Edit;

use super::{ROW, with};
use crate::canvas::sample::{Bench, CONTROL, FREE, at, id, ref_of, wire};
use crate::canvas::selection::{Item, Selection};
use crate::canvas::{Action, Button, Loose, Message, Overlay};
use crate::space::{ScreenVector, WorldPoint};

const OPEN: &str = "
    a: test.picture 0 0
    b: test.blur 400 0
    c: test.blend 800 0
    s: test.sample 0 600
    t: test.text 400 600";

#[test]
fn a_wire_is_drawn_from_either_end() {
    for turned in [false, true] {
        let mut bench = Bench::new(OPEN);
        let (from, to) = (bench.output("a.image"), bench.input("b.image"));
        let (from, to) = if turned { (to, from) } else { (from, to) };
        bench.drag(from, to, FREE);
        assert_eq!(bench.wires(), ["a.image -> b.image"]);
        assert_eq!(bench.steps(), 1);
    }
}

#[test]
fn dropped_on_a_node_it_takes_the_port_that_fits_best() {
    let mut bench = Bench::new(OPEN);
    let (a, b) = (bench.output("a.image"), bench.output("b.image"));
    bench.drag(a, bench.title("c"), FREE);
    bench.drag(b, bench.title("c"), FREE);
    assert_eq!(bench.wires(), ["a.image -> c.image", "b.image -> c.other"]);
    bench.drag(a, bench.title("s"), FREE);
    let why = "`s` has no free input of the kind image";
    assert_eq!(bench.asked, [Action::Say(why.into())]);
}

#[test]
fn what_does_not_fit_is_refused_with_the_reason() {
    let mut bench = Bench::new(ROW);
    let (from, to) = (bench.output("c.image"), bench.input("a.size"));
    bench.drag(from, to, FREE);
    bench.drag(from, bench.title("b"), FREE);
    bench.drag(from, bench.output("b.image"), FREE);
    let Action::Say(kinds) = &bench.asked[0] else {
        panic!("a reason is given");
    };
    assert!(
        kinds.contains("image") && kinds.contains("number"),
        "{kinds}"
    );
    assert_eq!(
        bench.asked[1..],
        [
            Action::Say("that would close a cycle: b -> c -> b".into()),
            Action::Say("`c.image` and `b.image` are both outputs".into()),
        ]
    );
    assert_eq!(bench.steps(), 0);
}

#[test]
fn while_a_wire_is_in_the_hand_it_shows_where_it_fits() {
    let mut bench = Bench::new(OPEN);
    let (from, to) = (bench.output("a.image"), bench.input("s.text"));
    bench.press(from, Button::Left, FREE);
    bench.go(from + ScreenVector::new(60.0, 0.0), FREE);
    let Overlay::Wire(loose) = bench.canvas.overlay() else {
        panic!("a wire is in the hand");
    };
    assert_eq!(
        (loose.kind, loose.refusal, loose.target),
        (Some("image"), None, None)
    );
    assert!(loose.fits.contains(&ref_of("b.image")) && loose.fits.contains(&ref_of("c.other")));
    assert!(!loose.fits.contains(&ref_of("c.mask")) && !loose.fits.contains(&ref_of("s.text")));
    assert_eq!(loose.curve.from, WorldPoint::new(180.0, 46.0));
    assert_eq!(loose.curve.to, WorldPoint::new(240.0, 46.0));
    bench.go(to, FREE);
    let Overlay::Wire(loose) = bench.canvas.overlay() else {
        panic!("a wire is in the hand");
    };
    assert_eq!(loose.target, Some(&ref_of("s.text")));
    assert!(loose.refusal.is_some());
    bench.go(bench.input("b.image"), FREE);
    let Overlay::Wire(loose) = bench.canvas.overlay() else {
        panic!("a wire is in the hand");
    };
    assert_eq!(
        (loose.target, loose.refusal),
        (Some(&ref_of("b.image")), None)
    );
}

#[test]
fn let_go_over_nothing_it_asks_for_a_node() {
    let mut bench = Bench::new(OPEN);
    let there = at(300.0, 500.0);
    bench.drag(bench.output("a.image"), there, FREE);
    bench.drag(bench.input("b.image"), there, FREE);
    let search = |from| Action::Search {
        at: WorldPoint::new(300.0, 500.0),
        screen: there,
        from: Some(from),
    };
    let expected = [
        search(Loose::Output(ref_of("a.image"))),
        search(Loose::Input(ref_of("b.image"))),
    ];
    assert_eq!(bench.asked, expected);
}

#[test]
fn the_end_of_a_wire_is_plugged_elsewhere() {
    let mut bench = Bench::new(
        "
        a: test.picture 0 0\n b: test.blur 400 0\n c: test.blend 800 0\n d: test.picture 0 600
        a.image -> c.image",
    );
    bench.drag(bench.input("c.image"), bench.input("c.other"), FREE);
    assert_eq!(bench.wires(), ["a.image -> c.other"]);
    bench.drag(bench.input("c.other"), bench.input("c.other"), FREE);
    assert_eq!(
        (bench.wires().len(), bench.steps()),
        (1, 1),
        "it is where it was"
    );
    let scene = bench.scene();
    let near_start = bench.seen(scene.wires()[0].curves[0].at(0.2));
    bench.drag(near_start, bench.output("d.image"), FREE);
    assert_eq!(bench.wires(), ["d.image -> c.other"]);
    bench.drag(bench.input("c.other"), at(600.0, 900.0), FREE);
    assert_eq!(bench.wires(), [""; 0], "let go over nothing, it is gone");
    assert!(bench.asked.is_empty());
}

#[test]
fn a_taken_input_gives_its_wire_up() {
    let mut bench = Bench::new(ROW);
    bench.drag(bench.output("a.image"), bench.input("c.image"), FREE);
    assert_eq!(bench.wires(), ["a.image -> b.image", "a.image -> c.image"]);
    assert_eq!(bench.steps(), 1);
}

#[test]
fn a_node_that_is_dropped_on_a_wire_is_set_into_it_in_one_step() {
    let mut bench = Bench::new("
        a: test.picture 0 200\n c: test.blur 800 200\n b: test.blur 400 700\n n: test.number 400 1200
        a.image -> c.image");
    let before = bench.graph.clone();
    let title = bench.title("b");
    bench.press(title, Button::Left, FREE);
    bench.go(title + ScreenVector::new(0.0, -560.0), FREE);
    let target = wire("a.image -> c.image");
    assert!(matches!(bench.canvas.overlay(), Overlay::Insertion(wire) if *wire == target));
    bench.release(title, Button::Left);
    assert_eq!(bench.wires(), ["a.image -> b.image", "b.image -> c.image"]);
    assert_eq!(bench.place("b"), (400, 140));
    assert_eq!(bench.steps(), 1);
    assert!(bench.undo());
    assert_eq!(bench.graph, before);
    let title = bench.title("n");
    bench.drag(title, title + ScreenVector::new(100.0, -1000.0), FREE);
    assert_eq!(
        bench.wires(),
        ["a.image -> c.image"],
        "a number fits no wire of pictures"
    );
}

#[test]
fn a_stroke_cuts_what_it_crosses_in_one_step() {
    let mut bench = Bench::new(ROW);
    bench.press(at(300.0, 0.0), Button::Right, CONTROL);
    bench.go(at(300.0, 100.0), CONTROL);
    assert!(matches!(bench.canvas.overlay(), Overlay::Stroke { doomed, .. } if doomed.len() == 1));
    bench.go(at(700.0, 400.0), CONTROL);
    bench.go(at(700.0, 0.0), CONTROL);
    bench.release(at(700.0, 0.0), Button::Right);
    assert_eq!(bench.wires(), [""; 0]);
    assert_eq!(bench.steps(), 1);
    bench.press(at(300.0, 800.0), Button::Right, CONTROL);
    bench.go(at(400.0, 900.0), CONTROL);
    bench.release(at(400.0, 900.0), Button::Right);
    assert_eq!(bench.steps(), 1, "nothing was cut");
    assert!(bench.asked.is_empty());
}

#[test]
fn two_clicks_on_a_wire_bend_it_and_two_on_the_point_straighten_it() {
    let led = wire("a.image -> b.image");
    let mut bench = Bench::new(ROW);
    bench.happens(Message::DoubleClicked {
        at: at(293.0, 47.0),
    });
    assert_eq!(
        bench.graph.layout().reroutes[&led],
        [Position::new(300, 40)]
    );
    let point = Selection::of(Item::Point(led.clone(), 0));
    assert_eq!(bench.canvas.selection, point);
    bench.happens(Message::DoubleClicked {
        at: at(345.0, 43.0),
    });
    let points = [Position::new(300, 40), Position::new(340, 40)];
    assert_eq!(bench.graph.layout().reroutes[&led], points);
    bench.happens(Message::DoubleClicked {
        at: at(300.0, 40.0),
    });
    assert_eq!(bench.graph.layout().reroutes[&led], points[1..]);
}

#[test]
fn a_click_selects_a_wire_or_a_point_of_it() {
    let led = wire("a.image -> b.image");
    let points = Edit::SetReroutes {
        wire: led.clone(),
        points: vec![Position::new(290, 46)],
    };
    let mut bench = with(ROW, [points]);
    bench.click(at(290.0, 46.0), FREE);
    assert_eq!(
        bench.canvas.selection,
        Selection::of(Item::Point(led.clone(), 0))
    );
    bench.click(at(240.0, 46.0), FREE);
    assert_eq!(bench.canvas.selection, Selection::of(Item::Wire(led)));
}

#[test]
fn a_wire_of_a_collapsed_node_can_be_plugged() {
    let collapse = Edit::SetCollapsed {
        node: id("b"),
        collapsed: true,
    };
    let mut bench = with(OPEN, [collapse]);
    bench.drag(bench.output("a.image"), at(400.0, 15.0), FREE);
    bench.drag(at(580.0, 15.0), bench.input("c.image"), FREE);
    assert_eq!(bench.wires(), ["a.image -> b.image", "b.image -> c.image"]);
}
