use graph::document::Graph;

use super::{Beside, Faults, NodeStatus, Statuses, Weight};
use crate::runner::sample::{graph, id, registry};

/// What is wrong, as `node.port: message`, those in the way with `!`.
fn faults(graph: &Graph) -> Vec<String> {
    let faults = Faults::new(graph, &registry());
    let told = faults.iter().flat_map(|(node, faults)| {
        faults.iter().map(move |fault| {
            let port = fault.port.as_deref().unwrap_or("-");
            let mark = match fault.weight {
                Weight::InTheWay => "!",
                Weight::Loose => "",
            };
            format!("{node}.{port}{mark}")
        })
    });
    told.collect()
}

#[test]
fn faults_stand_at_their_nodes_and_ports_with_how_to_mend_them() {
    let graph = graph(
        "a: number \"value\": \"x\"
         end: paint
         odd: unknown
         => end.image",
    );
    let faults = Faults::new(&graph, &registry());
    let [missing] = faults.at(&id("end")) else {
        panic!("{faults:?}");
    };
    assert_eq!(missing.port.as_deref(), Some("number"));
    assert_eq!(
        missing.message,
        "nothing is wired to `end.number`, which needs number"
    );
    assert_eq!(
        missing.hint.as_deref(),
        Some("drag a wire to it from an output of number")
    );
    assert_eq!(faults.at_port(&id("end"), "number").count(), 1);
    assert_eq!(faults.at_port(&id("end"), "other").count(), 0);
    assert_eq!(faults.at(&id("a"))[0].port.as_deref(), Some("value"));
    let unknown = &faults.at(&id("odd"))[0];
    assert_eq!(unknown.port, None);
    assert_eq!(
        unknown.message,
        "node `odd` is of the unknown kind `test.unknown`"
    );
    assert!(faults.of_workflow().is_empty());
    assert_eq!(faults.weight(&id("end")), Some(Weight::InTheWay));
    assert_eq!(faults.weight(&id("a")), Some(Weight::Loose));
    assert_eq!(faults.weight(&id("nobody")), None);
    assert_eq!(faults.in_the_way().count(), 1);
}

#[test]
fn what_no_result_needs_is_not_in_the_way() {
    let check = |lines: &str, expected: &[&str]| assert_eq!(faults(&graph(lines)), expected);
    // A result of the interface.
    check(
        "end: paint\n loose: paint\n => end.image",
        &["end.number!", "loose.number"],
    );
    // A node that writes files is a result as well.
    check(
        "end: keep\n slow: slow\n loose: paint\n slow.number -> end.number",
        &["loose.number", "slow.number!"],
    );
    // Where there is no result, the end of any wire may be it.
    check(
        "end: paint\n slow: slow\n loose: paint\n slow.number -> end.number",
        &["loose.number", "slow.number!"],
    );
    check("loose: paint", &["loose.number"]);
    check("a: number", &[]);
}

#[test]
fn a_name_that_the_command_line_uses_is_a_fault_of_the_workflow() {
    let mut graph = graph("a: number");
    let edit = graph::edit::Edit::SetInterfaceParam {
        name: "json".into(),
        target: Some(id("a").port("value")),
    };
    let _ = graph.apply(edit).expect("there is such a node");
    let faults = Faults::new(&graph, &registry());
    assert_eq!(faults.of_workflow().len(), 1);
    assert_eq!(faults.of_workflow()[0].weight, Weight::InTheWay);
    assert_eq!(faults.in_the_way().count(), 1);
    assert!(!faults.is_empty());
}

#[test]
fn faults_are_looked_for_again_when_the_document_has_changed() {
    let mut faults = Faults::default();
    let (wrong, right) = (graph("end: paint"), graph("a: number"));
    faults.refresh(&wrong, &registry(), 0);
    assert!(!faults.is_empty());
    faults.refresh(&right, &registry(), 0);
    assert!(!faults.is_empty(), "it was told that nothing has changed");
    faults.refresh(&right, &registry(), 1);
    assert!(faults.is_empty());
}

#[test]
fn a_run_of_the_whole_forgets_what_older_runs_told() {
    let mut statuses = Statuses::default();
    let [a, b] = [id("a"), id("b")];
    statuses.begin([&a, &b].into_iter(), Beside::Forgotten);
    assert_eq!(statuses.get(&a), Some(&NodeStatus::Waiting));
    statuses.end();
    assert_eq!(statuses.get(&a), Some(&NodeStatus::Cancelled));
    statuses.begin([&b].into_iter(), Beside::Kept);
    assert_eq!(statuses.get(&a), Some(&NodeStatus::Cancelled));
    assert_eq!(statuses.get(&b), Some(&NodeStatus::Waiting));
    statuses.begin([&b].into_iter(), Beside::Forgotten);
    assert_eq!(statuses.get(&a), None);
}
