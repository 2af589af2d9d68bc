use std::collections::{BTreeMap, BTreeSet};

use super::{Connection, Edit, EditError};
use crate::document::{Graph, NodeId, PlacedNode, Position, State, Wire};
use crate::history::History;
use crate::param::ParamValue;
use crate::sample::{Dice, edits, graph, id, port, text};
use crate::workflow::to_text;

const CHAIN: &str = "
    a: test.text
    b: test.mark
    c: test.mark
    a.text -> b.text
    b.text -> c.text
";

fn wire(from: &str, to: &str) -> Wire {
    Wire::new(port(from), port(to))
}

/// Makes `edit` on the chain `a -> b -> c`, and expects the wires and nodes to be these.
fn check(edit: Edit, expected: &str) {
    let start = graph(CHAIN);
    let mut changed = start.clone();
    let undo = changed.apply(edit).expect("the edit is right");
    let wired: BTreeSet<&str> = changed
        .wires()
        .iter()
        .flat_map(|wire| [wire.from.node.as_str(), wire.to.node.as_str()])
        .collect();
    let mut parts: Vec<String> = changed.wires().iter().map(ToString::to_string).collect();
    let alone = changed.nodes().keys().map(NodeId::as_str);
    parts.extend(alone.filter(|id| !wired.contains(id)).map(Into::into));
    assert_eq!(parts.join(", "), expected);

    let redo = changed.apply(undo).expect("what was done can be undone");
    assert_eq!(changed, start);
    let _ = changed.apply(redo).expect("what was undone can be redone");
}

/// Expects the chain to refuse `edit`, with this message, and to stay as it was.
fn refused(edit: Edit, expected: &str) {
    let start = graph(CHAIN);
    let mut same = start.clone();
    let error = same.apply(edit).expect_err("the edit is wrong");
    assert_eq!(error.to_string(), expected);
    assert_eq!(to_text(&same), to_text(&start));
}

#[test]
fn removing_a_node_removes_its_wires() {
    check(Edit::RemoveNode(id("b")), "a, c");
    check(Edit::RemoveNode(id("c")), "a.text -> b.text");
}

#[test]
fn renaming_a_node_renames_it_everywhere() {
    let rename = |from, to| Edit::RenameNode {
        from: id(from),
        to: id(to),
    };
    check(rename("b", "z"), "z.text -> c.text, a.text -> z.text");
    check(rename("b", "b"), "a.text -> b.text, b.text -> c.text");
}

#[test]
fn wires_come_and_go() {
    check(
        Edit::Disconnect(wire("a.text", "b.text")),
        "b.text -> c.text, a",
    );
    check(
        Edit::connect(port("a.text"), port("c.text")),
        "a.text -> b.text, b.text -> c.text, a.text -> c.text",
    );
}

#[test]
fn a_cycle_is_refused_with_the_way_round() {
    refused(
        Edit::connect(port("c.text"), port("a.text")),
        "a wire from `c.text` to `a.text` would close a cycle: a -> b -> c -> a",
    );
    refused(
        Edit::connect(port("b.text"), port("b.mark")),
        "a wire from `b.text` to `b.mark` would close a cycle: b -> b",
    );
    assert!(graph(CHAIN).would_cycle(&id("c"), &id("a")));
    assert!(graph(CHAIN).would_cycle(&id("b"), &id("b")));
    assert!(!graph(CHAIN).would_cycle(&id("a"), &id("c")));
}

#[test]
fn what_is_not_there_or_there_twice_is_refused() {
    refused(Edit::RemoveNode(id("d")), "there is no node `d`");
    refused(
        Edit::add(id("a"), PlacedNode::new("test.text", 1)),
        "there is a node `a` already",
    );
    refused(
        Edit::RenameNode {
            from: id("a"),
            to: id("b"),
        },
        "there is a node `b` already",
    );
    refused(
        Edit::connect(port("a.text"), port("b.text")),
        "there is a wire from `a.text` to `b.text` already",
    );
    refused(
        Edit::connect(port("a.text"), port("d.text")),
        "there is no node `d`",
    );
    refused(
        Edit::Disconnect(wire("a.text", "c.text")),
        "there is no wire from `a.text` to `c.text`",
    );
    refused(
        Edit::set(&port("a.text"), ParamValue::Float(f64::INFINITY)),
        "`a.text` must be a finite number, but is inf",
    );
}

