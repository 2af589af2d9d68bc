use std::collections::BTreeSet;

use super::{Engine, Event, Happened, Outcome, RunOptions, Settings};
use crate::document::Graph;
use crate::edit::Edit;
use crate::plan::Plan;
use crate::run::{Cancel, Resources};
use crate::sample::{Log, graph, id, registry, text};
use crate::value::Footprint;

/// An engine with a log of what its nodes did.
pub struct Bench {
    pub engine: Engine,
    pub log: Log,
    pub options: RunOptions,
}

impl Bench {
    pub fn new(workers: usize) -> Self {
        let log = Log::default();
        let engine = Engine::new(Settings {
            workers,
            budget: Footprint {
                host: 1 << 20,
                device: 0,
            },
            device_class: "test".into(),
            resources: Resources::default().with(log.clone()),
        });
        Self {
            engine,
            log,
            options: RunOptions::default(),
        }
    }

    pub fn run(&self, graph: &Graph) -> (Outcome, Vec<Event>) {
        let plan = Plan::new(graph, &registry()).expect("the graphs of these tests can be run");
        let mut events = Vec::new();
        let outcome = self
            .engine
            .run(&plan, &self.options, &Cancel::default(), |event| {
                events.push(event.clone());
            });
        (outcome, events)
    }

    /// What node `name` gives at `text`.
    pub fn text(&mut self, graph: &Graph, name: &str) -> String {
        self.options.keep = BTreeSet::from([id(name)]);
        let (outcome, _) = self.run(graph);
        assert_eq!(outcome.failed, []);
        outcome.nodes[&id(name)]
            .one("text")
            .expect("the node gives a text")
    }
}

const CHAIN: &str = r#"
    a: test.text text="a"
    b: test.text text="b"
    first: test.mark mark="1"
    second: test.mark mark="2"
    join: test.join
    a.text -> first.text
    b.text -> second.text
    first.text -> join.first
    second.text -> join.more
"#;

#[test]
fn values_pass_from_node_to_node() {
    for workers in [1, 4] {
        let mut bench = Bench::new(workers);
        assert_eq!(bench.text(&graph(CHAIN), "join"), "a1+b2");
        assert_eq!(bench.log.take(), ["1", "2", "a", "b", "join"]);
    }
}

#[test]
fn only_what_depends_on_a_change_runs_again() {
    let mut bench = Bench::new(2);
    let mut graph = graph(CHAIN);
    let _ = bench.text(&graph, "join");
    let _ = bench.log.take();

    assert_eq!(bench.text(&graph, "join"), "a1+b2");
    assert_eq!(bench.log.take(), [""; 0], "nothing changed");

    let _ = graph
        .apply(Edit::set(&id("second").port("mark"), text("3")))
        .expect("there is such a node");
    assert_eq!(bench.text(&graph, "join"), "a1+b3");
    assert_eq!(bench.log.take(), ["3", "join"]);
}

#[test]
fn the_last_event_says_how_it_went() {
    let bench = Bench::new(1);
    let (outcome, events) = bench.run(&graph(CHAIN));
    assert!(outcome.is_complete());
    assert!(events.iter().all(|event| event.run == outcome.run));
    let Some(Happened::Ended { ran, failed, .. }) = events.last().map(|event| &event.what) else {
        panic!("the last event is {:?}", events.last());
    };
    assert_eq!((*ran, *failed), (5, 0));
}
