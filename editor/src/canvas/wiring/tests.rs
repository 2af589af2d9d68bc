use std::collections::BTreeSet;

use graph::document::{Graph, NodeId, Position};
use graph::edit::Edit;

use super::{Fits, Gap, add, connect, insert, refusal, remove, way};
use crate::canvas::Loose;
use crate::canvas::sample::{graph, id, ref_of, registry, wire, wires};
use crate::canvas::scene::Side;
use crate::canvas::selection::{Item, Selection};

fn output(port: &str) -> Loose {
    Loose::Output(ref_of(port))
}

fn input(port: &str) -> Loose {
    Loose::Input(ref_of(port))
}

fn after(text: &str, edit: Edit) -> Graph {
    let mut graph = graph(text);
    let _ = graph.apply(edit).expect("the change is right");
    graph
}

#[test]
fn a_wire_fits_where_kinds_allow_and_no_cycle_comes_of_it() {
    let graph = graph(
        "a: test.picture\n b: test.blur\n c: test.blend\n d: test.sample\n s: test.sheet
         a.image -> b.image\n b.image -> c.image",
    );
    let cases: [(Loose, &str, &[&str]); 8] = [
        (output("a.image"), "c", &["other", "image"]),
        (output("a.image"), "b", &[]),
        (output("a.image"), "s", &["image"]),
        (output("c.image"), "b", &[]),
        (output("c.image"), "c", &[]),
        (output("d.tokens"), "d", &[]),
        (input("b.image"), "a", &[]),
        (input("b.image"), "c", &[]),
    ];
    for (loose, node, ports) in cases {
        let fits = Fits::new(&graph, &registry(), &loose, None);
        assert_eq!(fits.of(&id(node)), ports, "{loose:?} at {node}");
    }
    let fits = Fits::new(&graph, &registry(), &input("c.other"), None);
    let nodes: Vec<&str> = fits.nodes().map(NodeId::as_str).collect();
    assert_eq!(nodes, ["a", "b", "s"]);
}

#[test]
fn a_wire_that_is_unplugged_is_no_hindrance() {
    let graph = graph("a: test.blur\n b: test.blur\n a.image -> b.image");
    let unplugged = wire("a.image -> b.image");
    let fits = |unplugged| Fits::new(&graph, &registry(), &output("b.image"), unplugged);
    assert_eq!(fits(None).of(&id("a")), [""; 0]);
    assert_eq!(fits(Some(&unplugged)).of(&id("a")), ["image"]);
}

#[test]
fn what_does_not_fit_says_why() {
    let graph = graph(
        "a: test.blur\n b: test.blur\n c: test.sample\n s: test.sheet\n x: lost.kind
         a.image -> b.image\n a.image -> s.image",
    );
    let cases = [
        (
            output("a.image"),
            "s.image",
            Side::Input,
            "there is a wire from `a.image` to `s.image` already",
        ),
        (
            output("a.image"),
            "b.image",
            Side::Output,
            "`a.image` and `b.image` are both outputs",
        ),
        (
            input("a.image"),
            "b.image",
            Side::Input,
            "`a.image` and `b.image` are both inputs",
        ),
        (
            output("b.image"),
            "a.image",
            Side::Input,
            "a wire from `b.image` to `a.image` would close a cycle: a -> b -> a",
        ),
        (
            output("x.out"),
            "a.image",
            Side::Input,
            "node `x` is of the unknown kind `lost.kind`",
        ),
    ];
    for (loose, port, side, why) in cases {
        let there = ref_of(port);
        let refusal = refusal(&graph, &registry(), &loose, (&there, side), None);
        assert_eq!(refusal.as_deref(), Some(why));
    }
    let there = ref_of("c.text");
    let mismatch = refusal(
        &graph,
        &registry(),
        &output("a.image"),
        (&there, Side::Input),
        None,
    );
    let mismatch = mismatch.expect("an image is no text");
    assert!(
        mismatch.contains("image") && mismatch.contains("text"),
        "{mismatch}"
    );
    let there = ref_of("s.image");
    let fits = refusal(
        &graph,
        &registry(),
        &output("b.image"),
        (&there, Side::Input),
        None,
    );
    assert_eq!(fits, None);
}

