use graph::document::{Graph, Position};
use graph::edit::Edit;

use super::*;
use crate::canvas::sample::{graph, id, ref_of, registry, wire};

const ROW: &str = "
    a: test.picture 0 0
    b: test.blur 400 0
    c: test.blur 800 0
    d: test.blur 1200 0
    a.image -> b.image
    b.image -> c.image
    c.image -> d.image";

fn scene(graph: &Graph) -> Arc<Scene> {
    Arc::new(Scene::new(graph, &registry(), &BTreeSet::new()))
}

#[test]
fn the_wires_of_what_has_moved_lie_otherwise() {
    let mut graph = graph(ROW);
    let before = scene(&graph);
    let edit = Edit::Move {
        node: id("b"),
        to: Some(Position::new(400, 60)),
    };
    let _ = graph.apply(edit).expect("it is there");
    let after = before.moved(&graph, &registry(), &BTreeSet::new());
    let after = Arc::new(after.expect("all have places"));

    assert_eq!(moved(&before, &before), Some(BTreeSet::new()));
    assert_eq!(moved(&before, &after), Some(BTreeSet::from([0, 1])));
}

#[test]
fn other_wires_have_not_moved() {
    let mut graph = graph(ROW);
    let before = scene(&graph);
    let edit = Edit::Disconnect(wire("b.image -> c.image"));
    let _ = graph.apply(edit).expect("it is there");
    assert_eq!(moved(&before, &scene(&graph)), None);

    let edit = Edit::connect(ref_of("a.image"), ref_of("c.image"));
    let _ = graph.apply(edit).expect("it fits");
    assert_eq!(moved(&before, &scene(&graph)), None);
}
