use super::History;
use crate::document::{Graph, Position};
use crate::edit::Edit;
use crate::param::ParamValue;
use crate::sample::{graph, id, port};

fn shift(node: &str, x: i32) -> Edit {
    Edit::Move {
        node: id(node),
        to: Some(Position::new(x, 0)),
    }
}

fn start() -> (Graph, History) {
    (graph("a: test.text\n b: test.text"), History::default())
}

#[test]
fn the_moments_of_a_drag_are_one_step() {
    let (mut graph, mut history) = start();
    let before = graph.clone();
    for x in 1..=5 {
        history
            .merge(&mut graph, shift("a", x))
            .expect("it can be moved");
    }
    let after = graph.clone();
    assert!(history.undo(&mut graph));
    assert_eq!(graph, before);
    assert!(!history.can_undo() && history.can_redo());
    assert!(history.redo(&mut graph));
    assert_eq!(graph, after);
}

#[test]
fn a_drag_of_several_nodes_is_one_step() {
    let (mut graph, mut history) = start();
    for x in 1..=3 {
        let both = Edit::Batch(vec![shift("a", x), shift("b", x)]);
        history.merge(&mut graph, both).expect("they can be moved");
    }
    assert!(history.undo(&mut graph));
    assert!(graph.layout().is_empty());
}

#[test]
fn what_is_no_part_of_the_drag_is_a_step_of_its_own() {
    let (mut graph, mut history) = start();
    let set = |value| Edit::set(&port("a.text"), ParamValue::Int(value));
    let steps = [
        // Another node, another sort of change, another drag of the same.
        (shift("a", 1), false),
        (shift("b", 1), false),
        (set(1), false),
        (set(2), true),
        (shift("b", 2), false),
    ];
    for (edit, seal) in steps {
        history.merge(&mut graph, edit).expect("it can be done");
        if seal {
            history.seal();
        }
    }
    history.merge(&mut graph, set(3)).expect("it can be done");
    history.seal();
    history.merge(&mut graph, set(4)).expect("it can be done");
    history.merge(&mut graph, set(5)).expect("it can be done");
    let mut count = 0;
    while history.undo(&mut graph) {
        count += 1;
    }
    assert_eq!(
        count, 6,
        "the settings to 1 and 2 are one step, and those to 4 and 5"
    );
}

#[test]
fn a_step_that_was_not_a_drag_takes_in_no_drag() {
    let (mut graph, mut history) = start();
    history
        .apply(&mut graph, shift("a", 1))
        .expect("it can be moved");
    history
        .apply(&mut graph, shift("a", 2))
        .expect("it can be moved");
    assert!(history.undo(&mut graph));
    assert_eq!(graph.layout().nodes[&id("a")], Position::new(1, 0));
}

#[test]
fn a_new_step_forgets_what_was_undone() {
    let (mut graph, mut history) = start();
    history
        .apply(&mut graph, shift("a", 1))
        .expect("it can be moved");
    assert!(history.undo(&mut graph));
    history
        .apply(&mut graph, shift("b", 1))
        .expect("it can be moved");
    assert!(!history.redo(&mut graph));
}

#[test]
fn a_refused_step_leaves_no_trace() {
    let (mut graph, mut history) = start();
    let missing = Edit::RemoveNode(id("c"));
    assert!(history.apply(&mut graph, missing).is_err());
    assert!(!history.can_undo());
}

#[test]
fn it_is_known_what_the_next_step_back_and_forth_sets() {
    let (mut graph, mut history) = start();
    assert_eq!(history.next_undo(), None);
    let set = Edit::set(&port("a.text"), ParamValue::Int(1));
    let both = Edit::Batch(vec![shift("b", 1), set]);
    history.apply(&mut graph, both).expect("it can be done");
    let sets = |edit: Option<&Edit>, target| edit.is_some_and(|edit| edit.sets(&port(target)));
    assert!(sets(history.next_undo(), "a.text"));
    assert!(!sets(history.next_undo(), "b.text"));
    assert!(history.undo(&mut graph));
    assert!(sets(history.next_redo(), "a.text") && history.next_undo().is_none());
    history
        .apply(&mut graph, shift("a", 1))
        .expect("it can be done");
    assert!(!sets(history.next_undo(), "a.text"));
}
