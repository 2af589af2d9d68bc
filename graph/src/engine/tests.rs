use std::collections::BTreeSet;

use super::{Engine, Event, Happened, Outcome, RunOptions, Settings};
use crate::document::Graph;
use crate::edit::Edit;
use crate::plan::Plan;
use crate::run::{Cancel, Resources};
use crate::sample::{Log, graph, id, port, registry};
use crate::value::Footprint;

mod cache;
mod memory;
mod mishaps;
mod show;

/// An engine with a log of what its nodes did.
pub struct Bench {
    pub engine: Engine,
    pub log: Log,
    pub options: RunOptions,
}

impl Bench {
    pub fn new(workers: usize) -> Self {
        Self::with_budget(workers, 1 << 20)
    }

    pub fn with_budget(workers: usize, host: u64) -> Self {
        Self::with(workers, host, Resources::default())
    }

    pub fn with_resources(workers: usize, resources: Resources) -> Self {
        Self::with(workers, 1 << 20, resources)
    }

    fn with(workers: usize, host: u64, resources: Resources) -> Self {
        let log = Log::default();
        let engine = Engine::new(Settings {
            workers,
            budget: Footprint { host, device: 0 },
            device_class: "test".into(),
            resources: resources.with(log.clone()),
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
    join: test.join
    a.text -> first.text
    first.text -> join.first
    b.text -> join.more
"#;

#[test]
fn values_pass_from_node_to_node() {
    for workers in [0, 1, 4] {
        let mut bench = Bench::new(workers);
        assert_eq!(bench.text(&graph(CHAIN), "join"), "a1+b");
        assert_eq!(bench.log.take(), ["1", "a", "b", "join"]);
    }
}

#[test]
fn results_come_under_their_names_outside() {
    let mut graph = graph(CHAIN);
    for (name, target) in [("all", "join.text"), ("half", "first.text")] {
        let output = Edit::SetInterfaceOutput {
            name: name.into(),
            target: Some(port(target)),
        };
        let _ = graph.apply(output).expect("there is such a node");
    }
    let bench = Bench::new(2);
    for _ in 0..2 {
        let (outcome, _) = bench.run(&graph);
        let text = |name: &str| outcome.outputs[name][0].get::<String>().cloned();
        assert_eq!(text("all").as_deref(), Some("a1+b"));
        assert_eq!(text("half").as_deref(), Some("a1"));
        assert!(outcome.nodes.is_empty(), "nobody asked for them");
    }
}

#[test]
fn with_one_worker_nodes_run_in_the_order_of_the_plan() {
    let bench = Bench::new(1);
    let (outcome, events) = bench.run(&graph(CHAIN));
    assert!(outcome.is_complete());
    let started: Vec<&str> = events
        .iter()
        .filter(|event| matches!(event.what, Happened::Started { .. }))
        .filter_map(|event| Some(event.what.node()?.as_str()))
        .collect();
    assert_eq!(started, ["a", "b", "first", "join"]);
    let last = events.last().map(|event| &event.what);
    let Some(Happened::Ended {
        ran: 4, failed: 0, ..
    }) = last
    else {
        panic!("the last event is {last:?}");
    };
}

#[test]
fn events_are_lines_for_other_programs() {
    let bench = Bench::new(1);
    let (outcome, events) = bench.run(&graph("a: test.text text=\"a\""));
    let lines: Vec<String> = events
        .iter()
        .map(|event| serde_json::to_string(event).expect("events can be written"))
        .collect();
    let run = outcome.run;
    assert_eq!(
        lines[0],
        format!(r#"{{"run":{run},"event":"started","node":"a","reason":"it has not run before"}}"#)
    );
    let finished: serde_json::Value = serde_json::from_str(&lines[1]).expect("it is JSON");
    assert_eq!(finished["event"], "finished");
    assert_eq!(finished["from_cache"], false);
    assert_eq!(finished["bytes"]["host"], 1);
    assert!(finished["took_seconds"].is_f64());
}

#[test]
fn the_device_is_part_of_what_a_result_depends_on() {
    let mut bench = Bench::new(1);
    assert_eq!(bench.text(&graph(CHAIN), "join"), "a1+b");
    let _ = bench.log.take();
    bench.engine.device_class = "other".into();
    assert_eq!(bench.text(&graph(CHAIN), "join"), "a1+b");
    assert_eq!(bench.log.take().len(), 4);
}

#[test]
fn the_same_seed_gives_the_same_result_whatever_the_node_is_called() {
    let drawn = |workers, name: &str, seed| {
        let graph = graph(&format!("{name}: test.draw seed={seed}"));
        Bench::new(workers).text(&graph, name)
    };
    assert_eq!(drawn(1, "a", 7), drawn(4, "another", 7));
    assert_ne!(drawn(1, "a", 7), drawn(1, "a", 8));
}

#[test]
fn an_empty_plan_ends_at_once() {
    let (outcome, events) = Bench::new(2).run(&Graph::default());
    assert!(outcome.is_complete());
    assert_eq!(events.len(), 1);
}
