use graph::document::{NodeId, State};

use crate::canvas::Action;
use crate::canvas::sample::{Bench, FREE, at, id, wire};
use crate::canvas::selection::{Item, Selection};
use crate::canvas::{Button, GRID};
use crate::command::Command;
use crate::space::WorldPoint;

const GRAPH: &str = "
    a: test.picture 0 0
    b: test.blur 400 0
    c: test.blur 800 0
    n: test.number 0 600
    a.image -> b.image
    b.image -> c.image";

fn bench(selected: &[&str]) -> Bench {
    let mut bench = Bench::new(GRAPH);
    bench.canvas.selection = Selection::of_nodes(selected.iter().map(|node| id(node)));
    bench
}

fn selected(bench: &Bench) -> Vec<&str> {
    let nodes = bench.canvas.selection.nodes.iter();
    nodes.map(NodeId::as_str).collect()
}

#[test]
fn what_is_selected_follows_the_keys() {
    let cases: [(&[&str], Command, &[&str]); 10] = [
        (&[], Command::SelectAll, &["a", "b", "c", "n"]),
        (&["a"], Command::SelectNone, &[]),
        (&["b"], Command::SelectLinked, &["a", "b", "c"]),
        (&["a"], Command::NextNode, &["b"]),
        (&["c"], Command::NextNode, &["c"]),
        (&["b"], Command::PreviousNode, &["a"]),
        (&["a"], Command::NodeBelow, &["n"]),
        (&["n"], Command::NodeAbove, &["a"]),
        (&[], Command::NextNode, &["c"]),
        (&["b"], Command::Delete, &[]),
    ];
    for (before, command, expected) in cases {
        let mut bench = bench(before);
        bench.command(command);
        assert_eq!(selected(&bench), expected, "{command:?} from {before:?}");
    }
}

#[test]
fn deleting_heals_and_is_one_step() {
    let mut bench = bench(&["b"]);
    bench.command(Command::Delete);
    assert_eq!(bench.wires(), ["a.image -> c.image"]);
    assert_eq!(bench.steps(), 1);
    bench.command(Command::Delete);
    assert_eq!(bench.steps(), 1, "nothing is selected any more");
}

#[test]
fn states_are_set_for_all_and_taken_back_where_all_have_them() {
    let mut bench = bench(&["a", "b"]);
    let states = |bench: &Bench| {
        ["a", "b"].map(|node| bench.graph.node(&id(node)).and_then(|node| node.state))
    };
    bench.command(Command::Mute);
    assert_eq!(states(&bench), [Some(State::Muted); 2]);
    bench.canvas.selection = Selection::of_nodes([id("a")]);
    bench.command(Command::Bypass);
    assert_eq!(states(&bench), [Some(State::Bypassed), Some(State::Muted)]);
    bench.canvas.selection = Selection::of_nodes([id("a"), id("b")]);
    bench.command(Command::Bypass);
    bench.command(Command::Bypass);
    assert_eq!(states(&bench), [None; 2]);
}

#[test]
fn nodes_are_collapsed_and_expanded() {
    let mut bench = bench(&["a", "b"]);
    bench.command(Command::Collapse);
    assert_eq!(bench.graph.layout().collapsed, [id("a"), id("b")].into());
    bench.command(Command::Collapse);
    assert!(bench.graph.layout().collapsed.is_empty());
}

#[test]
fn arrows_move_by_the_grid_or_by_one_and_coalesce() {
    let mut bench = bench(&["b"]);
    for command in [Command::NudgeRight, Command::NudgeRight, Command::NudgeDown] {
        bench.command(command);
    }
    assert_eq!(bench.place("b"), (400 + 2 * GRID as i32, GRID as i32));
    assert_eq!(bench.steps(), 1);
    bench.command(Command::Snap);
    bench.command(Command::NudgeLeft);
    bench.command(Command::NudgeUp);
    assert_eq!(bench.place("b"), (439, 19));
    let mut nothing = Bench::new(GRAPH);
    nothing.command(Command::NudgeLeft);
    assert_eq!(nothing.steps(), 0);
}

#[test]
fn two_nodes_are_wired_by_what_fits_and_one_is_asked_about() {
    let mut bench = bench(&["n", "c"]);
    bench.command(Command::Connect);
    let wires = [
        "a.image -> b.image",
        "n.number -> c.amount",
        "b.image -> c.image",
    ];
    assert_eq!(bench.wires(), wires);
    bench.canvas.selection = Selection::of_nodes([id("a")]);
    bench.command(Command::Connect);
    bench.canvas.selection = Selection::default();
    bench.command(Command::Connect);
    bench.canvas.selection = Selection::of_nodes([id("a"), id("n")]);
    bench.command(Command::Connect);
    assert_eq!(
        bench.wires(),
        [&["n.number -> a.size"], &wires[..]].concat()
    );
    bench.canvas.selection = Selection::of_nodes([id("a"), id("b")]);
    bench.command(Command::Connect);
    assert_eq!(
        bench.asked,
        [
            Action::Connect(id("a")),
            Action::Say("select one node to connect, or two".into()),
            Action::Say("nothing of `a` fits `b`".into()),
        ]
    );
}