#[test]
fn an_input_for_one_wire_gives_up_the_one_it_had() {
    let text = "a: test.blur\n b: test.blur\n c: test.blur\n s: test.sheet
                a.image -> c.image\n a.image -> s.image\n c.image -> s.image";
    let cases = [
        (
            "b.image -> c.image",
            &[
                "b.image -> c.image",
                "a.image -> s.image",
                "c.image -> s.image",
            ][..],
        ),
        (
            "b.image -> s.image",
            &[
                "a.image -> c.image",
                "a.image -> s.image",
                "c.image -> s.image",
                "b.image -> s.image",
            ],
        ),
    ];
    for (new, expected) in cases {
        let edit = connect(&graph(text), &registry(), &wire(new), None);
        assert_eq!(wires(&after(text, edit)), expected);
    }
}

#[test]
fn a_wire_whose_beginning_is_moved_keeps_its_place_and_its_points() {
    let text = "a: test.blur\n b: test.blur\n c: test.blur\n s: test.sheet
                a.image -> s.image\n b.image -> s.image";
    let mut graph = graph(text);
    let led = Edit::SetReroutes {
        wire: wire("a.image -> s.image"),
        points: vec![Position::new(5, 6)],
    };
    let _ = graph.apply(led).expect("there is such a wire");
    let (new, old) = (wire("c.image -> s.image"), wire("a.image -> s.image"));
    let edit = connect(&graph, &registry(), &new, Some(&old));
    let _ = graph.apply(edit).expect("the change is right");
    assert_eq!(wires(&graph), ["c.image -> s.image", "b.image -> s.image"]);
    assert_eq!(graph.layout().reroutes[&new], [Position::new(5, 6)]);
}

#[test]
fn the_way_is_the_shortest() {
    let graph = graph(
        "a: test.blur\n b: test.blend\n c: test.blend
         a.image -> b.image\n b.image -> c.image\n a.image -> c.other",
    );
    assert_eq!(way(&graph, &id("a"), &id("c"), None), [id("a"), id("c")]);
    let without = wire("a.image -> c.other");
    let way = |unplugged| super::way(&graph, &id("a"), &id("c"), unplugged);
    assert_eq!(way(Some(&without)), [id("a"), id("b"), id("c")]);
    assert_eq!(super::way(&graph, &id("c"), &id("a"), None), []);
}

#[test]
fn a_new_node_is_wired_to_the_loose_end() {
    let text = "a: test.blur\n b: test.blur\n a.image -> b.image";
    let cases = [
        ("test.blur", None, "blur", &["a.image -> b.image"][..]),
        (
            "test.blur",
            Some((output("b.image"), "image")),
            "blur",
            &["a.image -> b.image", "b.image -> blur.image"],
        ),
        (
            "test.picture",
            Some((input("b.image"), "image")),
            "picture",
            &["picture.image -> b.image"],
        ),
    ];
    for (kind, wired, name, expected) in cases {
        let wired = wired.as_ref().map(|(loose, port)| (loose, *port));
        let added = add(
            &graph(text),
            &registry(),
            kind,
            Position::new(20, 40),
            wired,
        );
        let (node, edit) = added.expect("the kind is known");
        assert_eq!(node, id(name));
        let graph = after(text, edit);
        assert_eq!(wires(&graph), expected);
        assert_eq!(graph.layout().nodes[&node], Position::new(20, 40));
    }
    assert!(
        add(
            &graph(text),
            &registry(),
            "lost.kind",
            Position::default(),
            None
        )
        .is_none()
    );
    let taken = add(
        &graph("blur: test.blur"),
        &registry(),
        "test.blur",
        Position::default(),
        None,
    );
    assert_eq!(taken.expect("the kind is known").0, id("blur_2"));
}

