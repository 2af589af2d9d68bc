mod moving;
mod params;
mod wires;

use graph::document::{Extent, Frame, NodeId, Note, Position};
use graph::edit::Edit;
use graph::preview::{Preview, TokenGrid};

use crate::canvas::sample::{Bench, CONTROL, FREE, SHIFT, at, id, wire};
use crate::canvas::selection::{Item, Selection};
use crate::canvas::{Action, Button, Held, Message};
use crate::preview::Shown;
use crate::space::{ScreenPoint, ScreenVector, WorldPoint};

const ROW: &str = "
    a: test.picture 0 0
    b: test.blur 400 0
    c: test.blur 800 0
    a.image -> b.image
    b.image -> c.image";

fn with(text: &str, edits: impl IntoIterator<Item = Edit>) -> Bench {
    let mut bench = Bench::new(text);
    for edit in edits {
        let _ = bench.graph.apply(edit).expect("the change is right");
    }
    bench
}

fn frame(name: &str, x: i32, y: i32, width: u32, height: u32) -> Edit {
    Edit::SetFrame {
        id: id(name),
        frame: Some(Frame {
            at: Position::new(x, y),
            size: Extent { width, height },
            ..Frame::default()
        }),
    }
}

fn note(name: &str, x: i32, y: i32) -> Edit {
    Edit::SetNote {
        id: id(name),
        note: Some(Note {
            at: Position::new(x, y),
            size: Extent {
                width: 100,
                height: 100,
            },
            ..Note::default()
        }),
    }
}