#[test]
fn what_is_typed_is_asked_for() {
    let mut bench = bench(&["a"]);
    bench.command(Command::Rename);
    bench.command(Command::Frame);
    bench.command(Command::Rename);
    bench.command(Command::Note);
    bench.canvas.selection = Selection::default();
    bench.command(Command::Rename);
    assert_eq!(
        bench.asked,
        [
            Action::Rename(id("a")),
            Action::EditFrame(id("frame")),
            Action::EditFrame(id("frame")),
            Action::EditNote(id("note")),
            Action::Say("select the one node, frame or note to be renamed".into()),
        ]
    );
    assert!(bench.graph.layout().frames.contains_key(&id("frame")));
    assert!(bench.graph.layout().notes.contains_key(&id("note")));
}

#[test]
fn a_search_opens_at_the_pointer() {
    let mut bench = bench(&[]);
    bench.command(Command::Search);
    bench.go(at(30.0, 40.0), FREE);
    bench.command(Command::Search);
    let search = |x, y| Action::Search {
        at: WorldPoint::new(x, y),
        screen: at(x, y),
        from: None,
    };
    assert_eq!(bench.asked, [search(1000.0, 750.0), search(30.0, 40.0)]);
}

#[test]
fn nodes_line_up_spread_and_arrange() {
    let mut bench = bench(&["a", "n"]);
    bench.command(Command::AlignRight);
    assert_eq!(bench.place("n"), (0, 600));
    bench.command(Command::AlignTop);
    assert_eq!(bench.place("n"), (0, 0));
    bench.command(Command::DistributeVertically);
    assert_eq!(
        bench.asked,
        [Action::Say(
            "select at least three nodes to space them evenly".into()
        )]
    );
    bench.canvas.selection = Selection::default();
    bench.command(Command::Arrange);
    let left = |node: &str| bench.place(node).0;
    assert_eq!([left("a"), left("b"), left("c")], [0, 260, 520]);
}

#[test]
fn the_view_follows_the_keys() {
    let mut bench = bench(&["b"]);
    let middle = |bench: &Bench| bench.canvas.camera.centre();
    bench.command(Command::ZoomIn);
    assert_eq!(bench.canvas.camera.zoom(), 1.25);
    bench.command(Command::ZoomOut);
    bench.command(Command::ZoomOut);
    assert_eq!(bench.canvas.camera.zoom(), 0.8);
    bench.command(Command::ZoomReset);
    assert_eq!(bench.canvas.camera.zoom(), 1.0);
    bench.command(Command::FitSelection);
    assert_eq!(middle(&bench), WorldPoint::new(490.0, 121.0));
    bench.command(Command::Fit);
    assert_eq!(middle(&bench), WorldPoint::new(490.0, 345.0));
    bench.command(Command::Minimap);
    bench.command(Command::Snap);
    assert!(!bench.canvas.minimap && !bench.canvas.snaps);
    assert_eq!(bench.steps(), 0, "looking changes nothing");
}

#[test]
fn the_menu_opens_at_what_is_selected_and_pictures_where_there_are_some() {
    let mut bench = bench(&["b"]);
    bench.command(Command::Menu);
    bench.command(Command::ShowPictures);
    let menu = Action::Menu {
        at: at(490.0, 121.0),
    };
    let nothing = Action::Say("`b` has made nothing yet: run it first".into());
    assert_eq!(bench.asked, [menu, nothing]);
}

#[test]
fn cancel_calls_a_drag_off_and_nothing_else_happens_meanwhile() {
    let mut bench = bench(&[]);
    let title = bench.title("b");
    bench.press(title, Button::Left, FREE);
    bench.go(title + crate::space::ScreenVector::new(100.0, 0.0), FREE);
    assert_eq!(bench.place("b"), (500, 0));
    bench.command(Command::Delete);
    assert_eq!(bench.wires().len(), 2);
    bench.command(Command::Cancel);
    assert_eq!(bench.place("b"), (400, 0));
    assert_eq!(bench.steps(), 0);
    bench.canvas.selection = Selection::of(Item::Wire(wire("a.image -> b.image")));
    bench.command(Command::Delete);
    assert_eq!(bench.wires(), ["b.image -> c.image"]);
}
