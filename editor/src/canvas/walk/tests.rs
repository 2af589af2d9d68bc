use std::collections::BTreeSet;

use super::{Step, linked, nearest, step};
use crate::canvas::sample::{graph, id, registry};
use crate::canvas::scene::Scene;
use crate::space::WorldPoint;

const GRAPH: &str = "
    a: test.picture 0 0
    m: test.mask 0 600
    b: test.blend 400 0
    c: test.blur 800 400
    d: test.blur 800 0
    lonely: test.number 0 900
    a.image -> b.image
    m.mask -> b.mask
    b.image -> c.image
    b.image -> d.image";

#[test]
fn one_goes_along_wires_and_up_and_down() {
    let graph = graph(GRAPH);
    let scene = Scene::new(&graph, &registry(), &BTreeSet::new());
    let cases = [
        ("a", Step::Next, Some("b")),
        ("b", Step::Next, Some("d")),
        ("c", Step::Next, None),
        ("c", Step::Previous, Some("b")),
        ("b", Step::Previous, Some("a")),
        ("a", Step::Previous, None),
        ("a", Step::Below, Some("m")),
        ("m", Step::Below, Some("lonely")),
        ("lonely", Step::Above, Some("m")),
        ("d", Step::Below, Some("c")),
        ("lonely", Step::Below, None),
    ];
    for (from, way, to) in cases {
        assert_eq!(
            step(&graph, &scene, &id(from), way),
            to.map(id),
            "{from} {way:?}"
        );
    }
    let node = nearest(&scene, WorldPoint::new(900.0, 100.0));
    assert_eq!(node.map(|node| &node.id), Some(&id("d")));
}

#[test]
fn what_is_linked_is_joined_in_either_direction() {
    let graph = graph(GRAPH);
    let all = linked(&graph, &BTreeSet::from([id("m")]));
    assert_eq!(all, ["a", "b", "c", "d", "m"].map(id).into_iter().collect());
    let lonely = BTreeSet::from([id("lonely")]);
    assert_eq!(linked(&graph, &lonely), lonely);
}