#[test]
fn a_batch_is_made_whole_or_not_at_all() {
    refused(
        Edit::Batch(vec![
            Edit::RemoveNode(id("b")),
            Edit::SetAbout("half of it".into()),
            Edit::RemoveNode(id("b")),
        ]),
        "there is no node `b`",
    );
    check(
        Edit::Batch(vec![
            Edit::RemoveNode(id("b")),
            Edit::connect(port("a.text"), port("c.text")),
        ]),
        "a.text -> c.text",
    );
}

#[test]
fn a_removed_node_comes_back_with_all_that_was_said_of_it() {
    let mut graph = graph(
        r#"
        a: test.text text="x"
        b: test.text
        join: test.join
        a.text -> join.more
        a.other -> join.more
        b.text -> join.more
        a.third -> join.more
        a.text -> join.first
    "#,
    );
    let position = Position::new(3, -4);
    let edits = [
        Edit::Move {
            node: id("a"),
            to: Some(position),
        },
        Edit::SetReroutes {
            wire: wire("a.text", "join.more"),
            points: vec![position],
        },
        Edit::SetCollapsed {
            node: id("a"),
            collapsed: true,
        },
        Edit::SetState {
            node: id("a"),
            state: Some(State::Bypassed),
        },
        Edit::SetInterfaceParam {
            name: "word".into(),
            target: Some(port("a.text")),
        },
        Edit::SetInterfaceOutput {
            name: "out".into(),
            target: Some(port("a.text")),
        },
    ];
    let _ = graph
        .apply(Edit::Batch(edits.into()))
        .expect("all are right");
    let before = to_text(&graph);

    let undo = graph.apply(Edit::RemoveNode(id("a"))).expect("it is there");
    assert_eq!(graph.wires(), [wire("b.text", "join.more")]);
    assert!(graph.interface().params.is_empty() && graph.interface().outputs.is_empty());
    assert!(graph.layout().is_empty());
    let _ = graph.apply(undo).expect("what was done can be undone");
    assert_eq!(to_text(&graph), before);
}

#[test]
fn a_node_is_collapsed_and_stays_so_under_another_name() {
    let collapse = |node: &str, collapsed| Edit::SetCollapsed {
        node: id(node),
        collapsed,
    };
    let mut graph = graph(CHAIN);
    let undo = graph.apply(collapse("b", true)).expect("it is there");
    assert_eq!(undo, collapse("b", false));
    assert_eq!(
        graph.apply(collapse("b", true)),
        Ok(collapse("b", true)),
        "it was collapsed already"
    );
    let rename = Edit::RenameNode {
        from: id("b"),
        to: id("z"),
    };
    let _ = graph.apply(rename).expect("the name is free");
    assert_eq!(graph.layout().collapsed, BTreeSet::from([id("z")]));
    let _ = graph.apply(collapse("z", false)).expect("it is there");
    assert!(graph.layout().is_empty());
    refused(collapse("d", true), "there is no node `d`");
}

#[test]
fn wires_into_one_port_keep_their_order() {
    let mut graph = graph("a: test.text\n b: test.text\n c: test.text\n join: test.join");
    for from in ["c.text", "a.text"] {
        let _ = graph
            .apply(Edit::connect(port(from), port("join.more")))
            .expect("the wire is right");
    }
    let between = Connection {
        wire: wire("b.text", "join.more"),
        at: Some(1),
        points: Vec::new(),
    };
    let _ = graph
        .apply(Edit::Connect(between))
        .expect("the wire is right");
    let rename = Edit::RenameNode {
        from: id("c"),
        to: id("z"),
    };
    let _ = graph.apply(rename).expect("the name is free");
    let order: Vec<&str> = graph
        .wires_to(&port("join.more"))
        .iter()
        .map(|wire| wire.from.node.as_str())
        .collect();
    assert_eq!(order, ["z", "b", "a"]);
}