fn selected(bench: &Bench) -> String {
    let nodes = bench.canvas.selection.nodes.iter();
    nodes.map(NodeId::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn clicks_select() {
    let cases: [(&[(&str, Held)], &str); 7] = [
        (&[("a", FREE)], "a"),
        (&[("a", FREE), ("b", FREE)], "b"),
        (&[("a", FREE), ("b", SHIFT)], "a b"),
        (&[("a", FREE), ("b", SHIFT), ("b", SHIFT)], "a b"),
        (&[("a", FREE), ("b", CONTROL), ("a", CONTROL)], "b"),
        (&[("a", FREE), ("b", SHIFT), ("a", FREE)], "a"),
        (&[("a", FREE), ("", FREE)], ""),
    ];
    for (clicks, expected) in cases {
        let mut bench = Bench::new(ROW);
        for (node, held) in clicks {
            let there = if node.is_empty() {
                at(600.0, 900.0)
            } else {
                bench.title(node)
            };
            bench.click(there, *held);
        }
        assert_eq!(selected(&bench), expected, "{clicks:?}");
        assert_eq!(bench.steps(), 0);
    }
}

#[test]
fn a_box_selects_what_it_touches() {
    let (far, near) = (at(350.0, 400.0), at(700.0, 100.0));
    let cases = [(FREE, "b"), (SHIFT, "a b"), (CONTROL, "a b")];
    for (held, expected) in cases {
        for (from, to) in [(far, near), (near, far)] {
            let mut bench = Bench::new(ROW);
            bench.canvas.selection = Selection::of_nodes([id("a")]);
            bench.drag(from, to, held);
            assert_eq!(selected(&bench), expected);
        }
    }
    let mut bench = Bench::new(ROW);
    bench.canvas.selection = Selection::of_nodes([id("b")]);
    bench.drag(far, near, CONTROL);
    assert_eq!(selected(&bench), "", "what was selected is not any more");
}

#[test]
fn a_box_takes_notes_points_and_whole_frames() {
    let mut bench = with(
        ROW,
        [
            frame("whole", 300, 500, 100, 100),
            frame("part", 500, 500, 900, 100),
            note("n", 300, 700),
            Edit::SetReroutes {
                wire: wire("a.image -> b.image"),
                points: vec![Position::new(300, 450), Position::new(350, 1200)],
            },
        ],
    );
    bench.drag(at(60.0, 420.0), at(700.0, 900.0), FREE);
    let mut expected = Selection::of(Item::Frame(id("whole")));
    expected.insert(Item::Note(id("n")));
    expected.insert(Item::Point(wire("a.image -> b.image"), 0));
    assert_eq!(bench.canvas.selection, expected);
}

#[test]
fn the_canvas_is_moved_by_the_wheel_button_space_and_the_right_button() {
    let space = Held {
        space: true,
        ..FREE
    };
    let ways = [
        (Button::Middle, FREE),
        (Button::Left, space),
        (Button::Right, FREE),
    ];
    for (button, held) in ways {
        let mut bench = Bench::new(ROW);
        bench.press(at(500.0, 100.0), button, held);
        bench.go(at(530.0, 140.0), held);
        bench.go(at(560.0, 80.0), held);
        bench.release(at(560.0, 80.0), button);
        let corner = bench.canvas.camera.visible().origin;
        assert_eq!(corner, WorldPoint::new(-60.0, 20.0), "{button:?}");
        assert!(!bench.canvas.is_busy() && bench.asked.is_empty());
    }
}

#[test]
fn the_wheel_zooms_at_the_pointer_and_pans_with_a_key() {
    let scroll = |held| {
        let mut bench = Bench::new(ROW);
        bench.happens(Message::Scrolled {
            at: at(100.0, 100.0),
            notches: ScreenVector::new(0.0, 2.0),
            held,
        });
        let camera = bench.canvas.camera;
        (camera.zoom(), camera.to_world(at(100.0, 100.0)))
    };
    let (zoom, kept) = scroll(FREE);
    assert!(zoom > 1.3 && (kept - WorldPoint::new(100.0, 100.0)).length() < 0.01);
    assert_eq!(scroll(SHIFT), (1.0, WorldPoint::new(-20.0, 100.0)));
    assert_eq!(scroll(CONTROL), (1.0, WorldPoint::new(100.0, -20.0)));
}

#[test]
fn a_new_canvas_shows_everything_once_it_has_a_size() {
    let mut bench = Bench::new(ROW);
    bench.canvas = crate::canvas::Canvas::new();
    bench.happens(Message::Resized(crate::space::ScreenSize::zero()));
    bench.happens(Message::Resized(crate::space::ScreenSize::new(
        570.0, 900.0,
    )));
    assert_eq!(bench.canvas.camera.zoom(), 0.5);
    assert_eq!(bench.canvas.camera.centre(), WorldPoint::new(490.0, 157.0));
    bench.happens(Message::Resized(crate::space::ScreenSize::new(
        900.0, 900.0,
    )));
    assert_eq!(
        bench.canvas.camera.zoom(),
        0.5,
        "from then on it is the user's"
    );
}

#[test]
fn the_minimap_moves_what_is_seen() {
    let mut bench = Bench::new(ROW);
    let there = WorldPoint::new(333.0, 44.0);
    bench.happens(Message::MinimapDragged { at: there });
    assert_eq!(bench.canvas.camera.centre(), there);
}

#[test]
fn two_clicks_ask_for_what_belongs_to_the_place() {
    let mut bench = with(ROW, [frame("f", 0, 800, 300, 200), note("n", 500, 800)]);
    let title = bench.title("b");
    let places = [at(600.0, 500.0), title, at(150.0, 810.0), at(550.0, 850.0)];
    for at in places {
        bench.happens(Message::DoubleClicked { at });
    }
    let search = Action::Search {
        at: WorldPoint::new(600.0, 500.0),
        screen: at(600.0, 500.0),
        from: None,
    };
    let others = [
        Action::Rename(id("b")),
        Action::EditFrame(id("f")),
        Action::EditNote(id("n")),
    ];
    assert_eq!(bench.asked[0], search);
    assert_eq!(bench.asked[1..], others);
}

#[test]
fn the_right_button_opens_the_menu_of_what_is_below() {
    let mut bench = Bench::new(ROW);
    let right = |bench: &mut Bench, at: ScreenPoint| {
        bench.press(at, Button::Right, FREE);
        bench.release(at, Button::Right);
    };
    let (a, b) = (bench.title("a"), bench.title("b"));
    right(&mut bench, b);
    assert_eq!(selected(&bench), "b");
    bench.canvas.selection = Selection::of_nodes([id("a"), id("b")]);
    right(&mut bench, a);
    assert_eq!(selected(&bench), "a b", "it belongs to what is selected");
    right(&mut bench, at(600.0, 900.0));
    assert_eq!(selected(&bench), "");
    assert_eq!(bench.asked.len(), 3);
    assert_eq!(bench.asked[1], Action::Menu { at: a });
}

#[test]
fn a_second_button_calls_the_gesture_off() {
    let mut bench = Bench::new(ROW);
    bench.canvas.selection = Selection::of_nodes([id("c")]);
    bench.press(at(350.0, 400.0), Button::Left, FREE);
    bench.go(at(700.0, 100.0), FREE);
    assert_eq!(selected(&bench), "b");
    bench.press(at(700.0, 100.0), Button::Right, FREE);
    assert_eq!(selected(&bench), "c");
    assert!(!bench.canvas.is_busy());
}

#[test]
fn pictures_open_and_chevrons_collapse() {
    let mut bench = Bench::new(ROW);
    bench.click(at(490.0, 180.0), FREE);
    let grid = TokenGrid {
        rows: 1,
        columns: 1,
        codebook: 4,
        codes: vec![Some(3)],
        ..TokenGrid::default()
    };
    for preview in [
        Preview::image(1, 1, [0, 0, 0]),
        Preview::Steps(vec![grid.clone(), grid]),
    ] {
        bench
            .thumbnails
            .show(&id("b"), "image", Shown::new(preview));
        bench.click(at(490.0, 180.0), FREE);
    }
    let expected = [
        Action::Say("`b` has made nothing yet: run it first".into()),
        Action::OpenViewer(id("b")),
        Action::OpenTokens(id("b")),
    ];
    assert_eq!(bench.asked, expected);
    bench.click(at(415.0, 15.0), FREE);
    assert_eq!(bench.graph.layout().collapsed, [id("b")].into());
    bench.click(at(415.0, 15.0), FREE);
    assert!(bench.graph.layout().collapsed.is_empty());
}