#[test]
fn a_node_is_set_into_a_wire_that_it_fits() {
    let text = "a: test.blur\n b: test.blur\n n: test.blend\n m: test.mask\n s: test.sample
                a.image -> b.image";
    let gap = |points| Gap {
        wire: wire("a.image -> b.image"),
        points,
    };
    let mut graph = graph(text);
    let led = Edit::SetReroutes {
        wire: wire("a.image -> b.image"),
        points: vec![Position::new(1, 1), Position::new(2, 2)],
    };
    let _ = graph.apply(led).expect("there is such a wire");
    assert!(
        insert(&graph, &registry(), &gap(0), &id("m")).is_none(),
        "it gives a mask"
    );
    assert!(
        insert(&graph, &registry(), &gap(0), &id("s")).is_none(),
        "it takes no image"
    );
    assert!(
        insert(&graph, &registry(), &gap(0), &id("a")).is_none(),
        "it has wires"
    );
    let edits = insert(&graph, &registry(), &gap(1), &id("n")).expect("it fits");
    let _ = graph
        .apply(Edit::Batch(edits))
        .expect("the change is right");
    assert_eq!(wires(&graph), ["n.image -> b.image", "a.image -> n.image"]);
    let points = &graph.layout().reroutes;
    assert_eq!(points[&wire("a.image -> n.image")], [Position::new(1, 1)]);
    assert_eq!(points[&wire("n.image -> b.image")], [Position::new(2, 2)]);
}

#[test]
fn wires_heal_where_kinds_allow() {
    let chain = "a: test.picture\n b: test.blur\n c: test.blur\n d: test.blur
                 a.image -> b.image\n b.image -> c.image\n c.image -> d.image";
    let sheet = "a: test.picture\n b: test.blur\n c: test.picture\n s: test.sheet
                 a.image -> b.image\n b.image -> s.image\n c.image -> s.image";
    let twice = "a: test.picture\n b: test.blur\n s: test.sheet
                 a.image -> b.image\n b.image -> s.image\n a.image -> s.image";
    let kinds = "a: test.sample\n b: test.decode\n c: test.blur\n m: test.mask\n n: test.blend
                 a.tokens -> b.tokens\n b.image -> c.image\n c.image -> m.image\n m.mask -> n.mask";
    let second = "a: test.picture\n b: test.picture\n n: test.blend\n c: test.blur
                  a.image -> n.image\n b.image -> n.other\n n.image -> c.image";
    let lost = "a: test.picture\n x: lost.kind\n c: test.blur\n a.image -> x.in\n x.out -> c.image";
    let cases: [(&str, &[&str], &[&str]); 9] = [
        (chain, &["b"], &["a.image -> c.image", "c.image -> d.image"]),
        (chain, &["b", "c"], &["a.image -> d.image"]),
        (chain, &["a"], &["b.image -> c.image", "c.image -> d.image"]),
        (chain, &["d"], &["a.image -> b.image", "b.image -> c.image"]),
        (sheet, &["b"], &["a.image -> s.image", "c.image -> s.image"]),
        (twice, &["b"], &["a.image -> s.image"]),
        (kinds, &["b", "m"], &[]),
        (second, &["n"], &["a.image -> c.image"]),
        (lost, &["x"], &[]),
    ];
    for (text, gone, expected) in cases {
        let selection = Selection::of_nodes(gone.iter().map(|node| id(node)));
        let edit = remove(&graph(text), &registry(), &selection).expect("something is selected");
        assert_eq!(wires(&after(text, edit)), expected, "without {gone:?}");
    }
}

#[test]
fn a_selected_wire_goes_for_good() {
    let text = "a: test.picture\n b: test.blur\n c: test.blur
                a.image -> b.image\n b.image -> c.image";
    let mut selection = Selection::of_nodes([id("b")]);
    selection.insert(Item::Wire(wire("b.image -> c.image")));
    let edit = remove(&graph(text), &registry(), &selection).expect("something is selected");
    assert_eq!(wires(&after(text, edit)), [""; 0]);
}

#[test]
fn selected_points_go_and_the_others_stay() {
    let text = "a: test.blur\n b: test.blur\n a.image -> b.image";
    let mut graph = graph(text);
    let led = wire("a.image -> b.image");
    let points = (1..=3).map(|at| Position::new(at, at)).collect();
    let _ = graph
        .apply(Edit::SetReroutes {
            wire: led.clone(),
            points,
        })
        .expect("there is such a wire");
    let mut selection = Selection::of(Item::Point(led.clone(), 0));
    selection.insert(Item::Point(led.clone(), 2));
    let edit = remove(&graph, &registry(), &selection).expect("something is selected");
    let _ = graph.apply(edit).expect("the change is right");
    assert_eq!(graph.layout().reroutes[&led], [Position::new(2, 2)]);
    assert_eq!(remove(&graph, &registry(), &Selection::default()), None);
    let none: BTreeSet<_> = BTreeSet::new();
    assert_eq!(super::heal::heal(&graph, &registry(), &none), []);
}
