use graph::edit::Edit;

use super::{Item, Selection};
use crate::canvas::sample::{graph, id, wire};

fn node(name: &str) -> Item {
    Item::Node(id(name))
}

#[test]
fn what_is_toggled_twice_is_as_before() {
    let items = [
        node("a"),
        Item::Frame(id("a")),
        Item::Note(id("a")),
        Item::Wire(wire("a.image -> b.image")),
        Item::Point(wire("a.image -> b.image"), 1),
    ];
    let mut selection = Selection::default();
    for item in &items {
        selection.toggle(item.clone());
        assert!(selection.contains(item), "{item:?}");
    }
    for item in &items {
        selection.toggle(item.clone());
        assert!(!selection.contains(item), "{item:?}");
    }
    assert!(selection.is_empty());
}

#[test]
fn a_box_that_toggles_turns_everything_in_it_round() {
    let mut selection = Selection::of_nodes([id("a"), id("b")]);
    selection.toggle_all(&Selection::of_nodes([id("b"), id("c")]));
    assert_eq!(selection, Selection::of_nodes([id("a"), id("c")]));
}

#[test]
fn one_node_is_the_only_one() {
    assert_eq!(Selection::of(node("a")).only_node(), Some(&id("a")));
    assert_eq!(Selection::of_nodes([id("a"), id("b")]).only_node(), None);
    assert_eq!(Selection::default().only_node(), None);
}

#[test]
fn what_is_gone_is_selected_no_more() {
    let mut graph = graph("a: test.blur\n b: test.blur\n a.image -> b.image");
    let led = wire("a.image -> b.image");
    let mut selection = Selection::all(&graph);
    for item in [
        Item::Wire(led.clone()),
        Item::Point(led, 0),
        Item::Frame(id("f")),
        Item::Note(id("n")),
    ] {
        selection.insert(item);
    }
    let _ = graph.apply(Edit::RemoveNode(id("b"))).expect("it is there");
    selection.forget_missing(&graph);
    assert_eq!(selection, Selection::of(node("a")));
}