#[test]
fn a_parameter_goes_back_to_being_unset() {
    let mut graph = graph("a: elsewhere.thing");
    let unset = graph.clone();
    let undo = graph
        .apply(Edit::set(&port("a.text"), text("x")))
        .expect("there is a node `a`");
    let _ = graph.apply(undo).expect("what was done can be undone");
    assert_eq!(graph, unset);

    let odd = Edit::SetVerbatim {
        node: id("a"),
        name: "text".into(),
        value: Some("[1]".into()),
    };
    let _ = graph.apply(odd).expect("there is a node `a`");
    let kept = graph.clone();
    let undo = graph
        .apply(Edit::set(&port("a.text"), text("x")))
        .expect("there is a node `a`");
    let node = graph.node(&id("a")).expect("there is a node `a`");
    assert!(node.verbatim.is_empty(), "a parameter has one value");
    let _ = graph.apply(undo).expect("what was done can be undone");
    assert_eq!(graph, kept);
}

/// Everything that must hold of every graph, found out without its index.
fn check_sound(graph: &Graph) {
    let mut done = BTreeSet::new();
    let mut left: BTreeSet<_> = graph.nodes().keys().collect();
    while !left.is_empty() {
        let ready: Vec<_> = left
            .iter()
            .copied()
            .filter(|id| {
                let mut wires = graph.wires_into(id).iter();
                wires.all(|wire| done.contains(&wire.from.node))
            })
            .collect();
        assert!(!ready.is_empty(), "a cycle among {left:?}");
        for id in ready {
            let _ = left.remove(id);
            let _ = done.insert(id);
        }
    }
    let wires: BTreeSet<&Wire> = graph.wires().iter().collect();
    assert_eq!(wires.len(), graph.wires().len(), "a wire lies twice");
    assert!(
        graph
            .wires()
            .is_sorted_by(|left, right| left.to <= right.to)
    );
    let interface = graph.interface();
    let targets = interface.params.values().chain(interface.outputs.values());
    let ends = graph.wires().iter().flat_map(|wire| [&wire.from, &wire.to]);
    assert!(
        targets
            .chain(ends)
            .all(|port| graph.node(&port.node).is_some())
    );
    assert!(
        graph
            .layout()
            .nodes
            .keys()
            .all(|id| graph.node(id).is_some())
    );
    assert!(
        graph
            .layout()
            .reroutes
            .keys()
            .all(|wire| wires.contains(wire))
    );
    for from in graph.nodes().keys() {
        let mut behind = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(node) = open.pop() {
            let next = graph.wires_from(node).map(|wire| &wire.to.node);
            open.extend(next.filter(|node| behind.insert(node)));
        }
        for to in graph.nodes().keys() {
            assert_eq!(
                graph.would_cycle(to, from),
                behind.contains(to),
                "{to} -> {from}"
            );
        }
    }
    let order: Vec<_> = graph.in_order().collect();
    assert_eq!(order.len(), graph.nodes().len());
    let place: BTreeMap<&NodeId, usize> = order.iter().copied().zip(0..).collect();
    let mut wires = graph.wires().iter();
    assert!(wires.all(|wire| place[&wire.from.node] < place[&wire.to.node]));
}

#[test]
fn whatever_is_done_can_be_undone_and_redone() {
    let mut made = 0;
    let mut cycles = 0;
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let mut graph = Graph::default();
        let mut history = History::default();
        let mut states = vec![(to_text(&graph), graph.clone())];
        for _ in 0..60 {
            let edit = edits::edit(&mut dice, &graph);
            match history.apply(&mut graph, edit) {
                Ok(()) => states.push((to_text(&graph), graph.clone())),
                Err(error) => {
                    cycles += usize::from(matches!(error, EditError::Cycle { .. }));
                    let (text, before) = states.last().expect("the first is always there");
                    assert_eq!((&to_text(&graph), &graph), (text, before), "{error}");
                }
            }
            check_sound(&graph);
        }
        made += states.len();
        for (text, before) in states.iter().rev().skip(1) {
            assert!(history.undo(&mut graph));
            assert_eq!((&to_text(&graph), &graph), (text, before));
            check_sound(&graph);
        }
        assert!(
            !history.undo(&mut graph),
            "there is nothing before the start"
        );
        for (text, after) in states.iter().skip(1) {
            assert!(history.redo(&mut graph));
            assert_eq!((&to_text(&graph), &graph), (text, after));
            check_sound(&graph);
        }
        assert!(!history.redo(&mut graph), "there is nothing behind the end");
    }
    // The dice must throw both right edits and cycles, or this proves nothing.
    assert!(made > 1000 && cycles > 20, "{made} edits, {cycles} cycles");
}
